"""What was given to libptg along with a group, a task, a watch or a message.

libptg keeps a number for each and says once when it needs it no more. It is never an address, so nothing that went
wrong in the numbers can reach an object that is gone.
"""

from __future__ import annotations

import itertools
from typing import Any

from ._native import lib

_objects: dict[int, Any] = {}
_numbers = itertools.count(1)


def keep(thing: Any) -> Any:
    """The user data that stands for a thing, which is kept until it is released."""
    number = next(_numbers)
    _objects[number] = thing
    return lib.ptgpy_data(number)


def get(user_data: Any) -> Any:
    """The thing that was kept."""
    return _objects[lib.ptgpy_number(user_data)]


def release(user_data: Any) -> Any:
    """The thing that was kept, and is no more."""
    return _objects.pop(lib.ptgpy_number(user_data))


def count() -> int:
    """How many things are kept; for tests."""
    return len(_objects)
