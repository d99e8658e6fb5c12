"""Running a bot as a process of its own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.bot_process import BotExitedError, BotProcess
from sandbox.sandbox import Sandbox
from sandbox.spawning import Spawn, spawn_interpreter
from tests.rig import until

MODULE = "tests.sandbox.gateway.stubborn"


@pytest.fixture(params=["interpreter", "fork"])
async def sandbox(tmp_path: Path, spawn: Spawn, request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """An empty sandbox whose processes start in this way."""
    way = spawn_interpreter if request.param == "interpreter" else spawn
    async with Sandbox.open(data_dir=tmp_path, spawn=way) as opened:
        yield opened


def process(sandbox: Sandbox, way: str) -> BotProcess:
    """A process that behaves in this way."""
    return sandbox.bot(module=MODULE, arguments=[way], env={"EXTRA": "yes"})


def lives(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


async def test_sigterm_is_obeyed_and_timed(sandbox: Sandbox) -> None:
    """`terminate` tells the exit code and how long it took."""
    async with process(sandbox, "obeys") as bot:
        await bot.wait_for_log("settled")
        ended = await bot.terminate()
        assert ended.code == 0
        assert 0 <= ended.seconds < 5
        assert not bot.is_running


async def test_a_process_that_ignores_sigterm_is_told_and_then_killed(sandbox: Sandbox) -> None:
    """`terminate` raises when the time is over, and the process still runs; leaving the block kills it."""
    async with process(sandbox, "ignores") as bot:
        await bot.wait_for_log("settled")
        with pytest.raises(TimeoutError, match="settled"):
            await bot.terminate(timeout_seconds=0.2)
        assert bot.is_running
        pid = bot.pid
    assert not lives(pid)
    assert bot.exit_code == -signal.SIGKILL


async def test_kill_and_start_again(sandbox: Sandbox) -> None:
    """After `kill` it can be started anew; the log goes on."""
    async with process(sandbox, "ignores") as bot:
        await bot.wait_for_log("settled")
        assert (await bot.kill()).code == -signal.SIGKILL
        await bot.start()
        await bot.until(lambda: bot.log.count("settled") == 2, what="settled twice")


async def test_an_early_exit_is_reported_with_the_log(sandbox: Sandbox) -> None:
    """Waiting for a bot that has exited ends at once and shows what it wrote."""
    async with process(sandbox, "exits") as bot:
        with pytest.raises(BotExitedError, match="exited with 3 before ready:\nway exits"):
            await bot.wait_ready()


async def test_the_environment_is_clean_but_for_what_is_given(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A developer's own token never reaches the bot under test; extra variables do."""
    monkeypatch.setenv("DISCORD_TOKEN", "a-real-one")
    async with process(sandbox, "obeys") as bot:
        await bot.wait_for_log("token None, extra yes")


async def test_nothing_is_left_behind(sandbox: Sandbox) -> None:
    """Children die with the bot."""
    async with process(sandbox, "has-child") as bot:
        await bot.wait_for_log("settled")
        child = int(re.search(r"child (\d+)", bot.log)[1])  # type: ignore[index] # it was logged before "settled"
        assert lives(child)
        await bot.kill()
        await until(lambda: not lives(child))


async def test_nothing_is_left_behind_by_a_cancelled_test(sandbox: Sandbox) -> None:
    """Cancelling the block kills the process."""
    bot = process(sandbox, "ignores")

    async def use() -> None:
        async with bot:
            await asyncio.Event().wait()

    task = asyncio.create_task(use())
    await until(lambda: bot.is_running)
    await bot.wait_for_log("settled")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not lives(bot.pid)
    with pytest.raises(ProcessLookupError):
        os.killpg(bot.pid, 0)


async def test_the_end_of_a_long_log_begins_with_a_whole_line(sandbox: Sandbox) -> None:
    """What people read of it begins with no half of a line."""
    async with sandbox.bot(module="pydoc", arguments=("str",)) as bot:
        await bot.wait_exit()
        assert len(bot.log_tail) < len(bot.log)
        assert bot.log.endswith("\n" + bot.log_tail)
