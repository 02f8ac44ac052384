"""Programs that end on a signal."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, cast

from ._runtime import Runtime, get_runtime
from ._task import Task
from .errors import Duration, PtgError
from .values import Report

_ENDING = (signal.SIGTERM, signal.SIGINT)

LAST_WAIT = 5.0

FAILED_MAIN = 1
UNHANDLED = 3
ABANDONED = 4


@contextlib.contextmanager
def signals(runtime: Runtime | None = None, *, on_first: Callable[[], object] | None = None) -> Iterator[None]:
    """While the block runs, SIGTERM and SIGINT end the runtime of the loop in order.

    The first asks for the shutdown of the root group, or calls `on_first` instead; the second forces it; the third ends
    the process at once, with status 4, also from inside of Python code that never comes back to the loop. To be used
    in the main thread. Handlers that were there before are put back.
    """
    of = runtime or get_runtime()
    count = 0

    def told(_number: int, _frame: object) -> None:
        nonlocal count
        count += 1
        if count >= 3:
            os._exit(ABANDONED)
        if count == 1 and on_first is not None:
            of.loop.call_soon_threadsafe(on_first)
        else:
            of.request_shutdown(force=count >= 2)

    before = {number: signal.signal(number, told) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            # None is one that was not set from Python, and cannot be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def run(
    main: Coroutine[Any, Any, object],
    *,
    grace: Duration | None = None,
    cancel_wait: Duration | None = None,
    deadline: Duration | None = None,
    on_report: Callable[[Report], object] | None = print,
    debug: bool | None = None,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> int:
    """Runs a program until its root group is closed, as `ptg run` does with a script; returns its exit status.

    `main` sets the program up, as a task of the root group; its end ends nothing, its failure shuts the root down. The
    first SIGTERM or SIGINT begins the shutdown of the root with these limits; the second forces it, the third ends the
    process. `on_report` is given the report at the end.

    The status is that of `ptg run`: 0, all ended well; 1, `main` failed; 3, tasks failed and no group handled it; 4,
    something was abandoned or killed. Where two apply, it is the higher one.
    """
    if not asyncio.iscoroutine(main):
        raise TypeError(f"main: a coroutine was expected, got {main!r}")
    if asyncio._get_running_loop() is not None:
        main.close()
        raise RuntimeError("ptg.run() cannot be called while a loop runs")
    loop = (loop_factory or asyncio.new_event_loop)()
    if debug is not None:
        loop.set_debug(debug)
    asyncio.set_event_loop(loop)
    try:
        limits = {"grace": grace, "cancel_wait": cancel_wait, "deadline": deadline}
        return loop.run_until_complete(_run(main, limits, on_report))
    finally:
        if inspect.iscoroutine(main) and inspect.getcoroutinestate(main) == inspect.CORO_CREATED:
            main.close()  # it never came to be a task
        _close(loop)
        asyncio.set_event_loop(None)


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """As asyncio.run() does it; but what was abandoned is not waited for, and nothing else for ever."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    others = [task for task in left if not isinstance(task, Task)]
    if others:
        loop.run_until_complete(asyncio.wait(others, timeout=LAST_WAIT))
    loop.run_until_complete(loop.shutdown_asyncgens())
    with contextlib.suppress(TimeoutError):
        loop.run_until_complete(asyncio.wait_for(loop.shutdown_default_executor(), LAST_WAIT))
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()


async def _run(
    main: Coroutine[Any, Any, object], limits: dict[str, Any], on_report: Callable[[Report], object] | None
) -> int:
    options = dict(limits)
    if options["grace"] is None:
        options["grace"] = 10.0
    root = Runtime(**options).root

    def begin_shutdown() -> None:
        with contextlib.suppress(PtgError):  # it may have come to its end meanwhile
            root.begin_shutdown(**limits)

    def main_ended(task: asyncio.Task[Any]) -> None:
        if _has_failed(task):
            root.runtime.report("main failed", cast(BaseException, task.exception()), task)
            with contextlib.suppress(PtgError):
                root.begin_shutdown(force=True)

    with signals(root.runtime, on_first=begin_shutdown):
        task = root.create_task(main, name="main", observed=True)
        task.add_done_callback(main_ended)
        report = await root.wait_closed()
        if on_report is not None:
            on_report(report)
            sys.stdout.flush()
    if any(row.abandoned or row.killed for row in report):
        return ABANDONED
    if root.runtime.unhandled:
        return UNHANDLED
    return FAILED_MAIN if _has_failed(task) else 0


def _has_failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None
