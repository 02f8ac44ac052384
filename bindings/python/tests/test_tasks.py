"""Tasks: what is an asyncio.Task, and what is no coroutine."""

import asyncio
import gc
import subprocess
import sys
import threading
import warnings
import weakref

import pytest
from conftest import PATIENCE, park

import ptg


def test_cancelling_a_waiter_does_not_cancel_what_it_waits_for(ptg_clock):
    async def main():
        group = ptg.PersistentTaskGroup()
        task = group.create_task(asyncio.sleep(5, "result"))

        async def wait():
            return await task

        waiter = asyncio.ensure_future(wait())
        await ptg_clock.settle()
        waiter.cancel()
        await ptg_clock.settle()
        assert waiter.cancelled()
        assert not task.done()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await task
        await ptg_clock.advance(5)
        assert await task == "result"

    ptg_clock.run(main())


def test_task_that_waits_for_itself_is_told(ptg_clock, unhandled):
    async def main():
        box = []

        async def work():
            await box[0]

        group = ptg.PersistentTaskGroup()
        box.append(group.create_task(work()))
        await ptg_clock.settle()
        with pytest.raises(RuntimeError, match="itself"):
            box[0].result()

    ptg_clock.run(main())
    assert len(unhandled) == 1


@pytest.mark.parametrize("how", ["cancel", "request_cancel", "shutdown"])
def test_cancelled_before_its_first_run_it_never_runs(how):
    ran = []

    async def work():
        ran.append(True)

    async def main():
        group = ptg.PersistentTaskGroup()
        task = group.create_task(work())
        if how == "shutdown":
            group.begin_shutdown()
        else:
            getattr(task, how)()
        await asyncio.wait({task})
        assert task.cancelled()
        await group.shutdown()
        assert group.statistics().cancelled == 1

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(main())
    assert ran == []


def test_request_to_end_has_a_reason_and_is_made_once():
    seen = []

    async def work():
        try:
            await park()
        except asyncio.CancelledError:
            seen.append(asyncio.current_task().info().reason)
            raise

    async def main():
        async with ptg.PersistentTaskGroup() as group:
            task = group.create_task(work())
            await asyncio.sleep(0)
            task.request_cancel("no longer needed")
            task.request_cancel("again")
            assert task.info().is_cancel_requested

    asyncio.run(main())
    assert seen == ["no longer needed"]


def test_coroutine_of_a_task_answers_as_what_was_given():
    async def main():
        async with ptg.PersistentTaskGroup() as group:
            task = group.create_task(park())
            await asyncio.sleep(0)
            coroutine = task.get_coro()
            assert asyncio.iscoroutine(coroutine)
            assert coroutine.cr_suspended
            assert coroutine.__qualname__ == "park"
            assert not hasattr(coroutine, "no such thing")
            assert "park()" in repr(task)
            assert task.get_stack() == [coroutine.cr_frame]
            task.cancel()

    asyncio.run(main())


@pytest.mark.parametrize("how", ["cancel", "request_cancel", "shutdown"])
def test_cancelled_before_it_had_a_place_it_never_runs(how):
    async def main():
        group = ptg.PersistentTaskGroup(max_tasks=1, when_full="queue")
        first, second = group.create_task(park()), group.create_task(park())
        await asyncio.sleep(0)
        if how == "shutdown":
            group.begin_shutdown()
        else:
            getattr(second, how)()
        await asyncio.wait({second})
        assert second.cancelled()
        await group.shutdown()
        assert first.cancelled()
        assert group.statistics().cancelled == 2
        assert group._gates == {}

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(main())


def test_timeout_inside_of_a_task_is_no_end_of_it():
    async def work():
        try:
            async with asyncio.timeout(0):
                await park()
        except TimeoutError:
            return "went on"

    async def main():
        async with ptg.PersistentTaskGroup() as group:
            assert await group.create_task(work()) == "went on"
        assert group.statistics().succeeded == 1

    asyncio.run(main())


def test_observed_failure_is_its_waiters_only():
    told = []

    async def broken():
        raise OSError

    async def main():
        async with ptg.PersistentTaskGroup(exception_handler=lambda *failure: told.append(failure)) as group:
            with pytest.raises(OSError):  # noqa: PT011
                await group.create_task(broken(), observed=True)
        assert group.statistics().failed == 1

    asyncio.run(main())
    assert told == []


