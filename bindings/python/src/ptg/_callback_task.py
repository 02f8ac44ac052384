"""Tasks that are no coroutines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _arguments, _given
from ._native import ffi, lib
from ._task import extend_grace, request_cancel
from .errors import Duration, InvalidError, TaskFailed, check
from .values import FOREVER, Outcome, TaskInfo, ask

if TYPE_CHECKING:
    from ._group import PersistentTaskGroup

_OPTIONAL = ("drain", "cancel", "kill", "wake")


class CallbackTask:
    """A task that is no coroutine: a connection with a protocol of its own, a child, a thread.

    Subclass it, and put an object into a group with `PersistentTaskGroup.add_task()`. The methods below are called by
    the event loop, each as a plain function; which ones a class overrides says what its tasks can be told. What goes
    on until `finish()` is up to it. An exception in a method is a failure of the task, which ends it.
    """

    _group: PersistentTaskGroup
    handle: int = 0
    """Its number; 0 before it was added."""
    _due_ns: int | None = None
    _exception: BaseException | None = None
    _is_over = False
    _is_observed = False
    """Of a process: libptg cannot be told of it, and so asks the handler."""

    def start(self) -> None:
        """Begins. It is never called from inside `add_task()`."""

    def drain(self) -> None:
        """Is to finish soon: its group drains. Called at most once."""

    def cancel(self, reason: str, originator: int) -> None:
        """Is to end now. Called at most once. Without this method it cannot be hurried."""

    def kill(self) -> None:
        """Is to be gone: the cancel wait of its group is over."""

    def wake(self) -> None:
        """The end of a `sleep()`."""

    def done(self, outcome: Outcome) -> None:
        """It has ended. Called once, whatever happened, when `handle` is stale already."""

    def released(self) -> None:
        """libptg has let go of it. Called once, also when `add_task()` was refused."""

    @property
    def group(self) -> PersistentTaskGroup:
        """The group that it was added to. Raises `InvalidError` before that, as all that is below does."""
        try:
            return self._group
        except AttributeError:
            raise InvalidError(f"{self!r} was not added to a group") from None

    def finish(
        self,
        exception: BaseException | None = None,
        *,
        status: int = 0,
        code: int = 0,
        message: str | None = None,
        value: int = 0,
    ) -> None:
        """Says that it has ended: well, or with this exception, or as the other arguments say.

        Raises `StaleError` when it had ended already.
        """
        if exception is not None:
            status, message = failure_of(exception)
            code = getattr(exception, "code", code) if isinstance(exception, TaskFailed) else code
        runtime = self.group.runtime
        text = None if message is None else message.encode(errors="replace")
        with outcome(status, code, text, value) as struct:
            check(lib.ptg_task_finish(runtime.pointer, self.handle, struct), runtime.pointer)
        self._exception = exception
        runtime.schedule()

    def sleep(self, duration: Duration) -> None:
        """Has `wake()` called once, that long from now; `math.inf` ends a sleep without. A new one replaces the old."""
        runtime = self.group.runtime
        length = _arguments.length_ns("the duration", duration)
        check(lib.ptg_task_sleep(runtime.pointer, self.handle, length), runtime.pointer)
        self._due_ns = None if length == FOREVER else runtime.time_ns() + length
        runtime.schedule()

    def request_cancel(self, reason: str | None = None, *, originator: int = 0) -> None:
        """Asks it to end: `cancel()` is called, unless it never started or was asked before."""
        runtime = self.group.runtime
        request_cancel(runtime, self.handle, reason, originator or runtime.spawner())

    def extend_grace(self, duration: Duration) -> int:
        """As `Task.extend_grace()`."""
        return extend_grace(self.group.runtime, self.handle, duration)

    def info(self) -> TaskInfo:
        """What libptg knows of it. Raises `StaleError` when it has ended."""
        return ask(self.group.runtime.pointer, lib.ptg_task_get_info, self.handle, TaskInfo)

    def _exception_of(self, _outcome: Outcome) -> BaseException | None:
        """What stands for its failure; nothing if it was told without one."""
        return self._exception


class outcome:
    """A `ptg_outcome` that is good for one call."""

    def __init__(self, status: int, code: int, text: bytes | None, value: int) -> None:
        self._text = ffi.from_buffer(text or b"")
        struct = ffi.new("ptg_outcome *")
        struct.size = ffi.sizeof("ptg_outcome")
        struct.status = _arguments.integer("status", status, ~_arguments.MOST_CODE, _arguments.MOST_CODE)
        struct.code = _arguments.integer("code", code, ~_arguments.MOST_CODE, _arguments.MOST_CODE)
        struct.value = _arguments.integer("value", value, -(2**63)) & _arguments.MOST_COUNT
        struct.message = ffi.NULL if text is None else self._text
        struct.message_length = len(text or b"")
        self._struct = struct

    def __enter__(self) -> Any:
        return self._struct

    def __exit__(self, *_: object) -> None:
        pass


def failure_of(error: BaseException) -> tuple[int, str]:
    """The status and the message that stand for an exception."""
    try:
        text = str(error).replace("\0", "?")
    except Exception:  # it is told all the same, by the name of its type
        text = ""
    if isinstance(error, TaskFailed):
        return error.status, text
    return lib.PTG_EFAILED, f"{type(error).__name__}: {text}" if text else type(error).__name__


_types: dict[tuple[str | None, tuple[bool, ...]], Any] = {}
_kept: list[Any] = []


def type_of(task: CallbackTask, label: str | None) -> Any:
    """The table for tasks of this sort that are told the same. It stays for ever, as libptg wants it."""
    kind = type(task)
    told = tuple(getattr(kind, name) is not getattr(CallbackTask, name) for name in _OPTIONAL)
    table = _types.get((label, told))
    if table is not None:
        return table
    table = ffi.new("ptg_task_type *")
    table.size = ffi.sizeof("ptg_task_type")
    if label is not None:
        text = ffi.new("char[]", _arguments.text("label", label))
        _kept.append(text)
        table.name = text
    table.start = lib.ptgpy_start
    for name, is_told in zip(_OPTIONAL, told, strict=True):
        if is_told:
            setattr(table, name, getattr(lib, "ptgpy_" + name))
    table.done = lib.ptgpy_done
    table.release = lib.ptgpy_release
    return _types.setdefault((label, told), table)  # that of another thread, if it was quicker


def arrived(task: CallbackTask, handle: int) -> None:
    """It is in its group. That of one that another thread has sent may be told when it is over already."""
    task.handle = handle
    if not task._is_over:
        task._group._callback_tasks[handle] = task


def check_new(task: CallbackTask) -> None:
    """Each object is one task."""
    if not isinstance(task, CallbackTask):
        raise TypeError(f"a CallbackTask was expected, got {task!r}")
    if task.handle:
        raise InvalidError(f"{task!r} was added before")


# ------------------------------------------------------------------- callbacks


def _told(user_data: Any, method: str, *arguments: object) -> None:
    task: CallbackTask = _given.get(user_data)
    runtime = task._group.runtime
    with runtime.in_callback(task._group, task.handle):
        try:
            _arguments.not_asynchronous(getattr(task, method)(*arguments))
        except BaseException as error:
            runtime.failed_in_task(task, error)


@ffi.def_extern(name="ptgpy_start", error=lib.PTG_EFAILED)
def _start(_runtime: Any, handle: int, user_data: Any) -> int:
    arrived(_given.get(user_data), handle)
    _told(user_data, "start")
    return 0


@ffi.def_extern(name="ptgpy_drain")
def _drain(_runtime: Any, _handle: int, user_data: Any) -> None:
    _told(user_data, "drain")


@ffi.def_extern(name="ptgpy_kill")
def _kill(_runtime: Any, _handle: int, user_data: Any) -> None:
    _told(user_data, "kill")


@ffi.def_extern(name="ptgpy_wake")
def _wake(_runtime: Any, _handle: int, user_data: Any) -> None:
    _given.get(user_data)._due_ns = None
    _told(user_data, "wake")


@ffi.def_extern(name="ptgpy_cancel")
def _cancel(_runtime: Any, _handle: int, info: Any, user_data: Any) -> None:
    reason = ffi.buffer(info.reason, info.reason_length)[:].decode(errors="replace")
    _told(user_data, "cancel", reason, info.originator)


@ffi.def_extern(name="ptgpy_done")
def _done(_runtime: Any, handle: int, struct: Any, user_data: Any) -> None:
    from .values import outcome_of

    task: CallbackTask = _given.get(user_data)
    task.handle, task._is_over = handle, True
    task._group._callback_tasks.pop(handle, None)
    _told(user_data, "done", outcome_of(struct))
    task._group._became_idle()


@ffi.def_extern(name="ptgpy_release")
def _release(user_data: Any) -> None:
    task: CallbackTask = _given.release(user_data)
    task._group.runtime.let_go(task.released)
