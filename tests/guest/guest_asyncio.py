"""guest_asyncio.py - a runtime as the guest of asyncio's loop.

    guest_asyncio.py LIBPTG.SO

For this test only: the ctypes here know no more of ptg.h than it needs.
"""
import asyncio
import ctypes as c
import sys
import threading
import unittest

FOREVER, AT_ONCE = -1, -2
START, WAKE, DRAIN, CANCEL, KILL, DONE, ERROR, GROUP_DRAIN, CLOSED = range(1, 10)
ECANCELED = -10
MS = 1_000_000
WATCHDOG = 60
SETTLING_TURNS = 4
PINGS = 200


class TaskType(c.Structure):
    _fields_ = [("size", c.c_uint32), ("flags", c.c_uint32),
                ("name", c.c_char_p), ("callbacks", c.c_void_p * 7)]


class GroupOptions(c.Structure):
    _fields_ = [("size", c.c_uint32), ("flags", c.c_uint32),
                ("name", c.c_char_p), ("name_length", c.c_size_t),
                ("grace_ns", c.c_int64), ("cancel_wait_ns", c.c_int64),
                ("deadline_ns", c.c_int64), ("max_tasks", c.c_uint64),
                ("callbacks", c.c_void_p * 4), ("user_data", c.c_void_p),
                ("when_full", c.c_uint32), ("on_failure", c.c_uint32),
                ("max_queued", c.c_uint64), ("owner", c.c_uint64),
                ("history", c.c_uint64)]


class RuntimeOptions(c.Structure):
    _fields_ = [("size", c.c_uint32), ("flags", c.c_uint32),
                ("loop", c.c_void_p), ("loop_size", c.c_uint64),
                ("alloc", c.c_void_p), ("alloc_data", c.c_void_p),
                ("root", c.POINTER(GroupOptions))]


class Outcome(c.Structure):
    _fields_ = [("size", c.c_uint32), ("status", c.c_int32),
                ("flags", c.c_uint32), ("code", c.c_int32),
                ("message", c.c_char_p), ("message_length", c.c_size_t),
                ("value", c.c_uint64), ("reason", c.c_char_p),
                ("reason_length", c.c_size_t), ("originator", c.c_uint64)]


class Event(c.Structure):
    _fields_ = [("size", c.c_uint32), ("kind", c.c_uint32),
                ("group", c.c_uint64), ("task", c.c_uint64),
                ("user_data", c.c_uint64), ("status", c.c_int32),
                ("code", c.c_int32), ("flags", c.c_uint32),
                ("reserved0", c.c_uint32), ("value", c.c_uint64),
                ("originator", c.c_uint64), ("text", c.c_char_p),
                ("text_length", c.c_size_t)]


Post = c.CFUNCTYPE(None, c.c_void_p, c.c_void_p)
lib = None
EVENTED = TaskType(size=c.sizeof(TaskType), flags=1)


def call(name, *arguments):
    status = getattr(lib, name)(*arguments)
    if status != 0:
        raise RuntimeError(f"{name}: {status}")


