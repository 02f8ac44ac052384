"""Sorts of task that come with libptg: timers and queues."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from . import _arguments, _given
from ._callback_task import CallbackTask, arrived, failure_of
from ._group_options import Options
from ._looking import check_group
from ._native import ffi, lib
from .errors import Duration, FullError, check
from .values import Outcome

if TYPE_CHECKING:
    from ._group import PersistentTaskGroup

M = TypeVar("M")
_overlaps = {"skip": 0, "allow": 1, "replace": 2}


@dataclass(frozen=True, slots=True)
class TimerInfo:
    """How often a timer has fired, and did not."""

    fired: int
    skipped: int
    """Because the last firing's task went on."""
    missed: int
    """Because the loop was too busy."""


@dataclass(frozen=True, slots=True)
class QueueInfo:
    """A queue as it is now: `accepted == length + running + handled`."""

    is_closed: bool
    length: int
    capacity: int
    running: int
    at_once: int
    accepted: int
    handled: int
    refused: int


class _Kind(CallbackTask):
    _on_done: Callable[[Outcome], object] | None = None
    _on_release: Callable[[], object] | None = None

    def done(self, outcome: Outcome) -> None:
        if self._on_done is not None:
            _arguments.not_asynchronous(self._on_done(outcome))

    def released(self) -> None:
        if self._on_release is not None:
            self._on_release()

    def _begin(self, options: Options, function: Any) -> None:
        check_group("group", self._group)
        _arguments.function("on_done", self._on_done)
        _arguments.function("released", self._on_release)
        struct = options.struct
        struct.done, struct.release = lib.ptgpy_done, lib.ptgpy_release
        struct.spawner = struct.spawner or self._group.runtime.spawner()
        struct.user_data = _given.keep(self)
        pointer = self._group.runtime.pointer
        handle = ffi.new("uint64_t *")
        status = function(pointer, self._group.handle, struct, handle)
        if status:
            raise self._group._refusal(status)
        arrived(self, handle[0])
        self._group.runtime.schedule()

    def _call(self, started: Any, function: Callable[..., object], *arguments: object) -> int:
        """A firing or a message. What goes on is a task, which may be told by what the function returns."""
        runtime = self._group.runtime
        with runtime.in_callback(self._group, self.handle):
            try:
                answer = function(*arguments)
                if inspect.iscoroutine(answer):
                    answer = self._group.create_task(answer)
                if answer is not None:
                    started[0] = _arguments.handle("what was returned", answer)
            except BaseException as error:
                runtime.note_interrupt(error)
                self._exception = error
                return failure_of(error)[0]
        return 0


class Timer(_Kind):
    """Calls `fire` once, or again and again. It is a task of its group."""

    def __init__(
        self,
        group: PersistentTaskGroup,
        fire: Callable[[], object],
        *,
        after: Duration | None = None,
        every: Duration | None = None,
        overlap: Literal["skip", "allow", "replace"] = "skip",
        name: str | None = None,
        spawner: int = 0,
        on_done: Callable[[Outcome], object] | None = None,
        released: Callable[[], object] | None = None,
    ) -> None:
        self._group, self._fire, self._on_done, self._on_release = group, fire, on_done, released
        _arguments.function("fire", fire)
        options = Options("ptg_timer_options")
        options.text("name", name)
        struct = options.struct
        struct.after_ns = _arguments.limit_ns("after", after)
        struct.every_ns = _arguments.limit_ns("every", every)
        struct.overlap = _arguments.word("overlap", overlap, _overlaps)
        struct.spawner = _arguments.handle("spawner", spawner)
        struct.fire = lib.ptgpy_fire
        self._begin(options, lib.ptg_timer_spawn)

    def timer_info(self) -> TimerInfo:
        """How often it has fired."""
        struct = ffi.new("ptg_timer_info *")
        struct.size = ffi.sizeof("ptg_timer_info")
        pointer = self._group.runtime.pointer
        check(lib.ptg_timer_get_info(pointer, self.handle, struct), pointer)
        return TimerInfo(struct.fired, struct.skipped, struct.missed)


