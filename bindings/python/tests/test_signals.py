"""Programs that end on a signal, as real ones."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import warnings

import pytest

import ptg

PATIENCE = 30

PROGRAM = """
import asyncio, sys, time
import ptg

async def park():
    await asyncio.get_running_loop().create_future()

async def deaf():
    while True:
        try:
            await park()
        except asyncio.CancelledError:
            print("cancelled", flush=True)

async def blocked():
    print("ready", flush=True)
    while True:
        time.sleep(0.01)

async def main(what):
    group = ptg.PersistentTaskGroup(name="app")
    if what == "raises":
        raise OSError("main")
    if what == "fails":
        group.create_task(fail())
    if what in ("deaf", "blocked"):
        group.create_task({"deaf": deaf, "blocked": blocked}[what]())
    if what != "deaf":
        group.create_task(park())
    if what != "blocked":
        asyncio.get_running_loop().call_later(0.05, lambda: print("ready", flush=True))

async def fail():
    raise ValueError("nobody's")

if __name__ == "__main__":
    sys.exit(ptg.run(main(sys.argv[1]), grace=GRACE, cancel_wait=0.1))
"""


def start(what, grace="0.05"):
    program = PROGRAM.replace("GRACE", grace)
    process = subprocess.Popen(
        [sys.executable, "-c", program, what], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if what != "raises":
        assert process.stdout.readline() == "ready\n"
    return process


def end(process):
    try:
        output, errors = process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return process.returncode, output, errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_first_signal_ends_it_in_order(number):
    process = start("well")
    process.send_signal(number)
    status, output, errors = end(process)
    assert (status, errors) == (0, "")
    assert "/app: 0 drained, 1 cancelled" in output


def test_second_signal_forces():
    process = start("well", grace="3600")
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    status, output, _ = end(process)
    assert status == 0
    assert "1 cancelled" in output


def test_third_signal_ends_it_at_once_though_the_loop_is_stuck():
    process = start("blocked", grace="3600")
    for _ in range(PATIENCE):  # two of one sort that are pending are one
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)
            break
    status, _, _ = end(process)
    assert status == 4


def test_who_ignores_its_cancel_is_abandoned_and_told():
    process = start("deaf")
    process.send_signal(signal.SIGTERM)
    status, output, _ = end(process)
    assert status == 4
    assert "cancelled\n" in output
    assert "1 abandoned" in output


def test_unhandled_failure_is_in_the_status():
    process = start("fails")
    process.send_signal(signal.SIGTERM)
    status, _, errors = end(process)
    assert status == 3
    assert "nobody's" in errors


def test_main_that_fails_ends_the_program():
    status, output, errors = end(start("raises"))
    assert status == 1
    assert "main failed" in errors
    assert errors.count("Traceback") == 1
    assert "/app" in output


def test_main_that_cannot_be_run_is_refused_and_closed():
    async def main():
        pass

    async def inside():
        with pytest.raises(RuntimeError, match="while a loop runs"):
            ptg.run(main())

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ptg.InvalidError, match="limit"):
            ptg.run(main(), grace=-1)
        with pytest.raises(TypeError, match="a coroutine was expected"):
            ptg.run(main)
        asyncio.run(inside())
