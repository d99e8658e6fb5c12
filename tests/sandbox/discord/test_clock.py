"""The sandbox's clock sleeps, is moved, and never stands still."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.clock import SandboxClock

NAP_SECONDS = 0.02
LONG_SECONDS = 3600.0


async def test_sleepers_cancelled_as_their_time_is_up() -> None:
    """Whoever is cancelled at that moment is gone, and others sleep and wake as before."""
    clock, loop = SandboxClock(), asyncio.get_running_loop()
    sleepers = [asyncio.create_task(clock.sleep(NAP_SECONDS)) for _ in range(50)]
    await asyncio.sleep(0)
    for number, sleeper in enumerate(sleepers):
        loop.call_later(NAP_SECONDS + number / 50_000, sleeper.cancel)
    _, stuck = await asyncio.wait(sleepers, timeout=5)
    assert not stuck
    async with asyncio.timeout(5):
        await clock.sleep(NAP_SECONDS)


async def test_a_move_wakes_whom_it_passes() -> None:
    """Sleepers wake at once when their time has passed, the others sleep on; each move counts."""
    clock = SandboxClock()
    short = asyncio.create_task(clock.sleep(LONG_SECONDS))
    long = asyncio.create_task(clock.sleep(3 * LONG_SECONDS))
    await asyncio.sleep(0)
    await clock.advance(LONG_SECONDS)
    async with asyncio.timeout(5):
        await short
    assert not long.done()
    await clock.advance(2 * LONG_SECONDS)
    async with asyncio.timeout(5):
        await long


async def test_it_does_not_run_backwards() -> None:
    """A negative move is refused."""
    with pytest.raises(ValueError, match="backwards"):
        await SandboxClock().advance(-1)
