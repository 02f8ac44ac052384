#!/usr/bin/env python3
"""test_adapter_c.py - the adapter of ptg.h holds conversations.

  ADAPTER='COMMAND' test_adapter_c.py

What the library does is the suite's matter; here it is whether every request
comes through, and every answer, call and note comes back.
"""

import json
import sys
import unittest
from typing import Any

sys.dont_write_bytecode = True
from conversation import (Adapter, Line, command_of,  # noqa: E402
                          example_in_the_protocol, operations_in_the_protocol)

SECOND = 1_000_000_000


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.adapter = Adapter(command_of("ADAPTER"))
        self.addCleanup(self.end)
        self.ask, self.ok = self.adapter.ask, self.adapter.ok
        self.advance = self.adapter.advance

    def end(self) -> None:
        """Whatever was going on, it ends well, and under a sanitizer no memory
        is left."""
        if self.adapter.process.poll() is None:
            status = self.adapter.end()
            self.assertEqual((status, self.adapter.last_words), (0, ""))

    def has(self, line: Line, **fields: Any) -> None:
        self.assertEqual({name: line.get(name, "left out") for name in fields}, fields)

    def refused(self, status: str, op: str, **fields: Any) -> None:
        self.has(self.ask(op, **fields), status=status)

    def unsupported(self, why: str, op: str, **fields: Any) -> None:
        answer = self.ask(op, **fields)
        self.has(answer, status="unsupported")
        self.assertIn(why, answer["why"])


