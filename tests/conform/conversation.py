"""conversation.py - the suite's side of the adapter protocol, for tests of
adapters: see spec/adapter.md.
"""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROTOCOL = Path(__file__).resolve().parents[2] / "spec" / "adapter.md"

Line = dict[str, Any]
# What is done inside a call: requests, the last of which may be a return.
Script = list[Line]
FIELDS_OF_WHO = ("task", "watch", "group", "as")


def example_in_the_protocol() -> Iterator[tuple[str, Line]]:
    """Yields who says what: ">" is the suite."""
    for side, line in re.findall(r"^    ([<>]) (\{.*\})$", PROTOCOL.read_text(), re.M):
        yield side, json.loads(line)


def operations_in_the_protocol() -> set[str]:
    """The first column of the tables of requests."""
    requests = PROTOCOL.read_text().split("\n## Requests\n")[1].split("\n## Calls\n")[0]
    return set(re.findall(r"^\| `(\w+)` \|", requests, re.M))


def event(call: Line) -> str:
    """A call as scenarios write it, without its instant."""
    fields = ("group",) if call["call"] == "error" else FIELDS_OF_WHO
    about = next(call[field] for field in fields if call.get(field))
    return f"{about} {call['call']}"


class Adapter:
    """An adapter that runs. `seen` are the calls, `notes` what was released,
    `used` the operations that answered ok."""

    used: set[str] = set()

    def __init__(self, command: list[str]) -> None:
        self.seen: list[Line] = []
        self.notes: list[str] = []
        self.stderr = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.stderr,
                                        text=True)

    def write(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def read(self) -> Line:
        """Returns the next answer or call."""
        assert self.process.stdout
        while True:
            text = self.process.stdout.readline()
            if not text:
                raise EOFError(self.said())
            line = json.loads(text)
            if "note" not in line:
                return line
            assert line["note"] == "release"
            self.notes.append(line["of"])

    def said(self) -> str:
        self.stderr.seek(0)
        return self.stderr.read().decode()

    def send(self, op: str, **fields: Any) -> Line:
        """Returns the answer or the first call. A field `in_` is `in`."""
        request = {"op": op, **{name.rstrip("_"): at for name, at in fields.items()}}
        self.write(json.dumps(request))
        line = self.read()
        if line.get("status") == "ok":
            Adapter.used.add(op)
        return line

    def ask(self, op: str, **fields: Any) -> Line:
        """A request during which nothing is called."""
        answer = self.send(op, **fields)
        assert "status" in answer, f"called out of turn: {answer}"
        return answer

    def ok(self, op: str, **fields: Any) -> Line:
        answer = self.ask(op, **fields)
        assert answer["status"] == "ok", f"{op}: {answer}"
        return answer

    def during(self, op: str, on: dict[str, Script] | None = None,
               **fields: Any) -> list[str]:
        """A request during which there are calls. `on` says by the event what is
        done inside of them. Returns the events; their calls are in `seen`."""
        events = []
        line = self.send(op, **fields)
        while "call" in line:
            self.seen.append(line)
            events.append(event(line))
            script = [dict(step) for step in (on or {}).get(events[-1], [])]
            ending: Line = {}
            if script and script[-1]["op"] == "return":
                ending = script.pop()
            for step in script:
                is_ = step.pop("is", "ok")
                answer = self.ask(**step)
                assert answer["status"] == is_, f"{step}: {answer}"
            self.write(json.dumps({"op": "return", **ending}))
            line = self.read()
        assert line["status"] == "ok", line
        Adapter.used.add(op)
        return events

    def advance(self, by: int = 0, on: dict[str, Script] | None = None) -> list[str]:
        return self.during("advance", on, by=by)

    def told(self, what: str) -> Line:
        """The last such call."""
        return next(call for call in reversed(self.seen) if event(call) == what)

    def end(self) -> int:
        """Ends its input; returns its exit status."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.stdout.close()
        status = self.process.wait(timeout=60)
        self.last_words = self.said()
        self.stderr.close()
        return status


def command_of(environment_name: str) -> list[str]:
    return os.environ[environment_name].split()
