"""Makes one line of suggestions that came too late: what was typed is out of date by then, and nobody misses them."""

from __future__ import annotations

import asyncio
import copy
import logging

import aiohttp
import discord

LOGGER = "discord.app_commands.tree"
BEGINNING = "Ignoring exception in autocomplete"
# Discord: the interaction is over, or its event was delivered twice and is answered already.
TOO_LATE = frozenset({10062, 40060})
OUTAGES = (OSError, aiohttp.ClientError, asyncio.TimeoutError, discord.DiscordServerError)


def without_late_suggestions_traceback(record: logging.LogRecord) -> logging.LogRecord:
    """Return a record of suggestions that Discord did not take any more as a warning in one line, any other as it is.

    discord.py tells of each as an error with its traceback.
    """
    if record.name != LOGGER or not record.exc_info or not record.getMessage().startswith(BEGINNING):
        return record
    error = record.exc_info[1]
    is_late = isinstance(error, discord.HTTPException) and error.code in TOO_LATE
    if not is_late and not isinstance(error, OUTAGES):
        return record
    line = copy.copy(record)
    line.msg, line.args = "suggestions did not reach Discord: %s", (_reason(error),)
    line.levelno, line.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
    line.exc_info = line.exc_text = None
    return line


def _reason(error: BaseException | None) -> str:
    if isinstance(error, discord.HTTPException):
        return f"{error.status} (code {error.code})"
    return type(error).__name__
