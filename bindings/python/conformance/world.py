"""What the suite has made, by its names; and the values of the protocol."""

import math

import ptg

WORDS = [
    "ok",
    "invalid",
    "nomem",
    "stale",
    "kind",
    "closed",
    "busy",
    "reentrant",
    "thread",
    "range",
    "canceled",
    "timeout",
    "version",
    "system",
    "cycle",
    "full",
    "failed",
    "exit",
    "signal",
    "deadlock",
]
FLAGS = ("cancel_requested", "never_ran", "abandoned", "killed")


def word(status):
    return WORDS[-status]


def duration(given):
    """One of options: as before is None. What is malformed stays so."""
    if given is None or given == 0:
        return None
    return {"forever": math.inf, "at_once": 0}.get(given, given if isinstance(given, str) else given / 1e9)


def length(given):
    """One that is no option: there is no "at once"."""
    return math.inf if given == "forever" else -1 if given == "at_once" else given / 1e9


def limit(ns, none=None):
    """A duration that is told."""
    return {ptg.FOREVER: "forever", ptg.AT_ONCE: "at_once", 0: none}.get(ns, ns)


def signed(value):
    """The protocol has integers where the ABI has 64 bits."""
    return value - 2**64 if value >= 2**63 else value


def flags(bits):
    return [flag for place, flag in enumerate(FLAGS) if bits & 1 << place]


class World:
    """Names and handles of one runtime, from `reset` to `reset`."""

    codes = {name: -place for place, name in enumerate(WORDS)}

    def __init__(self):
        self.runtime = None
        self.remote = None
        self.loop = None
        self.begin_ns = 0
        self.handles = {}
        self.names = {}
        self.objects = {}

    def forget(self):
        self.handles, self.names, self.objects = {}, {}, {}

    def is_known(self, name):
        return name in self.handles

    def now(self):
        return self.runtime.time_ns() - self.begin_ns

    def instant(self, ns):
        return ns - self.begin_ns

    def eventual(self, ns):
        return self.instant(ns) if ns else None

    def keep(self, name, handle, thing=None):
        self.handles[name] = handle
        if handle:
            self.names[handle] = name
        if thing is not None:
            self.objects[name] = thing

    def reference(self, handle):
        """A handle as it is told: by its name, nobody as null."""
        return self.names.get(handle, handle) if handle else None

    def handle(self, reference):
        if reference is None:
            return 0
        return reference if isinstance(reference, int) else self.handles[reference]

    def task(self, reference):
        return self.runtime.task(self.handle(reference))

    def group(self, reference):
        return self.runtime.group(self.handle(reference))

    def group_or_root(self, reference):
        return self.group(reference) if self.handle(reference) else self.runtime.root

    def outcome(self, outcome):
        return {
            "status": word(outcome.status),
            "code": outcome.code,
            "value": signed(outcome.value),
            "message": outcome.message,
            "flags": flags(outcome.flags),
            "reason": outcome.reason,
            "originator": self.reference(outcome.originator),
        }


world = World()
