#!/usr/bin/env python3
"""test_adapter_lua.py - the Lua host's adapter holds conversations.

  ADAPTER='COMMAND' MODEL='COMMAND' test_adapter_lua.py [FIRST-SEED [HOW-MANY]]

MODEL is the adapter of the C library: whatever it says in a random
conversation, the Lua host has to say too, in the same order. Seeds are printed.
"""

import json
import sys
import unittest

sys.dont_write_bytecode = True
from conversation import Adapter, command_of, example_in_the_protocol  # noqa: E402
from lockstep import Differ, Pair, Random, SECOND  # noqa: E402

FIRST_SEED, SEEDS, SIZE = 1, 60, 80


class Talk(unittest.TestCase):
    def setUp(self) -> None:
        self.adapter = Adapter(command_of("ADAPTER"))
        self.addCleanup(self.end)
        self.ask, self.ok = self.adapter.ask, self.adapter.ok
        self.advance = self.adapter.advance

    def end(self) -> None:
        if self.adapter.process.poll() is None:
            self.assertEqual(self.adapter.end(), 0, self.adapter.last_words)

    def test_the_example_of_the_protocol(self) -> None:
        for side, expected in example_in_the_protocol():
            if side == ">":
                self.adapter.write(json.dumps(expected))
                continue
            line = self.adapter.read()
            features = expected.pop("features", [])
            self.assertLessEqual(set(features), set(line.pop("features", [])))
            for own in ("handle", "name", "version"):
                line.pop(own, None)
                expected.pop(own, None)
            self.assertEqual(line, expected)

    def test_lines_that_are_no_requests(self) -> None:
        for line in ("", "{", "nonsense", "[]", "3", '{"op":', '{"op":3}', "{}",
                     '{"op":"dance"}', '{"op":"return"}', '"hello"', "{}{}"):
            self.adapter.write(line)
            self.assertEqual(self.adapter.read()["status"], "unsupported", line)
        self.ok("hello")

    def test_the_root_is_the_runtime_s(self) -> None:
        for name in ("one", "two"):
            root = self.ok("reset", name=name, grace=7, tells=["drain", "closed"])["handle"]
            info = self.ok("info", group="root")
            self.assertEqual((info["name"], info["parent"], info["grace"], info["created_at"]),
                             (name, None, 7, 0))
            self.ok("group", as_="g", in_=root, on_failure="shutdown_root")
            self.ok("spawn", as_="a", in_="g")
            self.assertEqual(self.advance(5, {"a start": [
                {"op": "finish", "task": "a", "status": "failed", "message": "oh"}]}),
                ["a start", "a done", "g group_drain", "g group_closed",
                 "root group_drain", "root group_closed"])
            self.assertEqual(self.ok("time")["at"], 5)

    def test_reset_throws_away_whatever_there_is(self) -> None:
        for _ in range(3):
            self.ok("reset")
            self.ok("group", as_="g", in_="root", grace="forever", cancel_wait="forever",
                    tells=["drain", "closed", "error"])
            self.ok("spawn", as_="deaf", in_="g", tells=[])
            self.ok("spawn", as_="tough", in_="g", tells=["kill"])
            self.ok("group", as_="owned", in_="g", owner="deaf")
            self.ok("timer", as_="t", in_="g", every=SECOND)
            self.ok("queue", as_="q", in_="g", capacity=3)
            self.ok("watch", as_="w", on="g")
            self.advance()
            self.ok("push", queue="q", message=1)
            self.ok("spawn", as_="late", in_="g")
        self.ok("reset")
        info = self.ok("info", group="root")
        self.assertEqual((info["children"], info["created_at"]), (0, 0))
        self.assertIn("nothing is named g", self.ask("info", group="g")["why"])

    def test_destroy_tells_the_ends_of_the_abandoned(self) -> None:
        self.ok("reset", tells=[])
        self.ok("spawn", as_="a", in_="root", tells=[])
        self.advance()
        self.assertEqual(self.ask("destroy")["status"], "busy")
        self.ok("shutdown", group="root", force=True)
        self.assertEqual(self.advance(60 * SECOND), [])
        self.assertEqual(self.adapter.during("destroy"), ["a done"])
        self.assertEqual(self.ask("time")["status"], "invalid")

    def test_a_failure_that_nobody_handles_is_on_stderr(self) -> None:
        self.ok("reset")
        self.ok("spawn", as_="a", in_="root", name="culprit")
        self.advance(0, {"a start": [{"op": "return", "status": "nomem"}]})
        self.assertEqual(self.adapter.told("a done")["outcome"], {"status": "nomem"})
        self.assertIn("culprit", self.adapter.said())

    def test_the_end_inside_a_call(self) -> None:
        self.ok("reset")
        self.ok("spawn", as_="a", in_="root")
        self.assertEqual(self.adapter.send("advance", by=0)["call"], "start")


class Lockstep(unittest.TestCase):
    def test_random_conversations(self) -> None:
        pair = Pair(command_of("MODEL"), command_of("ADAPTER"))
        print(f"seeds {FIRST_SEED} to {FIRST_SEED + SEEDS - 1}")
        try:
            for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
                pair.talk.clear()
                Random(pair, seed).run(SIZE)
        except Differ as difference:
            self.fail(f"seed {seed}:\n{difference}")
        finally:
            pair.end()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        FIRST_SEED = int(sys.argv[1])
    if len(sys.argv) > 2:
        SEEDS = int(sys.argv[2])
    unittest.main(argv=sys.argv[:1])
