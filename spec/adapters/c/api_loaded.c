/* api_loaded.c - the functions of a shared library, which is told by its path.
 *
 * It is never unloaded: whoever looks for leaks wants to name what leaked.
 */
#include "api.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* All of them that FILE does not have, in one line. */
static int find_functions(struct api *api, void *library, const char *file) {
  static const struct {
    const char *name;
    size_t offset;
  } functions[] = {
#define X(name) {"ptg_" #name, offsetof(struct api, name)},
      API_FUNCTIONS(X)
#undef X
  };
  int missing = 0;
  for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
    void *symbol = dlsym(library, functions[i].name);
    memcpy((char *)api + functions[i].offset, &symbol, sizeof(symbol));
    if (symbol != NULL) continue;
    if (missing == 0)
      fprintf(stderr, "ptg-conform: %s lacks functions of ptg.h:", file);
    fprintf(stderr, "%s %s", missing++ > 0 ? "," : "", functions[i].name);
  }
  if (missing > 0) fprintf(stderr, "\n");
  return missing;
}

/* A bare name would be looked up where the system has its libraries. */
static void *load(const char *file) {
  char path[4096];
  const char *folder = strchr(file, '/') == NULL ? "./" : "";
  snprintf(path, sizeof(path), "%s%s", folder, file);
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL)
    fprintf(stderr, "ptg-conform: cannot load %s: %s\n", file, dlerror());
  return library;
}

int api_open(struct api *api, int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s LIBRARY.so\n", argv[0]);
    return 2;
  }
  const char *file = argv[1];
  void *library = load(file);
  if (library == NULL || find_functions(api, library, file) > 0) return 2;

  uint32_t version = api->abi_version();
  if (version >> 16 != PTG_ABI_MAJOR) {
    fprintf(stderr, "ptg-conform: %s has ABI %u.%u, and %d.%d is needed\n",
            file, version >> 16, version & 0xffff, PTG_ABI_MAJOR,
            PTG_ABI_MINOR);
    return 2;
  }
  const char *slash = strrchr(file, '/');
  api->name = slash != NULL ? slash + 1 : file;
  snprintf(api->version, sizeof(api->version), "ABI %u.%u", version >> 16,
           version & 0xffff);
  return 0;
}
