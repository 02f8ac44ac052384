from collections.abc import Coroutine as _Coroutine
from contextvars import ContextVar
from typing import Any, TypeVar

from ._group import PersistentTaskGroup

_T = TypeVar("_T")

class Coroutine: ...

current_ptaskgroup: ContextVar[PersistentTaskGroup]

def wrap(coroutine: _Coroutine[Any, Any, _T], group: object, handle: int) -> _Coroutine[Any, Any, _T]: ...