class Guest:
    """A runtime whose tasks are coroutines of the running loop."""

    def __init__(self):
        self.loop = asyncio.get_running_loop()
        # A call that fails in a callback of the loop must end the test.
        self.loop.set_exception_handler(
            lambda loop, context: self.closed.done() or
            self.closed.set_exception(context.get("exception") or
                                      RuntimeError(context["message"])))
        self.runtime, self.root = c.c_void_p(), c.c_uint64()
        root = GroupOptions(size=c.sizeof(GroupOptions), flags=4,
                            grace_ns=AT_ONCE)
        options = RuntimeOptions(size=c.sizeof(RuntimeOptions),
                                 root=c.pointer(root))
        call("ptg_runtime_create", c.byref(options), c.byref(self.runtime))
        call("ptg_runtime_get_root", self.runtime, c.byref(self.root))
        fd = c.c_int32()
        call("ptg_runtime_get_descriptor", self.runtime, c.byref(fd))
        self.descriptor = fd.value
        self.loop.add_reader(self.descriptor, self.turn)
        self.timer = None
        self.turns = 0
        self.coroutines, self.running, self.wakes = {}, {}, {}
        self.closed = self.loop.create_future()
        self.schedule()

    def schedule(self):
        """To be called after every turn and every call from outside of one."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        timeout = c.c_int64()
        call("ptg_runtime_get_timeout", self.runtime, c.byref(timeout))
        if timeout.value != FOREVER:
            self.timer = self.loop.call_later(timeout.value / 1e9, self.turn)

    def turn(self):
        self.turns += 1
        call("ptg_runtime_turn", self.runtime, c.c_int64(0))
        events, count = (Event * 16)(), c.c_size_t(16)
        while count.value == 16:
            call("ptg_events_take", self.runtime, events,
                 c.c_size_t(c.sizeof(Event)), c.c_size_t(16), c.byref(count))
            for event in events[:count.value]:
                self.handle(event)
        self.schedule()

    def handle(self, event):
        if event.kind == START:
            coroutine = self.coroutines.pop(event.task)
            task = self.loop.create_task(coroutine)
            self.running[event.task] = task
            task.add_done_callback(
                lambda task, handle=event.task: self.finish(handle, task))
        elif event.kind == WAKE:
            self.wakes.pop(event.task).set_result(None)
        elif event.kind == CANCEL:
            self.running[event.task].cancel()
        elif event.kind == DONE:
            coroutine = self.coroutines.pop(event.task, None)
            if coroutine is not None:  # it never ran
                coroutine.close()
        elif event.kind == CLOSED:
            self.closed.set_result(None)

    def finish(self, handle, task):
        del self.running[handle]
        status = ECANCELED if task.cancelled() else 0
        outcome = Outcome(size=c.sizeof(Outcome), status=status)
        call("ptg_task_finish", self.runtime, c.c_uint64(handle),
             c.byref(outcome))
        self.schedule()

    def spawn(self, coroutine):
        task = c.c_uint64()
        call("ptg_task_spawn", self.runtime, self.root, c.byref(EVENTED), None,
             None, c.byref(task))
        self.coroutines[task.value] = coroutine
        self.schedule()
        return task.value

    async def sleep(self, task, duration_ns):
        self.wakes[task] = self.loop.create_future()
        call("ptg_task_sleep", self.runtime, c.c_uint64(task),
             c.c_int64(duration_ns))
        self.schedule()
        await self.wakes[task]

    async def end(self):
        call("ptg_group_shutdown", self.runtime, self.root, None)
        self.schedule()
        await asyncio.wait_for(self.closed, WATCHDOG)
        turns = self.turns
        await asyncio.sleep(0.05)
        assert self.turns <= turns + SETTLING_TURNS
        self.loop.remove_reader(self.descriptor)
        if self.timer is not None:
            self.timer.cancel()
        call("ptg_runtime_destroy", self.runtime)


class GuestOfAsyncio(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.guest = Guest()

    async def asyncTearDown(self):
        await self.guest.end()

    async def test_task_is_a_coroutine_and_ends_with_it(self):
        done = asyncio.Event()

        async def work():
            done.set()

        self.guest.spawn(work())
        await asyncio.wait_for(done.wait(), WATCHDOG)

    async def test_idle_guest_asks_for_no_turn(self):
        self.guest.spawn(asyncio.sleep(3600))
        await asyncio.sleep(0.05)
        self.guest.turns = 0
        await asyncio.sleep(0.3)
        self.assertLessEqual(self.guest.turns, SETTLING_TURNS)

    async def test_sleep_ends_in_few_turns(self):
        woken = asyncio.Event()
        box = []

        async def work():
            await self.guest.sleep(box[0], 100 * MS)
            woken.set()

        box.append(self.guest.spawn(work()))
        await asyncio.wait_for(woken.wait(), WATCHDOG)
        self.assertLessEqual(self.guest.turns, 2 * SETTLING_TURNS)

    async def test_shutdown_cancels_the_coroutine(self):
        seen = []

        async def work():
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise

        self.guest.spawn(work())
        await asyncio.sleep(0)
        while not self.guest.running:
            await asyncio.sleep(0)
        self.guest.spawn(work())  # and one that never runs
        call("ptg_group_shutdown", self.guest.runtime, self.guest.root, None)
        self.guest.schedule()
        await asyncio.wait_for(self.guest.closed, WATCHDOG)
        self.assertEqual(seen, ["cancelled"])

    async def test_wake_up_from_another_thread_is_not_missed(self):
        remote = c.c_void_p()
        call("ptg_remote_open", self.guest.runtime, c.byref(remote))
        heard = [threading.Event() for _ in range(PINGS)]
        count = iter(heard)
        on_ping = Post(lambda runtime, data: next(count).set())
        problems = []

        def ping():
            for event in heard:
                status = lib.ptg_remote_post(remote, on_ping, None, None)
                if status != 0 or not event.wait(WATCHDOG):
                    problems.append(status)
                    return

        await self.guest.loop.run_in_executor(None, ping)
        self.assertEqual(problems, [])
        lib.ptg_remote_close(remote)


if __name__ == "__main__":
    lib = c.CDLL(sys.argv.pop(1))
    lib.ptg_remote_close.restype = None
    unittest.main()
