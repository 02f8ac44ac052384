"""one_tree.py - what one_tree.c runs in Python; see there."""

import asyncio

import embed
import ptg


async def until_drain(group: ptg.PersistentTaskGroup) -> None:
    await group.draining()


async def main() -> None:
    runtime = ptg.get_runtime()
    python = ptg.PersistentTaskGroup(name="python", on_closed=lambda _: embed.note("python"))
    python.create_task(until_drain(python), name="python-task")
    _, lua = embed.add_groups(runtime.address, python.handle)
    inner = runtime.group(lua).add_group(name="inner", on_closed=lambda _: embed.note("inner"))
    inner.create_task(until_drain(inner), name="inner-task")
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    picture = runtime.snapshot()
    seen = {group.path: sorted(task.name for task in group.tasks) for group in picture.groups}
    assert seen == {
        "/": [],
        "/python": ["python-task"],
        "/python/c": ["c-task"],
        "/python/c/lua": ["lua-task"],
        "/python/c/lua/inner": ["inner-task"],
    }, seen

    await python.shutdown(grace=5)
    assert embed.closed() == ["inner", "lua", "c", "python"], embed.closed()
    embed.close_lua()


asyncio.run(main())
