"""The options of calls, as structs that are good for one call."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from . import _arguments, _given
from ._native import ffi, lib
from .errors import Duration

if TYPE_CHECKING:
    from ._callback_task import CallbackTask
    from ._error import ExceptionHandler
    from ._group import PersistentTaskGroup
    from ._task import Task


class GroupOptions(TypedDict, total=False):
    """The options of `PersistentTaskGroup`, which says what they mean."""

    name: str | None
    exception_handler: ExceptionHandler | None
    grace: Duration | None
    cancel_wait: Duration | None
    deadline: Duration | None
    max_tasks: int
    when_full: Literal["refuse", "queue", "replace_oldest"]
    max_queued: int
    on_failure: Literal["report", "shutdown_group", "shutdown_root"]
    parallel: bool
    admits_anyone: bool
    owner: Task[Any] | CallbackTask | int | None
    history: int
    on_drain: Callable[[PersistentTaskGroup], object] | None
    on_closed: Callable[[PersistentTaskGroup], object] | None
    released: Callable[[], object] | None


_when_full = {"refuse": 0, "queue": 1, "replace_oldest": 2}
_on_failure = {"report": 0, "shutdown_group": 1, "shutdown_root": 2}


class Options:
    """A struct with the texts that it points to."""

    def __init__(self, kind: str) -> None:
        self.struct = ffi.new(kind + " *")
        self.struct.size = ffi.sizeof(kind)
        self._kept: list[Any] = []

    def text(self, field: str, text: str | None) -> None:
        """Sets a text and its length."""
        encoded = b"" if text is None else _arguments.text(field, text)
        kept = ffi.from_buffer(encoded)
        self._kept.append(kept)
        setattr(self.struct, field, ffi.NULL if text is None else kept)
        setattr(self.struct, field + "_length", len(encoded))

    def string(self, field: str, text: bytes) -> None:
        """Sets a text that ends with a NUL."""
        kept = ffi.new("char[]", text)
        self._kept.append(kept)
        setattr(self.struct, field, kept)

    def strings(self, field: str, texts: list[bytes]) -> None:
        """Sets an array of texts that ends with NULL."""
        kept = [ffi.new("char[]", text) for text in texts]
        array = ffi.new("char *[]", [*kept, ffi.NULL])
        self._kept += [*kept, array]
        setattr(self.struct, field, array)


def group_options(
    group: PersistentTaskGroup,
    *,
    name: str | None = None,
    exception_handler: Any = None,
    grace: Any = None,
    cancel_wait: Any = None,
    deadline: Any = None,
    max_tasks: int = 0,
    when_full: str = "refuse",
    max_queued: int = 0,
    on_failure: str = "report",
    parallel: bool = False,
    admits_anyone: bool = False,
    owner: Any = None,
    history: int = 0,
    on_drain: Any = None,
    on_closed: Any = None,
    released: Any = None,
) -> Options:
    """Those of a group that is to be made. It is kept until libptg lets go of it, also if it is refused."""
    options = Options("ptg_group_options")
    options.text("name", name)
    struct = options.struct
    struct.flags = (lib.PTG_GROUP_PARALLEL if parallel else 0) | (lib.PTG_GROUP_ADMITS_ANYONE if admits_anyone else 0)
    _set_limits(struct, grace, cancel_wait, deadline)
    struct.max_tasks = _arguments.integer("max_tasks", max_tasks)
    struct.max_queued = _arguments.integer("max_queued", max_queued)
    struct.history = _arguments.integer("history", history)
    struct.when_full = _arguments.word("when_full", when_full, _when_full)
    struct.on_failure = _arguments.word("on_failure", on_failure, _on_failure)
    struct.owner = _arguments.handle("owner", owner)
    _arguments.function("exception_handler", exception_handler)
    _arguments.function("on_drain", on_drain)
    _arguments.function("on_closed", on_closed)
    _arguments.function("released", released)
    # The root has a handler in any case: there is a better last resort here than a line of libptg's.
    if exception_handler is not None or group.parent is None:
        struct.on_error = lib.ptgpy_error
    struct.on_drain, struct.on_closed = lib.ptgpy_group_drain, lib.ptgpy_group_closed
    struct.release = lib.ptgpy_group_release
    struct.user_data = _given.keep(group)
    return options


def shutdown_options(grace: Any, cancel_wait: Any, deadline: Any, force: bool, originator: Any) -> Any:
    """Those of a shutdown."""
    struct = ffi.new("ptg_shutdown_options *")
    struct.size = ffi.sizeof("ptg_shutdown_options")
    struct.flags = lib.PTG_SHUTDOWN_FORCE if force else 0
    struct.originator = _arguments.handle("originator", originator)
    _set_limits(struct, grace, cancel_wait, deadline)
    return struct


def _set_limits(struct: Any, grace: Any, cancel_wait: Any, deadline: Any) -> None:
    struct.grace_ns = _arguments.limit_ns("grace", grace)
    struct.cancel_wait_ns = _arguments.limit_ns("cancel_wait", cancel_wait)
    struct.deadline_ns = _arguments.limit_ns("deadline", deadline)


def task_options(
    name: str | None, cleanup: bool, observed: bool, spawner: int, with_place: bool, place: str | None = None
) -> Options:
    """Those of a task. `with_place`: the place is that of the caller's caller's caller."""
    options = Options("ptg_task_options")
    options.text("name", None if name is None else str(name))  # asyncio takes anything
    if with_place:
        frame = sys._getframe(3)
        place = f"{frame.f_code.co_filename}:{frame.f_lineno}"[-255:]
    options.text("place", place)
    struct = options.struct
    struct.flags = (lib.PTG_SPAWN_CLEANUP if cleanup else 0) | (lib.PTG_SPAWN_OBSERVED if observed else 0)
    struct.spawner = _arguments.handle("spawner", spawner)
    return options
