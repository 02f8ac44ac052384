"""Groups: both uses, errors, current group, limits, order, looking."""

import asyncio
import contextlib
import contextvars
import gc

import pytest
from conftest import fail, park

import ptg


def test_block_waits_for_its_tasks_and_closes():
    done = []

    async def work():
        await asyncio.sleep(0)
        done.append(ptg.current_ptaskgroup.get().get_name())

    async def main():
        async with ptg.PersistentTaskGroup(name="block") as group:
            group.create_task(work())
            child = group.add_group(name="child")
            child.create_task(work())
            assert ptg.current_ptaskgroup.get() is group
        assert done == ["block", "child"]
        assert group.state == "closed"
        assert ptg.current_ptaskgroup.get(None) is None

    asyncio.run(main())


def test_exception_in_the_block_shuts_the_group_down_and_goes_on():
    async def main():
        tasks = []
        with pytest.raises(KeyError):
            await block(tasks)
        assert tasks[0].cancelled()

    async def block(tasks):
        async with ptg.PersistentTaskGroup() as group:
            tasks.append(group.create_task(park()))
            await asyncio.sleep(0)
            raise KeyError("x")

    asyncio.run(main())


def test_cancelled_block_shuts_the_group_down_and_is_cancelled():
    async def block(tasks):
        async with ptg.PersistentTaskGroup() as group:
            tasks.append(group.create_task(park()))

    async def main():
        tasks = []
        holder = asyncio.ensure_future(block(tasks))
        await asyncio.sleep(0.01)
        holder.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holder
        assert tasks[0].cancelled()

    asyncio.run(main())


class Service:
    """The other use: an attribute of an object that lives long."""

    def __init__(self, handler):
        self.group = ptg.PersistentTaskGroup(name="service", exception_handler=handler)


@pytest.mark.parametrize("is_async", [False, True])
def test_error_object_reaches_handler_and_waiter_and_harms_nobody(is_async):
    told = []
    error = ValueError("the object itself")

    def tell(kind, exception, traceback):
        told.append((kind, exception, traceback, ptg.current_error(), ptg.current_ptaskgroup.get()))

    async def tell_later(*failure):
        await asyncio.sleep(0)
        tell(*failure)

    async def main():
        service = Service(tell_later if is_async else tell)
        other = service.group.create_task(park())
        task = service.group.create_task(fail(error), name="failing")
        with pytest.raises(ValueError, match="itself") as raised:
            await task
        assert raised.value is error
        await asyncio.sleep(0.01)
        assert not other.done()
        assert service.group.state == "open"
        await service.group.shutdown()
        return service.group

    group = asyncio.run(main())
    [(kind, exception, traceback, details, current)] = told
    assert kind is ValueError
    assert exception is error
    assert traceback is not None
    assert (details.name, details.group, details.from_hook) == ("failing", group, False)
    assert current is group


class Odd(BaseException):
    """An error of another kind."""


def test_error_of_any_kind_is_told():
    told = []

    async def main():
        async with ptg.PersistentTaskGroup(exception_handler=lambda *failure: told.append(failure[1])) as group:
            group.create_task(fail(Odd("odd")))
            group.create_task(fail(ExceptionGroup("many", [OSError(), ValueError()])))
            group.create_task(fail(ValueError("text that is no text: \udc80\0")))

    asyncio.run(main())
    assert [type(error) for error in told] == [Odd, ExceptionGroup, ValueError]


def test_error_without_handler_goes_to_the_nearest_above():
    told = []

    async def main():
        async with ptg.PersistentTaskGroup(exception_handler=lambda *failure: told.append(failure[1])) as above:
            below = above.add_group().add_group()
            below.create_task(fail(OSError()))
            await asyncio.sleep(0.01)
            assert len(told) == 1

    asyncio.run(main())


def test_error_of_a_hook_is_the_object_itself_also_further_up():
    told = []
    raised = ZeroDivisionError("a hook")

    def hook(_group):
        raise raised

    def broken(*_failure):
        raise LookupError("the handler")

    async def main():
        async with ptg.PersistentTaskGroup(exception_handler=lambda *_: told.append(ptg.current_error())) as above:
            await above.add_group(exception_handler=broken, on_closed=hook).shutdown()

    asyncio.run(main())
    [error] = told
    assert error.exception is raised
    assert error.from_hook
    assert error.task is None


