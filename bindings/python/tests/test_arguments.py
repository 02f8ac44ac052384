"""Bad arguments: one clear message, in the words of Python, and nothing has changed."""

import asyncio
import math
import warnings
from datetime import timedelta

import pytest
from conftest import park

import ptg


def group(**options):
    return lambda app: app.add_group(**options)


def shutdown(**options):
    return lambda app: app.begin_shutdown(**options)


CASES = [
    (ValueError, group(grace=-1), "grace is negative"),
    (ValueError, group(cancel_wait=timedelta(seconds=-1)), "cancel_wait is negative"),
    (TypeError, group(grace="5"), "grace: seconds or a timedelta was expected, got '5'"),
    (TypeError, group(grace=True), "grace: "),
    (ValueError, group(deadline=1e30), "deadline is too long"),
    (ValueError, group(deadline=math.nan), "deadline is too long, or no number"),
    (ValueError, group(max_tasks=-1), "max_tasks is negative: -1"),
    (ValueError, group(max_tasks=2**64), "max_tasks is too large"),
    (TypeError, group(max_tasks=1.5), r"max_tasks: an int was expected, got 1\.5"),
    (TypeError, group(history=None), "history: an int was expected, got None"),
    (ValueError, group(when_full="never"), "when_full: 'never' is none of refuse, queue, replace_oldest"),
    (TypeError, group(on_failure=1), "on_failure: a str was expected, got 1"),
    (TypeError, group(name=42), "name: a str was expected, got 42"),
    (ValueError, group(name="a\0b"), "NUL"),
    (ValueError, group(name="x" * 256), "longer than 255 bytes"),
    (TypeError, group(exception_handler=42), "exception_handler: a function was expected, got 42"),
    (TypeError, group(on_drain=42), "on_drain: a function was expected, got 42"),
    (TypeError, group(owner="x"), "owner: a task, a group or the handle of one was expected, got 'x'"),
    (TypeError, group(unknown=1), "unknown"),
    (TypeError, lambda app: ptg.PersistentTaskGroup(parent=42), "parent: a group was expected, got 42"),
    (TypeError, lambda app: app.stops_before(42), "stops_before: a group was expected, got 42"),
    (ValueError, shutdown(grace=-1), "negative"),
    (TypeError, shutdown(deadline="5"), "deadline: seconds or a timedelta was expected, got '5'"),
    (TypeError, lambda app: app.create_task(asyncio.sleep), "a coroutine was expected, got <function sleep.*; call it"),
    (TypeError, lambda app: app.create_task(42, name="x"), "a coroutine was expected, got 42"),
    (TypeError, lambda app: app.add_task(42), "a CallbackTask was expected, got 42"),
    (TypeError, lambda app: ptg.Timer(app, 42, every=1), "fire: a function was expected, got 42"),
    (ValueError, lambda app: ptg.Timer(app, print, every=-1), "negative"),
    (ValueError, lambda app: ptg.Timer(app, print), "a timer needs after or every$"),
    (TypeError, lambda app: ptg.Timer(42, print, every=1), "group: a group was expected, got 42"),
    (TypeError, lambda app: ptg.Timer(app, print, every=1, on_done=42), "on_done: a function was expected, got 42"),
    (TypeError, lambda app: ptg.Timer(app, print, every=1, released=42), "released: a function was expected, got 42"),
    (ValueError, lambda app: app.count_names(-1), "most is negative: -1"),
    (TypeError, shutdown(originator="main"), "originator: a task, a group or the handle of one was expected"),
    (ValueError, lambda app: ptg.Timer(app, print, every=1, overlap="x"), "overlap: 'x' is none of skip"),
    (ValueError, lambda app: ptg.Queue(app, print, -1), "capacity is negative: -1"),
    (TypeError, lambda app: ptg.Queue(app, print, "1"), "capacity: an int was expected, got '1'"),
    (TypeError, lambda app: ptg.Queue(app, 42, 1), "handle: a function was expected, got 42"),
    (TypeError, lambda app: ptg.Queue(app, print, 1, spawner="x"), "spawner: a task, a group or the handle of one"),
    (TypeError, lambda app: ptg.watch(app.runtime, "x", print), "watched: a task, a group or the handle of one"),
    (TypeError, lambda app: ptg.watch(app.runtime, app.handle, 42), "over: a function was expected, got 42"),
    (ValueError, lambda app: ptg.snapshot(timeout=-1), "negative"),
    (TypeError, lambda app: ptg.snapshot(42), "group: a group was expected, got 42"),
]


@pytest.mark.parametrize(("error", "call", "message"), CASES, ids=[case[2] for case in CASES])
def test_bad_argument_is_told(error, call, message):
    async def main():
        async with ptg.PersistentTaskGroup() as app:
            with pytest.raises(error, match=message) as raised:
                call(app)
            said = str(raised.value)
            assert "_ns" not in said
            assert "cdata" not in said
            assert "\n" not in said
            assert (app.task_handles(), app.group_handles(), app.state) == ([], [], "open")

    asyncio.run(main())


def test_function_among_coroutines_is_told():
    async def main():
        async with ptg.PersistentTaskGroup():
            with pytest.raises(TypeError, match="call it first"):
                await ptg.gather(asyncio.sleep(0), asyncio.sleep, asyncio.sleep(0))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(main())


def test_bad_arguments_about_a_task_are_told():
    async def main():
        async with ptg.PersistentTaskGroup() as group:
            task = group.create_task(park())
            for error, call in (
                (TypeError, lambda: task.request_cancel(42)),
                (ValueError, lambda: task.request_cancel("x" * 256)),
                (TypeError, lambda: task.request_cancel(originator="x")),
                (TypeError, lambda: task.extend_grace("5")),
                (ValueError, lambda: task.extend_grace(1e30)),
            ):
                with pytest.raises(error) as raised:
                    call()
                assert "cdata" not in str(raised.value)
            assert not task.info().is_cancel_requested
            task.cancel()

    asyncio.run(main())
