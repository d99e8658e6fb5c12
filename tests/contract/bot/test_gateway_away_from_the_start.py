"""A bot whose gateway is away from its very first try on: it tries for as long as that lasts."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from pydantic import SecretStr

from bot.client import ComfyBot
from bot.settings import DatabaseSettings, JobsSettings, RunComfySettings, Settings
from bot.wiring import open_app
from tests.contract.bot.answering import answering

ROOM = 150  # frames that Python may go deeper than this test
TRIES = 2 * ROOM
USER = '{"id": "7", "username": "bot", "discriminator": "0", "avatar": null}'


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the library's pauses take no time, and Python's recursion end early: 80 minutes are to pass in a moment."""
    sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda _seconds: sleep(0))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + ROOM)
    yield
    sys.setrecursionlimit(limit)


class Refusals:
    """Counts those who were turned away."""

    def __init__(self) -> None:
        self.count = 0
        self.are_enough = asyncio.Event()

    async def refuse(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hang up."""
        self.count += 1
        if self.count >= TRIES:
            self.are_enough.set()
        writer.close()


@pytest.fixture
async def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ComfyBot]:
    """Provide a bot that has logged in, of one shard."""
    settings = Settings(
        runcomfy=RunComfySettings(token=SecretStr("x" * 40)),
        database=DatabaseSettings(url=SecretStr(f"sqlite+aiosqlite:///{tmp_path / 'jobs.db'}")),
        jobs=JobsSettings(results_dir=tmp_path / "results"),
    )
    async with open_app(settings) as app, answering(200, text=USER, content_type="application/json") as address:
        monkeypatch.setattr(Route, "BASE", address)
        async with ComfyBot(app.services, extensions=()) as bot:
            await bot.http.static_login("x" * 60)
            bot.shard_count = 1
            yield bot


@asynccontextmanager
async def gateway_away(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Refusals]:
    """Turn everybody away in the gateway's place."""
    refusals = Refusals()
    async with await asyncio.start_server(refusals.refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(f"ws://127.0.0.1:{port}"))
        yield refusals


@pytest.mark.usefixtures("_hurried")
async def test_an_outage_may_last(bot: ComfyBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot still tries after more failures than Python's recursion is deep; a close ends the trying."""
    async with gateway_away(monkeypatch) as refusals:
        connecting = asyncio.create_task(bot.connect())
        enough = asyncio.create_task(refusals.are_enough.wait())
        async with asyncio.timeout(20):
            await asyncio.wait({connecting, enough}, return_when=asyncio.FIRST_COMPLETED)
            assert not connecting.done(), connecting.exception()
            await bot.close()
            await connecting
