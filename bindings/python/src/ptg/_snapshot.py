"""Pictures of groups and tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import _arguments
from ._looking import check_group
from ._native import ffi, lib
from .errors import Duration, InvalidError, check
from .values import GROUP_STATES, TASK_STATES

if TYPE_CHECKING:
    from ._group import PersistentTaskGroup


@dataclass(frozen=True, slots=True)
class SnapshotGroup:
    """A group of a picture, of whatever language. Ages count back from the instant of the picture."""

    group: int
    parent: int
    owner: int
    runtime: int
    """A number for the runtime."""
    name: str
    state: str
    is_ending: bool
    age_ns: int
    phase_left_ns: int
    spawned: int
    succeeded: int
    failed: int
    cancelled: int
    abandoned: int
    refused: int


@dataclass(frozen=True, slots=True)
class SnapshotTask:
    """A task of a picture that has not ended."""

    task: int
    group: int
    spawner: int
    name: str
    type_name: str
    state: str
    age_ns: int
    is_cancel_requested: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Groups, parents before children, and their tasks, oldest first, at one instant of each runtime."""

    groups: tuple[SnapshotGroup, ...]
    tasks: tuple[SnapshotTask, ...]
    unanswered: int
    """Runtimes that did not answer in time."""


def _text(strings: Any, place: int) -> str:
    return str(ffi.string(strings + place).decode(errors="replace"))


def _group(row: Any, strings: Any) -> SnapshotGroup:
    return SnapshotGroup(
        row.group,
        row.parent,
        row.owner,
        row.runtime,
        _text(strings, row.name),
        GROUP_STATES[row.state],
        bool(row.is_ending),
        row.age_ns,
        row.phase_left_ns,
        row.spawned,
        row.succeeded,
        row.failed,
        row.cancelled,
        row.abandoned,
        row.refused,
    )


def _read(snapshot: Any) -> Snapshot:
    view = ffi.new("ptg_snapshot_view *")
    view.size = ffi.sizeof("ptg_snapshot_view")
    check(lib.ptg_snapshot_get_view(snapshot, view))
    strings = view.strings
    groups = tuple(_group(view.groups[at], strings) for at in range(view.group_count))
    tasks = []
    for at in range(view.task_count):
        row = view.tasks[at]
        tasks.append(
            SnapshotTask(
                row.task,
                groups[row.group].group,
                row.spawner,
                _text(strings, row.name),
                _text(strings, row.type_name),
                TASK_STATES[row.state],
                row.age_ns,
                bool(row.is_cancel_requested),
            )
        )
    return Snapshot(groups, tuple(tasks), view.unanswered)


def snapshot(group: PersistentTaskGroup | None = None, *, timeout: Duration = 1.0) -> Snapshot:
    """A picture of a group with all below it, or, from any thread, of all that is in the process, in any language.

    Each runtime is pictured by its own thread; one that does not come round within `timeout` is left out and counted.
    """
    out = ffi.new("ptg_snapshot **")
    if group is None:
        length = _arguments.length_ns("timeout", timeout)
        if length < 0:
            raise InvalidError(f"timeout is negative, or no limit: {timeout!r}")
        check(lib.ptg_snapshot_take_all(length, out))
    else:
        check_group("group", group)
        pointer = group.runtime.pointer
        check(lib.ptg_snapshot_take(pointer, group.handle, out), pointer)
    try:
        return _read(out[0])
    finally:
        lib.ptg_snapshot_destroy(out[0])
