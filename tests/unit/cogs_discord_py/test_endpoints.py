"""discord.py's addresses can be moved, and are where they are expected."""

from collections.abc import Iterator

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.settings import DiscordSettings
from cogs.discord_py.endpoints import use_endpoints


@pytest.fixture(autouse=True)
def _restored_endpoints() -> Iterator[None]:
    before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE)
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE = before


def test_the_defaults_are_the_librarys_own() -> None:
    """Without a setting, nothing moves: our defaults are what discord.py has."""
    defaults = DiscordSettings()
    assert defaults.api_url == Route.BASE
    assert yarl.URL(defaults.gateway_url) == DiscordWebSocket.DEFAULT_GATEWAY
    assert defaults.cdn_url == discord.Asset.BASE


def test_every_address_follows_the_settings() -> None:
    """REST calls, the gateway and pictures go where the settings say."""
    settings = DiscordSettings(
        api_url="http://proxy:1/api/v10", gateway_url="ws://proxy:2/gateway", cdn_url="http://proxy:3/cdn"
    )
    use_endpoints(**settings.endpoints)
    assert Route("GET", "/gateway/bot").url == "http://proxy:1/api/v10/gateway/bot"
    assert str(DiscordWebSocket.DEFAULT_GATEWAY) == "ws://proxy:2/gateway"
    assert discord.Asset.BASE == "http://proxy:3/cdn"