def test_spawner_is_known():
    async def outer(group):
        return group.create_task(park())

    async def main():
        async with ptg.PersistentTaskGroup() as group:
            task = group.create_task(outer(group))
            inner = await task
            assert inner.info().spawner == task.handle
            inner.cancel()

    asyncio.run(main())


@pytest.mark.parametrize("debug", [False, True])
def test_place_is_known_in_debug_mode(debug):
    async def main():
        async with ptg.PersistentTaskGroup() as group:
            task = group.create_task(park())
            place = task.info().place
            task.cancel()
        return place

    place = asyncio.run(main(), debug=debug)
    assert (place is not None and place.startswith(__file__)) == debug


def test_gather_survives_errors_and_keeps_the_order():
    async def work(number):
        await asyncio.sleep(0.001 * (3 - number))
        if number == 1:
            raise OSError(number)
        return number

    async def main():
        async with ptg.PersistentTaskGroup() as group:
            first, error, last = await ptg.gather(*(work(number) for number in range(3)))
            assert (first, last) == (0, 2)
            assert isinstance(error, OSError)
            assert await ptg.gather() == []
        assert group.statistics().failed == 1
        with pytest.raises(RuntimeError, match="which"):
            await ptg.gather(work(0))

    asyncio.run(main())


def test_as_completed_survives_errors():
    async def work(ready, number):
        await ready
        if number == 1:
            raise OSError
        return number

    async def main():
        loop = asyncio.get_running_loop()
        ready = [loop.create_future() for _ in range(3)]
        ended = []
        async with ptg.PersistentTaskGroup():
            ready[2].set_result(None)
            async for task in ptg.as_completed(*(work(ready[number], number) for number in range(3))):
                ended.append(task.exception() or task.result())
                if len(ended) < 3:
                    ready[2 - len(ended)].set_result(None)
        assert ended[0] == 2
        assert isinstance(ended[1], OSError)
        assert ended[2] == 0

    asyncio.run(main())


# ------------------------------------------------------------ no coroutines


class Recorder(ptg.CallbackTask):
    def __init__(self, told, start=None):
        self.told = told
        self.on_start = start

    def start(self):
        self.told.append("start")
        if self.on_start:
            self.on_start(self)

    def drain(self):
        self.told.append("drain")

    def cancel(self, reason, originator):
        self.told.append("cancel")
        self.finish(status=-10)

    def done(self, outcome):
        self.told.append(outcome.name)

    def released(self):
        self.told.append("released")


def test_callback_task_is_told_everything_in_its_order(ptg_clock):
    told = []

    async def main():
        group = ptg.PersistentTaskGroup(grace=1)
        group.add_task(Recorder(told))
        assert told == []
        await ptg_clock.settle()
        group.begin_shutdown()
        await ptg_clock.advance(2)

    ptg_clock.run(main())
    assert told == ["start", "drain", "cancel", "PTG_ECANCELED", "released"]


def test_callback_task_that_was_added_never_or_twice_says_so():
    async def main():
        task = Recorder([])
        for call in (task.finish, task.info, task.request_cancel):
            with pytest.raises(ptg.InvalidError):
                call()
        group = ptg.PersistentTaskGroup()
        group.add_task(task)
        with pytest.raises(ptg.InvalidError):
            group.add_task(task)
        task.finish()
        with pytest.raises(ptg.StaleError):
            task.finish()
        with pytest.raises(ptg.KindError):
            group.runtime.task(group.handle).finish()

    asyncio.run(main())


def test_task_that_asyncio_refuses_is_none_of_the_group(monkeypatch):
    def refuse(*_arguments, **_options):
        raise MemoryError

    async def main():
        async with ptg.PersistentTaskGroup() as group:
            with monkeypatch.context() as patch:
                patch.setattr("ptg._spawning.Task", refuse)
                for options in ({}, {"name": "named"}):
                    with pytest.raises(MemoryError):
                        group.create_task(park(), **options)
            assert group.statistics().live == 0
            assert await group.create_task(asyncio.sleep(0, 1), name=42) == 1

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(main())


