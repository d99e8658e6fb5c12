"""One sandbox and one bot for many tests: each leaves them as it found them, which is a promise by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.bot_process import BotProcess
from sandbox.discord.conformance import Conformance
from sandbox.model_api.behaviour import Behaviour
from sandbox.sandbox import Sandbox
from sandbox.spawning import Spawn
from tests.acceptance.promise import records
from tests.acceptance.shared_sandbox import opened_sandbox, run_in_one_loop
from tests.rig import until

HERE = Path(__file__).parent
# Most of these tests wait for an end and for nothing on the way; who has to see a stage holds it.
QUEUE_SECONDS = RUN_SECONDS = 0.05
UNLIMITED = {"quota": {"jobs_per_day": 10_000, "running_per_user": 100, "waiting_per_user": 100}}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests in the one event loop that the shared sandbox lives in."""
    run_in_one_loop(items, HERE)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def sandbox(
    tmp_path_factory: pytest.TempPathFactory, picture_folder: Path, conformance: Conformance | None, spawn: Spawn
) -> AsyncIterator[Sandbox]:
    """A sandbox for all tests of this folder; at the end the bot has broken no rule of either wire."""
    data_dir = tmp_path_factory.mktemp("one_bot")
    async with opened_sandbox(data_dir, pictures=picture_folder, conformance=conformance, spawn=spawn) as opened:
        yield opened


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def one_bot(sandbox: Sandbox) -> AsyncIterator[BotProcess]:
    """The real bot, without quotas."""
    async with sandbox.bot(config=sandbox.write_config(overrides=UNLIMITED)) as bot:
        yield await bot.wait_ready()


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def bot(sandbox: Sandbox, one_bot: BotProcess) -> AsyncIterator[BotProcess]:
    """The bot in a sandbox where nothing goes wrong yet; afterwards everything is fixed and every job ends."""
    _restore(sandbox)
    yield one_bot
    _restore(sandbox)
    assert one_bot.is_running, one_bot.log_tail
    await until(
        lambda: all(record.is_settled for record in records(sandbox.data_dir)),
        what="every job's end",
        timeout_seconds=30,
    )


def _restore(sandbox: Sandbox) -> None:
    sandbox.model_api.behaviour = Behaviour()
    sandbox.model_api.faults.clear()
    sandbox.model_api.hooks.clear()
    sandbox.model_api.pace.queue_seconds = QUEUE_SECONDS
    sandbox.model_api.pace.run_seconds = RUN_SECONDS
    sandbox.model_api.pace.release()
    sandbox.discord.faults.clear()
