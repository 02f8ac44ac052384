"""bench.py - ptg beside asyncio.TaskGroup, interleaved in one run: medians as name, ours, baseline, ratio, goal.

    bench.py [RUNS]

Times are nanoseconds a task. What is measured is the same coroutine in both, from the same loop.
"""

import asyncio
import contextlib
import gc
import statistics
import sys
import time

import ptg

RUNS = max(5, int(sys.argv[1])) if len(sys.argv) > 1 else 5
SPAWNED, BATCH = 200_000, 1000
SINGLE = 30_000
PARKED = 1_000_000
GROUPS = 10_000


async def noop():
    pass


async def park():
    await asyncio.get_running_loop().create_future()


def live_of(group):
    return group._tasks


async def spawn_to_finish(kind, count, batch):
    async with kind() as group:
        create_task = group.create_task
        begin = time.perf_counter_ns()
        for _ in range(count // batch):
            for _ in range(batch):
                create_task(noop())
            while live_of(group):
                await asyncio.sleep(0)
        return (time.perf_counter_ns() - begin) / count


async def shutdown_ours(count):
    group = ptg.PersistentTaskGroup(cancel_wait=600)
    for _ in range(count):
        group.create_task(park())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    begin = time.perf_counter_ns()
    report = await group.shutdown()
    took = time.perf_counter_ns() - begin
    assert report.rows[0].cancelled == count
    return took / count


async def shutdown_theirs(count):
    parked = asyncio.Event()

    async def hold():
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(park())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            parked.set()
            await park()

    holder = asyncio.ensure_future(hold())
    await parked.wait()
    await asyncio.sleep(0)
    begin = time.perf_counter_ns()
    holder.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await holder
    return (time.perf_counter_ns() - begin) / count


async def groups_open(kind, count):
    """Opens that many at once, one inside the other, and closes them. There is no recursion in it."""
    begin = time.perf_counter_ns()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(count):
            group = await stack.enter_async_context(kind())
            group.create_task(noop())
    return (time.perf_counter_ns() - begin) / count


def measure(name, ours, theirs, goal, runs=RUNS):
    figures = ([], [])
    for _ in range(runs):
        for place, make in enumerate((ours, theirs)):
            gc.collect()
            figures[place].append(asyncio.run(make()))
    our, their = map(statistics.median, figures)
    print(f"{name}\t{our:.0f}\t{their:.0f}\t{our / their:.2f}\t{goal}", flush=True)


def main():
    measure(
        "spawn_to_finish",
        lambda: spawn_to_finish(ptg.PersistentTaskGroup, SPAWNED, BATCH),
        lambda: spawn_to_finish(asyncio.TaskGroup, SPAWNED, BATCH),
        "1.25",
    )
    measure(
        "spawn_to_finish_one_alive",
        lambda: spawn_to_finish(ptg.PersistentTaskGroup, SINGLE, 1),
        lambda: spawn_to_finish(asyncio.TaskGroup, SINGLE, 1),
        "-",
    )
    measure("shutdown_parked", lambda: shutdown_ours(PARKED), lambda: shutdown_theirs(PARKED), "1.0")
    measure(
        "groups_open_at_once",
        lambda: groups_open(ptg.PersistentTaskGroup, GROUPS),
        lambda: groups_open(asyncio.TaskGroup, GROUPS),
        "-",
    )


main()
