"""One value against its input: type, choices, range, length."""

from __future__ import annotations

import math
import re
import unicodedata

from services.errors import InputProblem, InvalidInput
from services.jobs.model import Json
from services.models.spec import Choice, InputKind, InputSpec

# Characters that have a letter's or mark's category but show nothing: fillers, a blank Braille cell, joiners.
_SHOWS_NOTHING = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
# No client can type a NUL or half a surrogate pair; neither goes into a database or a body.
_UNTYPEABLE = re.compile("[\0\ud800-\udfff]")
_LONGEST_ECHO = 100


def is_blank(text: str) -> bool:
    """Whether a text shows nothing: empty, or only spaces, controls and invisible characters."""
    return not any(_is_visible(character) for character in text)


def check_scalar(spec: InputSpec, value: Json) -> Json:
    """Return the value as the API takes it.

    Raises: InvalidInput where the value does not fit the input.
    """
    match spec.kind:
        case InputKind.TEXT:
            return _check_text(spec, value)
        case InputKind.CHOICE:
            return _check_choice(spec, value)
        case InputKind.BOOLEAN:
            if isinstance(value, bool):
                return value
        case InputKind.INTEGER:
            if isinstance(value, int) and not isinstance(value, bool):
                return _check_range(spec, value)
        case InputKind.NUMBER:
            if isinstance(value, int | float) and not isinstance(value, bool):
                return _check_range(spec, value)
        case _:
            pass
    raise InvalidInput(spec.name, InputProblem.WRONG_TYPE, value=echo(value))


def echo(value: Json) -> str:
    """Return a value as short text, for who reads the refusal."""
    return str(value)[:_LONGEST_ECHO]


def _is_visible(character: str) -> bool:
    if unicodedata.category(character)[0] in "ZC" or character in _SHOWS_NOTHING:
        return False
    return not any(ord(character) in selectors for selectors in _VARIATION_SELECTORS)


def _check_text(spec: InputSpec, value: Json) -> str:
    if not isinstance(value, str) or _UNTYPEABLE.search(value):
        raise InvalidInput(spec.name, InputProblem.WRONG_TYPE)
    if spec.max_length is not None and len(value) > spec.max_length:
        raise InvalidInput(spec.name, InputProblem.TOO_LONG, value=str(len(value)), limit=str(spec.max_length))
    return value


def _check_choice(spec: InputSpec, value: Json) -> Choice:
    """Return the choice itself; its text is taken for it too, since a client may know only texts."""
    for choice in spec.choices:
        if type(value) is type(choice) and value == choice:
            return choice
    for choice in spec.choices:
        if isinstance(value, str) and value == str(choice):
            return choice
    raise InvalidInput(
        spec.name,
        InputProblem.NOT_A_CHOICE,
        value=echo(value),
        limit=", ".join(str(choice) for choice in spec.choices),
    )


def _check_range(spec: InputSpec, value: float) -> float:
    is_low = spec.minimum is not None and value < spec.minimum
    is_high = spec.maximum is not None and value > spec.maximum
    if not math.isfinite(value) or is_low or is_high:
        bounds = f"{'' if spec.minimum is None else spec.minimum}..{'' if spec.maximum is None else spec.maximum}"
        raise InvalidInput(spec.name, InputProblem.OUT_OF_RANGE, value=echo(value), limit=bounds)
    return value
