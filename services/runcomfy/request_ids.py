"""The request id in an answer to a submit, in whatever form it comes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from services.runcomfy.wire import is_request_id

# Also in a body that is no JSON, was cut short or calls it otherwise, and in the request's own addresses: for the log
# alone, where whoever uses `adopt` finds it.
_ID_IN_TEXT = re.compile(
    rb"""request_?id[\\"']{1,4}\s{0,9}:\s{0,9}[\\"']{1,4}([A-Za-z0-9_-]{1,128})[\\"']|/v1/requests/([A-Za-z0-9_-]{1,128})/""",
    re.IGNORECASE,
)
_ID_IN_ADDRESS = re.compile(r"/requests/([A-Za-z0-9_-]{1,128})(?:/[a-z]{1,20})?/?(?:[?#]|\Z)")
_LONGEST_ADDRESS = 4096
_NOT_LETTERS = re.compile(r"[^a-z]")
# What an answer, or the request in it, may be wrapped in.
_WRAPPERS = ("data", "result", "request", "response")
_DEEPEST = 2


def id_in_text(raw: bytes) -> str:
    """Return the first request id that a body shows, in whatever encoding; empty where it shows none."""
    match = _ID_IN_TEXT.search(raw.replace(b"\0", b""))
    return (match[1] or match[2]).decode() if match else ""


def find_request_ids(document: object, *, location: str) -> tuple[str, ...]:
    """Return the ids that an answer may mean, each once: one alone is certain.

    Those that are named so, or stand in an address of the request; where there is none, what is called an `id`.
    """
    places = tuple(_places(document, depth=0))
    named = [_id_in_address(location)]
    named += [_named_id(str(key), value) for place in places for key, value in place.items()]
    called = [_usable(place.get("id")) for place in places] if not any(named) else []
    return tuple(dict.fromkeys(filter(None, [*named, *called])))


def _places(value: object, *, depth: int) -> Iterator[Mapping[str, object]]:
    """Yield the objects in which an id is the request's own: the answer, and what it wraps."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        yield value
        for name in _WRAPPERS if depth < _DEEPEST else ():
            yield from _places(value.get(name), depth=depth + 1)


def _named_id(key: str, value: object) -> str:
    if _NOT_LETTERS.sub("", key[:100].lower()) == "requestid":
        return _usable(value)
    return _id_in_address(value) if isinstance(value, str) else ""


def _id_in_address(text: str) -> str:
    match = _ID_IN_ADDRESS.search(text.strip()) if len(text) <= _LONGEST_ADDRESS else None
    return match[1] if match else ""


def _usable(value: object) -> str:
    """Return an id as the API's paths hold it; empty where the value is none."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        value = str(value)
    text = value.strip() if isinstance(value, str) else ""
    return text if is_request_id(text) else ""
