"""Coroutines fare as callbacks do: random trees are shut down with both, and the reports are the same.

What tasks of callbacks do is held against the specification by the conformance suite; this holds coroutines to them.
"""

import asyncio
import dataclasses
import random

import pytest

import ptg
import ptg.testing

SECOND = 10**9
GROUPS, TASKS = 5, 8


def draw(seed):
    """A tree, what its tasks do, and how it is shut down. No two things fall on one instant by chance."""
    rng = random.Random(seed)

    def some(most):
        return rng.randrange(1, most * SECOND) / SECOND

    groups = [
        {
            "parent": rng.randrange(place + 1),
            "grace": rng.choice([0, some(6), None]),
            "cancel_wait": some(4),
            "deadline": rng.choice([None, None, some(12)]),
            "parallel": rng.random() < 0.4,
            "on_failure": rng.choice(["report", "report", "shutdown_group"]),
        }
        for place in range(GROUPS)
    ]
    tasks = [
        {
            "group": rng.randrange(GROUPS + 1),
            "ends_after": rng.choice([some(8), some(20), None]),
            "fails": rng.random() < 0.2,
            "after_cancel": rng.choice([0, some(3), None]),
        }
        for _ in range(TASKS)
    ]
    shutdown = {"at": some(6), "limits": rng.choice([{}, {"grace": some(4)}, {"deadline": some(10)}, {"force": True}])}
    return groups, tasks, shutdown


def error_of(task):
    return OSError("failed") if task["fails"] else None


async def coroutine(task):
    """Ends by itself; or, asked to, a while later, as if it cleaned up; or never."""
    try:
        await asyncio.sleep(10**6 if task["ends_after"] is None else task["ends_after"])
    except asyncio.CancelledError:
        await asyncio.sleep(10**6 if task["after_cancel"] is None else task["after_cancel"])
        raise
    if task["fails"]:
        raise error_of(task)


class Callbacks(ptg.CallbackTask):
    """Does the same."""

    def __init__(self, task):
        self.task = task
        self.is_cancelled = False

    def start(self):
        if self.task["ends_after"] is not None:
            self.sleep(self.task["ends_after"])

    def cancel(self, reason, originator):
        self.is_cancelled = True
        if self.task["after_cancel"] == 0:
            self.finish(status=-10)
        else:
            self.sleep(10**6 if self.task["after_cancel"] is None else self.task["after_cancel"])

    def wake(self):
        if self.is_cancelled:
            self.finish(status=-10)
        else:
            self.finish(error_of(self.task))


def fare(clock, seed, put):
    """The report, as plain values, and the counts."""
    groups, tasks, shutdown = draw(seed)

    async def main():
        made = [ptg.PersistentTaskGroup(name="top", exception_handler=lambda *failure: None)]
        for place, options in enumerate(groups):
            options = dict(options)
            parent = made[options.pop("parent")]
            made.append(parent.add_group(name=f"g{place}", **options))
        for task in tasks:
            put(made[task["group"]], task)
        begin = made[0].runtime.time_ns()
        await clock.advance(shutdown["at"])
        made[0].begin_shutdown(**shutdown["limits"])
        await clock.advance(200)
        assert made[0].state == "closed"
        return [describe(row, begin) for row in made[0].report()]

    return clock.run(main())


def describe(row, begin_ns):
    fields = dataclasses.asdict(row).items()
    return {
        field: (value - begin_ns) / SECOND if field.endswith("_ns") and value else value
        for field, value in fields
        if field not in ("group", "parent", "waited_for", "originator", "where")
    }


@pytest.mark.parametrize("tens", range(10))
def test_coroutines_fare_as_callbacks_do(tens):
    for seed in range(20 * tens, 20 * tens + 20):
        reports = []
        for put in (
            lambda group, task: group.create_task(coroutine(task)),
            lambda group, task: group.add_task(Callbacks(task)),
        ):
            clock = ptg.testing.ManualClock()
            try:
                reports.append(fare(clock, seed, put))
            finally:
                clock.close()
        assert reports[0] == reports[1], seed