@pytest.mark.parametrize("is_async", [False, True])
def test_handler_that_fails_passes_both_errors_up(is_async):
    told = []

    def broken(*_failure):
        raise LookupError("the handler")

    async def broken_later(*_failure):
        raise LookupError("the handler")

    async def main():
        def tell(*_failure):
            told.append(ptg.current_error())

        async with ptg.PersistentTaskGroup(exception_handler=tell) as above:
            below = above.add_group(exception_handler=broken_later if is_async else broken)
            below.create_task(fail(OSError("the task")))
        return below

    below = asyncio.run(main())
    [error] = told
    assert isinstance(error.exception, OSError)
    assert isinstance(error.handler_exception, LookupError)
    assert error.failed_handler is below


def test_error_that_nobody_takes_is_told_to_the_loop(ptg_clock, unhandled):
    error = OSError("nobody's")

    async def main():
        group = ptg.PersistentTaskGroup(name="quiet")
        group.create_task(fail(error), name="loud")
        await ptg_clock.settle()

    ptg_clock.run(main())
    [context] = unhandled
    assert context["exception"] is error
    assert "loud" in context["message"]
    assert "/quiet" in context["message"]


def test_hooks_are_told_once_with_their_group_and_a_failing_one_is_an_error():
    told = []

    def hook(group):
        told.append((group, ptg.current_ptaskgroup.get()))
        raise ZeroDivisionError

    errors = []

    async def main():
        group = ptg.PersistentTaskGroup(
            grace=1, on_drain=hook, on_closed=hook, exception_handler=lambda *failure: errors.append(failure[1])
        )
        await group.shutdown()
        return group

    group = asyncio.run(main())
    assert told == [(group, group), (group, group)]
    assert [type(error) for error in errors] == [ZeroDivisionError, ZeroDivisionError]


def test_drain_hook_may_be_asynchronous(ptg_clock):
    seen = []

    async def drained(group):
        await asyncio.sleep(1)
        seen.append(group.state)

    async def main():
        group = ptg.PersistentTaskGroup(grace=5, on_drain=drained)
        group.begin_shutdown()
        await ptg_clock.advance(2)
        assert group.state == "closed"

    ptg_clock.run(main())
    assert seen == ["draining"]


def test_subtask_of_asyncio_is_in_the_group_that_it_came_from():
    async def outer():
        return await asyncio.create_task(inner())

    async def inner():
        return ptg.current_ptaskgroup.get()

    async def main():
        async with ptg.PersistentTaskGroup() as around:
            group = ptg.PersistentTaskGroup()
            assert await group.create_task(outer()) is group
            assert ptg.current_ptaskgroup.get() is around

    asyncio.run(main())


def test_name_and_context_are_those_of_asyncio():
    variable = contextvars.ContextVar("variable", default=0)

    async def read():
        return variable.get(), asyncio.current_task().get_name()

    async def main():
        context = contextvars.copy_context()
        context.run(variable.set, 7)
        async with ptg.PersistentTaskGroup() as group:
            assert await group.create_task(read(), name="reader", context=context) == (7, "reader")
            task = group.create_task(park(), name="parked")
            assert isinstance(task, asyncio.Task)
            assert task.info().name == "parked"
            task.cancel()

    asyncio.run(main())


def test_closed_group_refuses_and_closes_the_coroutine():
    async def main():
        group = ptg.PersistentTaskGroup()
        await group.shutdown()
        coroutine = park()
        with pytest.raises(ptg.ClosedError) as raised:
            group.create_task(coroutine)
        assert isinstance(raised.value, RuntimeError)
        assert coroutine.cr_frame is None
        with pytest.raises(ptg.StaleError):
            group.tasks()
        for refused in (
            group.add_group,
            lambda: group.add_task(ptg.CallbackTask()),
            lambda: group.spawn_process("true"),
            lambda: ptg.Timer(group, print, every=1),
            lambda: ptg.Queue(group, print, 1),
        ):
            with pytest.raises(ptg.ClosedError, match=r"/group-1 .* is closed"):
                refused()
        return group

    group = asyncio.run(main())
    with pytest.raises(ptg.ClosedError):  # also when the runtime has gone
        group.create_task(park())


