"""Logging of the process: one stream, UTC, as text or as one JSON object a line, without secrets."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

import discord

from bot.redaction import Redactor
from bot.settings import LogSettings
from cogs.discord_py.late_suggestions import without_late_suggestions_traceback
from cogs.discord_py.outage_records import without_outage_traceback

# DEBUG is about our own code: discord.py at DEBUG writes every gateway event out, prompts and tokens included.
OWN_PACKAGES = ("bot", "cogs", "services")
# What these say at INFO is about themselves.
CHATTY_LIBRARIES = ("alembic",)


def _written_at(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class TextFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.000Z INFO bot.running: sentence`, tracebacks on the lines below."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the traceback if there is one. A message cannot start a line of its own."""
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        lines = [f"{_written_at(record)} {record.levelname} {record.name}: {message}"]
        if record.exc_info:
            lines.append(self.formatException(record.exc_info))
        return self._redact("\n".join(lines))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: at, level, logger, message, and the exception if there is one."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the object as one line."""
        line = {
            "at": _written_at(record),
            "level": record.levelname,
            "logger": record.name,
            "message": self._redact(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = self._redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def is_worth_a_line(record: logging.LogRecord) -> bool:
    """Whether a record tells of anything: a stop that cancels the closing of a connection is no error of the pool's."""
    error = record.exc_info[1] if record.exc_info else None
    return not (record.name.startswith("sqlalchemy.pool") and isinstance(error, asyncio.CancelledError))


class PlainHandler(logging.StreamHandler[TextIO]):
    """Writes records to a stream; what is Discord's trouble and no mistake of ours takes one line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record."""
        super().emit(without_late_suggestions_traceback(without_outage_traceback(record)))


def configure_logging(settings: LogSettings, *, secrets: Iterable[str], stream: TextIO) -> None:
    """Send every log line of the process to the stream, ours at the set level, the libraries' from INFO up."""
    redact = Redactor(secrets)
    handler = PlainHandler(stream)
    handler.addFilter(is_worth_a_line)
    handler.setFormatter(JsonFormatter(redact) if settings.format == "json" else TextFormatter(redact))
    level = logging.getLevelNamesMapping()[settings.level]
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.INFO))
    for name in OWN_PACKAGES:
        logging.getLogger(name).setLevel(level)
    for name in CHATTY_LIBRARIES:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    # This bot has no voice; the library warns at each start that it could not speak.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