def test_exception_in_a_callback_is_the_failure_of_its_task_and_not_of_c(ptg_clock):
    errors, told = [], []
    raised = OSError("from a callback")

    def start(_task):
        raise raised

    async def main():
        group = ptg.PersistentTaskGroup(exception_handler=lambda *failure: errors.append(failure[1]))
        group.add_task(Recorder(told, start))
        await ptg_clock.settle()
        assert group.state == "open"

    ptg_clock.run(main())
    assert errors == [raised]
    assert told == ["start", "PTG_EFAILED", "released"]


def test_interrupt_in_a_callback_leaves_the_loop_and_not_through_c():
    told = []

    def start(_task):
        raise KeyboardInterrupt

    async def main():
        group = ptg.PersistentTaskGroup(exception_handler=lambda *failure: told.append(failure[0]))
        group.add_task(Recorder([], start))
        await park()

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert told == [KeyboardInterrupt]


def test_timer_and_queue_are_tasks_of_their_group(ptg_clock):
    fired, handled = [], []

    async def handle(message):
        await asyncio.sleep(1)
        handled.append(message)

    async def main():
        group = ptg.PersistentTaskGroup(grace=60)
        timer = ptg.Timer(group, lambda: fired.append(ptg_clock.now_ns // 10**9), every=10)
        queue = ptg.Queue(group, handle, capacity=2)
        await ptg_clock.settle()
        queue.push("a")
        await ptg_clock.settle()
        queue.push("b")
        queue.push("c")
        with pytest.raises(ptg.FullError):
            queue.push("d")
        putting = asyncio.ensure_future(queue.put("d"))
        for _ in range(35):
            await ptg_clock.advance(1)
        await putting
        assert fired == [10, 20, 30]
        assert timer.timer_info().fired == 3
        assert handled == ["a", "b", "c", "d"]
        queue.push("e")
        group.begin_shutdown()
        for _ in range(3):
            await ptg_clock.advance(1)
        assert handled[-1] == "e"
        assert group.state == "closed"

    ptg_clock.run(main())


# ------------------------------------------------------------ other threads


def test_other_threads_have_a_way_in():
    async def double(number):
        await asyncio.sleep(0)
        return 2 * number

    async def main():
        async with ptg.PersistentTaskGroup() as group:
            with ptg.Remote(group.runtime) as remote:

                def elsewhere():
                    here.append(threading.get_ident())
                    return [remote.create_task(group, double(number)).result(30) for number in range(100)]

                here = [threading.get_ident()]
                assert await asyncio.to_thread(elsewhere) == [2 * number for number in range(100)]
                assert len(set(here)) == 2

    asyncio.run(main())


def test_snapshot_shows_the_runtimes_of_all_threads():
    ready, end = threading.Barrier(3), threading.Event()

    async def main(name):
        async with ptg.PersistentTaskGroup(name=name):
            ready.wait(30)
            while not end.is_set():
                await asyncio.sleep(0.001)

    threads = [threading.Thread(target=asyncio.run, args=(main(f"of-{number}"),)) for number in range(2)]
    for thread in threads:
        thread.start()
    ready.wait(30)
    try:
        picture = ptg.snapshot(timeout=30)
    finally:
        end.set()
        for thread in threads:
            thread.join()
    assert {"of-0", "of-1"} <= {group.name for group in picture.groups}
    assert len({group.runtime for group in picture.groups}) == 2


def test_snapshot_shows_what_another_language_has_made():
    """Made through the ABI itself, as another binding in the process does it."""
    from ptg._native import ffi, lib

    async def main():
        options = ffi.new("ptg_runtime_options *", {"size": ffi.sizeof("ptg_runtime_options")})
        out = ffi.new("ptg_runtime **")
        assert lib.ptg_runtime_create(options, out) == 0
        name = ffi.new("char[]", b"foreign")
        group = ffi.new("ptg_group_options *", {"size": ffi.sizeof("ptg_group_options"), "name": name})
        group.name_length = 7
        assert lib.ptg_group_create(out[0], 0, group, ffi.NULL) == -1  # and what is misused there says so
        handle = ffi.new("uint64_t *")
        assert lib.ptg_group_create(out[0], 0, group, handle) == 0
        async with ptg.PersistentTaskGroup(name="own"):
            names = {group.name for group in ptg.snapshot().groups}
            with pytest.raises(ptg.StaleError):
                ptg.get_runtime().group(handle[0]).statistics()
        root = ffi.new("uint64_t *")
        lib.ptg_runtime_get_root(out[0], root)
        assert lib.ptg_group_shutdown(out[0], root[0], ffi.NULL) == 0
        assert lib.ptg_runtime_run(out[0]) == 0
        assert lib.ptg_runtime_destroy(out[0]) == 0
        assert {"own", "foreign"} <= names

    asyncio.run(main())


class Stubborn:
    """A future that does not let itself be cancelled."""

    _asyncio_future_blocking = False

    def __init__(self, loop):
        self.get_loop = lambda: loop
        self.told = []

    def __await__(self):
        self._asyncio_future_blocking = True
        yield self

    def add_done_callback(self, function, *, context=None):
        self.told.append(function)

    def cancel(self, msg=None):
        raise ZeroDivisionError

    def result(self):
        pass


def test_task_that_cannot_be_cancelled_keeps_no_other_from_it(ptg_clock, unhandled):
    async def wait(future):
        await future

    async def main():
        group = ptg.PersistentTaskGroup(cancel_wait=1)
        future = Stubborn(ptg_clock.loop)
        tasks = [group.create_task(park()), group.create_task(wait(future)), group.create_task(park())]
        await ptg_clock.settle()
        group.begin_shutdown()
        await ptg_clock.advance(1)
        [row] = group.report()
        assert (row.cancelled, row.abandoned) == (2, 1)
        assert not tasks[1].done()
        future.cancel = lambda msg=None: True
        for function in future.told:
            ptg_clock.loop.call_soon(function, future)

    ptg_clock.run(main())
    assert [type(context["exception"]) for context in unhandled] == [ZeroDivisionError]


def test_tasks_that_are_written_in_python_will_do():
    """As tools make asyncio use them that enter a running loop again."""
    program = """
import asyncio
asyncio.Task = asyncio.tasks.Task = asyncio.tasks._PyTask
import ptg

async def answer(value):
    await asyncio.sleep(0)
    return value

async def fail():
    await asyncio.sleep(0)
    raise OSError

async def main():
    async with ptg.PersistentTaskGroup(exception_handler=lambda *failure: print(failure[0].__name__)) as group:
        task, parked = group.create_task(answer((1, 2))), group.create_task(asyncio.sleep(3600))
        group.create_task(fail())
        await asyncio.sleep(0.01)
        parked.cancel()
    info = group.statistics()
    print(task.result(), info.succeeded, info.failed, info.cancelled)

asyncio.run(main())
"""
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert process.stdout == "OSError\n(1, 2) 1 1 1\n"


def test_class_of_a_callback_task_is_not_kept(ptg_clock):
    def once():
        class Once(ptg.CallbackTask):
            def start(self):
                self.finish()

        return Once

    async def main():
        group = ptg.PersistentTaskGroup()
        kind = once()
        group.add_task(kind())
        await ptg_clock.settle()
        reference = weakref.ref(kind)
        del kind
        gc.collect()
        assert reference() is None

    ptg_clock.run(main())


def test_coroutine_function_where_a_plain_one_belongs_is_told(ptg_clock, unhandled):
    class Wrong(ptg.CallbackTask):
        async def start(self):
            pass

    async def wrong(*_arguments):
        pass

    async def main():
        group = ptg.PersistentTaskGroup()
        group.add_task(Wrong())
        ptg.watch(group.runtime, group.handle, wrong, released=wrong)
        ptg.Timer(group, lambda: None, after=1, on_done=wrong)
        with ptg.Remote(group.runtime) as remote:
            remote.call(wrong)
            await ptg_clock.advance(1)
            await group.shutdown()
            await ptg_clock.settle()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ptg_clock.run(main())
    assert [type(context["exception"]) for context in unhandled] == [TypeError] * 5
    assert all("is a coroutine" in str(context["exception"]) for context in unhandled)


def test_sort_that_two_threads_ask_for_at_once_is_the_same():
    from ptg._task import _Types

    types = _Types()
    first = types["name"]
    assert types.__missing__("name") is first