class Talk(Case):
    """How one speaks with it."""

    def test_the_example_of_the_protocol(self) -> None:
        for side, expected in example_in_the_protocol():
            if side == ">":
                self.adapter.write(json.dumps(expected))
                continue
            line = self.adapter.read()
            self.assertEqual(line.keys(), expected.keys())
            for own in ("handle", "name", "version"):
                line.pop(own, None)
                expected.pop(own, None)
            features = expected.pop("features", [])
            self.assertLessEqual(set(features), set(line.pop("features", [])))
            self.assertEqual(line, expected)

    def test_lines_that_are_no_requests(self) -> None:
        for line in ("", "{", "nonsense", "[]", "3", '{"op":', '{"op":3}', "{}",
                     '{"op":"dance"}', '{"op":"return"}', '"hello"', "{}{}"):
            self.adapter.write(line)
            self.has(self.adapter.read(), status="unsupported")
        self.ok("hello")

    def test_fields_that_are_wrong(self) -> None:
        self.ok("reset")
        self.unsupported("as: left out", "group", in_="root")
        self.unsupported("in: left out", "spawn", as_="a")
        self.unsupported("as: not a string", "group", as_=3, in_="root")
        self.unsupported("neither a name nor a handle", "group", as_="g", in_=[])
        self.unsupported("nothing is named x", "group", as_="g", in_="x")
        self.unsupported("grace: not a duration", "group", as_="g", in_="root",
                         grace="10s")
        self.unsupported("grace: not an integer", "group", as_="g", in_="root",
                         grace=1.5)
        self.unsupported("parallel", "group", as_="g", in_="root", parallel=1)
        self.unsupported("when_full: not known: wait", "group", as_="g", in_="root",
                         when_full="wait")
        self.unsupported("tells: not known: wink", "spawn", as_="a", in_="root",
                         tells=["wink"])
        self.unsupported("tells: not a list", "spawn", as_="a", in_="root",
                         tells="drain")
        self.unsupported("status: not known", "finish", task=1, status="well")
        self.unsupported("one group or of one task", "info")
        self.unsupported("what: not known", "list", what="cats", group="root")
        self.unsupported("capacity", "take", capacity=-1)
        self.has(self.ok("info", group="root"), children=0, spawned=0)
        self.assertEqual(self.adapter.notes, [])

    def test_unknown_fields_are_ignored_and_null_is_left_out(self) -> None:
        self.ok("reset", wings=2)
        self.ok("group", as_="g", in_="root", name=None, grace=None, colour="red")
        self.has(self.ok("info", group="g"), grace=10 * SECOND)

    def test_before_reset_and_after_destroy_there_is_nothing(self) -> None:
        self.refused("invalid", "advance", by=0)
        self.refused("invalid", "time")
        self.ok("reset", tells=[])
        self.ok("shutdown", group="root")
        self.advance()
        self.ok("destroy")
        self.assertEqual(self.adapter.notes, ["root"])
        self.refused("invalid", "info", group="root")
        self.refused("invalid", "destroy")
        self.refused("closed", "spawn", as_="a", in_="root", remote=True)
        self.refused("closed", "shutdown", group="root", remote=True)
        self.refused("closed", "post", as_="p")
        self.assertEqual(self.adapter.notes, ["root", "a", "p"])
        self.ok("reset")
        self.ok("info", group="root")

    def test_the_end_inside_a_call(self) -> None:
        self.ok("reset")
        self.ok("spawn", as_="a", in_="root")
        self.ok("spawn", as_="b", in_="root")
        self.has(self.adapter.send("advance", by=0), call="start", task="a", at=0)

    def test_reset_throws_away_whatever_there_is(self) -> None:
        for _ in range(3):
            self.ok("reset", events=True)
            self.ok("group", as_="g", in_="root", grace="forever",
                    cancel_wait="forever", tells=["drain", "closed", "error"])
            self.ok("spawn", as_="deaf", in_="g", tells=[])
            self.ok("spawn", as_="tough", in_="g", tells=["kill"])
            self.ok("spawn", as_="queued", in_="g", events=True, killable=True)
            self.ok("group", as_="owned", in_="g", owner="deaf")
            self.ok("timer", as_="t", in_="g", every=SECOND)
            self.ok("queue", as_="q", in_="g", capacity=3)
            self.ok("watch", as_="w", on="g")
            self.ok("post", as_="p")
            self.advance()
            self.ok("push", queue="q", message=1)
            self.ok("spawn", as_="sent", in_="g", remote=True)
            self.adapter.notes.clear()
        self.ok("reset")
        self.assertEqual(self.adapter.notes, [])
        self.has(self.ok("info", group="root"), children=0, created_at=0)
        self.unsupported("nothing is named g", "info", group="g")

    def test_reset_not_inside_a_call(self) -> None:
        self.ok("reset")
        self.ok("spawn", as_="a", in_="root")
        self.advance(0, {"a start": [
            {"op": "reset", "is": "unsupported"},
            {"op": "advance", "by": 0, "is": "reentrant"},
            {"op": "destroy", "is": "reentrant"},
            {"op": "finish", "task": "a"}]})

    def test_a_refused_reset(self) -> None:
        self.refused("invalid", "reset", grace=-7)
        self.assertEqual(self.adapter.notes, ["root"])
        self.refused("invalid", "time")


