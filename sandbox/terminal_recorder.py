"""Prints what a person sees of a card, state by state, as text for a terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sandbox.client_driver import Card, ShownRevision
from sandbox.discord.state import DiscordState

_TIMESTAMP = re.compile(r"<t:(\d+):([A-Za-z])>")
_LINK = re.compile(r"(?<!\\)\[([^\]]+)\]\(<?https?://[^)]+\)")
_MENTION = re.compile(r"<@!?(\d+)>")
_ESCAPE = re.compile(r"\\([\\*_~`|\[\]<#>+.:@-])")
_LINE_START = re.compile(r"^(?:#{1,3} |-# )", re.MULTILINE)
_WIDTH = 100
_BAR_AT, _NARROWEST = 10, 30
_BAR = re.compile(rf"(?=.{{{_BAR_AT}}}([│▶]) )")


def readable(text: str, state: DiscordState) -> str:
    """Return a message's text as Discord's client would show it, without its markup."""
    now = state.clock.now()
    names = {user.id: user.username for user in state.users.values()}
    plain = _TIMESTAMP.sub(lambda found: _time(int(found[1]), found[2], now), text)
    plain = _MENTION.sub(lambda found: f"@{names.get(int(found[1]), found[1])}", plain)
    plain = _LINK.sub(r"\1", plain)
    plain = _LINE_START.sub("", plain).replace("**", "").replace("```", "").replace("`", "")
    return _ESCAPE.sub(r"\1", plain)


def wrapped(line: str, width: int) -> str:
    """Wrap a recorded line at words to `width` columns, with the bar before each part; leave others as they are."""
    found = _BAR.match(line)
    if found is None or len(line) <= width:
        return line
    behind = f"{'':{_BAR_AT}}{found[1].replace('▶', ' ')} "
    return textwrap.fill(line, max(width, _NARROWEST), subsequent_indent=behind, break_on_hyphens=False)


class TerminalRecorder:
    """Says each state of one card as it appears, with its time since `began`; no state twice."""

    def __init__(self, card: Card, *, say: Callable[[str], None], began: datetime) -> None:
        self._card = card
        self._say = say
        self._began = began
        self._shown = 0
        self._lines: tuple[str, ...] = ()

    async def until(self, text: str, *, timeout_seconds: float = 15) -> None:
        """Show what comes until a state says `text`.

        The first and the last state are shown whole, those between by their headline and what is new in them.

        Raises: TimeoutError where nothing new came for `timeout_seconds` of real time.
        """
        while True:
            try:
                await self._card.viewer.state.changes.wait_for(self._is_further, seconds=timeout_seconds)
            except TimeoutError as error:
                raise TimeoutError(f"the card never said {text!r}: {self._card!r}") from error
            while self._is_further():
                shown = self._card.history[self._shown]
                self._shown += 1
                is_last = text in shown.text
                self._show(shown, is_whole=is_last)
                if is_last:
                    return

    def _is_further(self) -> bool:
        return len(self._card.history) > self._shown

    def _show(self, shown: ShownRevision, *, is_whole: bool) -> None:
        lines = tuple(readable(shown.text, self._card.viewer.state).splitlines())
        new = [line for index, line in enumerate(lines) if is_whole or index == 0 or line not in self._lines]
        _say_revision(shown, new, say=self._say, at=shown.at - self._began)
        self._lines = lines


def say_card(card: Card, *, say: Callable[[str], None], began: datetime) -> None:
    """Say a card whole, as it stands."""
    shown = card.history[-1]
    _say_revision(shown, readable(shown.text, card.viewer.state).splitlines(), say=say, at=shown.at - began)


def _say_revision(shown: ShownRevision, lines: Sequence[str], *, say: Callable[[str], None], at: timedelta) -> None:
    if shown.is_thinking:
        lines = ["… is thinking"]
    buttons = "  ".join(f"({button.label})" if button.is_disabled else f"[{button.label}]" for button in shown.buttons)
    files = [f"{file.filename}, {file.width}x{file.height}, {file.size // 1024} KB" for file in shown.attachments]
    rows = [line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…" for line in lines if line.strip()]
    rows += [f"▣ {file}" for file in files] + ([buttons] if buttons else [])
    for index, row in enumerate(rows):
        time = f"{at.total_seconds():7.2f} s" if index == 0 else " " * 9
        say(f"{time} │ {row}")
    say("")


def _time(seconds: int, style: str, now: datetime) -> str:
    at = datetime.fromtimestamp(seconds, UTC)
    if style != "R":
        return at.strftime("%H:%M:%S" if style == "T" else "%Y-%m-%d %H:%M")
    passed = round((now - at).total_seconds())
    if passed in {0, 1}:
        return "just now"
    length = _span(abs(passed))
    return f"{length} ago" if passed > 0 else f"in {length}"


def _span(seconds: int) -> str:
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size * 0.95:
            count = round(seconds / size)
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return f"{seconds} seconds"
