"""What libptg refuses, as exceptions."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ._native import ffi, lib

if TYPE_CHECKING:
    from .values import Outcome

Duration = float | int | timedelta
"""Seconds, or a `timedelta`. `math.inf` is no limit, 0 is at once. Counted in nanoseconds, rounded to the nearest."""


class PtgError(RuntimeError):
    """A call that was refused. It changed nothing."""

    status: int = 0
    """The status of `ptg.h`."""


class InvalidError(PtgError, ValueError):
    """An argument is malformed."""


class StaleError(PtgError):
    """What the call is about has ended and is gone."""


class KindError(PtgError, TypeError):
    """What the call is about is of another kind."""


class ClosedError(PtgError):
    """The group accepts no new tasks or groups: it is being shut down, or closed."""


class BusyError(PtgError):
    """It is still in use, or not yet there."""


class ReentrantError(PtgError):
    """Not possible inside a callback."""


class ThreadError(PtgError):
    """Not called on the thread of the event loop."""


class CycleError(PtgError):
    """The order would be a circle; the message names it."""


class FullError(PtgError):
    """A bound is reached."""


class DeadlockError(PtgError):
    """Who waits is part of what is waited for."""


class TaskFailed(PtgError):
    """The failure of a task that has no exception of its own, such as one of another language."""

    def __init__(self, message: str, status: int = -16, code: int = 0) -> None:
        super().__init__(message)
        for what, number, most in (("status", status, -1), ("code", code, 2**31 - 1)):
            if not -(2**31) <= number <= most:
                raise InvalidError(f"the {what} of a failure cannot be {number!r}")
        self.status = status
        self.code = code

    @classmethod
    def of(cls, outcome: Outcome) -> TaskFailed:
        """The failure that an outcome tells."""
        return cls(outcome.message or outcome.name, outcome.status, outcome.code)


_classes: dict[int, type[PtgError]] = {
    lib.PTG_EINVAL: InvalidError,
    lib.PTG_ESTALE: StaleError,
    lib.PTG_EKIND: KindError,
    lib.PTG_ECLOSED: ClosedError,
    lib.PTG_EBUSY: BusyError,
    lib.PTG_EREENTRANT: ReentrantError,
    lib.PTG_ETHREAD: ThreadError,
    lib.PTG_ECYCLE: CycleError,
    lib.PTG_EFULL: FullError,
    lib.PTG_EDEADLK: DeadlockError,
}
for _status, _class in _classes.items():
    _class.status = _status


def status_name(status: int) -> str:
    """The name of a status: "PTG_ESTALE"."""
    return str(ffi.string(lib.ptg_status_name(status)).decode())


def error_of(status: int, runtime: Any = None) -> Exception:
    """The exception for a status, with what the runtime knows of its last failed call."""
    if status == lib.PTG_ENOMEM:
        return MemoryError()
    kind = _classes.get(status, PtgError)
    message = (kind.__doc__ or "").strip(".") if status in _classes else status_name(status)
    if runtime == ffi.NULL:
        message = "the event loop that it belongs to has ended"
    elif runtime is not None:
        info = ffi.new("ptg_error_info *", {"size": ffi.sizeof("ptg_error_info")})
        if lib.ptg_runtime_get_error(runtime, info) == 0 and info.status == status and info.message_length:
            message = ffi.buffer(info.message, info.message_length)[:].decode(errors="replace")
            message = re.sub(r"_ns\b", "", message)  # which limit it is, without its unit in C
    error = kind(message)
    error.status = status
    return error


def check(status: int, runtime: Any = None) -> None:
    """Raises what `status` stands for, unless it is success."""
    if status < 0:
        raise error_of(status, runtime)
