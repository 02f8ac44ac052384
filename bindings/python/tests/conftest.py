"""Every test leaves nothing behind."""

import asyncio
import gc

import pytest

from ptg import _given, all_runtimes

PATIENCE = 30


@pytest.fixture(autouse=True)
def _nothing_is_left():
    yield
    gc.collect()
    assert all_runtimes() == []
    assert _given.count() == 0


@pytest.fixture
def unhandled(ptg_clock):
    """What the loop's exception handler was told, under the manual clock."""
    told = []
    ptg_clock.loop.set_exception_handler(lambda loop, context: told.append(context))
    return told


async def park():
    await asyncio.get_running_loop().create_future()


async def fail(error):
    raise error
