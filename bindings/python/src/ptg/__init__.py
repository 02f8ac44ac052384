"""Persistent task groups for asyncio.

Groups stay open when they have no task, tell failures to a handler instead of spreading them, and end in a declared
order, in two phases, within a deadline. Begin with `PersistentTaskGroup`.
"""

from ._callback_task import CallbackTask
from ._error import Error, ExceptionHandler, current_error
from ._group import PersistentTaskGroup, all_ptaskgroups
from ._kinds import Queue, QueueInfo, Timer, TimerInfo
from ._remote import Remote
from ._runtime import Runtime, Watch, all_runtimes, get_runtime, watch
from ._signals import run, signals
from ._snapshot import Snapshot, SnapshotGroup, SnapshotTask, snapshot
from ._task import Task, current_ptaskgroup
from ._waiting import as_completed, gather
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
