"""The service's own words about a failure, whatever JSON they come in, as one short sentence for people."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

REASON_MAX_LENGTH = 500

# Where official clients look, in their order; then what other RunComfy APIs and validators use.
_KEYS = ("error_message", "message", "error", "detail", "msg", "reason", "errors", "description", "title")
_DEEPEST = 6
_MOST_PARTS = 3
_MOST_ITEMS = 50  # that are looked at for them
_MARKUP = re.compile(r"<(?:!doctype|html|head|body|\?xml)\b", re.IGNORECASE)
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\s]+")


def read_reason(value: object) -> str:
    """Return at most 500 characters that a person can read; empty where there is no sentence. Never raw JSON or HTML.

    Seen: a string, a string that holds JSON, an object, a list of objects, validators' `detail` lists that name fields.
    """
    text = _read(value, depth=0)
    return text if len(text) <= REASON_MAX_LENGTH else text[: REASON_MAX_LENGTH - 1].rstrip() + "…"


def _read(value: object, *, depth: int) -> str:
    if depth > _DEEPEST:
        return ""
    if isinstance(value, str):
        return _read_text(value, depth=depth)
    if isinstance(value, Mapping):
        return _read_object(value, depth=depth)
    if isinstance(value, list):
        parts = dict.fromkeys(part for item in value[:_MOST_ITEMS] if (part := _read(item, depth=depth + 1)))
        return "; ".join(list(parts)[:_MOST_PARTS])
    return ""


def _read_text(value: str, *, depth: int) -> str:
    text = value.strip()
    if text[:1] in {"{", "["}:
        try:
            return _read(json.loads(text), depth=depth + 1)
        except (ValueError, RecursionError):
            return "" if text[:1] == "{" else _one_line(text)
    if _MARKUP.match(text):
        return ""
    if text.startswith("Traceback (most recent call last)"):
        text = text.splitlines()[-1]
    return _one_line(text)


def _read_object(value: Mapping[str, object], *, depth: int) -> str:
    """Return the first of the known keys that says something, after the field that a validator's `loc` names."""
    text = next((found for key in _KEYS if (found := _read(value.get(key), depth=depth + 1))), "")
    place = value.get("loc") or value.get("field")
    if isinstance(place, list):
        place = ".".join(str(part) for part in place[:_MOST_ITEMS] if part != "body" and isinstance(part, str | int))
    return f"{_one_line(place)}: {text}" if text and isinstance(place, str) and place else text


def _one_line(text: str) -> str:
    # JSON can hold halves of characters, which nothing that comes after can encode.
    return _NOT_SHOWN.sub(" ", text.encode(errors="replace").decode()).strip()