class Queue(_Kind, Generic[M]):
    """A bounded queue that hands its messages on in their order, and drains to its end; it is a task of its group.

    `handle` is called with each message, at most `at_once` at a time. A coroutine function makes a task of each, in the
    group, and the message is handled when that ends. `drop` is given what is left when the queue ends before its end.
    """

    def __init__(
        self,
        group: PersistentTaskGroup,
        handle: Callable[[M], object],
        capacity: int,
        *,
        at_once: int = 1,
        drop: Callable[[M], object] | None = None,
        has_room: Callable[[], object] | None = None,
        name: str | None = None,
        spawner: int = 0,
        on_done: Callable[[Outcome], object] | None = None,
        released: Callable[[], object] | None = None,
    ) -> None:
        self._group, self._handle, self._on_done, self._on_release = group, handle, on_done, released
        self._drop, self._has_room = drop, has_room
        self._waiting: list[asyncio.Future[None]] = []
        _arguments.function("handle", handle)
        _arguments.function("drop", drop)
        _arguments.function("has_room", has_room)
        options = Options("ptg_queue_options")
        options.text("name", name)
        struct = options.struct
        struct.capacity = _arguments.integer("capacity", capacity)
        struct.at_once = _arguments.integer("at_once", at_once)
        struct.spawner = _arguments.handle("spawner", spawner)
        struct.handle, struct.drop, struct.has_room = lib.ptgpy_handle, lib.ptgpy_drop, lib.ptgpy_has_room
        self._begin(options, lib.ptg_queue_spawn)

    def push(self, message: M, *, pusher: int = 0) -> None:
        """Puts a message at the end. Raises `FullError`, `ClosedError` or `StaleError`, and does not take it then."""
        runtime = self._group.runtime
        whose = _arguments.handle("pusher", pusher) or runtime.spawner()
        kept = _given.keep(message)
        status = lib.ptg_queue_push(runtime.pointer, self.handle, whose, kept)
        if status:
            _given.release(kept)
            check(status, runtime.pointer)
        runtime.schedule()

    async def put(self, message: M) -> None:
        """As `push()`, but waits while it is full."""
        while True:
            try:
                return self.push(message)
            except FullError:
                room = self._group.runtime.loop.create_future()
                self._waiting.append(room)
                await room

    def close(self) -> None:
        """Nothing is taken after this; everything before is handled, and then it ends well."""
        pointer = self._group.runtime.pointer
        check(lib.ptg_queue_close(pointer, self.handle), pointer)
        self._group.runtime.schedule()

    def queue_info(self) -> QueueInfo:
        """What is in it and was."""
        struct = ffi.new("ptg_queue_info *")
        struct.size = ffi.sizeof("ptg_queue_info")
        pointer = self._group.runtime.pointer
        check(lib.ptg_queue_get_info(pointer, self.handle, struct), pointer)
        fields = dataclasses.fields(QueueInfo)
        return QueueInfo(bool(struct.is_closed), *(getattr(struct, field.name) for field in fields[1:]))

    def done(self, outcome: Outcome) -> None:
        """See `CallbackTask.done()`."""
        self._wake()
        super().done(outcome)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for room in waiting:
            if not room.done():
                room.set_result(None)


@ffi.def_extern(name="ptgpy_fire", error=lib.PTG_EFAILED)
def _fire(_runtime: Any, handle: int, user_data: Any, started: Any) -> int:
    timer: Timer = _given.get(user_data)
    return timer._call(started, timer._fire)


@ffi.def_extern(name="ptgpy_handle", error=lib.PTG_EFAILED)
def _handle(_runtime: Any, _queue: int, message: Any, user_data: Any, started: Any) -> int:
    queue: Queue[Any] = _given.get(user_data)
    status = queue._call(started, queue._handle, _given.get(message))
    # One that failed at its message has it dropped with those left.
    if status == 0:
        _given.release(message)
    return status


@ffi.def_extern(name="ptgpy_drop")
def _drop(_runtime: Any, handle: int, message: Any, user_data: Any) -> None:
    queue: Queue[Any] = _given.get(user_data)
    dropped = _given.release(message)
    if queue._drop is not None:
        _tell(queue, queue._drop, dropped)


@ffi.def_extern(name="ptgpy_has_room")
def _has_room(_runtime: Any, _queue: int, user_data: Any) -> None:
    queue: Queue[Any] = _given.get(user_data)
    queue._wake()
    if queue._has_room is not None:
        _tell(queue, queue._has_room)


def _tell(task: _Kind, function: Callable[..., object], *arguments: object) -> None:
    runtime = task._group.runtime
    with runtime.in_callback(task._group, task.handle):
        try:
            _arguments.not_asynchronous(function(*arguments))
        except BaseException as error:
            runtime.note_interrupt(error)
            runtime.report(f"a callback of a {type(task).__name__.lower()} failed", error)
