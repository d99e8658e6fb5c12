"""Somebody else's text reads as it is, fits, and never breaks what is around it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cogs.ui import text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a fox in the snow", "a fox in the snow"),
        ("**bold** _it_ ~~no~~ `code` ||spoiler||", r"\*\*bold\*\* \_it\_ \~\~no\~\~ \`code\` \|\|spoiler\|\|"),
        ("[here](https://a.example)", r"\[here\](https\://a.example)"),
        ("<@123> <#4> <t:1:R> </edit:5> <:e:6>", r"\<@123> \<#4> \<t\:1:R> \</edit:5> \<\:e:6>"),
        ("@everyone and @here, not @ten", r"\@everyone and \@here, not @ten"),
        ("# big\n-# small\n> quote\n- list\n1. one", "\\# big\n\\-# small\n\\> quote\n\\- list\n1\\. one"),
        (":fire: at 12:30:45, so: b", r"\:fire: at 12\:30:45, so: b"),
        ("a - b # c > d 1. e", "a - b # c > d 1. e"),
        ("back\\slash", r"back\\slash"),
        ("a\x00b\u202ec\td\r\ne\rf", "abc d\ne\nf"),
    ],
)
def test_escaped(given: str, expected: str) -> None:
    """No markdown, mention, timestamp or link of a member comes alive."""
    assert text.escaped(given) == expected


@pytest.mark.parametrize("most", range(12))
def test_shown_fits_whole(most: int) -> None:
    """Escapes count towards the limit and are never torn in two."""
    cut = text.shown("*\\" * 20, most)
    assert len(cut) <= most
    kept = cut.removesuffix("…")
    assert (len(kept) - len(kept.rstrip("\\"))) % 2 == 0
    assert cut.endswith("…") or most == 0


def test_quoted_stays_a_quote() -> None:
    """Each line of a quoted text is in the quote, however many there are."""
    cut = text.quoted("one\n\n\n\n\ntwo\n" + "x\n" * 50, 200, lines=4)
    assert cut == "> one\n> \n> two\n> x…"
    assert len(text.quoted("y" * 5_000, 300)) == 300


@pytest.mark.parametrize("given", ["```", "a```b", "``````", "x`", "```py\n```"])
def test_code_block_holds(given: str) -> None:
    """Nothing in a code block can end it."""
    block = text.code_block(given)
    assert block.startswith("```\n")
    assert block.endswith("\n```")
    assert "``" not in block[4:-4]
    assert block.replace("\u200b", "") == f"```\n{given}\n```"


@pytest.mark.parametrize(
    ("given", "most", "expected"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("ab cd", 4, "ab…"), ("abc", 1, "…"), ("abc", 0, "")],
)
def test_cut(given: str, most: int, expected: str) -> None:
    """A cut text fits and shows that something is missing."""
    assert text.cut(given, most) == expected


def test_one_line() -> None:
    """A label has one line."""
    assert text.one_line(" a\n b\t\tc\u2028d ") == "a b c d"


@pytest.mark.parametrize(
    ("usd", "expected"),
    [
        ("0.034", "$0.034"),
        ("12", "$12.00"),
        ("0.5", "$0.50"),
        ("0", "$0.00"),
        ("0.00000049", "$0.00"),
        ("1E+3", "$1000.00"),
        ("0.0400", "$0.04"),
    ],
)
def test_money(usd: str, expected: str) -> None:
    """An amount shows its cents and what it has beyond them."""
    assert text.money(Decimal(usd)) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 s"), (-3, "0 s"), (8.4, "8 s"), (60, "1 min"), (125, "2 min 5 s"), (3_600, "1 h"), (3_840, "1 h 4 min")],
)
def test_duration(seconds: float, expected: str) -> None:
    """A span of time reads in its two largest units."""
    assert text.duration(seconds) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [(0, "0 bytes"), (10, "1 KB"), (480 * 1024, "480 KB"), (50 * 1024 * 1024, "50 MB"), (52_500_000, "50.1 MB")],
)
def test_file_size(size: int, expected: str) -> None:
    """A size reads in the megabytes that Discord counts."""
    assert text.file_size(size) == expected


def test_timestamps() -> None:
    """Times are Discord's own, counted by the reader's client."""
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert text.relative(at) == "<t:1767323045:R>"
    assert text.moment(at) == "<t:1767323045:f>"
    assert text.clock_time(at) == "<t:1767323045:T>"


def test_counted() -> None:
    """A number agrees with its word."""
    assert [text.counted(n, "job") for n in (0, 1, 2, 1_000)] == ["0 jobs", "1 job", "2 jobs", "1,000 jobs"]
    assert text.counted(2, "reply", "replies") == "2 replies"


@pytest.mark.parametrize("half", ["\ud800", "a\udfff", "\ud83d \ude00"])
def test_half_a_pair_is_made_something_that_a_request_can_carry(half: str) -> None:
    """Whole pairs, and all else, stay as they are."""
    text.encodable(half).encode()
    assert text.encodable("ü 😀 \u0000") == "ü 😀 \u0000"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://files.runcomfy.net/a%2Fb.png?x=%7E&y=1#z", "https://files.runcomfy.net/a%2Fb.png?x=%7E&y=1#z"),
        ("https://files.runcomfy.net/my cat.png", "https://files.runcomfy.net/my%20cat.png"),
        ("https://files.runcomfy.net/ü", "https://files.runcomfy.net/%C3%BC"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
        *(
            (bad, None)
            for bad in ("https://a:99999/", "https:///x", "https://a/\ud800", "ftp://a/x", "", "https://[::1/")
        ),
        *((bad, None) for bad in ("javascript:x", "https://a..b/", "https://ada:secret@a/", "https://a:0/x")),
    ],
    ids=ascii,
)
def test_an_address_is_as_a_button_takes_it_or_none(address: str, told: str | None) -> None:
    """Discord refuses a whole card for one button."""
    assert text.web_address(address) == told
