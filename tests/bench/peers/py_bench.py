"""py_bench.py - asyncio, aiotools and trio.

  py_bench.py SCENARIO N KIND

KIND: raw (create_task and a set), tg (asyncio.TaskGroup), ptg and scope
(aiotools), trio; with "uvloop-" before it on uvloop's loop.
"""
import asyncio
import gc
import os
import random
import resource
import sys
import threading
import time
import warnings

ALIVE = 1000
ns = time.perf_counter_ns


def rss():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e9


def out(scenario, n, metric, value):
    print(f"{scenario}\t{n}\t{metric}\t{value:.2f}", flush=True)


def out_both(scenario, n, begin, cpu_begin):
    out(scenario, n, "ns", (ns() - begin) / n)
    out(scenario, n, "cpu_ns", (cpu() - cpu_begin) / n)


async def noop():
    pass


class Raw:
    """The documented idiom: create_task, and a set that keeps it alive."""

    is_nested = False

    def __init__(self):
        self.tasks = set()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        pass

    def create_task(self, coroutine, name=None):
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def stop(self):
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def live(self):
        return len(self.tasks)


class Wrapped:
    """A group of a library, as this file uses it. A nested one is entered and
    left in one task, and ends when that is cancelled."""

    def __init__(self, make, is_nested):
        self.group = make()
        self.is_nested = is_nested

    async def __aenter__(self):
        await self.group.__aenter__()
        self.create_task = self.group.create_task
        return self

    async def __aexit__(self, *error):
        return await self.group.__aexit__(*error)

    async def stop(self):
        await self.group.shutdown()

    def live(self):
        return len(self.group._tasks)


def find_kind(kind):
    """Makes groups of this kind."""
    warnings.simplefilter("ignore")
    if kind == "raw":
        return Raw
    if kind == "tg":
        return lambda: Wrapped(asyncio.TaskGroup, True)
    import aiotools

    if kind == "ptg":
        return lambda: Wrapped(aiotools.PersistentTaskGroup, False)
    return lambda: Wrapped(aiotools.TaskScope, True)


