"""Shutdown, on the manual clock where time matters."""

import asyncio

import pytest
from conftest import fail, park

import ptg


async def stubborn(times):
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            times.append(asyncio.get_running_loop().time())


def test_drain_then_cancel_then_given_up(ptg_clock):
    times = []

    async def main():
        group = ptg.PersistentTaskGroup(name="g", grace=5, cancel_wait=1)
        finishing = group.create_task(asyncio.sleep(3))
        parked = group.create_task(park())
        group.create_task(stubborn(times), name="stuck")
        await ptg_clock.settle()
        group.begin_shutdown()
        await ptg_clock.advance(4)
        assert finishing.done()
        assert group.state == "draining"
        assert not parked.done()
        await ptg_clock.advance(1)
        assert parked.cancelled()
        assert times == [5.0]
        await ptg_clock.advance(0.5)
        assert group.state == "cancelling"
        await ptg_clock.advance(0.5)
        assert group.state == "closed"
        assert group not in ptg.all_ptaskgroups()
        assert len(group.abandoned()) == 1
        [row] = group.report()
        assert (row.drained, row.cancelled, row.abandoned) == (1, 1, 1)
        assert row.closed_ns - row.begun_ns == 6_000_000_000

    ptg_clock.run(main())


def test_report_is_a_sequence_of_rows():
    async def main():
        app = ptg.PersistentTaskGroup(name="app")
        app.add_group(name="below")
        return await app.shutdown()

    report = asyncio.run(main())
    assert [row.path for row in report] == ["/app/below", "/app"]
    assert (report[0].name, report[-1].name, len(report)) == ("below", "app", 2)
    assert report[1:] == report.rows[1:]
    assert report.index(report[1]) == 1
    assert report[0] in report
    with pytest.raises(IndexError):
        report[2]


def test_default_is_to_cancel_at_once_newest_first(ptg_clock):
    order = []

    async def work(number):
        try:
            await park()
        finally:
            order.append(number)

    async def main():
        group = ptg.PersistentTaskGroup()
        for number in range(4):
            group.create_task(work(number))
        await ptg_clock.settle()
        await group.shutdown()

    ptg_clock.run(main())
    assert order == [3, 2, 1, 0]


def test_deadline_is_for_all_below(ptg_clock):
    async def main():
        app = ptg.PersistentTaskGroup(name="app", grace=10, cancel_wait=1)
        below = [app.add_group(name=str(number)) for number in range(3)]
        for group in below:
            group.create_task(park())
        app.begin_shutdown(deadline=6)
        assert app.plan.__doc__
        await ptg_clock.advance(6)
        assert app.state == "closed"
        assert {row.cancelled for row in app.report() if row.path != "/app"} == {1}

    ptg_clock.run(main())


def test_order_is_the_same_on_every_path(ptg_clock):
    async def close_order(**limits):
        app = ptg.PersistentTaskGroup(grace=2)
        groups = [app.add_group(name=str(number)) for number in range(3)]
        groups[0].stops_before(groups[1])
        for group in groups:
            group.create_task(park())
        await ptg_clock.settle()
        app.begin_shutdown(**limits)
        await ptg_clock.advance(30)
        return [row.name for row in app.report()][:3]

    async def main():
        assert await close_order() == await close_order(force=True) == ["2", "0", "1"]

    ptg_clock.run(main())


def test_wait_from_inside_is_a_deadlock_and_the_shutdown_goes_on(ptg_clock):
    raised = []

    async def inside(group):
        try:
            await group.shutdown()
        except ptg.DeadlockError as error:
            raised.append(error)

    async def main():
        group = ptg.PersistentTaskGroup(grace=5)
        group.create_task(inside(group))
        await ptg_clock.settle()
        assert len(raised) == 1
        assert group.state == "closed"

    ptg_clock.run(main())


def test_everyone_who_waits_gets_the_same_report():
    async def main():
        group = ptg.PersistentTaskGroup()
        group.create_task(park())
        first, second = await asyncio.gather(group.shutdown(), group.shutdown())
        assert first is second
        assert await group.shutdown() is first

    asyncio.run(main())


def test_second_call_may_shorten(ptg_clock):
    async def main():
        group = ptg.PersistentTaskGroup(grace=100)
        task = group.create_task(park())
        await ptg_clock.settle()
        group.begin_shutdown()
        await ptg_clock.advance(1)
        assert not task.done()
        group.begin_shutdown(grace=2)
        await ptg_clock.advance(3)
        assert task.cancelled()

    ptg_clock.run(main())


def test_draining_group_takes_tasks_from_inside_only(ptg_clock):
    seen = []

    async def inside(group):
        await group.wait_draining()
        seen.append(await group.create_task(answer()))

    async def answer():
        return 42

    async def main():
        group = ptg.PersistentTaskGroup(grace=5)
        group.create_task(inside(group))
        group.create_task(park())
        await ptg_clock.settle()
        group.begin_shutdown()
        await ptg_clock.settle()
        assert seen == [42]
        with pytest.raises(ptg.ClosedError):
            group.create_task(answer())

    ptg_clock.run(main())