class Groups(Case):
    def setUp(self) -> None:
        super().setUp()
        self.ok("reset", name="app", tells=["drain", "closed", "error"])

    def test_options_and_info(self) -> None:
        self.ok("spawn", as_="o", in_="root")
        self.ok("group", as_="g", in_="root", name="née", grace="forever",
                cancel_wait="at_once", deadline=3 * SECOND, parallel=True,
                admits_anyone=True, max_tasks=1, when_full="queue", max_queued=1,
                on_failure="shutdown_group", owner="o", history=2)
        self.has(self.ok("info", group="g"), name="née", parent="root", state="open",
                 is_ending=False, grace="forever", deadline=3 * SECOND,
                 phase_left=None, oldest_age=None, created_at=0, owner="o")
        for name, status in (("a", "ok"), ("b", "ok"), ("c", "full")):
            self.refused(status, "spawn", as_=name, in_="g")
        self.assertEqual(self.adapter.notes, ["c"])
        self.has(self.ok("info", group="g"), spawned=2, live=2, pending=2, queued=1,
                 refused=1, oldest_age=0)
        self.has(self.ok("info", group="root"), children=1, name="app", parent=None,
                 deadline=None)

    def test_refusals(self) -> None:
        self.ok("group", as_="g", in_="root")
        self.ok("group", as_="inner", in_="g")
        self.ok("spawn", as_="a", in_="g")
        self.refused("kind", "group", as_="x", in_="a")
        self.refused("kind", "info", group="a")
        self.refused("invalid", "group", as_="x", in_="root", name="n" * 256)
        self.refused("invalid", "group", as_="x", in_="root", name="a\0b")
        self.refused("invalid", "group", as_="x", in_="root", max_tasks=0, history=0,
                     deadline=-5)
        self.assertEqual(self.adapter.notes, ["x"] * 4)
        self.refused("invalid", "info", group="x")
        self.refused("invalid", "edge", first="g", later="inner")
        self.assertNotEqual(self.ask("info", group=12345)["status"], "ok")

    def test_edges(self) -> None:
        for name in ("a", "b"):
            self.ok("group", as_=name, in_="root", tells=["closed"])
        self.ok("edge", first="a", later="b")
        self.refused("cycle", "edge", first="b", later="a")
        rows = self.ok("plan", group="root")["rows"]
        self.assertEqual([row["group"] for row in rows], ["a", "b", "root"])
        self.has(rows[1], waits_for="a", begin=15 * SECOND, cancel=25 * SECOND,
                 closed=30 * SECOND, is_critical=True)
        self.ok("shutdown", group="root")
        self.assertEqual(self.advance(), ["a group_closed", "b group_closed",
                                          "root group_drain", "root group_closed"])

    def test_shutdown_report_and_blame(self) -> None:
        self.ok("group", as_="g", in_="root")
        self.ok("spawn", as_="a", in_="g", name="alpha")
        self.ok("spawn", as_="b", in_="g", tells=["kill"])
        self.advance()
        self.refused("busy", "report", group="g")
        self.ok("shutdown", group="g", grace=2 * SECOND, cancel_wait=3 * SECOND,
                deadline=20 * SECOND)
        self.has(self.ok("info", group="g"), is_ending=True)
        self.assertEqual(self.advance(1 * SECOND), ["g group_drain", "a drain"])
        self.has(self.ok("info", group="g"), state="draining", phase_left=SECOND)
        self.assertEqual(self.ok("extend_grace", task="a", for_=4 * SECOND)["left"],
                         4 * SECOND)
        self.assertEqual(
            self.advance(30 * SECOND, {"a cancel": [
                {"op": "finish", "task": "a", "status": "canceled"}]}),
            ["a cancel", "a done", "b kill", "g group_closed"])
        self.has(self.adapter.told("a cancel"), reason="shutdown", originator="g",
                 at=5 * SECOND)
        self.has(self.adapter.told("a done")["outcome"], status="canceled",
                 flags=["cancel_requested"], reason="shutdown", originator="g")
        rows = self.ok("report", group="g")["rows"]
        self.has(rows[0], group="g", parent="root", state="closed", waited_for=None,
                 begun_at=0, drain_at=0, cancel_at=5 * SECOND, closed_at=9 * SECOND,
                 drained=0, cancelled=1, failed=0, refused=0, abandoned=1, killed=1,
                 originator=None)
        self.has(self.ok("blame", group="g")["rows"][0], group="g", held=9 * SECOND,
                 abandoned=1, task="b", task_held=9 * SECOND)
        self.assertEqual(self.ok("list", what="abandoned", group="g")["names"], ["b"])
        self.has(self.ok("info", task="b"), state="abandoned", is_killed=True,
                 reason="shutdown", originator="g")
        self.ok("shutdown", group="root", force=True)
        self.advance()
        self.assertEqual(self.adapter.during("destroy"), ["b done"])
        self.has(self.adapter.told("b done")["outcome"], status="timeout")
        self.assertCountEqual(self.adapter.notes, ["a", "b", "g", "root"])

    def test_request_shutdown(self) -> None:
        self.ok("request_shutdown")
        self.assertEqual(self.advance(), ["root group_drain", "root group_closed"])
        self.ok("reset", tells=["drain", "closed"])
        self.ok("request_shutdown", force=True)
        self.assertEqual(self.advance(), ["root group_closed"])

    def test_a_hook_that_fails(self) -> None:
        self.ok("group", as_="g", in_="root", tells=["drain", "error"])
        self.ok("shutdown", group="g")
        events = self.advance(0, {
            "g group_drain": [{"op": "return", "status": "failed"}],
            "g error": [{"op": "return", "status": "full"}]})
        self.assertEqual(events, ["g group_drain", "g error", "root error"])
        self.has(self.adapter.told("root error"), task=None, flags=["from_hook"],
                 failed_handler="g", handler_status="full",
                 outcome={"status": "failed"})
        self.assertEqual(self.adapter.told("root error")["from"], "g")


