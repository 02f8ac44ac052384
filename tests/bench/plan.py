"""plan.py - what is run, and what of it stands in which row of the table.

A program prints "S1tracker": row S1, variant "tracker". Of the variants and
settings of a peer the best one stands in the table; all of them in the JSON.
"""
import dataclasses
import pathlib
import re
import shutil

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@dataclasses.dataclass
class Row:
    """A row of the table. Less is better, unless is_rate."""

    name: str
    metric: str
    what: str
    goal: float | None = None
    is_rate: bool = False


@dataclasses.dataclass
class Command:
    """One program with one scenario."""

    peer: str  # the column
    variant: str  # which setting of it
    argv: list
    sizes: tuple  # in earnest, and for a quick look


ROWS = [
    Row("S1", "ns", "spawn to done, ns a task", 20),
    Row("S1one", "ns", "the same, one alive, a turn each", 230),
    Row("S2", "bytes", "a parked task, bytes", 96),
    Row("S3", "ns", "shutdown, ns a parked task", 60),
    Row("S4", "ms", "tree of 1,110 groups shut down, ms", 3),
    Row("S5", "ns", "look at 100,000 tasks, ns each", 10),
    Row("S6", "ns", "spawn from another thread, ns", 75),
    Row("S7", "cpu_ns", "sleeping task, CPU ns", 600),
    Row("L1", "ns", "Lua: spawn to done, ns a task", 75),
    Row("L1one", "ns", "Lua: one alive, a turn each"),
    Row("L2", "bytes", "Lua: a suspended task, bytes", 1250),
    Row("L3", "cpu_ns", "Lua: sleeping task, CPU ns", 1500),
    Row("processes", "ms", "500 children up and down, ms (ratio 1.3)"),
    Row("latency", "p50_us", "cancel under 100,000, us, p50"),
    Row("latency", "p99_us", "cancel under 100,000, us, p99"),
    Row("orders", "orders_per_s", "orders example, a second (ratio 1.05)", None, True),
]

# Only ours: name, metric, size (None: any one), text, goal.
OURS = [
    ("S1named", "ns", None, "S1, each with a name of its own", None),
    ("S1beside", "ns", 0, "S1 beside no other task", None),
    ("S1beside", "ns", 1000000, "S1 beside 1,000,000 others", None),
    ("S2", "spawn_park_ns", None, "spawn and park, ns", None),
    ("S3force", "ns", None, "forced shutdown, ns a task", None),
    ("S5picture", "ns", None, "S5 by a snapshot, ns a task", None),
    ("S5list", "ns", None, "S5 by list and info, ns a task", None),
    ("S6", "rss_kb", None, "S6, memory more than before, kB", None),
    ("edges", "declare_ms", None, "order edges declared, ms", 1000),
    ("edges", "ms", None, "siblings with them shut down, ms", 50),
    ("edges_random", "declare_ms", None, "the same with circles refused", 1000),
    ("edges_random", "ms", None, "and shut down, ms", 50),
    ("idle", "cpu_ms", None, "1,000,000 parked, CPU ms in 2 s", None),
    ("idle_guest", "cpu_ms", None, "guest of poll, CPU ms in 5 s", 10),
    ("events", "ns", None, "an event, ns", 15),
    ("snapshot", "ms", None, "snapshot of 100,000, ms", 10),
    ("snapshot", "held_ms", None, "the loop held for it, ms", 1),
    ("processes", "up_ms", None, "500 children up, ms", None),
    ("processes", "down_ms", None, "and down in order, ms", None),
    ("L2shutdown", "ns", None, "Lua: shutdown, ns a suspended task", None),
]

# What nobody would call a group of tasks counts for no ratio; a timer of
# libuv's for each task is a way to let tasks sleep.
COLUMNS = [
    "ours", "limit", "limit-real", "libuv", "C and C++", "libdill", "tokio",
    "Go", "Java", "Node", "Erlang", "Python", "Lua",
]  # fmt: skip
YARDSTICKS = {"limit", "limit-real", "libuv"}


def is_rival(column, row):
    """Does this column count when the best peer is looked for?"""
    if column == "libuv":
        return row.name == "S7"
    return column != "ours" and column not in YARDSTICKS


def split_name(scenario):
    """Row and variant of what a program calls its scenario."""
    match = re.match(r"S1one|L1one|[SL]\d|[a-z]+", scenario)
    return match.group(), scenario[match.end() :]


