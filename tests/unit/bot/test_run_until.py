"""Loops run until a stop; one that ends takes the others with it, and says so."""

import asyncio
import logging

import pytest

from bot.running import LoopDied, run_until
from services.errors import StartupError


class Endless:
    """A loop that runs until cancelled, and knows whether it was."""

    def __init__(self) -> None:
        self.is_running = asyncio.Event()
        self.is_cancelled = False

    async def __call__(self) -> None:
        """Run."""
        self.is_running.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.is_cancelled = True
            raise


async def test_a_stop_cancels_every_loop_and_is_no_error() -> None:
    """After a stop every loop has ended, and the run returns."""
    stop, first, second = asyncio.Event(), Endless(), Endless()
    running = asyncio.create_task(run_until(stop, {"first": first, "second": second}))
    await asyncio.gather(first.is_running.wait(), second.is_running.wait())
    stop.set()
    await running
    assert first.is_cancelled
    assert second.is_cancelled


async def test_a_loop_that_breaks_ends_everything(caplog: pytest.LogCaptureFixture) -> None:
    """A loop's error cancels the others, is logged with its traceback, and ends the run as an error."""

    async def breaks() -> None:
        raise ValueError("broken")

    other = Endless()
    with caplog.at_level(logging.CRITICAL), pytest.raises(LoopDied, match="broken"):
        await run_until(asyncio.Event(), {"poller": breaks, "other": other})
    assert "the poller loop died" in caplog.text
    assert "ValueError: broken" in caplog.text


async def test_a_loop_that_returns_is_an_error_too(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing may limp on without one of its loops, even one that ended without an error."""

    async def returns() -> None:
        """End at once."""

    with caplog.at_level(logging.CRITICAL), pytest.raises(LoopDied, match="the poller loop ended"):
        await run_until(asyncio.Event(), {"poller": returns, "other": Endless()})


async def test_a_wrong_setup_found_late_keeps_its_sentence(caplog: pytest.LogCaptureFixture) -> None:
    """A refused token comes out as it is, without a traceback in the log."""

    async def refused() -> None:
        raise StartupError("Discord refuses discord.token")

    with pytest.raises(StartupError, match=r"refuses discord\.token"):
        await run_until(asyncio.Event(), {"discord": refused, "other": Endless()})
    assert caplog.text == ""


async def test_a_loop_may_take_its_time_to_stop() -> None:
    """A cancelled loop that finishes something first is waited for."""
    stop, is_running, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def careful() -> None:
        is_running.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            finished.set()

    running = asyncio.create_task(run_until(stop, {"careful": careful}))
    await is_running.wait()
    stop.set()
    await running
    assert finished.is_set()
