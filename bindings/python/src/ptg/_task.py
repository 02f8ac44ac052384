"""Tasks: coroutines that asyncio runs, and those that are no coroutines."""

from __future__ import annotations

import asyncio
import collections.abc
import sys
from collections.abc import Coroutine, Generator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from . import _arguments, _coroutine
from ._native import ffi, lib
from .errors import Duration, check
from .values import TaskInfo, ask

if TYPE_CHECKING:
    from ._group import PersistentTaskGroup
    from ._runtime import Runtime

T = TypeVar("T")

current_ptaskgroup: ContextVar[PersistentTaskGroup] = _coroutine.current_ptaskgroup
"""The group of the task, handler or hook that is running, or the one whose block one is in."""

collections.abc.Coroutine.register(_coroutine.Coroutine)


def request_cancel(runtime: Runtime, handle: int, reason: str | None, originator: int) -> None:
    """Asks a task of any kind to end."""
    options = ffi.new("ptg_cancel_options *")
    options.size = ffi.sizeof("ptg_cancel_options")
    kept = ffi.from_buffer(_arguments.text("the reason", reason or ""))
    options.reason = ffi.NULL if reason is None else kept
    options.reason_length = len(kept)
    options.originator = _arguments.handle("originator", originator)
    check(lib.ptg_task_cancel(runtime.pointer, handle, options), runtime.pointer)
    runtime.schedule()


def extend_grace(runtime: Runtime, handle: int, duration: Duration) -> int:
    """See `Task.extend_grace()`."""
    left = ffi.new("int64_t *")
    length = _arguments.length_ns("the duration", duration)
    check(lib.ptg_task_extend_grace(runtime.pointer, handle, length, left), runtime.pointer)
    runtime.schedule()
    return int(left[0])


class Task(asyncio.Task[T]):
    """An `asyncio.Task` that belongs to a group. Made by `PersistentTaskGroup.create_task()`.

    Awaiting it waits for its result and no more: when the waiter is cancelled the task goes on, as it would behind
    `asyncio.shield()`, because it is the group that owns it.
    """

    __slots__ = ("_group", "_handle")
    _group: PersistentTaskGroup
    _handle: int

    @property
    def group(self) -> PersistentTaskGroup:
        """The group that owns it."""
        return self._group

    @property
    def handle(self) -> int:
        """Its number, which no other task or group in the process ever has."""
        return self._handle

    def info(self) -> TaskInfo:
        """What libptg knows of it. Raises `StaleError` when it has ended."""
        pointer = self._group.runtime.pointer
        return ask(pointer, lib.ptg_task_get_info, self._handle, TaskInfo)

    def request_cancel(self, reason: str | None = None, *, originator: int = 0) -> None:
        """Asks it to end, once, in a way that its outcome, the report and every monitor tell, with the reason.

        `cancel()` is asyncio's own and tells nobody: it is what `asyncio.timeout()` uses for ends that are none.
        """
        runtime = self._group.runtime
        request_cancel(runtime, self._handle, reason, originator or runtime.spawner())

    def extend_grace(self, duration: Duration) -> int:
        """Asks for the drain phase of its group to last that long from now; returns how long it lasts now, in ns.

        More than the group's deadline leaves is not given. Raises `BusyError` outside of a drain phase.
        """
        return extend_grace(self._group.runtime, self._handle, duration)

    def __await__(self) -> Generator[Any, None, T]:
        if self.done():
            return self.result()
        if asyncio.current_task() is self:
            raise RuntimeError(f"{self!r} waits for itself")
        return (yield from asyncio.shield(self).__await__())

    __iter__ = __await__


async def gated(gate: asyncio.Future[None], coroutine: Coroutine[Any, Any, T]) -> T:
    """The coroutine, once its group has a place for it."""
    await gate
    return await coroutine


if sys.version_info >= (3, 12):
    current_task = asyncio.current_task
else:
    # Of this Python it is a slow function; what it looks into will not change any more.
    from asyncio.tasks import _current_tasks  # type: ignore[attr-defined]

    current_task = _current_tasks.get


class _Types(dict[str, Any]):
    """The sorts of tasks that are coroutines, by the names of their functions; monitors count by them.

    libptg wants them to stay for ever, so there is a bound; those past it are all called "coroutine".
    """

    MOST = 4096

    def __missing__(self, name: str) -> Any:
        if len(self) >= self.MOST:
            return self["coroutine"]
        text = ffi.new("char[]", name.encode(errors="replace")[:255].decode(errors="ignore").encode())
        table = ffi.new("ptg_task_type *")
        table.size = ffi.sizeof("ptg_task_type")
        table.flags = lib.PTG_TASK_TYPE_EVENTS
        table.name = text
        _kept.append(text)
        return self.setdefault(name, table)  # that of another thread, if it was quicker


_kept: list[Any] = []
coroutine_types = _Types()
coroutine_types["coroutine"]
