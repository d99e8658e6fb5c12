"""Makes one line of what discord.py says, with a whole traceback, each time that it cannot reach the gateway."""

from __future__ import annotations

import asyncio
import copy
import logging
import zlib

import aiohttp
import discord
from discord.gateway import ReconnectWebSocket

# Where the library tells that it tries again; what it tells anywhere else stays whole.
LOGGERS = frozenset({"discord.client", "discord.shard"})
BEGINNINGS = ("Attempting a reconnect", "Failed to connect for shard_id")
# What a gateway does that is away, overloaded, or about to restart; the last two, where something answers that is none
# (what it says is no JSON, or is not packed). Another error there is a mistake in some program.
OUTAGES = (
    OSError,
    aiohttp.ClientError,
    asyncio.TimeoutError,
    discord.HTTPException,
    discord.GatewayNotFound,
    discord.ConnectionClosed,
    ReconnectWebSocket,
    ValueError,
    zlib.error,
)


def without_outage_traceback(record: logging.LogRecord) -> logging.LogRecord:
    """Return a record of an outage as a warning in one line, which names the setting; any other as it is."""
    error = record.exc_info[1] if record.exc_info else None
    if record.name not in LOGGERS or not isinstance(error, OUTAGES) or not record.getMessage().startswith(BEGINNINGS):
        return record
    lines = str(error).splitlines()
    reason = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    line = copy.copy(record)
    line.msg = "%s (Discord's gateway is away, or discord.gateway_url is wrong: %s)"
    line.args = (record.getMessage(), reason)
    line.levelno, line.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
    line.exc_info = line.exc_text = None
    return line
