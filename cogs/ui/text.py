"""Text as Discord takes it: limits, cutting, escaping, and the small formats that every view shares."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote, urlsplit

# Discord's limits (developer documentation: application commands, message components, messages).
CONTENT_MAX = 2_000
PROMPT_MAX = 4_000
NAME_MAX = 32
DESCRIPTION_MAX = 100
OPTIONS_MAX = 25
CHOICES_MAX = 25
CHOICE_MAX = 100
COMMAND_TEXTS_MAX = 8_000
ALT_TEXT_MAX = 1_024
ATTACHMENTS_MAX = 10

ELLIPSIS = "…"

# C0 and C1 controls but the newline, what overrides the direction of the text after it (it can make a name or a
# sentence read as something else), and halves of surrogate pairs, which no body can carry.
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
# Before emphasis, code, spoilers, links, everything in angle brackets (mentions, timestamps, emoji, bare links), and
# emoji by their names, which Discord's client draws. The places, not the marks: so `sub` need not repeat each mark, and
# is three times as quick with a long prompt.
_BEFORE_MARKS = re.compile(r"(?=[\\*_~`|\[\]<]|:[\w+-]+:)")
# What counts at a line's beginning only: headings, small print, quotes, lists.
_LINE_MARKS = re.compile(r"^([ ]*\d*)([#>+.-])", re.MULTILINE)
_SCHEMES = re.compile(r"(?<=[A-Za-z])://")
_EVERYBODY = re.compile(r"@(?=everyone|here)")
# What stands in an address as it is: the rest of ASCII's marks and, above all, escapes that are there already.
_IN_ADDRESSES = "!#$%&'()*+,-./:;=?@[]_~|^{}"
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f.]*:[0-9a-f:.]*", re.IGNORECASE)
_BACKTICKS = re.compile(r"`(?=`)")
_BLANK_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")


def cut(text: str, limit: int) -> str:
    """Return the text in at most `most` characters, with an ellipsis where something is missing."""
    if len(text) <= limit:
        return text
    return text[: max(limit - 1, 0)].rstrip() + ELLIPSIS if limit > 0 else ""


def encodable(text: str) -> str:
    """Return the text as a request can carry it: halves of surrogate pairs become the mark of what is unknown."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def web_address(url: str) -> str | None:
    """Return an address as a link button takes it; None where Discord would refuse it, and the whole card with it."""
    try:
        whole = quote(url.strip(), safe=_IN_ADDRESSES)
        parts = urlsplit(whole)
        port = parts.port
    except ValueError:
        return None
    is_host = bool(_HOST.fullmatch(parts.hostname or "")) and port != 0 and "@" not in parts.netloc
    return whole if parts.scheme in {"http", "https"} and is_host else None


def cleaned(text: str) -> str:
    """Return the text without control and direction marks, line feeds as its only line ends."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))


def one_line(text: str) -> str:
    """Return the text on one line, each run of white space as one space."""
    return " ".join(cleaned(text.replace("\u2028", " ").replace("\u2029", " ")).split())


def escaped(text: str) -> str:
    """Return text of somebody else so that it reads as it is: no markdown, mention, timestamp or link comes alive.

    A backslash before punctuation is how Discord's markdown takes it literally. Nothing pings anyway
    (`allowed_mentions` is empty everywhere); this is about what it looks like.
    """
    plain = _BEFORE_MARKS.sub(r"\\", cleaned(text))
    plain = _LINE_MARKS.sub(r"\1\\\2", plain)
    plain = _SCHEMES.sub(r"\\://", plain)
    return _EVERYBODY.sub(r"\\@", plain)


def shown(text: str, limit: int) -> str:
    """Return somebody else's text escaped, in at most `most` characters, escapes included and never torn."""
    return cut_escaped(escaped(text).strip(), limit)


def shown_line(text: str, limit: int) -> str:
    """Return somebody else's text escaped and on one line, in at most `most` characters."""
    return shown(one_line(text), limit)


def quoted(text: str, limit: int, *, lines: int = 12) -> str:
    """Return somebody else's text as a block quote of at most `most` characters and `lines` lines, marks included."""
    rows = _BLANK_LINES.sub("\n\n", escaped(text).strip()).split("\n")
    too_many = len(rows) > lines
    rows = rows[:lines]
    whole = "\n".join(f"> {row}" for row in rows)
    return whole if len(whole) <= limit and not too_many else _torn_off(whole, limit)


def cut_escaped(whole: str, limit: int) -> str:
    """Return text that is escaped already in at most `most` characters, no escape torn in two."""
    return whole if len(whole) <= limit else _torn_off(whole, limit)


def _torn_off(whole: str, limit: int) -> str:
    kept = whole[: max(limit - 1, 0)]
    is_torn = (len(kept) - len(kept.rstrip("\\"))) % 2 == 1
    return (kept[:-1] if is_torn else kept).rstrip(" \n") + ELLIPSIS if limit > 0 else ""


def code_block(text: str) -> str:
    """Return the text in a code block that it cannot break out of, easy to copy back.

    Backticks in a row are kept apart by a character of no width.
    """
    inside = _BACKTICKS.sub("`\u200b", cleaned(text))
    return f"```\n{inside}\n```"


def relative(at: datetime) -> str:
    """Return Discord's own relative timestamp, which counts in the reader's client."""
    return f"<t:{int(at.timestamp())}:R>"


def moment(at: datetime) -> str:
    """Return Discord's own timestamp with date and time, in the reader's zone."""
    return f"<t:{int(at.timestamp())}:f>"


def clock_time(at: datetime) -> str:
    """Return Discord's own timestamp of the time of day with seconds, in the reader's zone."""
    return f"<t:{int(at.timestamp())}:T>"


def money(usd: Decimal) -> str:
    """Return an amount of US dollars: cents, and as many digits more as the amount has, up to six."""
    exact = format(round(usd, 6).normalize(), "f")
    whole, _, fraction = exact.partition(".")
    return f"${whole}.{fraction:0<2}"


def duration(seconds: float) -> str:
    """Return a span of time in the two largest units that it has: "8 s", "2 min 5 s", "1 h 4 min"."""
    left = max(round(seconds), 0)
    hours, left = divmod(left, 3_600)
    minutes, rest = divmod(left, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its word: "1 job", "3 jobs"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def file_size(size_bytes: int) -> str:
    """Return a size as people read it, in binary megabytes as Discord counts them: "480 KB", "10 MB", "52.4 MB"."""
    if size_bytes < 1024 * 1024:
        return f"{max(round(size_bytes / 1024), 1)} KB" if size_bytes else "0 bytes"
    return f"{size_bytes / (1024 * 1024):.1f}".removesuffix(".0") + " MB"
