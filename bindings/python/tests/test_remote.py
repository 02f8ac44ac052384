"""The way in for other threads."""

import asyncio
import threading
import warnings

import pytest
from conftest import PATIENCE, park

import ptg
from ptg import _remote


class Short(ptg.CallbackTask):
    """Ends at once."""

    def __init__(self):
        self.is_over = threading.Event()

    def start(self):
        self.finish()

    def done(self, outcome):
        self.is_over.set()


class SlowSender:
    """libptg, to a thread that is held up until what it has sent is over."""

    def __init__(self, task):
        self._lib = _remote.lib
        self._task = task

    def __getattr__(self, name):
        return getattr(self._lib, name)

    def ptg_remote_spawn(self, *arguments):
        status = self._lib.ptg_remote_spawn(*arguments)
        assert self._task.is_over.wait(PATIENCE)
        return status


def test_task_that_is_over_before_its_sender_knows_is_not_kept(monkeypatch):
    async def main():
        task = Short()
        monkeypatch.setattr(_remote, "lib", SlowSender(task))
        async with ptg.PersistentTaskGroup() as group:
            with ptg.Remote(group.runtime) as remote:
                handle = await asyncio.to_thread(remote.add_task, group, task)
                await asyncio.sleep(0.01)
                assert task.handle == handle
                assert group._callback_tasks == {}
        assert group.statistics().succeeded == 1

    asyncio.run(main())


def test_block_waits_for_what_waits_for_a_place():
    class Open(ptg.CallbackTask):
        def start(self):
            pass

    async def main():
        first, second = Open(), Short()
        async with ptg.PersistentTaskGroup(max_tasks=1, when_full="queue") as group:
            group.add_task(first)
            with ptg.Remote(group.runtime) as remote:
                remote.add_task(group, second)
                while not group.statistics().queued:
                    await asyncio.sleep(0)
                await asyncio.sleep(0.01)
            assert group.tasks() == [first, second]
            first.finish()
        assert group.statistics().succeeded == 2

    asyncio.run(main())


def test_tasks_of_many_threads_are_all_known_and_all_forgotten():
    async def main():
        async with ptg.PersistentTaskGroup() as group:
            with ptg.Remote(group.runtime) as remote:

                def send():
                    for _ in range(100):
                        remote.add_task(group, Short())

                await asyncio.gather(*(asyncio.to_thread(send) for _ in range(4)))
                while group.statistics().succeeded < 400:
                    group.tasks()
                    await asyncio.sleep(0)
                await asyncio.sleep(0.01)
            assert group._callback_tasks == {}

    asyncio.run(main())


def test_future_that_is_cancelled_before_it_arrives_has_no_task():
    async def main():
        group = ptg.PersistentTaskGroup()
        with ptg.Remote(group.runtime) as remote:
            first, second = remote.create_task(group, park()), remote.create_task(group, park())
            first.cancel()
            await asyncio.sleep(0.01)
            assert group.statistics().spawned == 1
            second.cancel()
            await asyncio.sleep(0.01)
            assert group.statistics().cancelled == 1
            await group.shutdown()
            refused = remote.create_task(group, park())
            with pytest.raises(ptg.ClosedError):
                await asyncio.wrap_future(refused)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(main())


def test_what_is_no_task_or_no_group_is_told_who_sends_it():
    async def main():
        group = ptg.PersistentTaskGroup()
        with ptg.Remote(group.runtime) as remote:
            for call, what in (
                (lambda: remote.add_task(group, 42), "CallbackTask"),
                (lambda: remote.add_task(42, Short()), "a group"),
                (lambda: remote.create_task(group, 42), "a coroutine"),
                (lambda: remote.create_task(42, park()), "a group"),
                (lambda: remote.call(42), "a function"),
            ):
                with pytest.raises(TypeError, match=what):
                    call()
            task = Short()
            remote.add_task(group, task)
            with pytest.raises(ptg.InvalidError, match="before"):
                remote.add_task(group, task)
        for call in (lambda: remote.call(print), lambda: remote.shutdown(group), lambda: remote.cancel(1)):
            with pytest.raises(ptg.InvalidError, match="closed"):
                call()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(main())


def test_what_is_sent_too_late_is_refused_and_let_go_of():
    released = []

    async def main():
        return ptg.Remote(ptg.get_runtime())

    with asyncio.run(main()) as remote:
        with pytest.raises(ptg.ClosedError, match="root"):
            remote.call(print, released=lambda: released.append(True))
        with pytest.raises(ptg.ClosedError, match="root"):
            remote.create_task(ptg.PersistentTaskGroup.__new__(ptg.PersistentTaskGroup), park())
    assert released == [True]


def test_request_for_the_end_may_come_while_the_runtime_ends():
    async def main():
        runtimes.append(ptg.get_runtime())
        ready.set()
        await asyncio.sleep(0)

    def ask():
        assert ready.wait(PATIENCE)
        for _ in range(500):
            runtimes[-1].request_shutdown()

    runtimes, ready = [], threading.Event()
    for _ in range(20):
        ready.clear()
        thread = threading.Thread(target=ask)
        thread.start()
        asyncio.run(main())
        thread.join()
