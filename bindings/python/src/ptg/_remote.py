"""The way in from other threads."""

from __future__ import annotations

import concurrent.futures
import contextlib
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Self, TypeVar

from . import _arguments, _callback_task, _given
from ._callback_task import CallbackTask, failure_of
from ._group_options import shutdown_options, task_options
from ._looking import check_group
from ._native import ffi, lib
from ._spawning import name_of
from .errors import Duration, InvalidError, TaskFailed, check, error_of

if TYPE_CHECKING:
    from ._group import PersistentTaskGroup
    from ._runtime import Runtime
    from ._task import Task

T = TypeVar("T")

_refusals = {
    lib.PTG_EFULL: "too much is on its way: try again",
    lib.PTG_ECLOSED: "the root group is closed",
}


class Remote:
    """Calls into a runtime from any thread. Each arrives in the order in which its thread made it.

    Make it on the loop's thread, and `close()` it when no thread uses it any more, before or after the end of the
    runtime. There is nobody to tell when what arrives is refused, but that a task which is refused ends so. Raises
    `FullError` when too much is on its way, and `ClosedError` once the root group is closed.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._pointer = ffi.NULL
        out = ffi.new("ptg_remote **")
        check(lib.ptg_remote_open(runtime.pointer, out), runtime.pointer)
        self._pointer = out[0]
        runtime.schedule()

    def close(self) -> None:
        """Gives it back."""
        pointer, self._pointer = self._pointer, ffi.NULL
        lib.ptg_remote_close(pointer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check(self, status: int) -> None:
        if status < 0:
            error = error_of(status)
            if status in _refusals:
                error.args = (_refusals[status],)
            elif self._pointer == ffi.NULL:
                error = InvalidError("this way in was closed")
            raise error

    def call(self, function: Callable[[], object], *, released: Callable[[], object] | None = None) -> None:
        """Calls a function on the loop's thread; `released` after that, or when that will never be."""
        _arguments.function("function", function)
        _arguments.function("released", released)
        posted = _Posted(self._runtime, function, released)
        user_data = _given.keep(posted)
        status = lib.ptg_remote_post(self._pointer, lib.ptgpy_posted, lib.ptgpy_post_release, user_data)
        self._check(status)

    def create_task(self, group: PersistentTaskGroup, coro: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Puts a coroutine into a group; returns a future for this thread, whose cancelling asks the task to end."""
        name_of(coro)
        try:
            check_group("group", group)
        except TypeError:
            coro.close()
            raise
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        state: dict[str, bool] = {}

        def create() -> None:
            state["arrived"] = True
            if future.cancelled():
                coro.close()
                future.set_running_or_notify_cancel()
                return
            try:
                task = group.create_task(coro)
            except BaseException as error:
                if future.set_running_or_notify_cancel():
                    future.set_exception(error)
                return
            task.add_done_callback(lambda task: _tell(task, future))
            future.add_done_callback(lambda future: self._ask_to_end(future, task))

        def give_up() -> None:
            if not state:
                coro.close()
                future.cancel()

        self.call(create, released=give_up)
        return future

    def _ask_to_end(self, future: concurrent.futures.Future[T], task: Task[T]) -> None:
        if future.cancelled() and not task.done():
            with contextlib.suppress(RuntimeError):  # the loop was closed: it has ended with that
                self._runtime.loop.call_soon_threadsafe(task.cancel)

    def add_task(
        self,
        group: PersistentTaskGroup,
        task: CallbackTask,
        *,
        name: str | None = None,
        label: str | None = None,
        cleanup: bool = False,
        observed: bool = False,
        spawner: int = 0,
        place: str | None = None,
    ) -> int:
        """As `PersistentTaskGroup.add_task()`; the handle is good at once for calls through here."""
        check_group("group", group)
        _callback_task.check_new(task)
        task._group = group
        options = task_options(name, cleanup, observed, spawner, False, place)
        handle = ffi.new("uint64_t *")
        kind = _callback_task.type_of(task, label)
        user_data = _given.keep(task)
        status = lib.ptg_remote_spawn(self._pointer, group.handle, kind, options.struct, user_data, handle)
        self._check(status)
        number = task.handle = int(handle[0])
        # What is known of tasks belongs to the loop's thread, where this one may be over by now. Its start makes it
        # known too, but it may have to wait for that.
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._runtime.loop.call_soon_threadsafe(_callback_task.arrived, task, number)
        return number

    def finish(
        self,
        task: CallbackTask | int,
        exception: BaseException | None = None,
        *,
        status: int = 0,
        code: int = 0,
        message: str | None = None,
        value: int = 0,
    ) -> None:
        """As `CallbackTask.finish()`. The exception object stays here; its text is told."""
        if exception is not None:
            status, message = failure_of(exception)
            code = exception.code if isinstance(exception, TaskFailed) else code
        text = None if message is None else message.encode(errors="replace")
        with _callback_task.outcome(status, code, text, value) as struct:
            self._check(lib.ptg_remote_finish(self._pointer, _arguments.handle("the task", task), struct))

    def cancel(self, task: Task[Any] | CallbackTask | int, reason: str | None = None, originator: int = 0) -> None:
        """As `Task.request_cancel()`."""
        options = ffi.new("ptg_cancel_options *")
        options.size = ffi.sizeof("ptg_cancel_options")
        kept = ffi.from_buffer(_arguments.text("the reason", reason or ""))
        options.reason = ffi.NULL if reason is None else kept
        options.reason_length = len(kept)
        options.originator = _arguments.handle("originator", originator)
        self._check(lib.ptg_remote_cancel(self._pointer, _arguments.handle("the task", task), options))

    def shutdown(
        self,
        group: PersistentTaskGroup | int,
        *,
        grace: Duration | None = None,
        cancel_wait: Duration | None = None,
        deadline: Duration | None = None,
        force: bool = False,
        originator: int = 0,
    ) -> None:
        """As `PersistentTaskGroup.begin_shutdown()`; it is on behalf of nobody unless an `originator` is named."""
        options = shutdown_options(grace, cancel_wait, deadline, force, originator)
        self._check(lib.ptg_remote_shutdown(self._pointer, _arguments.handle("the group", group), options))


class _Posted:
    def __init__(self, runtime: Runtime, function: Callable[[], object], released: Callable[[], object] | None) -> None:
        self.runtime = runtime
        self.function = function
        self.released = released


def _tell(task: Task[T], future: concurrent.futures.Future[T]) -> None:
    if task.cancelled():
        future.cancel()
        future.set_running_or_notify_cancel()
        return
    if not future.set_running_or_notify_cancel():
        return
    error = task.exception()
    if error is None:
        future.set_result(task.result())
    else:
        future.set_exception(error)


@ffi.def_extern(name="ptgpy_posted")
def _posted(_runtime: Any, user_data: Any) -> None:
    posted: _Posted = _given.get(user_data)
    try:
        _arguments.not_asynchronous(posted.function())
    except BaseException as error:
        posted.runtime.note_interrupt(error)
        posted.runtime.report("a function that was sent failed", error)


@ffi.def_extern(name="ptgpy_post_release")
def _post_release(user_data: Any) -> None:
    posted: _Posted = _given.release(user_data)
    if posted.released is not None:
        posted.runtime.let_go(posted.released)
