"""The runtime of an event loop: libptg as its guest."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from ._arguments import not_asynchronous
from ._native import ffi, lib
from ._task import Task, current_ptaskgroup, current_task
from .errors import BusyError, InvalidError, PtgError, ThreadError, check
from .values import FOREVER

if TYPE_CHECKING:
    from ._callback_task import CallbackTask
    from ._group import PersistentTaskGroup
    from ._kinds import Queue, Timer

S = TypeVar("S", bound="CallbackTask")
CAPACITY = 4096
WORDS = 3
_CLOSING_TURNS = 400
_CLOSING_WAIT_NS = 10_000_000

_runtimes: dict[asyncio.AbstractEventLoop, Runtime] = {}


class Runtime:
    """One event loop, and the tree of groups on it, whose root is `root`.

    `get_runtime()` gives that of the running loop, which ends with the loop: `asyncio.run()` closes it. A runtime that
    is made for a loop that does not run yet is the maker's to `close()`. All of it belongs to the loop's thread.

    On a manual clock time moves by `advance()` only; see `ptg.testing`. The other options are those of the root group.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop | None = None, *, manual_clock: bool = False, **root: Any
    ) -> None:
        from ._group import PersistentTaskGroup, group_options

        self.loop = loop or asyncio.get_running_loop()
        """The host."""
        if self.loop in _runtimes:
            raise InvalidError("the loop has a runtime already")
        if self.loop.is_closed():
            raise InvalidError("the loop is closed")
        if self.loop.is_running() and asyncio._get_running_loop() is not self.loop:
            raise ThreadError("the loop runs in another thread")
        self.pointer: Any = ffi.NULL
        self.is_manual = manual_clock
        self.is_debug = self.loop.get_debug()
        self.is_due = False
        self._is_hosted = False
        # Held by those who may come from another thread, or a signal handler, while it is destroyed.
        self._in_use = threading.RLock()
        self.groups: dict[int, PersistentTaskGroup] = {}
        # Of other languages, which do not tell their end; with tasks of Python's in them they are kept.
        self._strangers: WeakValueDictionary[int, PersistentTaskGroup] = WeakValueDictionary()
        self.busy_strangers: set[PersistentTaskGroup] = set()
        self.handler_errors: dict[int, BaseException] = {}
        self.interrupt: BaseException | None = None
        self.unhandled = 0
        """How many failures no handler took."""
        self._current: list[tuple[PersistentTaskGroup, int]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._told = ffi.new("uint64_t[]", WORDS * CAPACITY)
        self._timeout = ffi.new("int64_t *")
        self._context = copy_context()
        self._root = PersistentTaskGroup._bare(self, None, **root)
        self._create(group_options(self._root, **root))
        _close_ended()
        _runtimes[self.loop] = self
        try:
            self._host()
        except BaseException:  # not every loop can be asked to read
            self.close()
            raise

    def _create(self, root: Any) -> None:
        options = ffi.new("ptg_runtime_options *")
        options.size = ffi.sizeof("ptg_runtime_options")
        options.flags = lib.PTG_RUNTIME_MANUAL_CLOCK if self.is_manual else 0
        options.root = root.struct
        out = ffi.new("ptg_runtime **")
        status = lib.ptg_runtime_create(options, out)
        if status == lib.PTG_EINVAL:  # there is no runtime that would know why
            raise InvalidError("an option of the root group is malformed: a negative limit, or its name")
        check(status)
        self.pointer = out[0]
        handle = ffi.new("uint64_t *")
        check(lib.ptg_runtime_get_root(self.pointer, handle), self.pointer)
        self._root._is_made(handle[0])

    def _host(self) -> None:
        descriptor = ffi.new("int32_t *")
        check(lib.ptg_runtime_get_descriptor(self.pointer, descriptor), self.pointer)
        self._descriptor = descriptor[0]
        self.loop.add_reader(self._descriptor, self._turn_in_context)
        self._is_hosted = True
        # Until its first turn the descriptor says nothing.
        self.schedule()
        self._hook: AsyncGenerator[None, None] | None = None
        if self.loop.is_running():
            self._hook = _until_loop_ends(self)
            with contextlib.suppress(StopIteration):
                self._hook.asend(None).send(None)

    @property
    def root(self) -> PersistentTaskGroup:
        """The group that all others are in. Its shutdown ends the runtime."""
        return self._root

    @property
    def address(self) -> int:
        """Where the `ptg_runtime` is, for code in C or another language on the same thread, which may put groups of its
        own into the tree. 0: it has ended."""
        return int(ffi.cast("uintptr_t", self.pointer))

    def group(self, handle: int) -> PersistentTaskGroup:
        """The group of that number; something that acts as it if it was made by another language."""
        from ._group import PersistentTaskGroup

        known = self.find(handle)
        if known is None:
            known = PersistentTaskGroup._bare(self, self._root)
            known.handle = handle
            known._is_gated = True  # it may have a bound
            with contextlib.suppress(PtgError):  # whoever uses it is told what it is not
                known._place.name = known._made_up_name()
            self._strangers[handle] = known
        return known

    def find(self, handle: int) -> PersistentTaskGroup | None:
        """The group of that number, if it is known here."""
        return self.groups.get(handle) or self._strangers.get(handle)

    def task(self, handle: int) -> CallbackTask:
        """What acts as the task of that number, whatever it is made of."""
        from ._callback_task import CallbackTask

        return self._standing_for(CallbackTask, handle)

    def timer(self, handle: int) -> Timer:
        """As `task()`, for a timer."""
        from ._kinds import Timer

        return self._standing_for(Timer, handle)

    def queue(self, handle: int) -> Queue[Any]:
        """As `task()`, for a queue."""
        from ._kinds import Queue

        known = {number: task for group in self.groups.values() for number, task in group._callback_tasks.items()}
        found = known.get(handle)
        return found if isinstance(found, Queue) else self._standing_for(Queue, handle)

    def _standing_for(self, kind: type[S], handle: int) -> S:
        task = kind.__new__(kind)
        task._group = self._root
        task.handle = handle
        return task

    def current(self) -> tuple[int, int]:
        """The handles of the task and the group that are running: a coroutine, a callback or a hook; 0: none is."""
        task, group = ffi.new("uint64_t *"), ffi.new("uint64_t *")
        check(lib.ptg_runtime_get_current(self.pointer, task, group), self.pointer)
        if not self._current and not task[0]:
            running = current_task(self.loop)
            if type(running) is Task:
                return running._handle, running._group.handle
        return task[0], group[0]

    # ---------------------------------------------------------------- turns

    def schedule(self) -> None:
        """Has a turn made when the loop comes round; after every call that libptg may have something to do for."""
        if not self.is_due and not self.loop.is_closed():
            self.is_due = True
            self.loop.call_soon(self._turn, context=self._context)

    def _turn_in_context(self) -> None:
        self._context.run(self._turn)

    def _turn(self) -> None:
        self.is_due = False
        if self.pointer == ffi.NULL:
            return
        count = lib.ptgpy_turn(self.pointer, self.is_manual, self._told, CAPACITY, self._timeout)
        check(count, self.pointer)
        if count:
            self._take(count)
        self._wait(self._timeout[0])
        self._raise_interrupt()

    def _raise_interrupt(self) -> None:
        interrupt, self.interrupt = self.interrupt, None
        if interrupt is not None:
            raise interrupt

    def _wait(self, timeout_ns: int) -> None:
        if timeout_ns == 0:
            self.schedule()
        elif timeout_ns != FOREVER:
            due = self.loop.time() + timeout_ns / 1e9
            if self._timer is not None and not self._timer.cancelled() and self._timer.when() <= due:
                return
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self.loop.call_at(due, self._timed, context=self._context)

    def _timed(self) -> None:
        self._timer = None
        self._turn()

    def _take(self, count: int) -> None:
        """Does what the events say, and takes more of them until there are no more."""
        while True:
            words = ffi.unpack(self._told, WORDS * count) if count else []
            for kind, group, handle in zip(words[::3], words[1::3], words[2::3], strict=True):
                owner = self.find(group)
                if owner is None:
                    continue
                try:
                    owner._told(kind, handle)
                except BaseException as error:  # what a task awaits may not let itself be cancelled
                    self.note_interrupt(error)
                    self.report("a task could not be told", error, owner._tasks.get(handle))
            # Fewer than fit, by more than a batch may hold: there were no more.
            if count <= CAPACITY - 256:
                return
            count = lib.ptgpy_take(self.pointer, self._told, CAPACITY)
            check(count, self.pointer)

    def take(self) -> None:
        """Does what is to be told of coroutines by now."""
        count = lib.ptgpy_take(self.pointer, self._told, CAPACITY)
        check(count, self.pointer)
        self._take(count)

    def time_ns(self) -> int:
        """The runtime's clock: monotonic, or where a manual one stands."""
        now = ffi.new("int64_t *")
        check(lib.ptg_runtime_get_time(self.pointer, now), self.pointer)
        return int(now[0])

    def advance_ns(self, duration_ns: int) -> None:
        """Moves a manual clock, and does all that falls due on the way. Coroutines are not run by it."""
        check(lib.ptg_runtime_advance(self.pointer, duration_ns), self.pointer)
        self.take()
        self._raise_interrupt()

    def next_due_ns(self) -> float:
        """On a manual clock, how long until something falls due that a group or a task waits for."""
        due = math.inf
        now = self.time_ns()
        info = ffi.new("ptg_group_info *")
        info.size = ffi.sizeof("ptg_group_info")
        for group in list(self.groups.values()):
            if lib.ptg_group_get_info(self.pointer, group.handle, info) == 0 and info.phase_left_ns > 0:
                due = min(due, info.phase_left_ns)
            for task in group._callback_tasks.values():
                if task._due_ns is not None:
                    due = min(due, task._due_ns - now)
        return due

    # -------------------------------------------------------------- callbacks

    @contextlib.contextmanager
    def in_callback(self, group: PersistentTaskGroup, task: int = 0) -> Iterator[None]:
        """Around what is called for a group, or for a task of it."""
        self.take()
        token = current_ptaskgroup.set(group)
        self._current.append((group, task))
        try:
            yield
        finally:
            self._current.pop()
            current_ptaskgroup.reset(token)
            self.schedule()

    def spawner(self) -> int:
        """The task on whose behalf a call is made; 0: libptg knows better, or nobody."""
        if self._current:
            return 0
        task = current_task(self.loop)
        return task._handle if type(task) is Task else 0

    def failed_in_task(self, task: CallbackTask, error: BaseException) -> None:
        """A callback of a task has raised: that ends it."""
        self.note_interrupt(error)
        status, message = _failure_of(error)
        text = message.encode(errors="replace")
        answer = lib.ptgpy_finish_with(self.pointer, task.handle, status, text, len(text))
        if answer == 0:
            task._exception = error
        else:
            self.report("a callback failed after the end of its task", error)

    def note_interrupt(self, error: BaseException) -> None:
        """A KeyboardInterrupt or SystemExit leaves the loop, but not through C."""
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            self.interrupt = error

    def report(self, message: str, error: BaseException, task: object = None) -> None:
        """Tells the loop's exception handler of what nobody else takes."""
        context: dict[str, Any] = {"message": f"ptg: {message}", "exception": error}
        if isinstance(task, asyncio.Task):
            context["task"] = task
        try:
            self.loop.call_exception_handler(context)
        except (KeyboardInterrupt, SystemExit) as interrupt:  # all else stays in there
            self.note_interrupt(interrupt)

    def let_go(self, released: Callable[[], object]) -> None:
        """Tells that something was let go of."""
        try:
            not_asynchronous(released())
        except BaseException as error:
            self.note_interrupt(error)
            self.report("what was to be told of a release failed", error)

    # ------------------------------------------------------------------- end

    def request_shutdown(self, *, force: bool = False) -> None:
        """Asks for the shutdown of the root, which begins when the loop comes round. From any thread."""
        with self._in_use:
            if self._root._last is None and self.pointer != ffi.NULL:
                check(lib.ptg_runtime_request_shutdown(self.pointer, force))

    def destroy(self) -> None:
        """Ends it if its root is closed; raises `BusyError` if not."""
        status = self._destroy()
        if status == lib.PTG_EBUSY:
            self.take()
            status = self._destroy()
        check(status, self.pointer)
        self._gone()

    def _destroy(self) -> int:
        with self._in_use:
            return int(lib.ptg_runtime_destroy(self.pointer))

    def close(self) -> None:
        """Ends it, whatever goes on: what is left is cancelled, and not waited for. Not from inside a callback."""
        if self.pointer == ffi.NULL:
            return
        options = ffi.new("ptg_shutdown_options *")
        options.size = ffi.sizeof("ptg_shutdown_options")
        options.flags, options.cancel_wait_ns = lib.PTG_SHUTDOWN_FORCE, lib.PTG_AT_ONCE
        check(lib.ptg_group_shutdown(self.pointer, self._root.handle, options), self.pointer)
        for _ in range(_CLOSING_TURNS):
            if self.is_manual:
                check(lib.ptg_runtime_advance(self.pointer, 100 * _CLOSING_WAIT_NS), self.pointer)
            else:
                check(lib.ptg_runtime_turn(self.pointer, _CLOSING_WAIT_NS), self.pointer)
            self.take()
            status = self._destroy()
            if status != lib.PTG_EBUSY:
                check(status, self.pointer)
                self._gone()
                return
        raise BusyError("the runtime does not end")

    def _gone(self) -> None:
        self.pointer = ffi.NULL
        _runtimes.pop(self.loop, None)
        if self._timer is not None:
            self._timer.cancel()
        if self._is_hosted and not self.loop.is_closed():
            self.loop.remove_reader(self._descriptor)
        for group in list(self.groups.values()):
            group._is_gone()
        self.groups.clear()


def _failure_of(error: BaseException) -> tuple[int, str]:
    from ._callback_task import failure_of

    return failure_of(error)


async def _until_loop_ends(runtime: Runtime) -> AsyncGenerator[None, None]:
    """asyncio.run() closes what generators are left before it closes the loop: this one's end is the runtime's."""
    try:
        yield
    finally:
        runtime.close()


def _close_ended() -> None:
    """Ends the runtimes of loops that were closed without telling anybody."""
    for loop, runtime in _runtimes.copy().items():
        if loop.is_closed():
            try:
                runtime.close()
            except ThreadError:  # nobody can end it any more, unless its thread does
                _runtimes.pop(loop, None)


def get_runtime() -> Runtime:
    """The runtime of the running loop; it is made when it is first asked for.

    A group whose limits nobody set is then cancelled at once when it is shut down, as asyncio's are.
    """
    loop = asyncio.get_running_loop()
    runtime = _runtimes.get(loop)
    return Runtime(loop, grace=0) if runtime is None else runtime


def all_runtimes() -> list[Runtime]:
    """The runtimes of all loops of the process."""
    return list(_runtimes.values())
