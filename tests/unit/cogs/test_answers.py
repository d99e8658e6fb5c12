"""A refusal gives the prompt back; a place without permissions is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import discord
import pytest

from cogs.answers import typed_prompt, with_prompt
from cogs.permissions import missing_to_post

MISSING = discord.utils.MISSING


def test_a_short_prompt_comes_back_in_the_answer() -> None:
    """The prompt stands in a code block, to be copied."""
    content, file = with_prompt("No.", "a *fox*")
    assert content == "No.\nYour prompt, to copy:\n```\na *fox*\n```"
    assert file is MISSING


@pytest.mark.parametrize("prompt", ["``` @everyone ```", "a `` b", "a\tb", "\u202eabc", "a\r\nb"])
def test_a_prompt_comes_back_as_it_was(prompt: str) -> None:
    """What would break out of the block, or not survive it, comes back as a file, to the letter."""
    content, file = with_prompt("No.", prompt)
    assert "`" not in content
    assert file.fp.read().decode() == prompt


@pytest.mark.parametrize("length", [1_980, 2_000, 4_000, 6_000])
def test_a_long_prompt_comes_back_as_a_file(length: int) -> None:
    """What does not fit a message is attached whole."""
    content, file = with_prompt("No.", "ä" * length)
    assert len(content) <= 2_000
    assert file.filename == "prompt.txt"
    assert file.fp.read().decode() == "ä" * length


@pytest.mark.parametrize("prompt", ["", "  ", "\n"])
def test_nothing_to_give_back(prompt: str) -> None:
    """A blank prompt is not given back."""
    assert with_prompt("No.", prompt) == ("No.", MISSING)


def test_it_always_fits() -> None:
    """However long sentence and prompt are together, Discord takes the answer."""
    for length in range(0, 2_100, 50):
        content, file = with_prompt("x" * 3_000, "y`" * length)
        assert len(content) <= 2_000
        assert (file is MISSING) == (length == 0)


def test_half_a_character_is_given_back_somehow() -> None:
    """Halves of surrogate pairs, which no body can carry, do not stop an answer."""
    content, file = with_prompt("No.", "a\ud800b")
    content.encode()
    assert file.fp.read() == b"a?b"


@pytest.mark.parametrize(
    ("permissions", "is_thread", "missing"),
    [
        (discord.Permissions(view_channel=True, send_messages=True, attach_files=True), False, ()),
        (discord.Permissions(administrator=True), False, ()),
        (discord.Permissions(), False, ("View Channel", "Send Messages", "Attach Files")),
        (discord.Permissions(view_channel=True, send_messages=True), False, ("Attach Files",)),
        (
            discord.Permissions(view_channel=True, send_messages=True, attach_files=True),
            True,
            ("Send Messages in Threads",),
        ),
        (discord.Permissions(view_channel=True, send_messages_in_threads=True, attach_files=True), True, ()),
    ],
)
def test_what_a_public_card_needs(
    permissions: discord.Permissions,
    is_thread: bool,  # noqa: FBT001 - a parameter of the table
    missing: tuple[str, ...],
) -> None:
    """Missing permissions are named as Discord's client names them."""
    assert missing_to_post(permissions, is_thread=is_thread) == missing


@dataclass(frozen=True)
class Given:
    """As much of an interaction as is read of it."""

    data: object


@pytest.mark.parametrize("options", [[None], ["x"], 5, {"name": "prompt"}, None, [{"name": "prompt", "value": 7}]])
def test_options_that_discord_tells_oddly_hide_no_answer(options: object) -> None:
    """Whoever gets a refusal gets it without the prompt then."""
    interaction = Given({"options": options})
    assert typed_prompt(cast("discord.Interaction", interaction)) == ""
    beside = Given({"options": [None, {"name": "prompt", "value": "a fox"}]})
    assert typed_prompt(cast("discord.Interaction", beside)) == "a fox"
