"""Persistent task groups for asyncio.

Groups stay open when they have no task, tell failures to a handler instead of spreading them, and end in a declared
order, in two phases, within a deadline. Begin with `PersistentTaskGroup`.
"""

from ._callback_task import CallbackTask
from ._error import Error, ExceptionHandler, current_error
from ._group import PersistentTaskGroup, all_ptaskgroups
from ._group_options import GroupOptions
from ._kinds import Queue, QueueInfo, Timer, TimerInfo
from ._process import Process, ProcessOptions
from ._remote import Remote
from ._runtime import Runtime, all_runtimes, get_runtime
from ._signals import run, signals
from ._snapshot import Snapshot, SnapshotGroup, SnapshotTask, snapshot
from ._task import Task, current_ptaskgroup
from ._waiting import as_completed, gather
from ._watch import Watch, watch
from .errors import (
    BusyError,
    ClosedError,
    CycleError,
    DeadlockError,
    Duration,
    FullError,
    InvalidError,
    KindError,
    PtgError,
    ReentrantError,
    StaleError,
    TaskFailed,
    ThreadError,
)
from .values import (
    AT_ONCE,
    FOREVER,
    BlameRow,
    FailureRow,
    GroupInfo,
    HistoryRow,
    NameRow,
    Outcome,
    PlanStep,
    Report,
    ReportRow,
    TaskInfo,
)

__all__ = [
    "AT_ONCE",
    "FOREVER",
    "BlameRow",
    "BusyError",
    "CallbackTask",
    "ClosedError",
    "CycleError",
    "DeadlockError",
    "Duration",
    "Error",
    "ExceptionHandler",
    "FailureRow",
    "FullError",
    "GroupInfo",
    "GroupOptions",
    "HistoryRow",
    "InvalidError",
    "KindError",
    "NameRow",
    "Outcome",
    "PersistentTaskGroup",
    "PlanStep",
    "Process",
    "ProcessOptions",
    "PtgError",
    "Queue",
    "QueueInfo",
    "ReentrantError",
    "Remote",
    "Report",
    "ReportRow",
    "Runtime",
    "Snapshot",
    "SnapshotGroup",
    "SnapshotTask",
    "StaleError",
    "Task",
    "TaskFailed",
    "TaskInfo",
    "ThreadError",
    "Timer",
    "TimerInfo",
    "Watch",
    "all_ptaskgroups",
    "all_runtimes",
    "as_completed",
    "current_error",
    "current_ptaskgroup",
    "gather",
    "get_runtime",
    "run",
    "signals",
    "snapshot",
    "watch",
]
