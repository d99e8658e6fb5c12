"""`check` and the log tell that this machine's clock is wrong; until it is set right, cards come all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import wiring
from bot.checks.network import check_discord
from cogs.discord_py.endpoints import use_endpoints
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from services.clock import SystemClock
from tests.contract.bot.living_bot import living_bot, settings_for
from tests.rig import SHRINK

CAT = paint("cat.png", width=64, height=64)


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE)
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE = before


async def test_a_clock_that_is_wrong_by_minutes_is_a_finding(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Discord dates its answers: what differs by minutes is told, with the way to set it right."""
    async with Sandbox.open(data_dir=tmp_path) as sandbox:
        settings = settings_for(sandbox, tmp_path)
        use_endpoints(**settings.discord.endpoints)
        assert (await check_discord(settings)).is_ok
        await sandbox.discord.clock.advance(630)
        finding = await check_discord(settings)
    assert not finding.is_ok
    assert "10 min" in finding.report
    assert "behind Discord's" in finding.report
    assert "NTP" in caplog.text


class AheadClock(SystemClock):
    """A clock that is twenty minutes ahead of Discord's."""

    def now(self) -> datetime:
        """Return wall time, aware UTC."""
        return super().now() + timedelta(minutes=20)


async def test_a_clock_that_is_ahead_gives_up_no_private_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its token lives for a quarter of an hour from when it came, whatever our clock says: there is no other way."""
    monkeypatch.setattr(wiring, "SystemClock", AheadClock)
    async with Sandbox.open(data_dir=tmp_path) as sandbox:
        sandbox.model_api.pace.shrink = SHRINK
        member = sandbox.clients.join("member")
        member.user.accepts_direct_messages = False
        async with living_bot(sandbox, settings_for(sandbox, tmp_path)):
            reply = await member.slash("edit", prompt="a fox", image1=CAT, private=True)
            card = await reply.message()
            await card.until_text("Done")
    assert len(card.attachments) == 1
