"""A bare discord.py bot on a stock install: one command that defers and does nothing else.

`python -m bench.bare_bot --config FILE`, with the settings file that the sandbox writes for the real bot.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

# A stock install of discord.py has none of these; to it they are not there, wherever this runs.
for _extra in ("orjson", "aiodns", "brotli", "brotlicffi", "uvloop"):
    sys.modules[_extra] = None  # type: ignore[assignment]  # Python's own way to make an import fail

import discord  # noqa: E402 - after the block above
import yarl  # noqa: E402
from discord import app_commands  # noqa: E402
from discord.gateway import DiscordWebSocket  # noqa: E402
from discord.http import Route  # noqa: E402


class BareBot(discord.Client):
    """The least that a bot with a slash command needs."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self.tree = app_commands.CommandTree(self)
        self.tree.add_command(edit)

    async def setup_hook(self) -> None:
        """Register the command."""
        await self.tree.sync()


@app_commands.command(description="Defer, and no more")
async def edit(interaction: discord.Interaction[BareBot], prompt: str, image1: discord.Attachment) -> None:  # noqa: ARG001 - an option is a parameter
    """Acknowledge, whatever was given."""
    await interaction.response.defer()


def main(config: Path) -> None:
    """Run until killed."""
    settings = tomllib.loads(config.read_text(encoding="utf-8"))["discord"]
    Route.BASE = settings["api_url"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings["gateway_url"])
    BareBot().run(settings["token"], log_handler=None)


if __name__ == "__main__":
    main(Path(sys.argv[-1]))
