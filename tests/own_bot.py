"""Runs a discord.py bot of the tests' own as a process: `python -m MODULE --config FILE`, against the sandbox."""

from __future__ import annotations

import asyncio
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route


def run_own_bot(make: Callable[[], discord.Client]) -> None:
    """Run the bot until it is killed, with the settings file that the command line ends with."""
    discord.utils.setup_logging()
    settings = tomllib.loads(Path(sys.argv[-1]).read_text(encoding="utf-8"))["discord"]
    Route.BASE = settings["api_url"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings["gateway_url"])
    discord.Asset.BASE = settings["cdn_url"]
    asyncio.run(_serve(make, settings["token"]))


async def _serve(make: Callable[[], discord.Client], token: str) -> None:
    async with make() as bot:
        await bot.start(token)
