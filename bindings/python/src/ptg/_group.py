"""Persistent task groups."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context, Token
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from . import _callback_task, _given, _runtime
from ._callback_task import CallbackTask, failure_of
from ._error import ExceptionHandler
from ._group_options import group_options, shutdown_options, task_options
from ._looking import Looking
from ._native import ffi, lib
from ._runtime import Runtime, get_runtime, watch
from ._task import Task, _Types, coroutine_types, current_ptaskgroup, current_task, run, run_gated
from .errors import ClosedError, Duration, StaleError, TaskFailed, check, error_of
from .values import GroupInfo, Place, Report, text_of

__all__ = ["PersistentTaskGroup", "group_options"]

T = TypeVar("T")
WhenFull = Literal["refuse", "queue", "replace_oldest"]
OnFailure = Literal["report", "shutdown_group", "shutdown_root"]
Hook = Callable[["PersistentTaskGroup"], object]

_spawn = lib.ptgpy_spawn


class PersistentTaskGroup(Looking):
    """A group that owns tasks, stays open when it has none, and ends in order and in time.

    Two uses. As a block, `async with PersistentTaskGroup() as group:`, whose end waits for what is in the group and
    then closes it; an exception in the block shuts it down. Or as an attribute of an object that lives long, to be
    ended by `await group.shutdown()`.

    A task that fails cancels nobody and closes nothing: its exception goes to `exception_handler`, a function of the
    type, the exception and the traceback, sync or async, which `current_error()` tells more; or to that of the nearest
    group above that has one; at last to the loop's exception handler.

    Options, all of which are inherited from the groups above or off if they are left out:

    - `name`: need not be unique.
    - `grace`: how long tasks may go on in a shutdown before they are cancelled; `cancel_wait`: how long those may take
      then until the group gives them up; `deadline`: for the whole shutdown, of all that is below too.
    - `max_tasks`: how many may run at once; `when_full` says what a spawn past that meets: "refuse" (`FullError`),
      "queue" (it waits for its turn, of which there may be `max_queued`), "replace_oldest" (and the oldest is asked
      to end).
    - `on_failure`: what a failure does besides: "report" (nothing), "shutdown_group", "shutdown_root".
    - `parallel`: child groups that no order holds back close together, not one after the other, newest first.
    - `admits_anyone`: takes tasks from outside while it drains.
    - `owner`: a task with whose end the group is shut down.
    - `history`: how many ended tasks it remembers.
    - `on_drain`, `on_closed`: called with the group, once, when it begins to drain and when it is closed.

    A group must be made, used and ended on the thread of its event loop, and is known to the loop until it is closed:
    letting go of the object ends nothing.
    """

    def __init__(
        self,
        *,
        name: str | None = None,
        exception_handler: ExceptionHandler | None = None,
        parent: PersistentTaskGroup | None = None,
        grace: Duration | None = None,
        cancel_wait: Duration | None = None,
        deadline: Duration | None = None,
        max_tasks: int = 0,
        when_full: WhenFull = "refuse",
        max_queued: int = 0,
        on_failure: OnFailure = "report",
        parallel: bool = False,
        admits_anyone: bool = False,
        owner: Task[Any] | CallbackTask | int | None = None,
        history: int = 0,
        on_drain: Hook | None = None,
        on_closed: Hook | None = None,
        released: Callable[[], object] | None = None,
    ) -> None:
        above = get_runtime().root if parent is None else parent
        options = {
            "name": name,
            "exception_handler": exception_handler,
            "grace": grace,
            "cancel_wait": cancel_wait,
            "deadline": deadline,
            "max_tasks": max_tasks,
            "when_full": when_full,
            "max_queued": max_queued,
            "on_failure": on_failure,
            "parallel": parallel,
            "admits_anyone": admits_anyone,
            "owner": owner,
            "history": history,
            "on_drain": on_drain,
            "on_closed": on_closed,
            "released": released,
        }
        self._begin(above.runtime, above, **options)
        made = group_options(self, **options)
        handle = ffi.new("uint64_t *")
        pointer = above.runtime.pointer
        check(lib.ptg_group_create(pointer, above.handle, made.struct, handle), pointer)
        self._is_made(handle[0])

    @classmethod
    def _bare(cls, runtime: Runtime, parent: PersistentTaskGroup | None, **options: Any) -> PersistentTaskGroup:
        group = cls.__new__(cls)
        group._begin(runtime, parent, **options)
        return group

    def _begin(self, runtime: Runtime, parent: PersistentTaskGroup | None, **options: Any) -> None:
        self.runtime = runtime
        self.parent = parent
        """The group it is in; `None`: it is the root."""
        self.handle = 0
        """Its number, which no other group or task in the process ever has; 0 if it was never made."""
        self._exception_handler: ExceptionHandler | None = options.get("exception_handler")
        self._is_gated = bool(options.get("max_tasks")) and options.get("when_full", "refuse") != "refuse"
        self._hooks: dict[str, Hook | None] = {name: options.get(name) for name in ("on_drain", "on_closed")}
        self._release: Callable[[], object] | None = options.get("released")
        self._tasks: dict[int, Task[Any]] = {}
        self._callback_tasks: dict[int, CallbackTask] = {}
        self._gates: dict[int, asyncio.Future[None]] = {}
        self._children: dict[int, PersistentTaskGroup] = {}
        self._idle: list[asyncio.Future[None]] = []
        self._token: Token[PersistentTaskGroup] | None = None
        self._draining: asyncio.Event | None = None
        self._has_drained = False
        self._last: GroupInfo | None = None
        self._report: Report | None = None
        self._wants_report = False
        self._place = Place(None if parent is None else parent._place, options.get("name") or "")

    def _is_made(self, handle: int) -> None:
        self.handle = handle
        self.runtime.groups[handle] = self
        if self.parent is not None:
            self.parent._children[handle] = self
        if not self._place.name:
            self._place.name = self._made_up_name()

    def _made_up_name(self) -> str:
        info = ffi.new("ptg_group_info *")
        info.size = ffi.sizeof("ptg_group_info")
        check(lib.ptg_group_get_info(self.runtime.pointer, self.handle, info), self.runtime.pointer)
        return text_of(info.name, info.name_length) or ""

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

        Raises `ClosedError` when the group is being shut down and the caller is not a task inside of it, and `FullError`
        past a bound; the coroutine is closed then.
        """
        runtime = self.runtime
        if name is not None or cleanup or observed or self._is_gated:
            return self._create_slowly(coro, name, context, cleanup, observed)
        try:
            kind = coroutine_types[coro.__qualname__]
        except AttributeError:
            kind = coroutine_types[_name_of(coro)]
        spawner = current_task(self.runtime.loop)
        handle = _spawn(runtime.pointer, self.handle, kind, spawner._handle if type(spawner) is Task else 0)
        if handle < 0:
            raise self._refused(coro, handle)
        if not runtime.is_due:
            runtime.schedule()
        task = Task(run(self, handle, coro), loop=runtime.loop, context=context)
        task._group = self
        task._handle = handle
        self._tasks[handle] = task
        return task

    def _create_slowly(
        self, coro: Coroutine[Any, Any, T], name: str | None, context: Context | None, cleanup: bool, observed: bool
    ) -> Task[T]:
        runtime = self.runtime
        options = task_options(name, cleanup, observed, runtime.spawner(), runtime.loop.get_debug())
        kind = coroutine_types[_name_of(coro)]
        handle = lib.ptgpy_spawn_with(runtime.pointer, self.handle, kind, options.struct, self._is_gated)
        if handle < 0:
            raise self._refused(coro, handle)
        runtime.schedule()
        if self._is_gated and not cleanup:
            gate = runtime.loop.create_future()
            self._gates[handle] = gate
            wrapped = run_gated(self, handle, gate, coro)
        else:
            wrapped = run(self, handle, coro)
        task = Task(wrapped, loop=runtime.loop, name=name, context=context)
        task._group = self
        task._handle = handle
        self._tasks[handle] = task
        if observed:
            watch(runtime, handle, lambda _: None)
        return task

    def _refused(self, coro: Any, status: int) -> Exception:
        close = getattr(coro, "close", None)
        if close is not None:
            close()
        error = error_of(status, self.runtime.pointer)
        if self.runtime.pointer == ffi.NULL or isinstance(error, StaleError):
            error = ClosedError(f"{self!r} is closed")
            error.status = lib.PTG_ECLOSED
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

        `label` is the sort under which monitors count it, `place` where in the source it comes from, and `spawner` on
        whose behalf it is made if that is not who calls. Raises as `create_task()` does.
        """
        runtime = self.runtime
        task._group = self
        options = task_options(name, cleanup, observed, spawner or runtime.spawner(), False, place)
        handle = ffi.new("uint64_t *")
        kind = _callback_task.type_of(task, label)
        status = lib.ptg_task_spawn(runtime.pointer, self.handle, kind, options.struct, _given.keep(task), handle)
        check(status, runtime.pointer)
        task.handle = handle[0]
        self._callback_tasks[task.handle] = task
        runtime.schedule()
        return task.handle

    def _told(self, kind: int, handle: int) -> None:
        """An event of a coroutine's task."""
        if kind == lib.PTG_EVENT_CANCEL:
            task = self._tasks.get(handle)
            if task is not None:
                task.cancel()
            return
        gate = self._gates.pop(handle, None)
        if kind == lib.PTG_EVENT_START:
            if gate is not None and not gate.done():
                gate.set_result(None)
            return
        self.runtime.errors.pop(handle, None)
        task = self._tasks.get(handle)
        if task is not None and not self.runtime.loop.is_closed():
            task.cancel()  # it was asked to end before it began

    def _end_badly(self, handle: int, error: BaseException) -> None:
        """A coroutine has ended with an exception."""
        runtime = self.runtime
        task = self._tasks.pop(handle, None)
        status, text = lib.PTG_ECANCELED, b""
        if not isinstance(error, (asyncio.CancelledError, GeneratorExit)):
            status, message = failure_of(error)
            text = message.encode(errors="replace")
            runtime.errors[handle] = (error, task)
            if task is not None:
                task.add_done_callback(_mark_retrieved)
        if runtime.pointer == ffi.NULL:
            runtime.errors.pop(handle, None)
            return
        if isinstance(error, TaskFailed) and error.code:
            with _callback_task.outcome(status, error.code, text, 0) as outcome:
                answer = lib.ptg_task_finish(runtime.pointer, handle, outcome)
        else:
            answer = lib.ptgpy_finish_with(runtime.pointer, handle, status, text if text else ffi.NULL, len(text))
        if answer:
            runtime.errors.pop(handle, None)
            self._finished_already(handle, error)
        if not runtime.loop.is_closed():
            runtime.schedule()
        if not self._tasks:
            self._became_idle()

    def _finished_already(self, handle: int, error: BaseException | None = None) -> None:
        """libptg had been told of the end before the coroutine came to it, or the runtime has gone meanwhile."""
        if error is not None and not isinstance(error, (asyncio.CancelledError, GeneratorExit)):
            self.runtime.report(f"task {handle} of group {self.path} failed after its end", error)

    # ---------------------------------------------------------------- groups

    def add_group(self, **options: Any) -> PersistentTaskGroup:
        """Makes a group inside this one; the options are those of the class. It closes before this one drains."""
        return type(self)(parent=self, **options)

    def stops_before(self, *later: PersistentTaskGroup) -> None:
        """Declares that this group is closed before those of `later`, its siblings, begin to drain.

        Raises `CycleError` if that is a circle, with the circle in its message.
        """
        pointer = self.runtime.pointer
        for other in later:
            check(lib.ptg_group_stops_before(pointer, self.handle, other.handle), pointer)

    @classmethod
    def all_ptaskgroups(cls) -> Sequence[PersistentTaskGroup]:
        """All groups of the process that are not closed."""
        return all_ptaskgroups()

    # -------------------------------------------------------------- shutdown

    def begin_shutdown(
        self,
        *,
        grace: Duration | None = None,
        cancel_wait: Duration | None = None,
        deadline: Duration | None = None,
        force: bool = False,
    ) -> None:
        """Begins to end the group with all below it, and returns.

        The groups below close first, in order; then its tasks may finish for `grace`; those left are cancelled, newest
        first; what is still there after `cancel_wait` is given up and reported. `deadline` is for all of it. A limit
        given here only ever shortens those of the groups. `force` cancels at once, in the same order. Again is allowed.
        """
        self._wants_report = True
        pointer = self.runtime.pointer
        options = shutdown_options(grace, cancel_wait, deadline, force)
        check(lib.ptg_group_shutdown(pointer, self.handle, options), pointer)
        self.runtime.schedule()

    async def shutdown(
        self,
        *,
        grace: Duration | None = None,
        cancel_wait: Duration | None = None,
        deadline: Duration | None = None,
        force: bool = False,
    ) -> Report:
        """Ends the group as `begin_shutdown()` says, waits for that, and returns what it did; all who wait get the same.

        Raises `DeadlockError`, at once, from inside of what is being ended; the shutdown goes on.
        """
        if self._report is None:
            self.begin_shutdown(grace=grace, cancel_wait=cancel_wait, deadline=deadline, force=force)
        return await self.wait_closed()

    async def wait_closed(self) -> Report:
        """Waits until the group is closed, however that comes, and returns what that did.

        The report is empty if it was closed with a group above and nobody had asked for it before. Raises
        `DeadlockError` from inside of the group.
        """
        self._wants_report = True
        if self._report is None:
            over = self.runtime.loop.create_future()
            made = watch(
                self.runtime,
                self.handle,
                lambda _: over.done() or over.set_result(None),
                waiter=self.runtime.spawner(),
            )
            try:
                await over
            finally:
                if not over.done() or over.cancelled():
                    _remove(made)
        assert self._report is not None
        return self._report

    async def wait_draining(self) -> None:
        """Waits until the group is told to drain, or to end at once: for a task's "finish soon"."""
        if self._has_drained:
            return
        if self._draining is None:
            self._draining = asyncio.Event()
        await self._draining.wait()

    def _drains(self) -> None:
        self._has_drained = True
        if self._draining is not None:
            self._draining.set()

    # ----------------------------------------------------------------- block

    async def __aenter__(self) -> Self:
        self._token = current_ptaskgroup.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self._wait_idle()
        finally:
            await self._close()
            if self._token is not None:
                current_ptaskgroup.reset(self._token)
                self._token = None

    async def _close(self) -> None:
        """Shuts down and waits for it, also when the waiting is cancelled meanwhile: it has limits of its own."""
        closing = asyncio.ensure_future(self.shutdown())
        cancelled: asyncio.CancelledError | None = None
        while not closing.done():
            try:
                await asyncio.shield(closing)
            except asyncio.CancelledError as error:
                if closing.cancelled():
                    raise
                cancelled = error
        closing.result()
        if cancelled is not None:
            raise cancelled

    async def _wait_idle(self) -> None:
        """Until there is no task here and below."""
        while True:
            groups = [self]
            for group in groups:
                groups.extend(group._children.values())
            busy = next((group for group in groups if group._tasks or group._callback_tasks), None)
            if busy is None:
                return
            idle = self.runtime.loop.create_future()
            busy._idle.append(idle)
            await idle

    def _became_idle(self) -> None:
        if self._idle and not self._tasks and not self._callback_tasks:
            idle, self._idle = self._idle, []
            for future in idle:
                if not future.done():
                    future.set_result(None)

    def _is_gone(self) -> None:
        self.runtime.groups.pop(self.handle, None)
        if self.parent is not None:
            self.parent._children.pop(self.handle, None)


