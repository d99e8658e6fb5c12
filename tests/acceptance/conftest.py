"""The whole bot: a fresh sandbox and the real process for each test."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from pathlib import Path

import pytest

from sandbox.bot_config import Overrides
from sandbox.bot_process import BotProcess
from sandbox.discord.conformance import Conformance
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from sandbox.spawning import Spawn, spawn_interpreter
from tests.rig import SHRINK, StartBot, assert_clean, openapi_document

PICTURE_HOST = "pictures.example.com"
PICTURES = ("cat.png", "boat.jpg", "house.webp", "cat.gif")
QUEUE_SECONDS = RUN_SECONDS = 0.15

_failed = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known that give a test's bot its settings, and the start that its operator sees."""
    config.addinivalue_line("markers", "interpreter: the bot starts in a new interpreter, not as a fork of a warm one")
    config.addinivalue_line("markers", "settings(**sections): sections of the bot's settings, each a table of keys")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether a test failed, so that its fixtures can show more."""
    report = yield
    item.stash[_failed] = item.stash.get(_failed, default=False) or report.failed
    return report


@pytest.fixture(scope="session")
def conformance() -> Conformance | None:
    """Discord's own document, where it is at hand."""
    document = openapi_document()
    return Conformance(document) if document else None


@pytest.fixture(scope="session")
def picture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files behind https://pictures.example.com/ in the sandbox."""
    folder = tmp_path_factory.mktemp("pictures")
    for name in PICTURES:
        (folder / name).write_bytes(paint(name, width=320, height=240).data)
    return folder


@pytest.fixture
async def sandbox(
    tmp_path: Path,
    picture_folder: Path,
    conformance: Conformance | None,
    spawn: Spawn,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Sandbox]:
    """A fresh sandbox with quick jobs; at the end the bot has broken no rule of either wire."""
    if request.node.get_closest_marker("interpreter"):
        spawn = spawn_interpreter
    async with Sandbox.open(data_dir=tmp_path, host_map={PICTURE_HOST: picture_folder}, spawn=spawn) as opened:
        opened.model_api.pace.queue_seconds = QUEUE_SECONDS
        opened.model_api.pace.run_seconds = RUN_SECONDS
        opened.model_api.pace.shrink = SHRINK
        yield opened
        assert_clean(opened, conformance)


@pytest.fixture
def overrides(request: pytest.FixtureRequest) -> Overrides:
    """The settings that the test's marker gives: `@pytest.mark.settings(quota={"jobs_per_day": 3})`."""
    marker = request.node.get_closest_marker("settings")
    return dict(marker.kwargs) if marker else {}


@pytest.fixture
async def start_bot(sandbox: Sandbox, overrides: Overrides, request: pytest.FixtureRequest) -> AsyncIterator[StartBot]:
    """Starts bots that end with the test; their logs are shown when it fails."""
    started: list[BotProcess] = []
    marked = overrides

    async def start(
        *,
        overrides: Overrides | None = None,
        database_url: str | None = None,
        config: Path | None = None,
        module: str = "bot",
        arguments: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
        wait: bool = True,
    ) -> BotProcess:
        written = config or sandbox.write_config(database_url=database_url, overrides={**marked, **(overrides or {})})
        bot = sandbox.bot(config=written, module=module, arguments=arguments, env=env)
        started.append(await bots.enter_async_context(bot))
        return await bot.wait_ready() if wait else bot

    async with contextlib.AsyncExitStack() as bots:
        yield start
    if request.node.stash.get(_failed, default=False):
        for number, bot in enumerate(started, start=1):
            sys.stdout.write(f"---- log of bot {number}, exit code {bot.exit_code} ----\n{bot.log}\n")


@pytest.fixture
async def bot(start_bot: StartBot) -> BotProcess:
    """The real bot, `python -m bot run`, ready for commands."""
    return await start_bot()
