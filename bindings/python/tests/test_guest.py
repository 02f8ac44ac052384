"""A guest of the loops there are: asyncio's own and uvloop's."""

import asyncio
import contextlib
import gc
import os
import sys
import threading
import weakref

import pytest
from conftest import fail, park

import ptg

FACTORIES = [asyncio.SelectorEventLoop]
with contextlib.suppress(ImportError):
    import uvloop

    FACTORIES.append(uvloop.new_event_loop)

SETTLING_TURNS = 4


@pytest.fixture(params=FACTORIES, ids=lambda factory: factory.__module__.split(".")[0])
def run(request):
    def run(main):
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(main)

    return run


@pytest.fixture
def turns(monkeypatch):
    """Counts the turns."""
    made = []
    turn = ptg.Runtime._turn
    monkeypatch.setattr(ptg.Runtime, "_turn", lambda runtime: (made.append(runtime), turn(runtime)))
    return made


def test_tasks_run_fail_and_are_cancelled(run):
    told = []

    async def main():
        group = ptg.PersistentTaskGroup(exception_handler=lambda *failure: told.append(failure[0]))
        assert await group.create_task(asyncio.sleep(0.01, "slept")) == "slept"
        group.create_task(fail(OSError()))
        parked = group.create_task(park())
        await asyncio.sleep(0.01)
        report = await group.shutdown()
        assert parked.cancelled()
        assert report.rows[0].cancelled == 1
        assert told == [OSError]

    run(main())


def test_child_process_runs_and_ends(run):
    async def main():
        lines = []
        async with ptg.PersistentTaskGroup() as group:
            await group.spawn_process("echo", "line", on_line=lambda line, _: lines.append(line))
            child = group.spawn_process("sleep", "3600")
            await child.started()
            child.request_cancel()
        assert lines == [b"line"]
        assert group.statistics().cancelled == 1

    run(main())


def test_idle_guest_asks_for_no_turn(run, turns):
    async def main():
        group = ptg.PersistentTaskGroup()
        group.create_task(park())
        await asyncio.sleep(0.05)
        turns.clear()
        await asyncio.sleep(0.3)
        assert len(turns) <= SETTLING_TURNS

    run(main())


def test_limit_is_waited_for_in_few_turns_and_falls_not_early(run, turns):
    async def main():
        loop = asyncio.get_running_loop()
        group = ptg.PersistentTaskGroup(grace=0.1)
        group.create_task(park())
        await asyncio.sleep(0)
        begin = loop.time()
        turns.clear()
        await group.shutdown()
        assert loop.time() - begin >= 0.099
        assert len(turns) <= 4 * SETTLING_TURNS

    run(main())


def test_wake_up_from_another_thread_is_not_missed(run):
    async def main():
        runtime = ptg.get_runtime()
        with ptg.Remote(runtime) as remote:

            def ping():
                for _ in range(200):
                    heard = threading.Event()
                    remote.call(heard.set)
                    assert heard.wait(30)

            await asyncio.to_thread(ping)

    run(main())


def test_runtime_ends_with_its_loop(run):
    async def main():
        before.update(os.listdir("/proc/self/fd"))
        group = ptg.PersistentTaskGroup(grace=60)
        group.create_task(park())
        group.create_task(fail(OSError("told to the loop")))
        await asyncio.sleep(0)
        return group

    before = set()
    group = run(main())
    assert ptg.all_runtimes() == []
    with pytest.raises(ptg.PtgError):
        group.begin_shutdown()
    assert len(os.listdir("/proc/self/fd")) <= len(before)


def test_nothing_is_kept_of_tasks_that_have_ended(run):
    class Big:
        """Something that a task holds."""

    async def hold(big, how):
        await asyncio.sleep(0)
        if how == "raises":
            raise ValueError(big)
        if how == "parks":
            await park()

    async def main():
        group = ptg.PersistentTaskGroup(exception_handler=lambda *failure: None, history=10)
        held = []
        for how in ("returns", "raises", "parks", "never runs"):
            big = Big()
            held.append(weakref.ref(big))
            task = group.create_task(hold(big, how), name=how)
            if how == "never runs":
                task.request_cancel()
            del big, task
        await asyncio.sleep(0.02)
        [task] = group.tasks()
        task.cancel()
        del task
        await asyncio.sleep(0.02)
        gc.collect()
        assert [reference() for reference in held] == [None] * 4
        assert group._tasks == {}

    run(main())


def test_cycle_of_exception_and_frame_is_the_programs_own(run):
    """What a failed task leaves can be collected, not more than with asyncio."""

    async def main():
        group = ptg.PersistentTaskGroup(exception_handler=lambda *failure: None)
        task = group.create_task(fail(OSError()))
        await asyncio.sleep(0.01)
        assert isinstance(task.exception(), OSError)
        assert sys.getrefcount(task) <= 4

    run(main())


def test_two_loops_in_one_thread_after_each_other(run):
    async def main():
        async with ptg.PersistentTaskGroup() as group:
            return await group.create_task(asyncio.sleep(0, group.handle))

    assert run(main()) != run(main())


def test_loop_that_was_closed_without_a_word_ends_its_runtime_all_the_same():
    told = []

    class Recorder(ptg.CallbackTask):
        def cancel(self, reason, originator):
            self.finish(status=-10)

        def done(self, outcome):
            told.append(outcome.name)

    async def main():
        group = ptg.PersistentTaskGroup()
        group.add_task(Recorder())
        tasks.append(group.create_task(park()))
        await asyncio.sleep(0)

    async def other():
        async with ptg.PersistentTaskGroup():
            assert len(ptg.all_runtimes()) == 1

    tasks = []
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _, context: told.append(context))
    loop.run_until_complete(main())
    loop.close()
    asyncio.run(other())
    assert told == ["PTG_ECANCELED"]
    tasks[0]._log_destroy_pending = False


def test_loop_that_cannot_be_a_host_is_refused():
    class Deaf(asyncio.SelectorEventLoop):
        def add_reader(self, *_arguments):
            raise NotImplementedError

    async def main():
        with pytest.raises(NotImplementedError):
            ptg.PersistentTaskGroup()

    loop = Deaf()
    loop.run_until_complete(main())
    loop.close()
    assert ptg.all_runtimes() == []
    with pytest.raises(ptg.InvalidError, match="closed"):
        ptg.Runtime(loop)


def test_loop_of_another_thread_is_refused():
    loop = asyncio.new_event_loop()
    running = threading.Event()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    loop.call_soon_threadsafe(running.set)
    assert running.wait(30)
    with pytest.raises(ptg.ThreadError, match="thread"):
        ptg.Runtime(loop)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
