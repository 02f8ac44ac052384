{
  "variables": { "ptg_tests%": 0 },
  "target_defaults": {
    "defines": ["NAPI_VERSION=8"],
    "cflags": [
      "<!@(pkg-config --cflags ptg)",
      "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"
    ],
    # Never unloaded: at the end of a worker that alone had loaded it, it would
    # take the system's libuv with it, whose destructor ends the thread pool of
    # the libuv that Node carries.
    "ldflags": ["-Wl,-z,nodelete"],
    "libraries": [
      "<!@(pkg-config --libs ptg)",
      "-Wl,-rpath,<!(pkg-config --variable=libdir ptg)"
    ]
  },
  "targets": [
    {
      "target_name": "ptg_node",
      "sources": [
        "src/addon.c",
        "src/groups.c",
        "src/host.c",
        "src/looks.c",
        "src/processes.c",
        "src/remote.c",
        "src/tasks.c",
        "src/told.c",
        "src/values.c"
      ]
    }
  ],
  "conditions": [
    ["ptg_tests==1", {
      "targets": [{ "target_name": "foreign", "sources": ["test/foreign.c"] }]
    }]
  ]
}
