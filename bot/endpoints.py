"""Points discord.py at other addresses: a proxy that keeps rate limits, or the sandbox.

The only file that touches the library's internals; `tests/unit/bot/test_endpoints.py` notices when they move.
"""

from __future__ import annotations

import json

import yarl
from discord import Asset, utils
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


def read_any_text() -> None:
    """Have discord.py read JSON with halves of characters in it, as it may stand in anybody's name.

    orjson, where it is installed, refuses the whole text, and discord.py 2.7.1 ends the process over it.
    """
    strict = utils._from_json  # noqa: SLF001 - see above

    def read(text: bytes | bytearray | memoryview | str) -> object:
        try:
            return strict(text)
        except ValueError:
            return json.loads(text if isinstance(text, str) else bytes(text))

    if utils.HAS_ORJSON and strict.__name__ != read.__name__:
        utils._from_json = read  # noqa: SLF001 - see above