def _name_of(coro: object) -> str:
    if not asyncio.iscoroutine(coro):
        raise TypeError(f"a coroutine was expected, got {coro!r}")
    return getattr(coro, "__qualname__", "coroutine")


def _mark_retrieved(task: asyncio.Task[Any]) -> None:
    """Its exception went to a handler: asyncio need not complain that nobody looked at it."""
    if not task.cancelled():
        task.exception()


def _remove(made: _runtime.Watch) -> None:
    if made.runtime.pointer != ffi.NULL:
        made.remove()


def all_ptaskgroups() -> list[PersistentTaskGroup]:
    """All groups of the process that are not closed, but for the roots."""
    return [
        group for runtime in _runtime.all_runtimes() for group in runtime.groups.values() if group.parent is not None
    ]


# ------------------------------------------------------------------- callbacks


def _call_hook(group: PersistentTaskGroup, name: str) -> int:
    hook = group._hooks[name]
    if hook is None:
        return 0
    with group.runtime.in_callback(group):
        try:
            hook(group)
        except BaseException as error:
            group.runtime.note_interrupt(error)
            group.runtime.errors[-group.handle] = (error, None)
            return failure_of(error)[0]
    return 0


@ffi.def_extern(name="ptgpy_group_drain", error=lib.PTG_EFAILED)
def _group_drain(_runtime: Any, _group: int, user_data: Any) -> int:
    group: PersistentTaskGroup = _given.get(user_data)
    group._drains()
    return _call_hook(group, "on_drain")


@ffi.def_extern(name="ptgpy_group_closed", error=lib.PTG_EFAILED)
def _group_closed(_runtime: Any, _group: int, user_data: Any) -> int:
    group: PersistentTaskGroup = _given.get(user_data)
    group._drains()
    status = _call_hook(group, "on_closed")
    group._last = group.statistics()
    # Of every group of a deep tree it would take the square of their number.
    group._report = group.report() if group._wants_report else Report(())
    return status


@ffi.def_extern(name="ptgpy_group_release")
def _group_release(user_data: Any) -> None:
    group: PersistentTaskGroup = _given.release(user_data)
    group._is_gone()
    if group._release is not None:
        group._release()


assert isinstance(coroutine_types, _Types)
