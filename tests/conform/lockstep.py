"""lockstep.py - two adapters that hold the same conversation, line by line.

What one says must be what the other says, but for handles, and for what an
implementation may choose (`normal`). Random conversations come from a seed.
"""

import json
import random
import sys
from typing import Any

sys.dont_write_bytecode = True
from conversation import Adapter, Line  # noqa: E402

SECOND = 1_000_000_000
DURATIONS = [0, 1, SECOND, 2 * SECOND, 3 * SECOND, 10 * SECOND]
# What a task that was given no name is called, why something is malformed.
CHOSEN = ("handle", "why", "name", "task_name", "place")


def normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: normal(at) for key, at in sorted(value.items()) if key not in CHOSEN}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return value


class Differ(Exception):
    """Says what was said on both sides, and what before."""


class Pair:
    def __init__(self, one: list[str], other: list[str]) -> None:
        self.sides = (Adapter(one), Adapter(other))
        self.talk: list[str] = []

    def write(self, request: Line) -> None:
        line = json.dumps(request)
        self.talk.append("> " + line)
        for side in self.sides:
            side.write(line)

    def read(self) -> Line:
        lines = []
        for side in self.sides:
            try:
                lines.append(side.read())
            except EOFError as error:
                lines.append({"status": "dead", "said": str(error)})
        one, other = (json.dumps(normal(line)) for line in lines)
        self.talk.append("< " + json.dumps(lines[0]))
        if one != other:
            raise Differ("\n".join([*self.talk, "! " + json.dumps(lines[1])]))
        return lines[0]

    def end(self) -> None:
        for side in self.sides:
            side.end()


