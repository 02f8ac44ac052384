"""What one may ask of a group at any time."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from . import _arguments
from ._native import ffi, lib
from .errors import PtgError, check
from .values import (
    BlameRow,
    FailureRow,
    GroupInfo,
    HistoryRow,
    NameRow,
    Place,
    PlanStep,
    Report,
    ReportRow,
    list_handles,
    list_rows,
    path_of,
    value_of,
)

if TYPE_CHECKING:
    from ._callback_task import CallbackTask
    from ._group import PersistentTaskGroup
    from ._runtime import Runtime
    from ._task import Task


def check_group(what: str, group: object) -> None:
    """It is a group."""
    if not isinstance(group, Looking):
        raise TypeError(f"{what}: a group was expected, got {group!r}")


def info_of(group: Looking) -> Any:
    """A `ptg_group_info`, whose name is good until the loop's next turn."""
    struct = ffi.new("ptg_group_info *")
    struct.size = ffi.sizeof("ptg_group_info")
    pointer = group.runtime.pointer
    check(lib.ptg_group_get_info(pointer, group.handle, struct), pointer)
    return struct


class Looking:
    """The part of `PersistentTaskGroup` that changes nothing. All of it raises `StaleError` when the group is gone."""

    runtime: Runtime
    handle: int
    parent: PersistentTaskGroup | None
    _place: Place
    _tasks: dict[int, Task[Any]]
    _callback_tasks: dict[int, CallbackTask]
    _last: Any
    _report: Report | None
    _blame: list[BlameRow] | None

    def get_name(self) -> str:
        """Its name: one was made up if none was given."""
        return self._place.name

    @property
    def name(self) -> str:
        """As `get_name()`."""
        return self._place.name

    @property
    def path(self) -> str:
        """The names from below the root down: `/app/handlers`; `/` is the root."""
        return path_of(self._place)

    @property
    def state(self) -> str:
        """`open`, `draining`, `cancelling` or `closed`."""
        return self.statistics().state

    def statistics(self) -> GroupInfo:
        """Its counts, limits and state, as they are now; of a closed group as they were at last."""
        try:
            return value_of(info_of(self), GroupInfo)
        except PtgError:
            if self._last is None:
                raise
            last = self._last
        name = self.name.encode()  # libptg's has gone with the group
        kept = ffi.from_buffer(name)
        last.name, last.name_length = kept, len(name)
        return value_of(last, GroupInfo)

    def task_handles(self) -> list[int]:
        """The handles of the tasks that have not ended, of any language, abandoned ones too, oldest first."""
        return list_handles(self.runtime.pointer, lib.ptg_group_list_tasks, self.handle)

    def group_handles(self) -> list[int]:
        """The handles of the groups inside it, of any language, oldest first."""
        return list_handles(self.runtime.pointer, lib.ptg_group_list_groups, self.handle)

    def tasks(self) -> list[Task[Any] | CallbackTask]:
        """Its tasks that have not ended, abandoned ones too, oldest first."""
        known: dict[int, Any] = {**self._tasks, **self._callback_tasks}
        return [known[handle] for handle in self.task_handles() if handle in known]

    def groups(self) -> list[PersistentTaskGroup]:
        """The groups inside it, oldest first."""
        groups = self.runtime.groups
        return [groups[handle] for handle in self.group_handles() if handle in groups]

    def abandoned(self) -> list[int]:
        """The handles of the tasks that it gave up, newest first."""
        return list_handles(self.runtime.pointer, lib.ptg_group_list_abandoned, self.handle)

    def report(self) -> Report:
        """What its shutdown has done until now, or did, of all groups below too. Raises `BusyError` before there is
        one."""
        try:
            rows = list_rows(self.runtime.pointer, lib.ptg_group_get_report, self.handle, ReportRow)
        except PtgError:
            kept = self._kept_report()
            if kept is None:
                raise
            return kept
        return Report(tuple(self._with_place(row) for row in rows))

    def _kept_report(self) -> Report | None:
        """What was kept at its end, or, of that of a group above, its part."""
        above: Looking | None = self
        while above is not None and above._report is None:
            above = above.parent
        if above is None or above._report is None:
            return None
        if above is self:
            return self._report
        if self._last is None:
            return None
        below = {self.handle}
        rows: list[ReportRow] = []
        for row in reversed(above._report):  # a group comes before the one that it is in
            if row.group in below or row.parent in below:
                below.add(row.group)
                rows.append(row)
        return Report(tuple(reversed(rows)))

    def _keep_report(self) -> None:
        """For those who ask when libptg has forgotten it."""
        self._report = self.report()
        most = len(self._report)
        self._blame = list_rows(self.runtime.pointer, lib.ptg_group_get_blame, self.handle, BlameRow, most)

    def _with_place(self, row: ReportRow) -> ReportRow:
        group = self.runtime.find(row.group)
        return row if group is None else dataclasses.replace(row, where=group._place)

    def plan(self) -> list[PlanStep]:
        """What a shutdown of it would do at worst, in the order in which it would; nothing is done."""
        return list_rows(self.runtime.pointer, lib.ptg_group_get_plan, self.handle, PlanStep)

    def blame(self) -> list[BlameRow]:
        """Who held its shutdown up, once it is closed.

        Of a group that was shut down with one above it is gone with that one, unless somebody had asked for its own
        shutdown, or waits for it; the blame of the one above stays.
        """
        try:
            return list_rows(self.runtime.pointer, lib.ptg_group_get_blame, self.handle, BlameRow)
        except PtgError:
            if self._blame is None:
                raise
            return list(self._blame)

    def failures(self) -> list[FailureRow]:
        """Its last failures that are not alike, the latest first."""
        return list_rows(self.runtime.pointer, lib.ptg_group_list_failures, self.handle, FailureRow)

    def history(self) -> list[HistoryRow]:
        """The ended tasks that it remembers (option `history`), the latest first."""
        return list_rows(self.runtime.pointer, lib.ptg_group_list_history, self.handle, HistoryRow)

    def count_names(self, most: int = 100) -> list[NameRow]:
        """The most frequent types and names of the tasks here and below."""
        most = _arguments.integer("most", most)
        return list_rows(self.runtime.pointer, lib.ptg_group_count_names, self.handle, NameRow, most)

    def __repr__(self) -> str:
        live = len(self._tasks) + len(self._callback_tasks)
        return f"<PersistentTaskGroup {self.path} tasks={live}{' closed' if self._last is not None else ''}>"
