from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.bot_process import BotProcess
from sandbox.sandbox import Sandbox
from sandbox.spawning import Spawn
from sandbox.web.opening import open_page
from sandbox.web.server import PageServer
from tests.rig import SHRINK
from tests.sandbox.web.page_client import PageClient, open_page_client

TINY_BOT = "tests.sandbox.gateway.tiny_bot"


@pytest.fixture
async def sandbox(tmp_path: Path, spawn: Spawn) -> AsyncIterator[Sandbox]:
    """A sandbox."""
    async with Sandbox.open(data_dir=tmp_path, spawn=spawn) as opened:
        opened.model_api.pace.shrink = SHRINK
        yield opened


@pytest.fixture
def bot(sandbox: Sandbox) -> BotProcess:
    """A little discord.py bot that is not started."""
    return sandbox.bot(module=TINY_BOT)


@pytest.fixture
async def server(sandbox: Sandbox, bot: BotProcess, tmp_path: Path) -> AsyncIterator[PageServer]:
    """The page's server, with a folder of hosted pictures beside a file that is none; the bot does not run."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "note.txt").write_text("hosted")
    (tmp_path / "secret.txt").write_text("not for the page")
    async with open_page(sandbox, bot, hosts={"pictures.example.com": folder}) as page:
        yield page


@pytest.fixture
async def page(server: PageServer) -> AsyncIterator[PageClient]:
    """A page open as ada; the bot does not run."""
    async with open_page_client(server.url) as client:
        yield client


@pytest.fixture
async def live(page: PageClient, bot: BotProcess) -> AsyncIterator[PageClient]:
    """A page open as ada with the bot online."""
    async with bot:
        await bot.wait_ready()
        yield await page.until(lambda page: page.view["bot_state"] == "online" and page.view["commands"])
