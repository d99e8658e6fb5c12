"""Single values of a schema: texts, bounds, choices, and which defaults may be kept."""

from __future__ import annotations

import math
import re

from services.errors import InvalidInput
from services.jobs.model import Json
from services.models.spec import Choice, InputKind, InputSpec
from services.models.values import check_scalar

# Texts under such names are what a model is asked to make; their defaults are samples, which would be paid for.
_SAMPLE_WORDS = frozenset(
    {"prompt", "prompts", "text", "texts", "lyrics", "caption", "captions", "tags", "script", "dialogue", "story"},
)
_NEGATIVE = "negative"  # a negative prompt's default is a true one
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_URL = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?//|\s*data:", re.IGNORECASE)


def read_text(raw: object) -> str:
    """Return a text without the space around it; anything else is empty."""
    return raw.strip() if isinstance(raw, str) else ""


def read_count(raw: object) -> int | None:
    """Return a count (0 and up); anything else is no bound."""
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0 else None


def read_bound(raw: object, *, kind: InputKind, is_upper: bool) -> int | float | None:
    """Return a finite bound of a numeric input, rounded inwards for an integer one."""
    if kind not in {InputKind.INTEGER, InputKind.NUMBER} or isinstance(raw, bool):
        return None
    if not isinstance(raw, int | float) or not math.isfinite(raw):
        return None
    if kind is InputKind.NUMBER:
        return raw
    return math.floor(raw) if is_upper else math.ceil(raw)


def read_choices(raw: object) -> tuple[Choice, ...]:
    """Return an enum's strings and numbers, each once, in order."""
    if not isinstance(raw, list):
        return ()
    values = [value for value in raw if isinstance(value, str | int | float) and not isinstance(value, bool)]
    return tuple(dict.fromkeys(values))


def read_default(raw: Json | None, spec: InputSpec) -> Json | None:
    """Return the default that may be sent without being asked for: none that is a sample, none that does not fit."""
    if raw is None:
        return None
    if spec.kind is InputKind.TEXT and (spec.is_prompt or _may_be_sample(spec.name, raw)):
        return None
    if spec.kind is InputKind.INTEGER and isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    try:
        return check_scalar(spec, raw)  # which refuses whatever is given for files and structures
    except InvalidInput:
        return None


def _may_be_sample(name: str, default: Json) -> bool:
    """Whether a text's default is content rather than a setting: by its name, or because it is an address."""
    words = {word.lower() for word in _WORD.findall(name)}
    is_content = bool(words & _SAMPLE_WORDS) and _NEGATIVE not in words
    return is_content or (isinstance(default, str) and _URL.match(default) is not None)
