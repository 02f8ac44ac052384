"""A program that was written for aiotools' class runs with only its import changed."""

import os
import re
import subprocess
import sys

import pytest

PROGRAM = '''
import asyncio
from MODULE import PersistentTaskGroup, current_ptaskgroup

seen = []


async def on_error(exc_type, exc_obj, exc_tb):
    await asyncio.sleep(0)
    seen.append(("handler", exc_type.__name__, str(exc_obj), exc_tb is not None))


async def work(value):
    await asyncio.sleep(0.01)
    seen.append(("current", current_ptaskgroup.get().get_name()))
    if value == 2:
        raise ValueError("two")
    return value


async def long():
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        seen.append("cancelled")
        raise


class Service:
    """A long-lived object with a group."""

    def __init__(self):
        self.group = PersistentTaskGroup(name="service", exception_handler=on_error)

    def begin(self):
        return self.group.create_task(long(), name="long")

    async def close(self):
        await self.group.shutdown()


async def main():
    async with PersistentTaskGroup(name="block", exception_handler=on_error) as group:
        results = [group.create_task(work(value)) for value in (1, 2, 3)]
        print(await results[0])
        try:
            await results[1]
        except ValueError as error:
            print("raised", error)
        print(group in PersistentTaskGroup.all_ptaskgroups())
    print(await results[2], sorted(map(str, seen)))
    seen.clear()

    try:
        async with PersistentTaskGroup() as group:
            group.create_task(long())
            await asyncio.sleep(0.01)
            raise KeyError("body")
    except KeyError as error:
        print("body", error, seen)
    seen.clear()

    service = Service()
    task = service.begin()
    await asyncio.sleep(0.01)
    waiter = asyncio.create_task(asyncio.wait_for(asyncio.shield(task), 0.01))
    try:
        await waiter
    except TimeoutError:
        print("waited", seen)
    await service.close()
    await service.close()
    print("closed", seen, service.group in PersistentTaskGroup.all_ptaskgroups())


asyncio.run(main())
'''


def output_of(module):
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    program = PROGRAM.replace("MODULE", module)
    process = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert process.returncode == 0, process.stderr
    return process.stdout, process.stderr


def test_same_program_says_the_same_with_both():
    pytest.importorskip("aiotools")
    assert output_of("ptg") == output_of("aiotools")
    assert re.search("cancelled", output_of("ptg")[0])
