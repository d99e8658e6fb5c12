"""Suggestions that come too late are one line in the log; a mistake of our own stays whole."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest
from discord.app_commands import tree

from cogs.discord_py.late_suggestions import BEGINNING, LOGGER, without_late_suggestions_traceback


def refused(kind: type[discord.HTTPException], status: int, code: int) -> discord.HTTPException:
    """Return what discord.py raises for such an answer."""
    response = cast("Any", SimpleNamespace(status=status, reason="-"))
    return kind(response, {"code": code, "message": "-"})


def record_of(error: BaseException, *, name: str = LOGGER) -> logging.LogRecord:
    """Return what discord.py logs of it."""
    message = f"{BEGINNING} for %r (Guild: %s, User: %s)"
    return logging.LogRecord(name, logging.ERROR, __file__, 1, message, ("job", 1, 2), (type(error), error, None))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (refused(discord.NotFound, 404, 10062), "404 (code 10062)"),
        (refused(discord.HTTPException, 400, 40060), "400 (code 40060)"),
        (refused(discord.DiscordServerError, 503, 0), "503 (code 0)"),
        (aiohttp.ServerDisconnectedError(), "ServerDisconnectedError"),
        (TimeoutError(), "TimeoutError"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_came_too_late_is_one_line(error: BaseException, reason: str) -> None:
    """A warning with the reason, without a traceback."""
    line = without_late_suggestions_traceback(record_of(error))
    assert line.getMessage() == f"suggestions did not reach Discord: {reason}"
    assert line.levelname == "WARNING"
    assert line.exc_info is None


@pytest.mark.parametrize(
    "record",
    [
        record_of(refused(discord.HTTPException, 400, 50035)),
        record_of(ValueError("a mistake of ours")),
        record_of(refused(discord.NotFound, 404, 10062), name="cogs.jobs"),
    ],
    ids=["choices that Discord does not take", "our mistake", "somebody else's line"],
)
def test_everything_else_stays_as_it_is(record: logging.LogRecord) -> None:
    """An error that somebody has to fix keeps its traceback."""
    assert without_late_suggestions_traceback(record) is record


def test_the_words_are_those_of_the_library() -> None:
    """The beginning by which such a line is known stands in discord.py's source, which logs under that name."""
    assert BEGINNING in Path(tree.__file__).read_text(encoding="utf-8")
    assert tree.__name__ == LOGGER