M, K = (1000000, 100000), (100000, 20000)
SLOW, FIX = (100000, 10000), (1, 1)


def each(peer, variant, argv, scenarios):
    """Commands of one program: scenarios are pairs of name and sizes."""
    return [
        Command(peer, variant, [*argv, name, "N"], sizes)
        for name, sizes in scenarios
    ]


def ours(build):
    """The library and the Lua host."""
    program = [build / "bench" / "scenarios"]
    ptg = build / "bin" / "ptg"
    lua = [ptg, "run", HERE / "scenarios.lua"]
    commands = each("ours", "", program, [
        ("S1", M), ("S1one", M), ("S1named", M), ("S2", M), ("S2force", M),
        ("S4", FIX), ("S5", K), ("S5picture", K), ("S5list", K), ("S6", M), ("S7", M),
        ("S1beside", (0, 0)), ("S1beside", M), ("idle", M),
        ("edges", K), ("edges_random", K), ("processes", (500, 50)),
        ("latency", K), ("events", M),
    ])  # fmt: skip
    commands += each("ours", "", lua, [
        ("L1", M), ("L1one", K), ("L2", K), ("L3", M),
    ])  # fmt: skip
    for name in ("idle", "snapshot"):
        commands.append(Command("ours", "", [build / "bench" / name], FIX))
    orders = [HERE / "orders", "ptg", "N", ptg]
    return commands + [Command("ours", "", orders, (5, 2))]


def growth(build, peers):
    """The same over sizes that differ: for the plot."""
    commands = []
    program = build / "bench" / "scenarios"
    for n in (1000, 10000, 100000, 1000000):
        sizes = (n, min(n, 100000))
        commands += each("ours", "", [program], [("S1all", sizes)])
        for peer, argv in (
            ("ours", [program]),
            ("limit-real", [peers / "limit_real"]),
            ("Go", ["env", "GOMAXPROCS=1", peers / "go_bench"]),
        ):
            commands += each(peer, "", argv, [("S2", sizes), ("S5", sizes)])
        tokio = Command("tokio", "", [peers / "tokio_bench", "S2", "N", "ct"], sizes)
        commands.append(tokio)
    for n in (10, 100, 1000, 10000, 100000):
        commands += each("ours", "", [program], [("groups", (n, min(n, 10000)))])
    for n in (1, 10, 100, 1000, 10000):
        commands += each("ours", "", [program], [("depth", (n, min(n, 1000)))])
    return commands


def peers_in_c(peers):
    """The limits, libuv, and groups of C and C++."""
    commands = []
    core = [
        ("S1", M), ("S1uv", M), ("S1one", M), ("S2", M), ("S4", FIX), ("S5", K),
    ]  # fmt: skip
    for peer, suffix in (("limit", ""), ("limit-real", "_real")):
        commands += each(peer, "", [peers / f"limit{suffix}"], core)
        remote = [("S6", M), ("S6mutex", M)]
        commands += each(peer, "", [peers / f"limit_remote{suffix}"], remote)
        commands += each(peer, "", [peers / f"limit_sleep{suffix}"], [("S7", M)])
    commands += each("limit", "", [peers / "lua_limit"], [
        ("L1", M), ("L1fresh", M), ("L2", K),
    ])  # fmt: skip
    commands += each("libuv", "", [peers / "uv_bench"], [
        ("S1idle", M), ("S1timer", M), ("S1async", M), ("S1work", K), ("S7", M),
    ])  # fmt: skip
    commands += each("libdill", "", [peers / "dill_bench"], [
        ("S1", M), ("S1one", M), ("S2", (30000, 10000)), ("S4", FIX),
        ("S7", (20000, 10000)),
    ])  # fmt: skip
    for name, scenarios in (
        ("tbb", ["S1"]), ("omp", ["S1"]), ("glib", ["S1", "S1one"]),
        ("tevent", ["S1", "S1one", "S2"]),
    ):  # fmt: skip
        named = [(f"{name}-{scenario}", M) for scenario in scenarios]
        commands += each("C and C++", name, [peers / "c_groups"], named)
    fork = [peers / "fork_bench"]
    return commands + each("C and C++", "fork", fork, [("processes", (500, 50))])


