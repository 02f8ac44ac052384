"""Watches: being told when a task or a group is done with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import _arguments, _given
from ._native import ffi, lib
from .errors import check, error_of
from .values import Outcome, outcome_of

if TYPE_CHECKING:
    from ._runtime import Runtime


class Watch:
    """Calls `over(outcome)` once, when a task or a group is done with. See `watch()`."""

    def __init__(
        self, runtime: Runtime, over: Callable[[Outcome], object], released: Callable[[], object] | None
    ) -> None:
        self.runtime = runtime
        self.handle = 0
        self._over = over
        self._released = released

    def remove(self) -> None:
        """Gives it up: `over` will not be called."""
        check(lib.ptg_watch_remove(self.runtime.pointer, self.handle), self.runtime.pointer)


def watch(
    runtime: Runtime,
    watched: int,
    over: Callable[[Outcome], object],
    *,
    waiter: int = 0,
    released: Callable[[], object] | None = None,
) -> Watch:
    """Watches a task or a group of any language, by its handle.

    `waiter` is the task that waits, if one does: `DeadlockError` if it is part of what it waits for.
    """
    watched, waiter = _arguments.handle("watched", watched), _arguments.handle("waiter", waiter)
    _arguments.function("over", over)
    _arguments.function("released", released)
    made = Watch(runtime, over, released)
    options = ffi.new("ptg_watch_options *")
    options.size = ffi.sizeof("ptg_watch_options")
    options.waiter = waiter
    options.over, options.release = lib.ptgpy_over, lib.ptgpy_watch_release
    options.user_data = _given.keep(made)
    handle = ffi.new("uint64_t *")
    status = lib.ptg_watch_add(runtime.pointer, watched, options, handle)
    if status:
        raise error_of(status, runtime.pointer)
    made.handle = handle[0]
    runtime.schedule()
    return made


@ffi.def_extern(name="ptgpy_over")
def _over(_runtime: Any, _watch: int, _watched: int, outcome: Any, user_data: Any) -> None:
    made: Watch = _given.get(user_data)
    try:
        _arguments.not_asynchronous(made._over(outcome_of(outcome)))
    except BaseException as error:
        made.runtime.note_interrupt(error)
        made.runtime.report("a watch failed", error)


@ffi.def_extern(name="ptgpy_watch_release")
def _watch_release(user_data: Any) -> None:
    made: Watch = _given.release(user_data)
    if made._released is not None:
        made.runtime.let_go(made._released)