def test_misuse_is_told_as_what_it_is():
    async def main():
        async with ptg.PersistentTaskGroup() as group:
            task = group.create_task(park())
            with pytest.raises(ptg.KindError):
                group.runtime.group(task.handle).statistics()
            with pytest.raises(ptg.InvalidError):
                ptg.PersistentTaskGroup(grace=-1)
            with pytest.raises(ptg.InvalidError):
                ptg.PersistentTaskGroup(when_full="never")
            with pytest.raises(ptg.PtgError):
                ptg.PersistentTaskGroup(name="x" * 256)
            with pytest.raises(TypeError):
                group.create_task(42)
            task.cancel()
            await asyncio.to_thread(elsewhere, group)

    def elsewhere(group):
        with pytest.raises(ptg.ThreadError, match="thread of the event loop"):
            group.create_task(park())

    asyncio.run(main())


def test_bound_refuses_queues_or_replaces():
    async def main():
        few = ptg.PersistentTaskGroup(max_tasks=1)
        few.create_task(park())
        with pytest.raises(ptg.FullError):
            few.create_task(park())
        assert few.statistics().refused == 1

        order = []

        async def work(number):
            order.append(number)
            await asyncio.sleep(0)
            assert queue.statistics().live - queue.statistics().queued == 1

        queue = ptg.PersistentTaskGroup(max_tasks=1, when_full="queue", max_queued=2)
        tasks = [queue.create_task(work(number)) for number in range(3)]
        with pytest.raises(ptg.FullError):
            queue.create_task(work(3))
        assert queue.statistics().queued == 2
        await asyncio.wait(tasks)
        assert order == [0, 1, 2]

        latest = ptg.PersistentTaskGroup(max_tasks=1, when_full="replace_oldest")
        first, second = latest.create_task(park()), latest.create_task(work_once())
        assert await second == "ran"
        assert first.cancelled()
        for group in (few, queue, latest):
            await group.shutdown()

    async def work_once():
        return "ran"

    asyncio.run(main())


def test_order_is_kept_and_a_circle_is_refused():
    closed = []

    async def main():
        app = ptg.PersistentTaskGroup(name="app", parallel=True)
        names = ("accept", "handlers", "store")
        accept, handlers, store = groups = [
            app.add_group(name=name, on_closed=lambda group: closed.append(group.name)) for name in names
        ]
        accept.stops_before(handlers)
        handlers.stops_before(store)
        with pytest.raises(ptg.CycleError, match="store"):
            store.stops_before(accept)
        for group in groups:
            group.create_task(park())
        assert [step.group for step in app.plan()][:3] == [group.handle for group in groups]
        await app.shutdown()

    asyncio.run(main())
    assert closed == ["accept", "handlers", "store"]


def test_everything_can_be_looked_at():
    async def main():
        async with ptg.PersistentTaskGroup(name="app", history=4) as app:
            below = app.add_group(name="below")
            tasks = [below.create_task(park()) for _ in range(3)]
            await asyncio.sleep(0)
            assert below.tasks() == tasks
            assert app.groups() == [below]
            assert set(ptg.all_ptaskgroups()) == {app, below} == set(ptg.PersistentTaskGroup.all_ptaskgroups())
            assert below.path == "/app/below"
            assert below.statistics().live == 3
            assert app.count_names()[0].count == 3
            assert app.count_names()[0].name == "park"
            picture = ptg.snapshot()
            assert {group.name for group in picture.groups} == {"root", "app", "below"}
            assert len(picture.tasks) == 3
            await app.create_task(asyncio.sleep(0), name="short")
            await asyncio.sleep(0)
            assert app.history()[0].name == "short"
            below.begin_shutdown()
        assert app.report().rows[-1].path == "/app"

    asyncio.run(main())


class Mute(Exception):
    """An error that cannot say what it is."""

    def __str__(self):
        raise ValueError("no text")


def test_error_that_has_no_text_is_told_as_any_other():
    told = []

    async def main():
        async with ptg.PersistentTaskGroup(exception_handler=lambda *failure: told.append(failure[0])) as group:
            group.create_task(fail(Mute()))
        assert group.statistics().failed == 1

    asyncio.run(main())
    assert told == [Mute]


