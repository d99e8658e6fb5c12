"""What the demo prints reads like what Discord's client shows."""

from __future__ import annotations

import asyncio

from sandbox.clock import SandboxClock
from sandbox.discord.population import populated_state
from sandbox.terminal_recorder import readable, wrapped


def test_markup_is_read_and_not_printed() -> None:
    """Headings, small print, bold, escapes, mentions and relative times show as Discord shows them."""
    clock = SandboxClock()
    state = populated_state(clock)
    ada = state.user("ada")
    then = int(clock.now().timestamp()) - 110
    text = (
        f"### Done\n-# asked by <@{ada.id}>\n> 2 \\* 3 **now**\nFinished <t:{then}:R>, [card](https://discord.com/1/2)"
    )
    lines = readable(text, state).splitlines()
    assert lines[:3] == ["Done", "asked by @ada", "> 2 * 3 now"]
    assert lines[3] == "Finished 2 minutes ago, card"


def test_relative_times_follow_the_sandboxs_clock() -> None:
    """When the clock is moved on, what was just now is long ago."""
    clock = SandboxClock()
    state = populated_state(clock)
    stamp = f"<t:{int(clock.now().timestamp())}:R>"
    assert readable(stamp, state) == "just now"
    asyncio.run(clock.advance(3_600))
    assert readable(stamp, state) == "1 hour ago"


def test_a_narrow_terminal_keeps_the_bar() -> None:
    """A long line goes on behind its bar; an action goes on below its words; what is no line of the recording stays."""
    line = f"{'':9} │ > Put the cat on the sailing boat, at night"
    assert wrapped(line, 40).splitlines() == [
        f"{'':9} │ > Put the cat on the sailing",
        f"{'':9} │ boat, at night",
    ]
    assert wrapped("   0.00 s ▶ ada /edit prompt: Put the cat on it", 32).splitlines() == [
        "   0.00 s ▶ ada /edit prompt:",
        f"{'':12}Put the cat on it",
    ]
    assert wrapped(line, 100) == line
    assert wrapped("The bot (python -m bot, process 1) is online", 20) == "The bot (python -m bot, process 1) is online"
