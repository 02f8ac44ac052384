"""Arguments: what libptg has no form for is refused here, with a TypeError or a ValueError.

The rest is left to libptg, whose reasons come in an order, and which lets go of what it was given.
"""

from __future__ import annotations

import asyncio
import math
from datetime import timedelta
from typing import Any

from ._native import lib
from .errors import Duration, InvalidError

MOST_SECONDS = 2**63 / 1e9
MOST_COUNT = 2**64 - 1
MOST_CODE = 2**31 - 1

# The nearest to 0 that means nothing else: libptg refuses it.
_NEGATIVE = -3


def length_ns(what: str, duration: Duration) -> int:
    """A length of time in nanoseconds."""
    if isinstance(duration, timedelta):
        seconds: float = duration.total_seconds()
    elif isinstance(duration, (int, float)) and not isinstance(duration, bool):
        seconds = duration
    else:
        raise TypeError(f"{what}: seconds or a timedelta was expected, got {duration!r}")
    if seconds == math.inf:
        return int(lib.PTG_FOREVER)
    if not seconds < MOST_SECONDS:
        raise InvalidError(f"{what} is too long, or no number: {duration!r}; math.inf is no limit")
    length = round(max(seconds, -1) * 1_000_000_000)
    return length if length >= 0 else min(length, _NEGATIVE)


def limit_ns(what: str, duration: Duration | None) -> int:
    """A limit as libptg has it: `None` is "as before"."""
    if duration is None:
        return 0
    return length_ns(what, duration) or int(lib.PTG_AT_ONCE)


def integer(what: str, value: int, least: int = 0, most: int = MOST_COUNT) -> int:
    """A number within bounds."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{what}: an int was expected, got {value!r}")
    if value < least:
        raise InvalidError(f"{what} is {'negative' if least == 0 else 'too small'}: {value}")
    if value > most:
        raise InvalidError(f"{what} is too large: {value}")
    return value


def text(what: str, value: str) -> bytes:
    """A text as libptg has it."""
    if not isinstance(value, str):
        raise TypeError(f"{what}: a str was expected, got {value!r}")
    return value.encode()


def function(what: str, value: object) -> None:
    """Something to call, or `None`."""
    if value is not None and not callable(value):
        raise TypeError(f"{what}: a function was expected, got {value!r}")


def not_asynchronous(answer: object) -> None:
    """What a plain function has returned: nobody would await it."""
    if answer is not None and asyncio.iscoroutine(answer):
        answer.close()
        raise TypeError(f"a plain function was expected: {answer!r} is a coroutine")


def word(what: str, value: str, numbers: dict[str, int]) -> int:
    """The number that a word stands for."""
    if not isinstance(value, str):
        raise TypeError(f"{what}: a str was expected, got {value!r}")
    if value not in numbers:
        raise InvalidError(f"{what}: {value!r} is none of {', '.join(numbers)}")
    return numbers[value]


def handle(what: str, thing: Any) -> int:
    """The number of a task or group, which may be given as such; 0 for `None`."""
    if thing is None:
        return 0
    number = thing if isinstance(thing, int) else getattr(thing, "handle", None)
    if number is None:
        raise TypeError(f"{what}: a task, a group or the handle of one was expected, got {thing!r}")
    return integer(what, number)
