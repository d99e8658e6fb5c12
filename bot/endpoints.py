"""Points discord.py at other addresses: a proxy that keeps rate limits, or the sandbox.

The only file that touches the library's internals; `tests/unit/bot/test_endpoints.py` notices when they move.
"""

from __future__ import annotations

import yarl
from discord import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.settings import DiscordSettings


def use_endpoints(discord: DiscordSettings) -> None:
    """Use the settings' addresses for REST, gateway and CDN; call it before anything logs in.

    The gateway's address is where each shard identifies and where an invalidated session returns to; a session that
    resumes goes to the address that READY gave.
    """
    Route.BASE = discord.api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(discord.gateway_url)
    Asset.BASE = discord.cdn_url