class Tasks(Case):
    def setUp(self) -> None:
        super().setUp()
        self.ok("reset", tells=["error"], history=3)

    def test_a_life(self) -> None:
        self.ok("spawn", as_="a", in_="root", name="alpha", type="walker",
                place="here.c:3")
        self.has(self.ok("info", task="a"), name="alpha", type="walker", group="root",
                 state="pending", age=0, is_cancel_requested=False, is_killed=False,
                 reason=None, originator=None, spawner=None, place="here.c:3")
        self.assertEqual(self.ok("list", what="tasks", group="root")["names"], ["a"])
        self.assertEqual(self.ok("count_names", group="root", capacity=5)["rows"],
                         [{"type": "walker", "name": "alpha", "count": 1}])
        events = self.advance(5, {
            "a start": [{"op": "current"}, {"op": "sleep", "task": "a", "for": 3},
                        {"op": "spawn", "as": "b", "in": "root"},
                        {"op": "cancel", "task": "b", "reason": "why not"}],
            "a wake": [{"op": "finish", "task": "a", "status": "failed", "code": 7,
                        "message": "broken", "value": 9}]})
        self.assertEqual(events, ["a start", "b done", "a wake", "root error", "a done"])
        self.has(self.adapter.told("a wake"), at=3)
        self.has(self.adapter.told("a done"), outcome={
            "status": "failed", "code": 7, "value": 9, "message": "broken"})
        self.has(self.adapter.told("b done"), outcome={
            "status": "canceled", "reason": "why not", "originator": "a",
            "flags": ["cancel_requested", "never_ran"]})
        self.has(self.adapter.told("root error"), task="a", name="alpha", age=3,
                 flags=[], state="open", failed_handler=None, handler_status=None,
                 outcome=self.adapter.told("a done")["outcome"])
        self.assertEqual(self.adapter.told("root error")["from"], "root")
        self.assertEqual(self.ok("failures", group="root")["rows"], [{
            "name": "alpha", "failed": "failed", "code": 7, "message": "broken",
            "count": 1, "first_at": 3, "last_at": 3}])
        rows = self.ok("history", group="root")["rows"]
        self.has(rows[0], task="a", name="alpha", ended="failed", code=7, flags=[],
                 spawner=None, originator=None, spawned_at=0, ended_at=3)
        self.has(rows[1], task="b", ended="canceled", spawner="a", originator="a",
                 flags=["cancel_requested", "never_ran"])
        self.refused("stale", "finish", task="a")
        self.assertEqual(self.adapter.notes, ["b", "a"])

    def test_an_outcome_of_its_own(self) -> None:
        self.ok("spawn", as_="a", in_="root")
        self.advance()
        self.ok("finish", task="a", outcome={"status": "exit", "code": 2})
        self.advance()
        self.has(self.adapter.told("a done"), outcome={"status": "exit", "code": 2})

    def test_what_start_returns(self) -> None:
        self.ok("spawn", as_="a", in_="root")
        self.advance(0, {"a start": [{"op": "return", "status": "nomem"}]})
        self.has(self.adapter.told("a done"), outcome={"status": "nomem"})

    def test_current_and_time(self) -> None:
        self.ok("spawn", as_="a", in_="root")
        self.has(self.ok("current"), task=None, group=None)
        self.assertEqual(self.advance(7), ["a start"])
        self.assertEqual(self.ok("time")["at"], 7)
        self.refused("invalid", "advance", by=-1)
        self.ok("cancel", task="a", originator="root")
        self.assertEqual(self.adapter.send("advance", by=0)["originator"], "root")
        self.has(self.ok("current"), task="a", group="root")
        self.adapter.write('{"op":"return"}')
        self.has(self.adapter.read(), status="ok")

    def test_refusals(self) -> None:
        self.ok("spawn", as_="a", in_="root", events=True)
        self.refused("invalid", "sleep", task="a", for_=-3)
        self.refused("busy", "extend_grace", task="a", for_=1)
        self.refused("kind", "finish", task="root")
        self.refused("kind", "spawn", as_="x", in_="a")
        self.refused("invalid", "finish", task="x")
        self.refused("stale", "spawn", as_="y", in_="root", spawner=(1 << 50) + 99)
        self.ok("shutdown", group="root", force=True)
        self.refused("closed", "spawn", as_="z", in_="root", cleanup=True)
        self.assertEqual(self.adapter.notes, ["x", "y", "z"])

    def test_from_another_thread(self) -> None:
        self.ok("spawn", as_="a", in_="root", remote=True, tells=["cancel"])
        self.refused("busy", "info", task="a")
        self.ok("post", as_="p")
        self.assertEqual(self.advance(), ["p posted", "a start"])
        self.assertEqual(self.adapter.notes, ["p"])
        self.ok("cancel", task="a", reason="enough", remote=True)
        self.assertEqual(self.advance(), ["a cancel"])
        self.ok("finish", task="a", status="canceled", remote=True)
        self.assertEqual(self.advance(), ["a done"])
        self.ok("shutdown", group="root", remote=True)
        self.advance()
        self.has(self.ok("info", group="root"), state="closed")

    def test_watches(self) -> None:
        self.ok("spawn", as_="a", in_="root", observed=True)
        self.ok("spawn", as_="b", in_="root")
        self.ok("watch", as_="w", on="a", waiter="b")
        self.ok("watch", as_="v", on="a")
        self.refused("deadlock", "watch", as_="x", on="b", waiter="b")
        self.ok("unwatch", watch="v")
        self.refused("stale", "unwatch", watch="v")
        self.advance(0, {"a start": [{"op": "return", "status": "failed"}]})
        self.has(self.adapter.told("w over"), on="a", outcome={"status": "failed"})
        self.assertEqual(self.adapter.notes, ["x", "v", "a", "w"])


