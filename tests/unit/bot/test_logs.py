"""Logs hold no secrets, keep one line a record, and tell UTC."""

import asyncio
import inspect
import io
import json
import logging
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

import aiohttp
import discord
import pytest
from discord.gateway import ReconnectWebSocket

from bot.logs import CHATTY_LIBRARIES, OWN_PACKAGES, configure_logging
from bot.redaction import REDACTED, Redactor
from bot.settings import LogSettings
from cogs.discord_py.outage_records import BEGINNINGS

# Invented, in the shape of the real ones.
BOT_TOKEN = "MTAxMDEwMTAxMDEwMTAxMDEw" + "." + "GhIjKl" + "." + "abcdefghijklmnopqrstuvwxyz_-0123456789"
INTERACTION_TOKEN = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDEyMzQ1Njc4OnNlY3JldA"


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in OWN_PACKAGES + CHATTY_LIBRARIES}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, own_level in levels.items():
        logging.getLogger(name).setLevel(own_level)


def logged(settings: LogSettings, *, secrets: tuple[str, ...] = ()) -> io.StringIO:
    """Configure logging onto a text that can be read back."""
    stream = io.StringIO()
    configure_logging(settings, secrets=secrets, stream=stream)
    return stream


LEAKS = {
    "a secret of the settings": ("connecting with hunter2-hunter2", "hunter2"),
    "a bot's token": (f"token {BOT_TOKEN} refused", BOT_TOKEN),
    "a webhook's token in a rate-limit warning": (
        f"PATCH https://discord.com/api/v10/webhooks/123456789/{INTERACTION_TOKEN}/messages/@original is limited",
        INTERACTION_TOKEN,
    ),
    "an interaction's token of another shape": ("POST /interactions/123456789/short-token/callback 404", "short-token"),
    "an interaction's token alone": (f"got {INTERACTION_TOKEN}", INTERACTION_TOKEN),
    "a header": ("{'Authorization': 'Bearer rc-0123456789abcdef'}", "rc-0123456789abcdef"),
    "a field of a payload": ("{'op': 2, 'd': {'token': 'anything at all'}}", "anything at all"),
    "a database's password": ("cannot connect to postgresql+asyncpg://bot:pa55@db/x", "pa55"),
    "a signed link": ("GET https://cdn.discordapp.com/a/b/cat.png?ex=1&is=2&hm=abc", "hm=abc"),
    "a statement's parameters": ("INSERT ...\n[SQL: INSERT INTO jobs]\n[parameters: ('a fox in the snow',)]", "a fox"),
}


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("case", LEAKS)
def test_a_secret_never_reaches_the_log(case: str, form: str) -> None:
    """Whatever a line says, no secret is in it, and it says where one was."""
    line, secret = LEAKS[case]
    stream = logged(LogSettings(format=form), secrets=("hunter2-hunter2",))
    logging.getLogger("discord.http").warning("%s", line)
    assert secret not in stream.getvalue()
    assert REDACTED in stream.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_secret_in_a_traceback_never_reaches_the_log(form: str) -> None:
    """An exception's text is searched as well."""
    stream = logged(LogSettings(format=form))
    try:
        raise RuntimeError(BOT_TOKEN)  # noqa: TRY301 - the traceback is what is looked at
    except RuntimeError:
        logging.getLogger("bot").exception("it broke")
    assert BOT_TOKEN not in stream.getvalue()
    assert "RuntimeError" in stream.getvalue()


def test_harmless_lines_stay_as_they_are() -> None:
    """Ids, addresses and sentences that are no secrets are not touched."""
    for line in (
        "job_id=k7m3abcdef accepted model=openai/gpt-image-1-5/image-to-image worker_id=123456789012345678",
        "health is served at http://127.0.0.1:8080",
        "missing discord.token (or the variable DISCORD_TOKEN)",
        "job_id=k7m3abcdef request_id=f033d089-3518-49c4-8abb-ef53018f7260",
    ):
        assert Redactor(["hunter2-hunter2"])(line) == line


def test_a_secret_within_a_secret_is_replaced_whole() -> None:
    """Where one secret begins like another, the longer one goes as a whole."""
    assert Redactor(["secret-one", "secret-one-and-more"])("x secret-one-and-more y") == f"x {REDACTED} y"