class Random:
    """A random conversation: `size` requests from outside, and some inside of
    each call."""

    def __init__(self, pair: Pair, seed: int) -> None:
        self.pair = pair
        self.dice = random.Random(seed)
        self.last = 0
        self.names: dict[str, list[str]] = {}
        self.started: list[str] = []

    def new(self, kind: str) -> str:
        self.last += 1
        name = f"{kind[0]}{self.last}"
        self.names.setdefault(kind, []).append(name)
        return name

    def one(self, *kinds: str) -> Any:
        """A name of one of the kinds, now and then of another, or a number."""
        if self.dice.random() < 0.02:
            return self.dice.choice([0, 12345, 1 << 49])
        if self.dice.random() < 0.03:
            kinds = tuple(self.names)
        names = [name for kind in kinds for name in self.names.get(kind, [])]
        if not names:
            return "root"
        # Mostly one of those that are new.
        return names[-1 - min(int(self.dice.expovariate(0.3)), len(names) - 1)]

    def maybe(self, chance: float, line: Line, **fields: Any) -> None:
        for key, value in fields.items():
            if self.dice.random() < chance:
                line[key.rstrip("_")] = value() if callable(value) else value

    def duration(self) -> Any:
        return self.dice.choice([*DURATIONS, "forever", "at_once"])

    def length(self) -> Any:
        return self.dice.choice(DURATIONS)

    def group_options(self) -> Line:
        line: Line = {}
        self.maybe(0.3, line, grace=self.duration, cancel_wait=self.duration,
                   parallel=True)
        self.maybe(0.1, line, deadline=self.duration, admits_anyone=True,
                   owner=lambda: self.one("task"), history=3,
                   max_tasks=lambda: self.dice.randint(1, 3), max_queued=2,
                   when_full=lambda: self.dice.choice(["refuse", "queue", "replace_oldest"]),
                   on_failure=lambda: self.dice.choice(["shutdown_group", "shutdown_root"]))
        self.maybe(0.6, line, tells=lambda: [tell for tell in ("drain", "closed", "error")
                                             if self.dice.random() < 0.7])
        return line

    def outcome(self) -> Line:
        line = {"status": self.dice.choice(
            ["ok", "ok", "ok", "failed", "canceled", "exit", "timeout"])}
        self.maybe(0.3, line, message="oh no", code=7, value=3)
        return line

    def request(self, inside: str | None) -> Line:
        """A request; inside the call of the task of that name, if it is."""
        def group() -> Any:
            return self.one("group")

        def task() -> Any:
            if inside and self.dice.random() < 0.6:
                return inside
            return self.one("task", "task", "timer", "queue")

        kind = self.dice.choices(
            ["spawn", "group", "finish", "cancel", "sleep", "shutdown", "info", "list",
             "timer", "queue", "push", "queue_close", "watch", "unwatch", "edge",
             "extend_grace", "current", "report", "blame", "plan", "failures", "history",
             "snapshot", "timer_info", "queue_info", "request_shutdown", "destroy"],
            [20, 8, 16, 6, 6, 4, 6, 4, 2, 2, 6, 1, 4, 1, 3,
             1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 0.3, 0.3])[0]
        line: Line = {"op": kind}
        if kind == "spawn":
            line |= {"in": group(), "as": self.new("task")}
            self.maybe(0.1, line, cleanup=True, observed=True, spawner=task,
                       name="worker", type="sort")
            self.maybe(0.7, line, tells=lambda: [
                tell for tell in ("drain", "cancel", "kill") if self.dice.random() < 0.6])
        elif kind == "group":
            line |= {"in": group(), "as": self.new("group"), **self.group_options()}
        elif kind == "finish":
            line |= {"task": task(), **self.outcome()}
        elif kind == "cancel":
            line |= {"task": task()}
            self.maybe(0.3, line, reason="enough", originator=lambda: self.one("group", "task"))
        elif kind == "sleep":
            # Not of a timer, for which a script has no word, and not of a task
            # that has not started, in which no coroutine waits.
            tasks = [inside] if inside else self.started[-6:] or [12345]
            line |= {"task": self.dice.choice(tasks), "for": self.length()}
        elif kind == "extend_grace":
            line |= {"task": task(), "for": self.length()}
        elif kind == "shutdown":
            line |= {"group": group()}
            self.maybe(0.3, line, force=True, grace=self.duration, cancel_wait=self.duration,
                       deadline=self.duration)
        elif kind == "info":
            line |= self.dice.choice([{"group": group()}, {"task": task()}])
        elif kind == "list":
            line |= {"group": group(),
                     "what": self.dice.choice(["groups", "tasks", "abandoned"])}
        elif kind == "timer":
            line |= {"in": group(), "as": self.new("timer")}
            self.maybe(0.7, line, after=lambda: self.dice.choice([*DURATIONS, "at_once"]),
                       every=lambda: self.dice.choice(DURATIONS[2:]),
                       overlap=lambda: self.dice.choice(["skip", "allow", "replace"]))
            if not line.get("after") and not line.get("every"):
                line["after"] = SECOND
        elif kind == "queue":
            line |= {"in": group(), "as": self.new("queue"), "capacity": 2}
            self.maybe(0.4, line, at_once=2)
        elif kind == "push":
            line |= {"queue": self.one("queue"), "message": self.dice.randint(1, 9)}
            self.maybe(0.2, line, pusher=task)
        elif kind in ("queue_close", "queue_info"):
            line |= {"queue": self.one("queue")}
        elif kind == "timer_info":
            line |= {"task": self.one("timer")}
        elif kind == "watch":
            line |= {"on": self.one("group", "task"), "as": self.new("watch")}
            self.maybe(0.3, line, waiter=task)
        elif kind == "unwatch":
            line |= {"watch": self.one("watch")}
        elif kind == "edge":
            line |= {"first": group(), "later": group()}
        elif kind == "request_shutdown":
            self.maybe(0.3, line, force=True)
        elif kind not in ("current", "destroy"):
            line |= {"group": group()}
        return line

    def returned(self, call: Line) -> Line:
        line: Line = {"op": "return"}
        # Not start: who shut a group down by its policy is another then.
        if call["call"] in ("error", "group_drain", "group_closed", "fire", "handle"):
            self.maybe(0.05, line, status="failed")
        if call["call"] in ("fire", "handle"):
            self.maybe(0.5, line, started=lambda: self.one("task"))
        return line

    def carry_out(self, request: Line) -> None:
        self.pair.write(request)
        line = self.pair.read()
        while "call" in line:
            about = line.get("task") if line["call"] in ("start", "wake", "cancel", "drain",
                                                         "kill") else None
            if line["call"] == "start":
                self.started.append(line["task"])
            for _ in range(self.dice.choice([0, 0, 1, 1, 2, 3])):
                self.pair.write(self.request(about))
                self.pair.read()
            self.pair.write(self.returned(line))
            line = self.pair.read()

    def run(self, size: int) -> None:
        self.names = {"group": ["root"]}
        options = self.group_options()
        options.pop("owner", None)
        self.carry_out({"op": "reset", **options})
        for _ in range(size):
            if self.dice.random() < 0.3:
                self.carry_out({"op": "advance", "by": self.dice.choice(DURATIONS)})
            else:
                self.carry_out(self.request(None))
        for force in (False, True):
            self.carry_out({"op": "shutdown", "group": "root", "force": force})
            self.carry_out({"op": "advance", "by": 60 * SECOND})
            self.carry_out({"op": "report", "group": "root"})
        self.carry_out({"op": "destroy"})
