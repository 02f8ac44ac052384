"""What libptg tells of groups and tasks, as plain values.

Instants and durations are nanoseconds of the runtime's clock, in names that end in `_ns`; `FOREVER` is no limit.
Handles are integers that name a group or a task of any language in the process for ever, 0 is nobody.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from ._native import ffi, lib
from .errors import check, status_name

FOREVER: int = lib.PTG_FOREVER
"""No limit."""

AT_ONCE: int = lib.PTG_AT_ONCE
"""A limit of no time at all."""

GROUP_STATES = {1: "open", 2: "draining", 3: "cancelling", 4: "closed"}
TASK_STATES = {1: "pending", 2: "running", 3: "abandoned"}

T = TypeVar("T")


class Place:
    """Where a group is: its name, below another place; the root has none above."""

    __slots__ = ("above", "name")

    def __init__(self, above: Place | None, name: str) -> None:
        self.above = above
        self.name = name


def path_of(place: Place) -> str:
    """The names from below the root down."""
    names: list[str] = []
    at: Place | None = place
    while at is not None and at.above is not None:
        names.append(at.name)
        at = at.above
    return "/" + "/".join(reversed(names))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended. A status of 0 is well, "PTG_ECANCELED" cancelled, anything else a failure."""

    status: int = 0
    code: int = 0
    """The task's own: an exit status, a signal, an errno."""
    message: str | None = None
    value: int = 0
    """The task's own."""
    flags: int = 0
    reason: str | None = None
    """Why it was asked to end; `None`: it was not."""
    originator: int = 0
    """The handle of the task or group that asked."""

    @property
    def name(self) -> str:
        """The name of the status."""
        return status_name(self.status)

    @property
    def is_cancel_requested(self) -> bool:
        """It had been asked to end."""
        return bool(self.flags & lib.PTG_OUTCOME_CANCEL_REQUESTED)

    @property
    def never_ran(self) -> bool:
        """It was cancelled before its first run."""
        return bool(self.flags & lib.PTG_OUTCOME_NEVER_RAN)

    @property
    def is_abandoned(self) -> bool:
        """It ended late; its group had given it up before."""
        return bool(self.flags & lib.PTG_OUTCOME_ABANDONED)

    @property
    def is_killed(self) -> bool:
        """Its `kill()` was called."""
        return bool(self.flags & lib.PTG_OUTCOME_KILLED)


@dataclass(frozen=True, slots=True)
class GroupInfo:
    """The statistics of a group: its own tasks, without those of the groups below."""

    group: int
    parent: int
    name: str
    state: str
    """`open`, `draining`, `cancelling` or `closed`."""
    is_ending: bool
    children: int
    spawned: int
    live: int
    pending: int
    queued: int
    succeeded: int
    failed: int
    cancelled: int
    abandoned: int
    late: int
    killed: int
    refused: int
    peak: int
    created_ns: int
    grace_ns: int
    cancel_wait_ns: int
    deadline_ns: int
    phase_left_ns: int
    oldest_age_ns: int
    owner: int


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """A task that has not ended."""

    task: int
    group: int
    name: str
    type_name: str | None
    state: str
    """`pending`, `running` or `abandoned`."""
    age_ns: int
    is_cancel_requested: bool
    is_killed: bool
    reason: str | None
    originator: int
    spawner: int
    place: str | None
    """Where it was spawned; known in asyncio's debug mode."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What a shutdown did with one group. An instant of 0: it did not happen."""

    group: int
    parent: int
    name: str
    state: str
    waited_for: int
    begun_ns: int
    drain_ns: int
    cancel_ns: int
    closed_ns: int
    drained: int
    cancelled: int
    failed: int
    refused: int
    abandoned: int
    killed: int
    originator: int
    """The task or group that asked for the shutdown, of this group or of one above; 0: somebody outside."""
    where: Place | None = dataclasses.field(default=None, compare=False, repr=False)
    """Where it is in the tree: `path` is made of it."""

    @property
    def path(self) -> str:
        """The names from the root down: `/app/handlers`."""
        return path_of(self.where) if self.where is not None else self.name


@dataclass(frozen=True, slots=True)
class Report(Sequence[ReportRow]):
    """What a shutdown did: a sequence of a row for each group, in the order of their closing."""

    rows: tuple[ReportRow, ...]

    @overload
    def __getitem__(self, place: int) -> ReportRow: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[ReportRow, ...]: ...

    def __getitem__(self, place: int | slice) -> ReportRow | tuple[ReportRow, ...]:
        return self.rows[place]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def is_clean(self) -> bool:
        """Nothing failed and nothing was abandoned."""
        return not any(row.failed or row.abandoned for row in self.rows)

    def __str__(self) -> str:
        """One line a group."""
        return "\n".join(
            f"{row.path}: {row.drained} drained, {row.cancelled} cancelled, {row.failed} failed, "
            f"{row.refused} refused, {row.abandoned} abandoned, {(row.closed_ns - row.begun_ns) / 1e6:.1f} ms"
            for row in self.rows
        )


