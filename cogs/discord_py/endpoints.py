"""Points discord.py at other addresses: a proxy that keeps rate limits, or the sandbox."""

from __future__ import annotations

import yarl
from discord import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route


def use_endpoints(*, api_url: str, gateway_url: str, cdn_url: str) -> None:
    """Use these addresses for REST, gateway and CDN; call it before anything logs in.

    The gateway's address is where each shard identifies and where an invalidated session returns to; a session that
    resumes goes to the address that READY gave.
    """
    Route.BASE = api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
    Asset.BASE = cdn_url
