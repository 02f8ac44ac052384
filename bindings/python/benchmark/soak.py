"""soak.py - many short tasks, some of which fail or are cancelled, and memory stays flat.

soak.py [TASKS]
"""

import asyncio
import gc
import os
import sys
import time

import ptg
from ptg import _given

TASKS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
BATCH = 1000
WARM = TASKS // 10
PAGE = os.sysconf("SC_PAGESIZE")
MOST_GROWTH = 4 * 2**20


async def well():
    pass


async def badly():
    raise ValueError


async def cancelled():
    raise asyncio.CancelledError


async def main():
    failures = 0

    def count(*_failure):
        nonlocal failures
        failures += 1

    def resident():
        gc.collect()
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * PAGE

    group = ptg.PersistentTaskGroup(exception_handler=count)
    begin = time.perf_counter()
    before = 0
    for done in range(0, TASKS, BATCH):
        if done == WARM:
            before = resident()
        for _ in range(BATCH - 2):
            group.create_task(well())
        group.create_task(badly())
        group.create_task(cancelled())
        while group.tasks():
            await asyncio.sleep(0)
    await asyncio.sleep(0.1)  # the failures of the last ones are told
    grown = resident() - before
    took = time.perf_counter() - begin
    statistics = group.statistics()
    print(f"soak: {statistics.spawned} tasks, {failures} failures, {took:.0f} s, memory grew by {grown // 1024} KiB")
    assert statistics.spawned == TASKS
    assert failures == statistics.failed == statistics.cancelled == TASKS // BATCH
    assert grown < MOST_GROWTH, grown
    assert not group._tasks
    await group.shutdown()
    assert _given.count() == 1  # the root


asyncio.run(main())
