"""No text of a member, of a service or of the settings costs more than linear time: one could stop everybody's bot."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from bot.redaction import Redactor
from cogs.answers import with_prompt
from cogs.ui import text
from services.errors import ComfycordError
from services.models.hosts import is_public_host
from services.models.urls import require_public_url, split_urls
from services.runcomfy.outputs import find_outputs
from services.runcomfy.reasons import read_reason
from services.runcomfy.retry import parse_retry_after
from services.runcomfy.wire import GarbledBody, decode, read_result
from tests.unit.jobs.factories import NOON

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "cogs", "services")
LENGTH = 6_000  # what a member can type into an option
# What linear work on so short a text never takes, on whatever machine; quadratic work takes ten times as long.
MOST_SECONDS = 0.05
ATOMS = (*":;,./-_<>[]()@?&=%#+*`|~'\"\\ \n\ta1A{}", "\u00e9", "://", "http://", "-1.", "\ud800")
PAIRS = tuple(first + second for first, second in product(":;,.< a1", repeat=2) if first != second)


def patterns() -> Iterator[tuple[str, str, int, tuple[str, ...]]]:
    """Yield each regular expression of the program: where it stands, its text, its flags, and what is done with it."""
    sources = {
        path: path.read_text(encoding="utf-8") for each in PACKAGES for path in sorted((ROOT / each).rglob("*.py"))
    }
    everything = "\n".join(sources.values())
    for path, source in sources.items():
        if "re." not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="re"), attr=verb), args=[ast.Constant(value=str(pattern)), *_]
                ):
                    line = source.splitlines()[node.lineno - 1]
                    name = line.partition(" = ")[0].strip() if verb == "compile" else ""
                    used = re.findall(rf"\b{re.escape(name)}\.(\w+)\(", everything) if name.isidentifier() else []
                    words = ast.unparse(node)
                    flags = re.IGNORECASE if "IGNORECASE" in words else 0
                    flags |= re.MULTILINE if "MULTILINE" in words else 0
                    verbs = tuple(sorted(set(used) or {"search" if verb == "compile" else verb}))
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", pattern, flags, verbs


@cache
def worst_texts() -> tuple[str, ...]:
    """Return texts on which careless patterns look at everything again from each place."""
    heads_and_tails = (("", "!"), ("<", "x"), ("https://a.b/", "\0"))
    return tuple(
        (head + atom * (LENGTH // len(atom)))[: LENGTH - 1] + tail
        for atom in (*ATOMS, *PAIRS)
        for head, tail in heads_and_tails
    )


def assert_quick(work: Callable[[str], object], given: str, *, of: str = "") -> None:
    """Assert that the work is quick with this text, in the best of several runs."""
    seconds = []
    for _ in range(5):
        began = time.process_time()
        work(given)
        seconds.append(time.process_time() - began)
        if min(seconds) < MOST_SECONDS:
            return
    pytest.fail(f"{of} {min(seconds):.3f} s with {given[:20]!r}…{given[-5:]!r}")


def assert_all_quick(work: Callable[[str], object], *, of: str = "") -> None:
    """Assert that the work is quick with the worst texts."""
    for given in worst_texts():
        assert_quick(work, given, of=of)


def test_every_pattern_is_linear() -> None:
    """Used as it is used, on the worst text of its length, no pattern takes long."""
    found = list(patterns())
    assert len(found) > 20
    for where, pattern, flags, verbs in found:
        compiled = re.compile(pattern, flags)
        uses = [getattr(compiled, verb) for verb in ("match", "fullmatch") if verb in verbs]
        if set(verbs) - {"match", "fullmatch"}:
            uses.append(compiled.findall)
        for use in uses:
            assert_all_quick(use, of=where)


def _judge_url(given: str) -> None:
    for url in (given, given[:2_000], f"https://{given[:2_000]}"):
        try:
            require_public_url(url, input_name="image_urls")
        except ComfycordError:
            continue


def _read_answer(given: str) -> None:
    find_outputs({"images": [f"https://h.net/{given[:4_000]}", given]})
    body = {"status": given, "error": [{given[:100]: given, "error": given}], "error_message": given}
    read_result(body)
    try:
        decode(given.encode(errors="replace"))
    except GarbledBody:
        return


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "split_urls": split_urls,
    "require_public_url": _judge_url,
    "is_public_host": is_public_host,
    "read_answer": _read_answer,
    "read_reason": read_reason,
    "parse_retry_after": lambda given: parse_retry_after(given, now=NOON),
    "escaped": text.escaped,
    "quoted": lambda given: text.quoted(given, 900),
    "shown_line": lambda given: text.shown_line(given, 200),
    "web_address": text.web_address,
    "code_block": text.code_block,
    "encodable": text.encodable,
    "with_prompt": lambda given: with_prompt(given, given),
    "redact": Redactor(["a-secret-of-the-operator"]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_reader_of_text_is_linear(name: str) -> None:
    """What people, the API and the settings give is read in a moment, whatever it is."""
    assert_all_quick(FUNCTIONS[name])


def test_the_measure_finds_what_is_not_linear() -> None:
    """A pattern that looks at all that follows from each place is found."""
    careless = re.compile(r"[,;]+(?=\s|$|<?[A-Za-z][A-Za-z0-9+.-]*://)")
    with pytest.raises(pytest.fail.Exception, match="with"):
        assert_quick(careless.search, ";" * 4_000 + "x")  # half of it takes a fast machine just MOST_SECONDS
