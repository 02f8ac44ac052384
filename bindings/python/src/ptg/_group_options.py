"""The options of calls, as structs that are good for one call."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from . import _given
from ._native import ffi, lib
from .errors import Duration, InvalidError, to_ns

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
        encoded = (text or "").encode()
        kept = ffi.from_buffer(encoded)
        self._kept.append(kept)
        setattr(self.struct, field, ffi.NULL if text is None else kept)
        setattr(self.struct, field + "_length", len(encoded))


def handle_of(thing: Any) -> int:
    """The number of a task or group, which may be given as such."""
    if thing is None:
        return 0
    return thing if isinstance(thing, int) else int(thing.handle)


def _number(word: str, numbers: dict[str, int]) -> int:
    if word not in numbers:
        raise InvalidError(f"{word!r} is none of {', '.join(numbers)}")
    return numbers[word]


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
    struct.grace_ns, struct.cancel_wait_ns = to_ns(grace), to_ns(cancel_wait)
    struct.deadline_ns = to_ns(deadline)
    struct.max_tasks, struct.max_queued, struct.history = max_tasks, max_queued, history
    struct.when_full, struct.on_failure = _number(when_full, _when_full), _number(on_failure, _on_failure)
    struct.owner = handle_of(owner)
    # The root has a handler in any case: there is a better last resort here than a line of libptg's.
    if exception_handler is not None or group.parent is None:
        struct.on_error = lib.ptgpy_error
    struct.on_drain, struct.on_closed = lib.ptgpy_group_drain, lib.ptgpy_group_closed
    struct.release = lib.ptgpy_group_release
    struct.user_data = _given.keep(group)
    return options


def shutdown_options(grace: Any, cancel_wait: Any, deadline: Any, force: bool) -> Any:
    """Those of a shutdown."""
    struct = ffi.new("ptg_shutdown_options *")
    struct.size = ffi.sizeof("ptg_shutdown_options")
    struct.flags = lib.PTG_SHUTDOWN_FORCE if force else 0
    struct.grace_ns, struct.cancel_wait_ns = to_ns(grace), to_ns(cancel_wait)
    struct.deadline_ns = to_ns(deadline)
    return struct


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
    struct.spawner = spawner
    return options