def test_failure_that_is_none_cannot_be_made():
    for wrong in ({"status": 0}, {"status": 5}, {"status": -(2**40)}, {"code": 2**31}):
        with pytest.raises(ptg.InvalidError, match="of a failure"):
            ptg.TaskFailed("text", **wrong)


def test_failing_handler_of_the_root_is_told_with_the_error_that_it_was_given():
    told = []

    def broken(*_failure):
        raise LookupError("the handler")

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(type(context["exception"])))
        runtime = ptg.Runtime(exception_handler=broken)
        async with ptg.PersistentTaskGroup() as group:
            group.create_task(fail(OSError()))
        await asyncio.sleep(0)
        assert runtime.handler_errors == {}
        assert runtime.unhandled == 1

    asyncio.run(main())
    assert told == [OSError, LookupError]


def test_block_that_is_shut_down_from_outside_waits_not_for_what_was_given_up(ptg_clock):
    async def deaf():
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await park()

    async def block(groups):
        async with ptg.PersistentTaskGroup(cancel_wait=1) as group:
            groups += [group, group.add_group()]
            for one in groups:
                one.create_task(deaf())

    async def main():
        groups = []
        waiting = asyncio.ensure_future(block(groups))
        await ptg_clock.settle()
        groups[1].begin_shutdown()
        await ptg_clock.advance(1)
        assert not waiting.done()
        groups[0].begin_shutdown()
        await ptg_clock.advance(1)
        assert waiting.done()
        assert [row.abandoned for row in groups[0].report()] == [1, 1]

    ptg_clock.run(main())


def test_block_may_be_left_in_another_context_than_it_was_entered_in():
    async def fixture():
        async with ptg.PersistentTaskGroup() as group:
            yield group

    async def main():
        made = fixture()
        group = await asyncio.create_task(anext(made))
        assert await asyncio.create_task(anext(made, "the end")) == "the end"
        assert group.state == "closed"

    asyncio.run(main())


def test_exception_while_something_is_let_go_of_is_told_to_the_loop(ptg_clock, unhandled):
    error = OSError("from a release")

    def released():
        raise error

    async def main():
        group = ptg.PersistentTaskGroup(released=released)
        ptg.watch(group.runtime, group.handle, lambda _: None, released=released)
        ptg.Timer(group, lambda: None, after=1, released=released)
        with pytest.raises(ptg.InvalidError):
            group.add_group(grace=-1, released=released)
        await group.shutdown()
        await ptg_clock.settle()

    ptg_clock.run(main())
    assert [context["exception"] for context in unhandled] == [error] * 4


def made_by_c(runtime, **options):
    """A group that another language has made."""
    from ptg._native import ffi, lib

    struct = ffi.new("ptg_group_options *", {"size": ffi.sizeof("ptg_group_options"), **options})
    handle = ffi.new("uint64_t *")
    assert lib.ptg_group_create(runtime.pointer, 0, struct, handle) == 0
    return runtime.group(handle[0])


def test_group_of_another_language_takes_tasks_and_ends_as_any_other(ptg_clock, unhandled):
    error = OSError("in a group of another language")

    async def main():
        runtime = ptg.get_runtime()
        made = made_by_c(runtime, max_tasks=1, when_full=1)
        assert made is runtime.group(made.handle)
        assert made.name.startswith("group-")
        first, second = made.create_task(park()), made.create_task(asyncio.sleep(0, "ran"))
        made.create_task(fail(error))
        handle = made.handle
        del made
        await ptg_clock.settle()
        gc.collect()
        assert runtime.group(handle).tasks() == [first, second, *runtime.group(handle).tasks()[2:]]
        assert not second.done()
        first.request_cancel()
        await ptg_clock.settle()
        assert first.cancelled()
        assert second.result() == "ran"
        assert runtime.busy_strangers == set()
        async with runtime.group(handle) as again:
            again.create_task(asyncio.sleep(0))
        assert [row.group for row in again.report()] == [handle]
        parallel = made_by_c(runtime)
        parked = parallel.create_task(park())
        await ptg_clock.settle()
        [row] = await parallel.shutdown()
        assert row.cancelled == 1
        assert parked.cancelled()

    ptg_clock.run(main())
    assert [context["exception"] for context in unhandled] == [error]