class Pictures(Case):
    def test_events(self) -> None:
        self.ok("reset", events=True)
        self.ok("spawn", as_="a", in_="root", events=True, killable=True)
        self.ok("spawn", as_="b", in_="root", events=True)
        self.assertEqual(self.advance(), [])
        self.assertEqual(self.ok("take", capacity=1)["events"],
                         [{"call": "start", "task": "a"}])
        self.assertEqual(self.ok("take", capacity=9)["events"],
                         [{"call": "start", "task": "b"}])
        self.ok("cancel", task="a", reason="so")
        self.ok("finish", task="b", status="failed", message="oh")
        self.advance()
        events = self.ok("take", capacity=9)["events"]
        failed = {"status": "failed", "message": "oh"}
        self.assertCountEqual(events, [
            {"call": "cancel", "task": "a", "reason": "so", "originator": None},
            {"call": "error", "group": "root", "from": "root", "task": "b",
             "outcome": failed},
            {"call": "done", "task": "b", "outcome": failed}])
        self.ok("shutdown", group="root", grace="at_once", cancel_wait=1)
        self.advance(1)
        self.assertEqual(self.ok("take", capacity=9)["events"],
                         [{"call": "kill", "task": "a"}])
        self.ok("finish", task="a")
        self.advance()
        self.assertEqual(self.ok("take", capacity=9)["events"], [
            {"call": "done", "task": "a", "outcome": {
                "status": "ok", "flags": ["cancel_requested", "killed"]}}])
        self.advance()
        self.assertEqual(self.ok("take", capacity=9)["events"],
                         [{"call": "group_closed", "group": "root"}])
        self.advance()
        self.ok("destroy")
        self.assertEqual(self.adapter.notes, ["root"])

    def test_snapshot(self) -> None:
        self.ok("reset")
        self.ok("group", as_="g", in_="root", name="G")
        self.ok("spawn", as_="a", in_="g", name="A")
        self.advance(2)
        self.ok("spawn", as_="b", in_="root", spawner="a")
        answer = self.ok("snapshot", group="root")
        self.assertEqual([row["group"] for row in answer["groups"]], ["root", "g"])
        self.has(answer["groups"][1], parent="root", owner=None, name="G", age=2,
                 state="open", is_ending=False, spawned=1, succeeded=0, failed=0,
                 cancelled=0, abandoned=0, refused=0)
        self.assertCountEqual(answer["tasks"], [
            {"task": "b", "group": "root", "name": "task", "state": "pending", "age": 0,
             "is_cancel_requested": False, "spawner": "a"},
            {"task": "a", "group": "g", "name": "A", "state": "running", "age": 2,
             "is_cancel_requested": False, "spawner": None}])
        self.assertEqual(self.ok("list", what="groups", group="root")["names"], ["g"])

    def test_a_handle_without_a_name_is_a_number(self) -> None:
        root = self.ok("reset")["handle"]
        self.ok("group", as_="g", in_=root)
        self.has(self.ok("info", group="g"), parent="root")
        self.ok("group", as_="g2", in_=self.ok("group", as_="m", in_="root")["handle"])
        self.has(self.ok("info", group="g2"), parent="m")