def test_clean_up_is_taken_while_cancelling(ptg_clock):
    seen = []

    async def work(group):
        try:
            await park()
        except asyncio.CancelledError:
            with pytest.raises(ptg.ClosedError):
                group.create_task(clean())
            group.create_task(clean(), cleanup=True)
            raise

    async def clean():
        await asyncio.sleep(1)
        seen.append("clean")

    async def main():
        group = ptg.PersistentTaskGroup(cancel_wait=5)
        group.create_task(work(group))
        await ptg_clock.settle()
        group.begin_shutdown()
        await ptg_clock.advance(2)
        assert seen == ["clean"]
        assert group.state == "closed"

    ptg_clock.run(main())


def test_policy_and_owner_end_a_group(ptg_clock, unhandled):
    async def main():
        group = ptg.PersistentTaskGroup(on_failure="shutdown_group")
        parked = group.create_task(park())
        group.create_task(broken())
        await ptg_clock.settle()
        assert parked.cancelled()

        app = ptg.PersistentTaskGroup()
        owner = app.create_task(asyncio.sleep(1))
        owned = app.add_group(owner=owner)
        owned.create_task(park())
        await ptg_clock.advance(2)
        assert owned.state == "closed"
        assert app.state == "open"

    async def broken():
        raise OSError

    ptg_clock.run(main())
    assert len(unhandled) == 1


def test_ten_thousand_groups_one_in_the_other_need_no_recursion():
    async def main():
        top = group = ptg.PersistentTaskGroup(name="top")
        for _ in range(10_000):
            group = group.add_group(name="g")
            group.create_task(park())
        report = await top.shutdown()
        assert len(report) == 10_001
        assert sum(row.cancelled for row in report) == 10_000

    asyncio.run(main())


def test_root_closed_by_the_end_of_the_loop_cancels_what_is_left():
    tasks = []

    async def main():
        group = ptg.PersistentTaskGroup(grace=100)
        tasks.append(group.create_task(park()))
        await asyncio.sleep(0)

    asyncio.run(main())
    assert tasks[0].cancelled()


def test_report_names_the_task_that_asked_or_the_one_that_is_named(ptg_clock):
    async def end(group, **options):
        return await group.shutdown(**options)

    async def main():
        app = ptg.PersistentTaskGroup(name="app")
        ended = [app.add_group() for _ in range(5)]
        caller, other = app.create_task(end(ended[0])), app.create_task(park())
        assert [row.originator for row in await caller] == [caller.handle]
        [row] = await app.create_task(end(ended[1], originator=other.handle))
        assert row.originator == other.handle
        [row] = await ended[2].shutdown()
        assert row.originator == 0
        with ptg.Remote(app.runtime) as remote:
            for group, named in ((ended[3], 0), (ended[4], other.handle)):
                await asyncio.to_thread(remote.shutdown, group, originator=named)
                [row] = await group.wait_closed()
                assert row.originator == named
        closing = app.add_group(on_closed=lambda _: app.begin_shutdown())
        closing.begin_shutdown()
        assert [row.originator for row in await app.wait_closed()] == [0, closing.handle]

    ptg_clock.run(main())


def test_report_and_blame_are_whole_after_the_end_whoever_asked_for_it():
    async def main():
        app = ptg.PersistentTaskGroup(name="app")
        middle = app.add_group(name="middle")
        low, beside = middle.add_group(name="low"), app.add_group(name="beside")
        low.create_task(park(), name="parked")
        await asyncio.sleep(0)
        with ptg.Remote(app.runtime) as remote:
            remote.shutdown(app)
            while app.state != "closed":
                await asyncio.sleep(0)
        with pytest.raises(ptg.StaleError):
            app.plan()
        assert [row.path for row in app.report()] == ["/app/beside", "/app/middle/low", "/app/middle", "/app"]
        assert [row.path for row in middle.report()] == ["/app/middle/low", "/app/middle"]
        assert [row.path for row in await low.wait_closed()] == ["/app/middle/low"]
        assert await beside.shutdown() is await beside.wait_closed()
        assert [row.name for row in beside.report()] == ["beside"]
        assert [(row.name, row.task_name) for row in app.blame()] == [
            ("beside", None),
            ("low", "parked"),
            ("middle", None),
            ("app", None),
        ]
        with pytest.raises(ptg.StaleError):
            middle.blame()

    asyncio.run(main())


def test_report_of_a_policys_shutdown_can_be_asked_for_after_it(ptg_clock, unhandled):
    async def main():
        group = ptg.PersistentTaskGroup(on_failure="shutdown_group")
        failing = group.create_task(fail(OSError()))
        await ptg_clock.settle()
        [row] = group.report()
        assert (row.failed, row.originator) == (0, failing.handle)
        assert len(group.blame()) == 1

    ptg_clock.run(main())
    assert len(unhandled) == 1


def test_waiter_that_is_cancelled_while_the_group_closes_is_cancelled(ptg_clock):
    async def main():
        group = ptg.PersistentTaskGroup()
        waiting = asyncio.ensure_future(group.wait_closed())
        await ptg_clock.settle()
        group.begin_shutdown()
        waiting.cancel()
        await ptg_clock.settle()
        assert group.state == "closed"
        assert waiting.cancelled()

    ptg_clock.run(main())
