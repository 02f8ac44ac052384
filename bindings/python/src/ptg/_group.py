"""Persistent task groups."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Token
from types import TracebackType
from typing import Any, Self, Unpack

from . import _given, _runtime
from ._callback_task import CallbackTask, failure_of
from ._error import ExceptionHandler
from ._group_options import GroupOptions, group_options, shutdown_options
from ._looking import check_group, info_of
from ._native import ffi, lib
from ._process import Process, ProcessOptions, Text
from ._runtime import Runtime, get_runtime
from ._spawning import Spawning
from ._task import Task, current_ptaskgroup
from ._watch import Watch, watch
from .errors import Duration, StaleError, check
from .values import BlameRow, Outcome, Place, Report, text_of

__all__ = ["PersistentTaskGroup", "group_options"]

Hook = Callable[["PersistentTaskGroup"], object]


class PersistentTaskGroup(Spawning):
    """A group that owns tasks, stays open when it has none, and ends in order and in time.

    Two uses. As a block, `async with PersistentTaskGroup() as group:`, whose end waits for what is in the group and
    then closes it, or until somebody else has; an exception in the block shuts it down. Or as an attribute of an object
    that lives long, to be ended by `await group.shutdown()`.

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
    - `on_drain`, `on_closed`: called with the group, once, when it begins to drain and when it is closed. The first
      may be a coroutine function: what it makes is a task of the group.
    - `released`: called when libptg has let go of the group, also when making it was refused.

    A group must be made, used and ended on the thread of its event loop, and is known to the loop until it is closed:
    letting go of the object ends nothing.
    """

    def __init__(self, *, parent: PersistentTaskGroup | None = None, **options: Unpack[GroupOptions]) -> None:
        above = get_runtime().root if parent is None else parent
        check_group("parent", above)
        self._begin(above.runtime, above, **options)
        made = group_options(self, **options)
        handle = ffi.new("uint64_t *")
        pointer = above.runtime.pointer
        status = lib.ptg_group_create(pointer, above.handle, made.struct, handle)
        if status:
            raise above._refusal(status)
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
        self._gates: dict[int, tuple[asyncio.Future[None], Coroutine[Any, Any, Any]]] = {}
        self._children: dict[int, PersistentTaskGroup] = {}
        self._idle: list[asyncio.Future[None]] = []
        self._token: Token[PersistentTaskGroup] | None = None
        self._draining: asyncio.Event | None = None
        self._has_drained = False
        self._last: Any = None
        self._hook_exception: BaseException | None = None
        self._report: Report | None = None
        self._blame: list[BlameRow] | None = None
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
        info = info_of(self)
        return text_of(info.name, info.name_length) or ""

    # ---------------------------------------------------------------- groups

    def add_group(self, **options: Unpack[GroupOptions]) -> PersistentTaskGroup:
        """Makes a group inside this one; the options are those of the class. It closes before this one drains."""
        return type(self)(parent=self, **options)

    def stops_before(self, *later: PersistentTaskGroup) -> None:
        """Declares that this group is closed before those of `later`, its siblings, begin to drain.

        Raises `CycleError` if that is a circle, with the circle in its message.
        """
        pointer = self.runtime.pointer
        for other in later:
            check_group("stops_before", other)
            check(lib.ptg_group_stops_before(pointer, self.handle, other.handle), pointer)

    @classmethod
    def all_ptaskgroups(cls) -> Sequence[PersistentTaskGroup]:
        """All groups of the process that are not closed."""
        return all_ptaskgroups()

    # ------------------------------------------------------------- processes

    def spawn_process(self, *command: Text, **options: Unpack[ProcessOptions]) -> Process:
        """Runs a program as a task of the group; the first word of the command is looked up in PATH.

        With it end all its descendants, and at the latest with this process, however that ends. When the group drains,
        it is sent `drain_signal` (SIGTERM), as when it is cancelled; past the cancel wait it is killed.

        - `name`: the program's, if left out; `env`, `cwd`: this process's.
        - `stdout`, `stderr`: files that output is appended to, which may be the same.
        - `on_line`: called with each line of output that goes to no file, as bytes without its end, and "stdout" or
          "stderr". Without it such output goes where that of this process goes.
        - `observed`: as of `create_task()`.

        Raises as `create_task()` does. A program that is not there is a failure of the task.
        """
        return Process(self, *command, **options)

    # -------------------------------------------------------------- shutdown

    def begin_shutdown(
        self,
        *,
        grace: Duration | None = None,
        cancel_wait: Duration | None = None,
        deadline: Duration | None = None,
        force: bool = False,
        originator: int = 0,
    ) -> None:
        """Begins to end the group with all below it, and returns.

        The groups below close first, in order; then its tasks may finish for `grace`; those left are cancelled, newest
        first; what is still there after `cancel_wait` is given up and reported. `deadline` is for all of it. A limit
        given here only ever shortens those of the groups. `force` cancels at once, in the same order. Again is allowed.
        The report says on whose behalf it was: that of the task that calls this, or of the `originator` named.
        """
        runtime = self.runtime
        options = shutdown_options(grace, cancel_wait, deadline, force, originator or runtime.spawner())
        check(lib.ptg_group_shutdown(runtime.pointer, self.handle, options), runtime.pointer)
        self._wants_report = True
        runtime.schedule()

    async def shutdown(
        self,
        *,
        grace: Duration | None = None,
        cancel_wait: Duration | None = None,
        deadline: Duration | None = None,
        force: bool = False,
        originator: int = 0,
    ) -> Report:
        """Ends the group as `begin_shutdown()` says, waits for that, and returns what it did, to all who wait the same.

        Raises `DeadlockError`, at once, from inside of what is being ended; the shutdown goes on.
        """
        if self._report is None and self._last is None:
            self.begin_shutdown(
                grace=grace, cancel_wait=cancel_wait, deadline=deadline, force=force, originator=originator
            )
        return await self.wait_closed()

    async def wait_closed(self) -> Report:
        """Waits until the group is closed, however that comes, and returns what that did.

        Raises `DeadlockError` from inside of the group.
        """
        self._wants_report = True
        if self._report is not None or self._last is not None:
            return self._last_report()
        over: asyncio.Future[Report] = self.runtime.loop.create_future()

        def tell(_: Outcome) -> None:
            try:
                if not over.done():
                    over.set_result(self._last_report())
            except Exception as error:
                over.set_exception(error)

        made = watch(self.runtime, self.handle, tell, waiter=self.runtime.spawner())
        try:
            return await over
        finally:
            if over.cancelled():
                _remove(made)

    def _last_report(self) -> Report:
        """The same for all who ask."""
        if self._report is None:
            self._report = self.report()
        return self._report

    async def wait_draining(self) -> None:
        """Waits until the group is told to drain: for a task that wants to finish by itself, while it has time.

        A group that is cancelled at once tells its tasks nothing else before; then this ends when it is closed.
        """
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
            token, self._token = self._token, None
            # A block around the yield of a generator may be left in another context than it was entered in.
            if token is not None:
                with contextlib.suppress(ValueError):
                    current_ptaskgroup.reset(token)

    async def _close(self) -> None:
        """Shuts down and waits for it, also when the waiting is cancelled meanwhile: it has limits of its own."""
        if self._last is None:
            self.begin_shutdown()
        cancelled: asyncio.CancelledError | None = None
        while self._last is None and self._report is None:
            try:
                await self.wait_closed()
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled

    async def _wait_idle(self) -> None:
        """Until there is no task here and below, but for what closed groups gave up."""
        while True:
            groups = [self]
            for group in groups:
                groups.extend(group._children.values())
            busy = next((group for group in groups if not group._is_idle()), None)
            if busy is None:
                return
            idle = self.runtime.loop.create_future()
            busy._idle.append(idle)
            await idle

    def _is_gone(self) -> None:
        self.runtime.groups.pop(self.handle, None)
        if self.parent is not None:
            self.parent._children.pop(self.handle, None)


def _remove(made: Watch) -> None:
    # It may have been told after the waiter was cancelled, and before that came to know.
    if made.runtime.pointer != ffi.NULL:
        with contextlib.suppress(StaleError):
            made.remove()


def all_ptaskgroups() -> list[PersistentTaskGroup]:
    """All groups of the process that are not closed, but for the roots."""
    groups = [group for runtime in _runtime.all_runtimes() for group in list(runtime.groups.values())]
    return [group for group in groups if group.parent is not None and group._last is None]


# ------------------------------------------------------------------- callbacks


def _call_hook(group: PersistentTaskGroup, name: str) -> int:
    hook = group._hooks[name]
    if hook is None:
        return 0
    with group.runtime.in_callback(group):
        try:
            answer = hook(group)
            if asyncio.iscoroutine(answer):
                group.create_task(answer, cleanup=True)
        except BaseException as error:
            group.runtime.note_interrupt(error)
            group._hook_exception = error
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
    group._last = info_of(group)
    # Of every group of a deep tree it would take the square of their number.
    if group._wants_report or group.parent is None or not info_of(group.parent).is_ending:
        group._keep_report()
    group._became_idle()
    return status


@ffi.def_extern(name="ptgpy_group_release")
def _group_release(user_data: Any) -> None:
    group: PersistentTaskGroup = _given.release(user_data)
    group._is_gone()
    if group._release is not None:
        group.runtime.let_go(group._release)
