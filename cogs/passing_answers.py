"""Which of Discord's answers pass by waiting: the one table for cards, the log-in and the registration of commands."""

from __future__ import annotations

import discord

# Timed out, too early, too many requests.
_STATUSES = frozenset({408, 425, 429})
# Rate limits and pauses that come under a status of their own; the last but one is Discord's wall before its API.
_CODES = frozenset({20016, 20022, 20028, 20029, 40001, 40002, 40003, 40004, 40006, 40062, 40333, 130000})
_SERVER_ERROR = 500


def passes(error: discord.HTTPException) -> bool:
    """Whether the same may be taken later."""
    return error.status >= _SERVER_ERROR or error.status in _STATUSES or error.code in _CODES
