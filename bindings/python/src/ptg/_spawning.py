"""How tasks come into a group, and how the ends of coroutines are told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from types import CoroutineType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from . import _callback_task, _given
from ._callback_task import CallbackTask, failure_of
from ._coroutine import wrap
from ._group_options import task_options
from ._looking import Looking
from ._native import ffi, lib
from ._task import Task, coroutine_types, current_task, gated
from ._watch import watch
from .errors import ClosedError, TaskFailed, error_of

if TYPE_CHECKING:
    from ._group import PersistentTaskGroup

T = TypeVar("T")

_spawn = lib.ptgpy_spawn
_finish = lib.ptgpy_finish
_finish_cancelled = lib.ptgpy_finish_cancelled


class Spawning(Looking):
    """The part of `PersistentTaskGroup` that makes tasks."""

    _is_gated: bool
    _gates: dict[int, tuple[asyncio.Future[None], Coroutine[Any, Any, Any]]]
    _idle: list[asyncio.Future[None]]

    # ----------------------------------------------------------------- tasks

    def create_task(
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: Context | None = None,
        cleanup: bool = False,
        observed: bool = False,
    ) -> Task[T]:
        """Puts a coroutine into the group as a task, and returns the task.

        `name` and `context` are as of `asyncio.create_task()`. `cleanup`: it is clean-up, which a group that is
        cancelling still takes from inside. `observed`: somebody awaits it and will see its exception; the handler will
        not.

        Raises `ClosedError` when the group is being shut down and the caller is not a task inside of it, and
        `FullError` past a bound; the coroutine is closed then.
        """
        runtime = self.runtime
        if name is not None or cleanup or observed or self._is_gated or runtime.is_debug:
            return self._create_slowly(coro, name, context, cleanup, observed)
        kind = coroutine_types[coro.__qualname__ if type(coro) is CoroutineType else name_of(coro)]
        spawner = current_task(self.runtime.loop)
        handle = _spawn(runtime.pointer, self.handle, kind, spawner._handle if type(spawner) is Task else 0)
        if handle < 0:
            raise self._refused(coro, handle)
        if not runtime.is_due:
            runtime.schedule()
        try:
            task = Task(wrap(coro, self, handle), loop=runtime.loop, context=context)
        except BaseException:
            self._never_made(handle, coro)
            raise
        task._group = cast("PersistentTaskGroup", self)
        task._handle = handle
        self._tasks[handle] = task
        return task

    def _create_slowly(
        self, coro: Coroutine[Any, Any, T], name: str | None, context: Context | None, cleanup: bool, observed: bool
    ) -> Task[T]:
        runtime = self.runtime
        options = task_options(name, cleanup, observed, runtime.spawner(), runtime.is_debug)
        kind = coroutine_types[name_of(coro)]
        handle = lib.ptgpy_spawn_with(runtime.pointer, self.handle, kind, options.struct, self._is_gated)
        if handle < 0:
            raise self._refused(coro, handle)
        runtime.schedule()
        steps = coro
        if self._is_gated and not cleanup:
            gate = runtime.loop.create_future()
            steps = gated(gate, coro)
            self._gates[handle] = gate, coro
        try:
            task = Task(wrap(steps, self, handle), loop=runtime.loop, name=name, context=context)
        except BaseException:
            self._never_made(handle, steps)
            raise
        task._group = cast("PersistentTaskGroup", self)
        task._handle = handle
        self._tasks[handle] = task
        if self.handle not in runtime.groups:
            runtime.busy_strangers.add(task._group)
        if observed:
            watch(runtime, handle, lambda _: None)
        return task

    def _never_made(self, handle: int, steps: Coroutine[Any, Any, Any]) -> None:
        """asyncio has refused the task that libptg had accepted."""
        steps.close()
        self._end_cancelled(handle)

    def _refused(self, coro: Any, status: int) -> Exception:
        close = getattr(coro, "close", None)
        if close is not None:
            close()
        return self._refusal(status)

    def _refusal(self, status: int) -> Exception:
        """To put something into a group that is gone is as into one that is closed."""
        error = error_of(status, self.runtime.pointer)
        if self.runtime.pointer == ffi.NULL or (status == lib.PTG_ESTALE and self._last is not None):
            error = ClosedError(f"{self!r} is closed")
            error.status = status
        return error

    def add_task(
        self,
        task: CallbackTask,
        *,
        name: str | None = None,
        label: str | None = None,
        cleanup: bool = False,
        observed: bool = False,
        spawner: int = 0,
        place: str | None = None,
    ) -> int:
        """Puts a task that is no coroutine into the group; returns its handle.

        Each object is one task, and is added once. `label` is the sort under which monitors count it, `place` where in
        the source it comes from, and `spawner` on whose behalf it is made if that is not who calls. Raises as
        `create_task()` does.
        """
        runtime = self.runtime
        _callback_task.check_new(task)
        task._group = cast("PersistentTaskGroup", self)
        options = task_options(name, cleanup, observed, spawner or runtime.spawner(), False, place)
        handle = ffi.new("uint64_t *")
        kind = _callback_task.type_of(task, label)
        status = lib.ptg_task_spawn(runtime.pointer, self.handle, kind, options.struct, _given.keep(task), handle)
        if status:
            raise self._refusal(status)
        _callback_task.arrived(task, handle[0])
        runtime.schedule()
        return task.handle

    def _told(self, kind: int, handle: int) -> None:
        """An event of a coroutine's task."""
        if kind == lib.PTG_EVENT_CANCEL:
            task = self._tasks.get(handle)
            if task is not None and not self.runtime.loop.is_closed():
                task.cancel()
            return
        if kind == lib.PTG_EVENT_START:
            gate, _ = self._gates.pop(handle, (None, None))
            if gate is not None and not gate.done():
                gate.set_result(None)
            return
        task = self._tasks.get(handle)
        if task is None:
            return
        if task.done():
            self._forget(handle)
        elif not self.runtime.loop.is_closed():
            task.cancel()  # it was asked to end before it began

    def _end_well(self, handle: int) -> None:
        """A coroutine has ended."""
        runtime = self.runtime
        if not runtime.is_due:
            runtime.schedule()
        _finish(runtime.pointer, handle)
        self._forget(handle)

    def _end_cancelled(self, handle: int) -> None:
        """A coroutine has ended because it was asked to, or never ran."""
        runtime = self.runtime
        if not runtime.is_due:
            runtime.schedule()
        if handle in self._gates:
            self._gates.pop(handle)[1].close()
        _finish_cancelled(runtime.pointer, handle)
        self._forget(handle)

    def _end_badly(self, handle: int, error: BaseException) -> None:
        """A coroutine has ended with an exception. Its task is kept until libptg has told that to the handler."""
        runtime = self.runtime
        status, message = failure_of(error)
        text = message.encode(errors="replace")
        code = error.code if isinstance(error, TaskFailed) else 0
        with _callback_task.outcome(status, code, text, 0) as outcome:
            answer = lib.ptg_task_finish(runtime.pointer, handle, outcome)
        if answer:  # it had ended for libptg before: it is asyncio's to tell
            self._forget(handle)
        runtime.schedule()

    def _forget(self, handle: int) -> None:
        self._tasks.pop(handle, None)
        if not self._tasks:
            self._became_idle()

    def _is_idle(self) -> bool:
        return self._last is not None or not (self._tasks or self._callback_tasks)

    def _became_idle(self) -> None:
        if not self._is_idle():
            return
        self.runtime.busy_strangers.discard(cast("PersistentTaskGroup", self))
        if self._idle:
            idle, self._idle = self._idle, []
            for future in idle:
                if not future.done():
                    future.set_result(None)


def name_of(coro: object) -> str:
    """What a coroutine is called."""
    if not asyncio.iscoroutine(coro):
        hint = "; call it first" if asyncio.iscoroutinefunction(coro) else ""
        raise TypeError(f"a coroutine was expected, got {coro!r}{hint}")
    return getattr(coro, "__qualname__", "coroutine")