@dataclass(frozen=True, slots=True)
class PlanStep:
    """What a shutdown would do with one group in the worst case. Times count from its beginning."""

    group: int
    waits_for: int
    begin_ns: int
    cancel_ns: int
    closed_ns: int
    is_critical: bool


@dataclass(frozen=True, slots=True)
class BlameRow:
    """One group of the chain that decided how long a shutdown took."""

    group: int
    name: str
    held_ns: int
    abandoned: int
    task: int
    task_name: str | None
    task_held_ns: int


@dataclass(frozen=True, slots=True)
class FailureRow:
    """Failures of a group that are alike."""

    status: int
    code: int
    count: int
    first_ns: int
    last_ns: int
    name: str
    message: str | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A task that has ended."""

    status: int
    code: int
    flags: int
    task: int
    spawner: int
    originator: int
    spawned_ns: int
    ended_ns: int
    name: str


@dataclass(frozen=True, slots=True)
class NameRow:
    """How many tasks there are of a type and name."""

    count: int
    type_name: str | None
    name: str


TYPES: dict[type, str] = {
    GroupInfo: "ptg_group_info",
    TaskInfo: "ptg_task_info",
    ReportRow: "ptg_report_row",
    PlanStep: "ptg_plan_step",
    BlameRow: "ptg_blame_row",
    FailureRow: "ptg_failure_row",
    HistoryRow: "ptg_history_row",
    NameRow: "ptg_name_row",
}


def text_of(pointer: Any, length: int) -> str | None:
    """A text of libptg; nothing if it has none."""
    if pointer == ffi.NULL:
        return None
    return str(ffi.buffer(pointer, length)[:].decode(errors="replace")) if length else ""


def _getter(kind: type, field: str, sort: str) -> Callable[[Any], Any]:
    """What makes a field of a value of that sort, from the struct."""
    read = operator.attrgetter(field)
    if field == "state":
        states = TASK_STATES if kind is TaskInfo else GROUP_STATES
        return lambda struct: states[read(struct)]
    if field.startswith("is_"):
        return lambda struct: bool(read(struct))
    if field == "type_name":
        return lambda struct: ffi.string(read(struct)).decode() if read(struct) != ffi.NULL else None
    if not sort.startswith("str"):
        return read
    length = operator.attrgetter(field + "_length")
    if sort == "str":
        return lambda struct: text_of(read(struct), length(struct))
    return lambda struct: text_of(read(struct), length(struct)) or None


_getters = {
    kind: [_getter(kind, field.name, str(field.type)) for field in dataclasses.fields(kind) if field.name != "where"]
    for kind in TYPES
}


def value_of(struct: Any, kind: type[T]) -> T:
    """A struct of libptg as the value of that class."""
    return kind(*[get(struct) for get in _getters[kind]])


def ask(runtime: Any, function: Any, handle: int, kind: type[T]) -> T:
    """What `function` fills in of a handle."""
    struct = ffi.new(TYPES[kind] + " *")
    struct.size = ffi.sizeof(TYPES[kind])
    check(function(runtime, handle, struct), runtime)
    return value_of(struct, kind)


def list_rows(runtime: Any, function: Any, handle: int, kind: type[T], capacity: int = 0) -> list[T]:
    """The rows that `function` copies; as many as there are, or at most `capacity`, if that is given."""
    is_bounded = capacity > 0
    size = ffi.sizeof(TYPES[kind])
    count = ffi.new("size_t *")
    while True:
        rows = ffi.new(TYPES[kind] + "[]", max(capacity, 1))
        status = function(runtime, handle, rows, size, capacity, count)
        if status != lib.PTG_ERANGE or is_bounded:
            break
        capacity = count[0]
    check(status, runtime)
    return [value_of(rows[at], kind) for at in range(count[0])]


def list_handles(runtime: Any, function: Any, handle: int) -> list[int]:
    """The handles that `function` copies."""
    count = ffi.new("size_t *")
    capacity = 16
    while True:
        handles = ffi.new("uint64_t[]", capacity)
        status = function(runtime, handle, handles, capacity, count)
        if status != lib.PTG_ERANGE:
            break
        capacity = count[0]
    check(status, runtime)
    return list(ffi.unpack(handles, count[0])) if count[0] else []


def outcome_of(struct: Any) -> Outcome:
    """A `ptg_outcome`."""
    return Outcome(
        struct.status,
        struct.code,
        text_of(struct.message, struct.message_length),
        struct.value,
        struct.flags,
        text_of(struct.reason, struct.reason_length),
        struct.originator,
    )