class Kinds(Case):
    def setUp(self) -> None:
        super().setUp()
        self.ok("reset", tells=[])

    def test_timer(self) -> None:
        self.refused("invalid", "timer", as_="x", in_="root")
        self.ok("timer", as_="t", in_="root", name="tick", after=1, every=2,
                overlap="skip")
        events = self.advance(3, {"t fire": [
            {"op": "spawn", "as": "s", "in": "root"},
            {"op": "return", "started": "s"}]})
        self.assertEqual(events, ["t fire", "s start"])
        self.has(self.ok("timer_info", task="t"), fired=1, skipped=1, missed=0)
        self.ok("cancel", task="t")
        self.assertEqual(self.advance(), ["t done"])
        self.assertEqual(self.adapter.notes, ["x", "t"])

    def test_a_timer_that_fails(self) -> None:
        self.ok("reset", tells=["error"])
        self.ok("timer", as_="t", in_="root", after="at_once", overlap="replace")
        events = self.advance(1, {"t fire": [{"op": "return", "status": "failed"}]})
        self.assertEqual(events, ["t fire", "root error", "t done"])

    def test_queue(self) -> None:
        self.refused("invalid", "queue", as_="x", in_="root", capacity=0)
        self.ok("queue", as_="q", in_="root", name="mail", capacity=2, at_once=1)
        self.ok("spawn", as_="a", in_="root")
        for message, status in ((1, "ok"), (-2, "ok"), (3, "full")):
            self.refused(status, "push", queue="q", message=message, pusher="a")
        events = self.advance(0, {"q handle": [
            {"op": "spawn", "as": "s", "in": "root"},
            {"op": "return", "started": "s"}]})
        self.assertEqual(events, ["a start", "q handle", "q has_room", "s start"])
        self.has(self.adapter.told("q handle"), message=1)
        self.has(self.ok("queue_info", queue="q"), is_closed=False, length=1,
                 capacity=2, running=1, at_once=1, accepted=2, handled=0, refused=1)
        self.ok("queue_close", queue="q")
        self.has(self.ok("queue_info", queue="q"), is_closed=True)
        self.ok("cancel", task="q")
        self.assertEqual(self.advance(), ["q drop", "q done"])
        self.has(self.adapter.told("q drop"), message=-2)
        self.has(self.adapter.told("q done")["outcome"], status="canceled", value=1)


class ZzEverything(unittest.TestCase):
    """Runs last."""

    def test_every_operation_was_used(self) -> None:
        expected = operations_in_the_protocol() - {"return"}
        self.assertGreater(len(expected), 30)
        self.assertEqual(expected - Adapter.used, set())


if __name__ == "__main__":
    unittest.main()