def test_a_message_is_one_line_of_utc_text() -> None:
    """A text record is one line, whatever somebody wrote into it, with its time in UTC."""
    stream = logged(LogSettings())
    logging.getLogger("bot").info("first\nERROR second")
    (line,) = stream.getvalue().splitlines()
    at, level, name, message = line.split(" ", 3)
    assert abs((datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()) < 60
    assert at.endswith("Z")
    assert (level, name, message) == ("INFO", "bot:", "first\\nERROR second")


def test_json_is_one_object_a_line() -> None:
    """A JSON record has its parts by name; a traceback stays within its line."""
    stream = logged(LogSettings(format="json"))
    try:
        raise ValueError("no")  # noqa: TRY301 - the traceback is what is looked at
    except ValueError:
        logging.getLogger("bot").exception("it broke")
    (line,) = stream.getvalue().splitlines()
    record = json.loads(line)
    assert (record["level"], record["logger"], record["message"]) == ("ERROR", "bot", "it broke")
    assert "ValueError: no" in record["exception"]


def test_debug_is_about_our_own_code() -> None:
    """At DEBUG the libraries stay at INFO: discord.py would write prompts and tokens out."""
    stream = logged(LogSettings(level="DEBUG"))
    logging.getLogger("services.jobs").debug("ours")
    logging.getLogger("discord.gateway").debug("WebSocket Event: a fox in the snow")
    logging.getLogger("aiosqlite").debug("a fox in the snow")
    assert "ours" in stream.getvalue()
    assert "fox" not in stream.getvalue()


def test_a_higher_level_quiets_everything() -> None:
    """WARNING is obeyed by ours and theirs."""
    stream = logged(LogSettings(level="WARNING"))
    logging.getLogger("bot").info("ours")
    logging.getLogger("discord").info("theirs")
    assert stream.getvalue() == ""


OUTAGES = {
    "refused": ConnectionRefusedError(111, "Connect call failed ('192.0.2.1', 443)"),
    "a page instead": aiohttp.ClientPayloadError("<html>\n<body>\n"),
    "no answer": TimeoutError(),
    "a request to come again": ReconnectWebSocket(0),
    "another WebSocket": json.JSONDecodeError("Expecting value", "welcome", 0),
    "another way of packing": zlib.error("Error -3 while decompressing data: incorrect header check"),
}


def logged_failure(logger: str, message: str, error: Exception, *, form: str = "text") -> list[str]:
    """Log an error as the library does where it is caught, and return the lines."""
    stream = logged(LogSettings.model_validate({"format": form}))
    try:
        raise error
    except type(error):
        logging.getLogger(logger).exception(message, 0)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize(
    ("logger", "message"),
    [
        ("discord.shard", "Failed to connect for shard_id: %s. Retrying..."),
        ("discord.shard", "Attempting a reconnect for shard ID %s in 1.00s"),
        ("discord.client", "Attempting a reconnect in %.2fs"),
    ],
)
def test_a_gateway_that_is_away_is_one_line_each_time(logger: str, message: str, outage: str, form: str) -> None:
    """Each try to reconnect is one warning with the reason and the setting, without a traceback."""
    (line,) = logged_failure(logger, message, OUTAGES[outage], form=form)
    assert "WARNING" in line
    assert message.partition("%")[0] in line
    assert type(OUTAGES[outage]).__name__ in line
    assert "discord.gateway_url" in line
    assert "Traceback" not in line


@pytest.mark.parametrize(
    ("logger", "message", "error"),
    [
        ("discord.shard", "Failed to connect for shard_id: %s. Retrying...", KeyError("resume_gateway_url")),
        ("discord.client", "Ignoring exception in %s", ConnectionRefusedError("our own code")),
        ("bot.client", "Attempting a reconnect in %.2fs", ConnectionRefusedError("our own code")),
    ],
)
def test_a_real_error_keeps_its_traceback(logger: str, message: str, error: Exception) -> None:
    """A mistake in a program, or an error that is told elsewhere, is shown whole."""
    lines = logged_failure(logger, message, error)
    assert " ERROR " in lines[0]
    assert "Traceback (most recent call last):" in lines[1]
    assert type(error).__name__ in lines[-1]


def test_the_library_still_says_what_is_looked_for() -> None:
    """The words by which the library tells of a reconnect are those that it has in its source."""
    sources = "".join(inspect.getsource(module) for module in (discord.client, discord.shard))
    for beginning in BEGINNINGS:
        assert beginning in sources


def test_a_stop_that_cuts_the_closing_of_a_connection_is_silent() -> None:
    """Ctrl-C at such a moment shows nothing of the pool's; what else befalls a connection is shown."""
    stream = logged(LogSettings())
    for error in (asyncio.CancelledError(), OSError("disk I/O error")):
        try:
            raise error
        except (asyncio.CancelledError, OSError):
            logging.getLogger("sqlalchemy.pool.impl.AsyncAdaptedQueuePool").exception("Exception closing connection")
    assert "CancelledError" not in stream.getvalue()
    assert "OSError: disk I/O error" in stream.getvalue()
