"""Tests on a manual clock: hours pass in no time, and in the same way in every run.

The pytest plugin, which comes with the package, has the fixture `ptg_clock`:

    def test_stuck_handler_is_given_up(ptg_clock):
        async def test():
            group = ptg.PersistentTaskGroup(grace=5, cancel_wait=1)
            group.create_task(stuck())
            group.begin_shutdown()
            await ptg_clock.advance(6)
            assert group.state == "closed"

        ptg_clock.run(test())

asyncio's own timers, `asyncio.sleep()` and `asyncio.timeout()` among them, stand on the same clock.
"""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Coroutine, Iterator, Mapping
from typing import Any, TypeVar

import pytest

from ._arguments import length_ns
from ._runtime import Runtime
from .errors import Duration

__all__ = ["ManualClock", "ptg_clock"]

T = TypeVar("T")


class _Selector(selectors.BaseSelector):
    """Looks for what is ready; where it would wait, the clock may go on instead."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._real = selectors.DefaultSelector()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self._clock._goes_on(math.inf if timeout is None else timeout):
            return []
        # Nobody moves the clock: what the program waits for is outside of it.
        return self._real.select(None)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        super().__init__(_Selector(clock))

    def time(self) -> float:
        return self._clock.now_ns / 1e9


class ManualClock:
    """An event loop, with its runtime, whose time moves when it is told to."""

    def __init__(self) -> None:
        self.now_ns = 0
        """Where it stands, in nanoseconds from its beginning."""
        self._until_ns = 0
        self._moved: asyncio.Future[None] | None = None
        self.loop = _Loop(self)
        """The loop; it is closed with the clock."""
        self.runtime = Runtime(self.loop, manual_clock=True, grace=0)
        """The runtime of the loop."""

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine to its end. Time stands still but for `advance()`."""
        asyncio.set_event_loop(self.loop)
        try:
            return self.loop.run_until_complete(main)
        finally:
            self._end()
            asyncio.set_event_loop(None)

    def _end(self) -> None:
        """What is left is cancelled, and has until nothing is ready; a task that does not care is left as it is."""
        self._moved = None
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(self._settled(0))
        self.runtime.close()
        for task in asyncio.all_tasks(self.loop):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())

    async def advance(self, duration: Duration) -> None:
        """Moves the clock on, and does all that falls due on the way, each at its instant, and what comes of it."""
        await self._settled(0)
        await self._settled(length_ns("the duration", duration))

    async def settle(self) -> None:
        """Lets everything happen that can without time."""
        await self._settled(0)

    async def _settled(self, duration_ns: int) -> None:
        if self._moved is not None:
            raise RuntimeError("the clock is being moved")
        self._until_ns = self.now_ns + duration_ns
        self._moved = self.loop.create_future()
        try:
            await self._moved
        finally:
            self._moved = None

    def _goes_on(self, timeout: float) -> bool:
        """Nothing is ready for that many seconds. Goes to the next instant; or tells who moves the clock that it is
        there; or says that nobody does."""
        if self._moved is None or self._moved.done():
            return False
        due_ns = min(timeout * 1e9, self.runtime.next_due_ns())
        if due_ns > self._until_ns - self.now_ns:
            if self.now_ns == self._until_ns:
                self._moved.set_result(None)
                return True
            due_ns = self._until_ns - self.now_ns
        step_ns = round(due_ns)
        self.now_ns += step_ns
        self.runtime.advance_ns(step_ns)
        self.runtime.schedule()
        return True

    def close(self) -> None:
        """Ends it."""
        if not self.loop.is_closed():
            self.runtime.close()
            self.loop.close()


@pytest.fixture
def ptg_clock() -> Iterator[ManualClock]:
    """A `ManualClock`."""
    clock = ManualClock()
    yield clock
    clock.close()