def peers_compiled(peers):
    """tokio, Go, Java, Erlang."""
    commands = []
    tokio = [
        ("S1", M), ("S1plain", M), ("S1tracker", M), ("S1one", K), ("S2", M),
        ("S2abort", M), ("S2tracker", M), ("S4", FIX), ("S5", K), ("S6", M),
        ("S7", M), ("latency", K),
    ]  # fmt: skip
    for flavor in ("ct", "mt"):
        for command in each("tokio", flavor, [peers / "tokio_bench"], tokio):
            command.argv.append(flavor)
            commands.append(command)
    for threads in ("1", "2"):
        go = ["env", f"GOMAXPROCS={threads}", peers / "go_bench"]
        commands += each("Go", threads, go, [
            ("S1", M), ("S1errgroup", M), ("S1one", M), ("S2", M), ("S4", FIX),
            ("S5", K), ("S5profile", K), ("S6", M), ("S6direct", M), ("S7", M),
            ("latency", K),
        ])  # fmt: skip
    for variant, options in (("", []), ("serial", ["-XX:+UseSerialGC"])):
        java = ["java", *options, "-cp", peers, "JavaBench"]
        commands += each("Java", variant, java, [
            ("S1", M), ("S2", M), ("S6", M), ("S6execute", M), ("S7", M),
        ])  # fmt: skip
    for schedulers in ("1", "2"):
        erl = ["env", "-C", peers, "erl", "+S", schedulers, "+P", "2000000"]
        erl += ["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"]
        erl += ["-noshell", "-s", "erl_bench", "main"]
        commands += each("Erlang", schedulers, erl, [
            ("S1", M), ("S1one", K), ("S1sup", K), ("S2", M), ("S2hib", M),
            ("S2sup", K), ("S4", FIX), ("S5", K), ("S5info", K), ("S6", M),
            ("S7", M),
        ])  # fmt: skip
    return commands


def peers_interpreted(peers):
    """Node, Python, Lua; and the orders example without groups."""
    node = ["node", "--expose-gc", HERE / "peers" / "node_bench.mjs"]
    commands = each("Node", "", node, [
        ("S1", M), ("S1one", M), ("S2", M), ("S2abort", (10000, 5000)), ("S4", FIX),
        ("S5", K), ("S6", K), ("S7", M),
    ])  # fmt: skip
    python = [peers / "python" / "bin" / "python", HERE / "peers" / "py_bench.py"]
    for kind, names in (
        ("raw", "S1 S1one S2 S4 S5 S6 S6soon S7"), ("tg", "S1 S1one S2 S4 S7"),
        ("uvloop-tg", "S1 S1one S2 S4 S7"), ("uvloop-raw", "S6 S6soon"),
        ("ptg", "S1 S1one S2 S4 S7"), ("scope", "S1 S1one S2 S4 S7"),
        ("trio", "S1 S1one S2 S7"),
    ):  # fmt: skip
        sizes = [(name, FIX if name == "S4" else SLOW) for name in names.split()]
        for command in each("Python", kind, python, sizes):
            command.argv.append(kind)
            commands.append(command)
    lua = ["lua5.4", HERE / "peers" / "lua_bench.lua"]
    commands += each("Lua", "", lua, [
        ("L1", M), ("L1pool", M), ("L1uv", M), ("L1oneuv", K), ("L2", K), ("L3", M),
    ])  # fmt: skip
    orders = [HERE / "orders", "plain", "N", "unused"]
    return commands + [Command("Lua", "plain", orders, (5, 2))]


def programs(build, peers):
    """Everything that stands in the table."""
    return [
        *ours(build),
        *peers_in_c(peers),
        *peers_compiled(peers),
        *peers_interpreted(peers),
    ]


def missing(command):
    """The program of a command that is not there, or None."""
    words = [str(word) for word in command.argv]
    words = [word for word in words if "=" not in word]
    if words[0] == "env":
        words = words[3:] if words[1] == "-C" else words[1:]
    needed = [words[0]]
    if words[0] == "java":
        needed.append(f"{words[words.index('-cp') + 1]}/JavaBench.class")
    if words[0] == "erl":
        folder = command.argv[2]
        needed.append(f"{folder}/erl_bench.beam")
    for word in needed:
        if not pathlib.Path(word).exists() and not shutil.which(word):
            return word
    return None
