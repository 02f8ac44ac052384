"""Failures on their way to a handler."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from . import _given
from ._callback_task import CallbackTask, failure_of
from ._native import ffi, lib
from ._task import Task
from .errors import PtgError, TaskFailed
from .values import GROUP_STATES, Outcome, outcome_of, text_of

if TYPE_CHECKING:
    from ._group import PersistentTaskGroup
    from ._runtime import Runtime

ExceptionHandler: TypeAlias = Callable[[type[BaseException], BaseException, TracebackType | None], Awaitable[Any] | Any]
"""Is given a failure as `sys.exc_info()` would: its type, the exception, and the traceback. Sync or async."""


@dataclass(frozen=True, slots=True)
class Error:
    """A failure, as `current_error()` tells it inside a handler."""

    exception: BaseException
    """What was raised: the object itself."""
    group: PersistentTaskGroup
    """Where it happened."""
    task: Task[Any] | CallbackTask | None
    """Who failed; `None`: a hook of the group, or a task of another language."""
    handle: int
    """The task's number; 0 for a hook."""
    name: str
    """The task's name."""
    age_ns: int
    outcome: Outcome
    during_cancel: bool
    """It had been asked to end."""
    from_hook: bool
    group_state: str
    failed_handler: PersistentTaskGroup | None = None
    """Whose handler failed on this before."""
    handler_status: int = 0
    handler_exception: BaseException | None = None
    """How that handler failed."""


_start = ffi.addressof(lib, "ptgpy_start")
_error: ContextVar[Error] = ContextVar("current_error")


def current_error() -> Error:
    """The failure that the running handler is about. Raises `LookupError` outside of one."""
    return _error.get()


def _error_of(runtime: Runtime, struct: Any) -> Error:
    outcome = outcome_of(struct.outcome)
    group = runtime.find(struct.group)
    task = _task_of(group, struct)
    return Error(
        _exception_of(group, task, struct, outcome),
        group or runtime.root,
        task,
        struct.task,
        text_of(struct.name, struct.name_length) or "",
        struct.age_ns,
        outcome,
        bool(struct.flags & lib.PTG_ERROR_DURING_CANCEL),
        bool(struct.flags & lib.PTG_ERROR_FROM_HOOK),
        GROUP_STATES[struct.group_state],
        runtime.find(struct.failed_handler),
        struct.handler_status,
        runtime.handler_errors.pop(struct.task or -struct.group, None),
    )


def _task_of(group: PersistentTaskGroup | None, struct: Any) -> Task[Any] | CallbackTask | None:
    """Who failed, if Python made it."""
    if struct.task_type != ffi.NULL and struct.task_type.start == _start:
        task: CallbackTask = _given.get(struct.task_user_data)
        return task
    if group is None:
        return None
    return group._tasks.get(struct.task) or group._callback_tasks.get(struct.task)


def _exception_of(
    group: PersistentTaskGroup | None, task: Task[Any] | CallbackTask | None, struct: Any, outcome: Outcome
) -> BaseException:
    """What was raised, or stands for it if that was not in Python."""
    raised: BaseException | None = None
    if isinstance(task, CallbackTask):
        raised = task._exception_of(outcome)
    elif task is not None and task.done() and not task.cancelled():
        raised = task.exception()
    elif group is not None and not struct.task:
        raised = group._hook_exception
    return raised or TaskFailed.of(outcome)


def handle(group: PersistentTaskGroup, error: Error) -> int:
    """Gives it to the handler of the group. Returns a status: anything but 0 is the failure of the handler."""
    runtime = group.runtime
    handler = group._exception_handler
    if handler is None:
        report(group, error)
        return 0
    with runtime.in_callback(group):
        token = _error.set(error)
        try:
            answer = handler(type(error.exception), error.exception, error.exception.__traceback__)
            if inspect.isawaitable(answer):
                _go_on(group, error, answer)
        except BaseException as failure:
            runtime.note_interrupt(failure)
            status = failure_of(failure)[0]
            if group.parent is None:  # nobody is above
                report(group, _with_failure(error, group, failure))
                return 0
            runtime.handler_errors[error.handle or -error.group.handle] = failure
            return status
        finally:
            _error.reset(token)
    return 0


def _with_failure(error: Error, group: PersistentTaskGroup, failure: BaseException) -> Error:
    return dataclasses.replace(
        error, failed_handler=group, handler_status=failure_of(failure)[0], handler_exception=failure
    )


def report(group: PersistentTaskGroup, error: Error) -> None:
    """What is done by default: the loop's exception handler is told, which logs it with its traceback."""
    group.runtime.unhandled += 1
    who = f'task "{error.name}"' if not error.from_hook else "a hook"
    group.runtime.report(f"{who} of group {error.group.path} failed", error.exception, error.task)
    if error.handler_exception is not None:
        group.runtime.report("and so did the exception handler that was given it", error.handler_exception)


def _go_on(group: PersistentTaskGroup, error: Error, answer: Awaitable[Any]) -> None:
    """An asynchronous handler goes on as a task of its group, for as long as that lets it."""

    async def exception_handler() -> None:
        try:
            await answer
        except Exception as failure:
            _pass_up(group, error, failure)

    try:
        group.create_task(exception_handler(), name="exception_handler", cleanup=True)
    except PtgError:
        close = getattr(answer, "close", None)
        if close is not None:
            close()
        raise


def _pass_up(group: PersistentTaskGroup, error: Error, failure: BaseException) -> None:
    """Both errors go to the nearest handler above, as libptg does it with one that fails at once."""
    while True:
        error = _with_failure(error, group, failure)
        above = group.parent
        while above is not None and above._exception_handler is None:
            above = above.parent
        if above is None:
            return report(group, error)
        if handle(above, error) == 0:
            return None
        group = above
        failure = group.runtime.handler_errors.pop(error.handle or -error.group.handle)


@ffi.def_extern(name="ptgpy_error", error=lib.PTG_EFAILED)
def _told(_runtime: Any, struct: Any, user_data: Any) -> int:
    group: PersistentTaskGroup = _given.get(user_data)
    error = _error_of(group.runtime, struct)
    if isinstance(error.task, CallbackTask) and error.task._is_observed:
        return 0
    return handle(group, error)
