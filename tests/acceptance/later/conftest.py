"""One sandbox and one bot whose clocks are moved together: hours pass at once; each test has a member of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.bot_config import Overrides
from sandbox.bot_process import BotProcess
from sandbox.client_driver import ClientDriver
from sandbox.discord.conformance import Conformance
from sandbox.model_api.behaviour import Behaviour
from sandbox.sandbox import Sandbox
from sandbox.spawning import Spawn
from tests.acceptance.later.time_machine import TimeMachine
from tests.acceptance.promise import records
from tests.acceptance.shared_sandbox import opened_sandbox, run_in_one_loop
from tests.rig import until

HERE = Path(__file__).parent
SETTINGS: Overrides = {
    "quota": {"jobs_per_day": 3, "running_per_user": 1, "waiting_per_user": 2},
    "jobs": {"poll_min_seconds": 0.1, "poll_max_seconds": 0.3, "scan_seconds": 0.2, "waiting_deadline_minutes": 30},
}
NAMES = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests in the one event loop that the shared sandbox lives in."""
    run_in_one_loop(items, HERE)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def sandbox(
    tmp_path_factory: pytest.TempPathFactory, picture_folder: Path, conformance: Conformance | None, spawn: Spawn
) -> AsyncIterator[Sandbox]:
    """A sandbox for all tests of this folder; at the end the bot has broken no rule of either wire."""
    data_dir = tmp_path_factory.mktemp("later")
    async with opened_sandbox(data_dir, pictures=picture_folder, conformance=conformance, spawn=spawn) as opened:
        yield opened


@pytest.fixture(scope="package")
def time(sandbox: Sandbox) -> TimeMachine:
    """What moves everybody's clock."""
    return TimeMachine(sandbox=sandbox, file=sandbox.data_dir / "ahead")


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def one_bot(sandbox: Sandbox, time: TimeMachine) -> AsyncIterator[BotProcess]:
    """The real bot by the moved clock."""
    config = sandbox.write_config(overrides=SETTINGS)
    async with sandbox.bot(
        config=config,
        module="tests.acceptance.later.moved_clock",
        arguments=(str(time.file), "run", "--config", str(config)),
    ) as bot:
        yield await bot.wait_ready()


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def bot(sandbox: Sandbox, one_bot: BotProcess) -> AsyncIterator[BotProcess]:
    """The bot in a sandbox where nothing goes wrong yet; afterwards everything is fixed and every job has ended."""
    _restore(sandbox)
    yield one_bot
    _restore(sandbox)
    assert one_bot.is_running, one_bot.log_tail
    await until(lambda: all(record.is_settled for record in records(sandbox.data_dir)), what="every job's end")


@pytest.fixture
def member(sandbox: Sandbox) -> ClientDriver:
    """Somebody who has no jobs yet."""
    return sandbox.clients.join(f"member{next(NAMES)}")


def _restore(sandbox: Sandbox) -> None:
    sandbox.model_api.behaviour = Behaviour()
    sandbox.model_api.hooks.clear()
    sandbox.model_api.pace.queue_seconds = sandbox.model_api.pace.run_seconds = 0.1
    sandbox.model_api.pace.positions = 1  # a place in the queue that changes would be one more thing to show
    sandbox.model_api.pace.release()
