"""Child processes: real ones."""

import asyncio
import os
import signal
import subprocess

import pytest
from conftest import PATIENCE

import ptg


def run(main):
    """Nothing here may hang, and no child may be left."""
    asyncio.run(asyncio.wait_for(main(), PATIENCE))
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def lines_of(lines):
    return lambda line, stream: lines.append((line, stream))


def test_process_is_a_task_whose_output_is_told_by_lines():
    lines = []

    async def main():
        async with ptg.PersistentTaskGroup() as group:
            process = group.spawn_process("sh", "-c", "echo out; echo err >&2; printf rest", on_line=lines_of(lines))
            assert group.tasks() == [process]
            assert (process.info().name, process.info().type_name) == ("sh", "process")
            assert process.pid == 0
            assert await process.started() == process.pid > 0
            assert await process is None
            assert process.outcome.status == 0
            with pytest.raises(ptg.StaleError):
                process.send_signal(signal.SIGTERM)
        assert group.statistics().succeeded == 1

    run(main)
    assert sorted(lines) == [(b"err", "stderr"), (b"out", "stdout"), (b"rest", "stdout")]


def test_environment_folder_and_files_are_those_given(tmp_path):
    out, both = tmp_path / "out", tmp_path / "both"
    both.write_text("before\n")

    async def main():
        async with ptg.PersistentTaskGroup() as group:
            script = 'pwd; echo "$WORD"; echo "${HOME-none}"'
            env = {"WORD": "a word", "PATH": os.environ["PATH"]}
            await group.spawn_process("sh", "-c", script, env=env, cwd=tmp_path, stdout=out, name="where")
            await group.spawn_process("sh", "-c", "echo after >&2", stdout=both, stderr=os.fspath(both))

    run(main)
    assert out.read_text() == f"{tmp_path}\na word\nnone\n"
    assert both.read_text() == "before\nafter\n"


def ending(script, returncode):
    async def main():
        told = []
        async with ptg.PersistentTaskGroup(
            exception_handler=lambda *failure: told.append(ptg.current_error())
        ) as group:
            process = group.spawn_process("sh", "-c", script)
            with pytest.raises(subprocess.CalledProcessError) as raised:
                await process
            assert raised.value.returncode == returncode
            assert raised.value.cmd == ("sh", "-c", script)
        [error] = told
        assert error.exception is raised.value
        assert error.task is process
        assert error.outcome.code == abs(returncode)
        assert group.statistics().failed == 1

    run(main)


def test_exit_status_is_an_error_for_handler_and_waiter():
    ending("exit 3", 3)


def test_signal_is_an_error_for_handler_and_waiter():
    ending("kill -KILL $$", -signal.SIGKILL)


def test_signal_can_be_sent():
    async def main():
        async with ptg.PersistentTaskGroup() as group:
            process = group.spawn_process("sleep", "3600", observed=True)
            with pytest.raises(ptg.BusyError):
                process.send_signal(signal.SIGINT)
            await process.started()
            process.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.CalledProcessError, match="SIGINT"):
                await process

    run(main)


def test_observed_failure_is_its_waiters_only():
    told = []

    async def main():
        async with ptg.PersistentTaskGroup(exception_handler=lambda *failure: told.append(failure)) as group:
            with pytest.raises(subprocess.CalledProcessError):
                await group.spawn_process("false", observed=True)
        assert group.statistics().failed == 1

    run(main)
    assert told == []


def test_program_that_is_not_there_says_so():
    async def main():
        async with ptg.PersistentTaskGroup() as group:
            for options in ({}, {"cwd": "/there/is/none"}, {"stdout": "/there/is/none"}):
                command = ["true"] if options else ["/there/is/none"]
                process = group.spawn_process(*command, observed=True, **options)
                with pytest.raises(FileNotFoundError, match="/there/is/none: no such file"):
                    await process.started()

    run(main)


def test_shutdown_ends_what_was_asked_with_its_signal():
    async def main():
        group = ptg.PersistentTaskGroup(grace=PATIENCE)
        script = 'trap "exit 0" USR1; echo ready; while :; do sleep 3600 & wait; done'
        ready = asyncio.Event()
        polite = group.spawn_process("sh", "-c", script, drain_signal=signal.SIGUSR1, on_line=lambda *_: ready.set())
        plain = group.spawn_process("sleep", "3600")
        await ready.wait()
        pid = await plain.started()
        report = await group.shutdown()
        assert (report.rows[0].drained, report.rows[0].cancelled) == (1, 1)
        assert await polite is None
        with pytest.raises(asyncio.CancelledError):
            await plain
        assert plain.outcome.code == signal.SIGTERM
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    run(main)


def test_who_ignores_its_signal_is_killed_with_what_it_has_started():
    async def main():
        group = ptg.PersistentTaskGroup(cancel_wait=0.05)
        pids = asyncio.Queue()
        script = 'trap "" TERM; (trap "" TERM; sleep 3600) & echo $!; wait'
        process = group.spawn_process("sh", "-c", script, on_line=lambda line, _: pids.put_nowait(int(line)))
        below = await pids.get()
        report = await group.shutdown()
        assert (report.rows[0].killed, report.rows[0].abandoned) == (1, 0)
        assert process.outcome.is_killed
        with pytest.raises(ProcessLookupError):
            os.kill(below, 0)

    run(main)


def test_cancelled_waiter_leaves_it_running():
    async def main():
        async with ptg.PersistentTaskGroup() as group:
            process = group.spawn_process("sleep", "3600")
            await process.started()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await process
            assert process.outcome is None
            process.request_cancel("no longer needed")
            with pytest.raises(asyncio.CancelledError, match="no longer needed"):
                await process

    run(main)


def test_end_of_the_loop_ends_the_children():
    pids = []

    async def main():
        group = ptg.PersistentTaskGroup(grace=PATIENCE)
        pids.append(await group.spawn_process("sleep", "3600").started())

    run(main)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_failing_callback_is_told_to_the_loop(ptg_clock, unhandled):
    def broken(line, _stream):
        raise ValueError(line)

    async def main():
        group = ptg.PersistentTaskGroup()
        await group.spawn_process("echo", "line", on_line=broken)

    ptg_clock.run(main())
    assert [type(context["exception"]) for context in unhandled] == [ValueError]


@pytest.mark.parametrize(
    ("error", "command", "options"),
    [
        (TypeError, [], {}),
        (TypeError, ["echo", 42], {}),
        (ValueError, ["echo", "a\0b"], {}),
        (ValueError, [""], {}),
        (TypeError, ["true"], {"cwd": 42}),
        (TypeError, ["true"], {"env": {"KEY": 42}}),
        (ValueError, ["true"], {"env": {"K=Y": "value"}}),
        (TypeError, ["true"], {"drain_signal": "TERM"}),
        (ValueError, ["true"], {"drain_signal": 999}),
        (TypeError, ["true"], {"on_line": 42}),
        (TypeError, ["true"], {"unknown": 42}),
    ],
)
def test_bad_arguments_are_told(error, command, options):
    async def main():
        group = ptg.PersistentTaskGroup()
        with pytest.raises(error) as raised:
            group.spawn_process(*command, **options)
        assert "\n" not in str(raised.value)
        assert group.statistics().live == 0
        await group.shutdown()
        with pytest.raises(ptg.ClosedError):
            group.spawn_process("true")

    run(main)