async def s1(scenario, n, make, alive):
    for is_second in (False, True):
        cpu_begin, begin = cpu(), ns()
        async with make() as group:
            create_task = group.create_task
            for _ in range(n // alive):
                for _ in range(alive):
                    create_task(noop())
                while group.live():
                    await asyncio.sleep(0)
        if is_second:
            out_both(scenario, n, begin, cpu_begin)


async def s2(n, make):
    loop = asyncio.get_running_loop()
    parked = 0
    is_up = loop.create_future()

    async def park():
        nonlocal parked
        parked += 1
        await loop.create_future()

    async def hold():
        async with make() as group:
            before, begin = rss(), ns()
            for _ in range(n):
                group.create_task(park())
            while parked < n:
                await asyncio.sleep(0)
            out("S2", n, "spawn_park_ns", (ns() - begin) / n)
            out("S2", n, "bytes", (rss() - before) / n)
            if not group.is_nested:
                begin = ns()
                await group.stop()
                out("S3", n, "ns", (ns() - begin) / n)
                return
            is_up.set_result(None)
            await loop.create_future()

    gc.collect()
    holder = loop.create_task(hold())
    await asyncio.wait([holder, is_up], return_when=asyncio.FIRST_COMPLETED)
    if not holder.done():
        begin = ns()
        holder.cancel()
        await asyncio.wait([holder])
        out("S3", n, "ns", (ns() - begin) / n)


async def s4(make):
    loop = asyncio.get_running_loop()
    parked = gone = 0

    async def park():
        nonlocal parked, gone
        parked += 1
        try:
            await loop.create_future()
        finally:
            gone += 1

    async def nest(depth):
        async with make() as group:
            for _ in range(10 if depth else 100):
                group.create_task(nest(depth - 1) if depth else park())

    async def build(depth):
        group, children = make(), []
        await group.__aenter__()
        for _ in range(10 if depth else 0):
            children.append(await build(depth - 1))
        for _ in range(0 if depth else 100):
            group.create_task(park())
        return group, children

    async def stop(node):
        for child in node[1]:
            await stop(child)
        await node[0].stop()

    for is_second in (False, True):
        parked = gone = 0
        is_nested = make().is_nested
        top = loop.create_task(nest(3)) if is_nested else await build(3)
        while parked < 100000:
            await asyncio.sleep(0)
        begin = ns()
        if is_nested:
            top.cancel()
            await asyncio.wait([top])
        else:
            await stop(top)
        if is_second:
            out("S4", 100000, "ms", (ns() - begin) / 1e6)
        assert gone == 100000


async def s5(n, make):
    """After churn: n have come, gone in random order, and come again."""

    async def park():
        await asyncio.get_running_loop().create_future()

    group = make()
    await group.__aenter__()
    for is_second in (False, True):
        tasks = [group.create_task(park(), name=f"task-{i}") for i in range(n)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if not is_second:
            random.shuffle(tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    begin = ns()
    for _ in range(10):
        seen = [(task.get_name(), task.done()) for task in asyncio.all_tasks()]
        assert len(seen) >= n
    out("S5", n, "ns", (ns() - begin) / (10 * n))
    sys.stdout.flush()
    os._exit(0)


async def s6(scenario, n):
    """S6: run_coroutine_threadsafe, which gives a future back. S6soon:
    call_soon_threadsafe, which does not."""
    loop = asyncio.get_running_loop()
    left, done = n, loop.create_future()

    async def one():
        nonlocal left
        left -= 1
        if not left:
            done.set_result(None)

    def feed():
        for _ in range(n):
            if scenario == "S6":
                asyncio.run_coroutine_threadsafe(one(), loop)
            else:
                loop.call_soon_threadsafe(loop.create_task, one())

    cpu_begin, begin = cpu(), ns()
    thread = threading.Thread(target=feed)
    thread.start()
    await done
    out_both(scenario, n, begin, cpu_begin)
    thread.join()


async def s7(n, make):
    random.seed(1)
    cpu_begin, begin = cpu(), ns()
    async with make() as group:
        for _ in range(n):
            group.create_task(asyncio.sleep(random.randint(1, 1000) / 1000))
        while group.live():
            await asyncio.sleep(0.01)
    out("S7", n, "cpu_ns", (cpu() - cpu_begin) / n)
    out("S7", n, "wall_ms", (ns() - begin) / 1e6)


async def trio_s1(scenario, n, alive):
    import trio

    for is_second in (False, True):
        cpu_begin, begin = cpu(), ns()
        for _ in range(n // alive):
            async with trio.open_nursery() as nursery:
                for _ in range(alive):
                    nursery.start_soon(noop)
        if is_second:
            out_both(scenario, n, begin, cpu_begin)


async def trio_s2(n):
    import trio

    parked = 0

    async def park():
        nonlocal parked
        parked += 1
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        before, begin = rss(), ns()
        for _ in range(n):
            nursery.start_soon(park)
        while parked < n:
            await trio.sleep(0)
        out("S2", n, "spawn_park_ns", (ns() - begin) / n)
        out("S2", n, "bytes", (rss() - before) / n)
        begin = ns()
        nursery.cancel_scope.cancel()
    out("S3", n, "ns", (ns() - begin) / n)


async def trio_s7(n):
    import trio

    random.seed(1)
    cpu_begin = cpu()
    async with trio.open_nursery() as nursery:
        for _ in range(n):
            nursery.start_soon(trio.sleep, random.randint(1, 1000) / 1000)
    out("S7", n, "cpu_ns", (cpu() - cpu_begin) / n)


def run_trio(scenario, n):
    import trio

    scenarios = {
        "S1": lambda: trio_s1(scenario, n, ALIVE),
        "S1one": lambda: trio_s1(scenario, n, 1),
        "S2": lambda: trio_s2(n),
        "S7": lambda: trio_s7(n),
    }
    trio.run(scenarios[scenario])


def main():
    scenario, n, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if kind == "trio":
        run_trio(scenario, n)
        return
    if kind.startswith("uvloop-"):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        kind = kind.removeprefix("uvloop-")
    make = find_kind(kind)
    scenarios = {
        "S1": lambda: s1(scenario, n, make, ALIVE),
        "S1one": lambda: s1(scenario, n, make, 1),
        "S2": lambda: s2(n, make),
        "S4": lambda: s4(make),
        "S5": lambda: s5(n, make),
        "S6": lambda: s6(scenario, n),
        "S6soon": lambda: s6(scenario, n),
        "S7": lambda: s7(n, make),
    }
    asyncio.run(scenarios[scenario]())


main()
