"""Prints what a person sees of a card, state by state, as text for a terminal."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.discord.world import World
    from sandbox.people import Card, State

_TIMESTAMP = re.compile(r"<t:(\d+):([A-Za-z])>")
_MENTION = re.compile(r"<@!?(\d+)>")
_ESCAPE = re.compile(r"\\([\\*_~`|\[\]<#>+.:@-])")
_LINE_START = re.compile(r"^(?:#{1,3} |-# )", re.MULTILINE)
_WIDTH = 100


def readable(text: str, world: World) -> str:
    """Return a message's text as Discord's client would show it, without its markup."""
    now = world.clock.now()
    names = {user.id: user.username for user in world.users.values()}
    plain = _TIMESTAMP.sub(lambda found: _time(int(found[1]), found[2], now), text)
    plain = _MENTION.sub(lambda found: f"@{names.get(int(found[1]), found[1])}", plain)
    plain = _LINE_START.sub("", plain).replace("**", "").replace("```", "").replace("`", "")
    return _ESCAPE.sub(r"\1", plain)


async def show_card(
    card: Card, *, until: str, say: Callable[[str], None], began: datetime, seconds: float = 15
) -> None:
    """Say each state of the card as it appears, with its time since `began`, until one says `until`.

    The first and the last are shown whole, those between by what is new in them.

    Raises:
        TimeoutError: it did not say so within `seconds` of real time.

    """
    shown = 0
    before: tuple[str, ...] = ()
    world = card.viewer.world
    while True:

        def is_further(shown: int = shown) -> bool:
            return len(card.history) > shown

        try:
            await world.changes.wait_for(is_further, seconds=seconds)
        except TimeoutError as error:
            raise TimeoutError(f"the card never said {until!r}: {card!r}") from error
        for state in card.history[shown:]:
            lines = tuple(readable(state.text, world).splitlines())
            is_last = until in state.text
            new = lines if is_last or not before else tuple(line for line in lines if line not in before)
            _say_state(state, new, say=say, at=state.at - began)
            before = before if state.is_thinking else lines
            if is_last:
                return
        shown = len(card.history)


def say_card(card: Card, *, say: Callable[[str], None], began: datetime) -> None:
    """Say a card whole, as it stands."""
    state = card.history[-1]
    world = card.viewer.world
    _say_state(state, tuple(readable(card.text, world).splitlines()), say=say, at=state.at - began)


def _say_state(state: State, lines: tuple[str, ...], *, say: Callable[[str], None], at: timedelta) -> None:
    if state.is_thinking:
        lines = ("… is thinking",)
    buttons = "  ".join(f"({button.label})" if button.is_disabled else f"[{button.label}]" for button in state.buttons)
    files = [f"{file.filename}, {file.width}x{file.height}, {file.size // 1024} KB" for file in state.attachments]
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
    return f"{passed} s ago" if passed > 0 else f"in {-passed} s"
