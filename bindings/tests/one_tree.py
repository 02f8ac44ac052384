"""one_tree.py - what one_tree.c runs in Python; see there."""

import asyncio

import embed
import ptg


async def until_drain(group: ptg.PersistentTaskGroup) -> None:
    await group.wait_draining()


def paths(picture: ptg.Snapshot) -> dict[str, list[str]]:
    """The names of the tasks in each group of a picture, by its path."""
    path_of = {0: ""}
    seen = {}
    for group in picture.groups:
        above = path_of[group.parent]
        path_of[group.group] = f"{above}/{group.name}" if group.parent else ""
        seen[path_of[group.group] or "/"] = sorted(task.name for task in picture.tasks if task.group == group.group)
    return seen


async def main() -> None:
    runtime = ptg.get_runtime()
    python = ptg.PersistentTaskGroup(name="python", grace=5, on_closed=lambda _: embed.note("python"))
    python.create_task(until_drain(python), name="python-task")
    _, lua = embed.add_groups(runtime.address, python.handle)
    inner = runtime.group(lua).add_group(name="inner", on_closed=lambda _: embed.note("inner"))
    started = asyncio.Event()

    async def last() -> None:
        started.set()
        await until_drain(inner)

    inner.create_task(last(), name="inner-task")
    await started.wait()

    seen = paths(ptg.snapshot())
    assert seen == {
        "/": [],
        "/python": ["python-task"],
        "/python/c": ["c-task"],
        "/python/c/lua": ["lua-task"],
        "/python/c/lua/inner": ["inner-task"],
    }, seen

    await python.shutdown()
    assert embed.closed() == ["inner", "lua", "c", "python"], embed.closed()
    embed.close_lua()


asyncio.run(main())
