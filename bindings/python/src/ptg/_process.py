"""Child processes as tasks."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, Unpack

from . import _arguments, _given
from ._group_options import Options
from ._kinds import _Kind, _tell
from ._native import ffi, lib
from .errors import InvalidError, TaskFailed, check
from .values import Outcome

if TYPE_CHECKING:
    from ._group import PersistentTaskGroup

Text: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]
OnLine: TypeAlias = Callable[[bytes, Literal["stdout", "stderr"]], object]

_streams: dict[int, Literal["stdout", "stderr"]] = {lib.PTG_STDOUT: "stdout", lib.PTG_STDERR: "stderr"}


class ProcessOptions(TypedDict, total=False):
    """The options of `PersistentTaskGroup.spawn_process()`, which says what they mean."""

    name: str | None
    env: Mapping[str, str] | None
    cwd: Text | None
    stdout: Text | None
    stderr: Text | None
    on_line: OnLine | None
    drain_signal: int
    observed: bool


class Process(_Kind):
    """A child process with all its descendants, as a task; made by `PersistentTaskGroup.spawn_process()`.

    Awaiting it waits until they all are gone, and no more: when the waiter is cancelled they go on. It returns nothing
    if the exit status was 0. Otherwise it raises, as the handler of the group is told it:

    - `subprocess.CalledProcessError`, whose `returncode` is the exit status, or minus the signal that ended it;
    - `asyncio.CancelledError`, if it ended so because it was asked to;
    - an `OSError`, such as `FileNotFoundError`, if it could not be started.
    """

    def __init__(self, group: PersistentTaskGroup, *command: Text, **options: Unpack[ProcessOptions]) -> None:
        self._group = group
        self.command = command
        """What it runs."""
        self._on_line = options.get("on_line")
        self._is_observed = bool(options.get("observed"))
        self._begun: asyncio.Future[int] = group.runtime.loop.create_future()
        self._over: asyncio.Future[Outcome] = group.runtime.loop.create_future()
        self._begin(_process_options(command, **options), lib.ptg_process_spawn)

    @property
    def pid(self) -> int:
        """Its process id, which may be another's once it has ended; 0 before it was started."""
        return self._begun.result() if self._begun.done() else 0

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; `None`: it has not. The code is its exit status, or the signal that ended it."""
        return self._over.result() if self._over.done() else None

    async def started(self) -> int:
        """Waits until it runs, and returns its process id. Raises as awaiting it does if it never did."""
        either: list[asyncio.Future[Any]] = [self._begun, self._over]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not self._begun.done():
            await self
        return self._begun.result()

    def send_signal(self, number: int) -> None:
        """Sends a signal to it and what it has started. Raises `BusyError` before it was started, `StaleError` later.

        If the signal ends it, that is a failure; `request_cancel()` asks it to end.
        """
        pointer = self._group.runtime.pointer
        check(lib.ptg_process_signal(pointer, self.handle, _signal(number, "the signal")), pointer)

    def kill(self) -> None:
        """Sends SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def done(self, outcome: Outcome) -> None:
        """See `CallbackTask.done()`."""
        if not self._group.runtime.loop.is_closed():
            self._over.set_result(outcome)

    def __await__(self) -> Generator[Any, None, None]:
        outcome = yield from asyncio.shield(self._over).__await__()
        if outcome.status == lib.PTG_ECANCELED:
            raise asyncio.CancelledError(outcome.reason or outcome.message)
        if outcome.status:
            raise self._exception_of(outcome)

    def _exception_of(self, outcome: Outcome) -> BaseException:
        """What the handler is told and who waits are the same."""
        if self._exception is None:
            self._exception = _failure(self.command, outcome)
        return self._exception


def _failure(command: tuple[Text, ...], outcome: Outcome) -> Exception:
    if outcome.status == lib.PTG_EEXIT:
        return subprocess.CalledProcessError(outcome.code, command)
    if outcome.status == lib.PTG_ESIGNAL:
        return subprocess.CalledProcessError(-outcome.code, command)
    if outcome.status == lib.PTG_EUV:
        return OSError(outcome.code, outcome.message)
    return TaskFailed.of(outcome)


def _process_options(
    command: tuple[Text, ...],
    *,
    name: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Text | None = None,
    stdout: Text | None = None,
    stderr: Text | None = None,
    on_line: OnLine | None = None,
    drain_signal: int = signal.SIGTERM,
    observed: bool = False,
) -> Options:
    if not command:
        raise TypeError("spawn_process() needs a program to run")
    options = Options("ptg_process_options")
    options.text("name", name)
    options.strings("argv", [_encode(part, "the command") for part in command])
    if env is not None:
        options.strings("env", [_variable(key, value) for key, value in env.items()])
    for field, place in (("cwd", cwd), ("stdout_path", stdout), ("stderr_path", stderr)):
        if place is not None:
            options.string(field, _encode(place, field.removesuffix("_path")))
    struct = options.struct
    struct.drain_signal = _signal(drain_signal, "drain_signal")
    struct.started = lib.ptgpy_started
    _arguments.function("on_line", on_line)
    if on_line is not None:
        struct.on_line = lib.ptgpy_line
    return options


def _encode(text: Text, what: str) -> bytes:
    if not isinstance(text, (str, bytes, os.PathLike)):
        raise TypeError(f"{what}: a str, bytes or path was expected, got {text!r}")
    encoded = os.fsencode(text)
    if b"\0" in encoded:
        raise InvalidError(f"{what} has a null character in it: {text!r}")
    return encoded


def _variable(key: str, value: str) -> bytes:
    if not key or "=" in key:
        raise InvalidError(f"env: {key!r} is not the name of a variable")
    return _encode(key, "env") + b"=" + _encode(value, "env")


def _signal(number: int, what: str) -> int:
    if not isinstance(number, int):
        raise TypeError(f"{what}: a signal was expected, got {number!r}")
    if number not in signal.valid_signals():
        raise InvalidError(f"{what}: {number!r} is not a signal")
    return number


@ffi.def_extern(name="ptgpy_started")
def _started(runtime: Any, handle: int, user_data: Any) -> None:
    process: Process = _given.get(user_data)
    pid = ffi.new("int64_t *")
    check(lib.ptg_process_get_pid(runtime, handle, pid), runtime)
    process._begun.set_result(int(pid[0]))


@ffi.def_extern(name="ptgpy_line")
def _line(_runtime: Any, _handle: int, stream: int, line: Any, length: int, user_data: Any) -> None:
    process: Process = _given.get(user_data)
    assert process._on_line is not None
    _tell(process, process._on_line, ffi.buffer(line, length)[:], _streams[stream])
