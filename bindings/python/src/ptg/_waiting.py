"""Waiting for several tasks, each of which may fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from ._task import current_ptaskgroup

if TYPE_CHECKING:
    from ._group import PersistentTaskGroup
    from ._task import Task

T = TypeVar("T")


def _group_of(group: PersistentTaskGroup | None) -> PersistentTaskGroup:
    if group is not None:
        return group
    try:
        return current_ptaskgroup.get()
    except LookupError:
        raise RuntimeError("there is no group here: say which") from None


def _tasks_of(group: PersistentTaskGroup | None, coros: tuple[Coroutine[Any, Any, T], ...]) -> list[Task[T]]:
    """The coroutines as tasks; if one is refused, the rest are closed and what was begun goes on."""
    tasks: list[Task[T]] = []
    try:
        owner = _group_of(group)
        for coro in coros:
            tasks.append(owner.create_task(coro, observed=True))
    except BaseException:
        for coro in filter(asyncio.iscoroutine, coros[len(tasks) :]):
            coro.close()
        raise
    return tasks


async def gather(*coros: Coroutine[Any, Any, T], group: PersistentTaskGroup | None = None) -> list[T | BaseException]:
    """Runs coroutines as tasks of a group, the current one if none is given; returns what came of each, in order.

    That is its result, or its exception, which goes to no handler then. Neither a failure nor the cancelling of who
    waits ends the other tasks: the group owns them.
    """
    tasks = _tasks_of(group, coros)
    if tasks:
        await asyncio.wait(tasks)
    return _ends_of(tasks)


def _ends_of(tasks: list[Task[T]]) -> list[T | BaseException]:
    return list(map(_end_of, tasks))


def _end_of(task: Task[T]) -> T | BaseException:
    if task.cancelled():
        return asyncio.CancelledError()
    error = task.exception()
    return task.result() if error is None else error


async def as_completed(
    *coros: Coroutine[Any, Any, T], group: PersistentTaskGroup | None = None
) -> AsyncIterator[Task[T]]:
    """Runs coroutines as `gather()` does, and yields their tasks as they end, however they end.

    async for task in ptg.as_completed(*coros):
        try:
            print(task.result())
        except OSError as error:
            ...  # and the others go on
    """
    tasks = _tasks_of(group, coros)
    ended: asyncio.Queue[Task[T]] = asyncio.Queue()
    for task in tasks:
        task.add_done_callback(ended.put_nowait)
    for _ in tasks:
        yield await ended.get()
