"""A Discord that is overloaded at the start keeps nobody offline for longer than it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace

import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import patience
from bot.command_sync import KEY
from bot.patience import LONGEST_SECONDS, is_passing, pause_seconds
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.contract.bot.living_bot import living_bot, settings_for
from tests.rig import SHRINK, until

WRITE = "PUT /applications/{application_id}/commands"
READ = "GET /applications/{application_id}/commands"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the pauses be short, and put the addresses back."""
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(patience, "LONGEST_SECONDS", 0.05)
    before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE)
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE = before


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A fresh local Discord and Model API."""
    async with Sandbox.open(data_dir=tmp_path) as opened:
        opened.model_api.pace.shrink = SHRINK
        yield opened


async def test_commands_are_registered_as_soon_as_discord_takes_them(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """While the registration meets 503s the bot is online and answers; it registers by itself when that is over."""
    settings = settings_for(sandbox, tmp_path)
    async with living_bot(sandbox, settings):
        await until(lambda: sandbox.state.commands.writes == 1, what="the registration")
    fault = sandbox.discord.faults.fail(READ, status=503, times=None)
    async with living_bot(sandbox, settings) as (app, _):
        await until(lambda: fault.hits >= 8, what="eight tries in vain")
        reply = await sandbox.clients.ada.slash("edit", prompt="a fox", image1=paint("cat.png", width=64, height=48))
        await reply.acknowledged()
        written = await app.services.key_values.get_value(KEY)
        sandbox.state.commands.scopes.clear()
        sandbox.discord.faults.clear()
        await until(lambda: sandbox.state.commands.writes == 2, what="the registration")
        while await app.services.key_values.get_value(KEY) == written:  # noqa: ASYNC110 - what the bot's own task writes
            await asyncio.sleep(0.01)
    told = [record for record in caplog.records if "register the commands" in record.getMessage()]
    assert "HTTP 503" in told[0].getMessage()
    assert len(told) <= fault.hits // 8, "told once, then rarely"


@pytest.mark.parametrize("status", [503, 429])
async def test_a_stop_while_commands_are_not_registered(sandbox: Sandbox, tmp_path: Path, status: int) -> None:
    """A long wait, which a 429 asks for, ends with the bot; nothing is noted as registered."""
    sandbox.discord.faults.fail(WRITE, status=status, retry_after=3600 if status == 429 else None, times=None)
    async with asyncio.timeout(20):
        async with living_bot(sandbox, settings_for(sandbox, tmp_path)) as (app, bot):
            assert bot.is_connected
            assert await app.services.key_values.get_value(KEY) is None
    assert sandbox.state.commands.writes == 0


async def test_a_refusal_for_good_is_told_and_not_repeated(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What waiting does not fix is one line, and the bot serves."""
    fault = sandbox.discord.faults.fail(WRITE, status=403, code=50001, times=None)
    async with living_bot(sandbox, settings_for(sandbox, tmp_path)) as (_, bot):
        await until(lambda: "could not be synced" in caplog.text, what="the line")
        assert bot.is_connected
    assert fault.hits == 1


@pytest.mark.parametrize(
    "route", ["GET /users/@me", "GET /oauth2/applications/@me", "GET /gateway/bot"], ids=["login", "who", "gateway"]
)
async def test_an_overloaded_discord_is_waited_for(sandbox: Sandbox, tmp_path: Path, route: str) -> None:
    """503s at the login, and where the gateway is asked for, end nothing: the bot comes up when they are over."""
    fault = sandbox.discord.faults.fail(route, status=503, times=8)
    async with living_bot(sandbox, settings_for(sandbox, tmp_path)) as (_, bot):
        assert bot.is_connected
    assert fault.hits == 8


def refused(status: int, **headers: str) -> discord.HTTPException:
    """Return Discord's refusal as the library raises it."""
    response = SimpleNamespace(status=status, reason="", headers={k.replace("_", "-"): v for k, v in headers.items()})
    return discord.HTTPException(response, "")


def test_pauses_grow_and_are_as_long_as_discord_asks() -> None:
    """They double up to the longest; what Retry-After says is kept, an hour at most."""
    pauses = [pause_seconds(failures, refused(503), spread=0.5) for failures in range(1, 60)]
    assert pauses == sorted(pauses)
    assert pauses[-1] <= LONGEST_SECONDS
    assert pause_seconds(1, refused(429, Retry_After="120"), spread=0) == 120
    assert pause_seconds(1, refused(429, Retry_After="1e400"), spread=0) == 3600
    assert pause_seconds(1, refused(429, Retry_After="soon"), spread=0) < 3600


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (refused(500), True),
        (refused(503), True),
        (refused(429), True),
        (refused(400), False),
        (refused(401), False),
        (refused(403), False),
        (refused(403, Content_Type="text/html; charset=UTF-8"), True),
        (refused(403, Content_Type="application/json"), False),
        (refused(408), True),
        (refused(425), True),
        (KeyError("retry_after"), True),
        (KeyError("id"), False),
        (OSError(), True),
        (TimeoutError(), True),
        (discord.LoginFailure(), False),
        (TypeError(), False),
    ],
)
def test_what_waiting_fixes(error: Exception, *, passes: bool) -> None:
    """A server's error and no connection pass; a refusal does not."""
    assert is_passing(error) == passes
