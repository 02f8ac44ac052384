# virtual_loop.py - an asyncio event loop whose time moves only when told.
#
# It is asyncio's own loop with another selector: where that would wait for the
# next timer, the clock is set to it instead, and where nothing is left to do up
# to the instant that was asked for, whoever awaits advance() goes on.

import asyncio
import selectors


class VirtualSelector(selectors.SelectSelector):
    when_idle = None

    def select(self, timeout=None):
        if timeout is None or timeout > 0:
            self.when_idle(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.now = self.until = 0.0
        self.advanced = None
        selector = VirtualSelector()
        super().__init__(selector)
        selector.when_idle = self.move

    def time(self):
        return self.now

    def nanoseconds(self):
        return round(self.now * 1e9)

    def advance(self, nanoseconds):
        """A future for when all that falls due within that time is done."""
        self.until = (self.nanoseconds() + nanoseconds) / 1e9
        self.advanced = self.create_future()
        return self.advanced

    def move(self, timeout):
        """Nothing is ready within timeout seconds; None: ever."""
        due = None if timeout is None else round(self.now + timeout, 9)
        if due is not None and due <= self.until:
            self.now = due
            return
        self.now = self.until
        self.advanced.set_result(None)

    def step_first(self, task):
        """Runs the task that was made last to its first suspension: what
        Python 3.12 has as the eager task factory."""
        outer = asyncio.current_task(self)
        asyncio.tasks._leave_task(self, outer)
        self._ready.pop()._run()
        asyncio.tasks._enter_task(self, outer)
