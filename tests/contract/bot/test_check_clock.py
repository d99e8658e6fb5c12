"""`check` and the log tell that this machine's clock is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.check_network import check_discord
from bot.endpoints import use_endpoints
from sandbox.sandbox import Sandbox
from tests.contract.bot.living_bot import settings_for


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE)
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE = before


async def test_a_clock_that_is_wrong_by_minutes_is_a_finding(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Discord dates its answers: what differs by minutes is told, with the way to set it right."""
    async with Sandbox.open(data_dir=tmp_path) as sandbox:
        settings = settings_for(sandbox, tmp_path)
        use_endpoints(settings.discord)
        assert (await check_discord(settings)).is_ok
        await sandbox.discord.clock.advance(630)
        finding = await check_discord(settings)
    assert not finding.is_ok
    assert "10 min" in finding.report
    assert "behind Discord's" in finding.report
    assert "NTP" in caplog.text
