"""How values rest in columns: whole numbers and text, which both databases keep exactly."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeVar

from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator

from services.jobs.model import Json

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST = 2**63 - 1
_MICROSECOND = timedelta(microseconds=1)
_NANO_DOLLAR = Decimal("1e-9")
_MOST_DOLLARS = LARGEST * _NANO_DOLLAR
# Moments that leave room for adding and subtracting days; what a damaged row may hold beyond sorts as they do.
_FIRST, _LAST = (int((datetime(year, 1, 1, tzinfo=UTC) - EPOCH) / _MICROSECOND) for year in (1000, 9000))

# Takes the place of a value that cannot be read: an error would keep all other rows of a query from being read too.
UNREADABLE: Final[Any] = object()
_CANNOT_BE_READ = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class UtcMicros(TypeDecorator[datetime]):
    """An aware moment as microseconds since 1970, so that it compares and sorts alike everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - the hook's
        """Return the moment as a number; a naive one raises TypeError."""
        return None if value is None else (value - EPOCH) // _MICROSECOND

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the hook's
        """Return the moment, aware UTC."""
        if value is None:
            return None
        if not isinstance(value, int):  # SQLite keeps what it is given
            return UNREADABLE  # type: ignore[no-any-return]  # it stands for any value
        return EPOCH + timedelta(microseconds=max(_FIRST, min(value, _LAST)))


class UsDollars(TypeDecorator[Decimal]):
    """An amount in US dollars as a whole number of 1e-9 dollars."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - the hook's
        """Return the amount as a number; what is no amount (not finite) is none, since it must not block a job."""
        if value is None or not value.is_finite():
            return None
        return round(max(-_MOST_DOLLARS, min(value, _MOST_DOLLARS)) / _NANO_DOLLAR)

    def process_result_value(self, value: object, dialect: Dialect) -> Decimal | None:  # noqa: ARG002 - the hook's
        """Return the amount without trailing zeros."""
        if value is None:
            return None
        if not isinstance(value, int):
            return UNREADABLE  # type: ignore[no-any-return]  # as above
        amount = Decimal(value).scaleb(-9).normalize()
        return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount


class PlainText(TypeDecorator[str]):
    """Text from outside: what no database can keep (NUL, lone surrogates) becomes U+FFFD instead of an error."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the hook's
        """Return the text as a database can keep it."""
        return None if value is None else storable(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the hook's
        """Return the text."""
        return value if value is None or isinstance(value, str) else UNREADABLE


def storable(text: str) -> str:
    """Return the text with U+FFFD in place of what cannot be kept: PostgreSQL has no NUL, UTF-8 no lone surrogates."""
    # A pair of surrogates is one character in UTF-16; only what has no partner is replaced.
    return text.replace("\0", "\ufffd").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class Word(TypeDecorator[E]):
    """A member of an enumeration by its value."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the hook's
        """Return the member's value."""
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:  # noqa: ARG002 - the hook's
        """Return the member."""
        try:
            return None if value is None else self.words(value)
        except ValueError:
            return UNREADABLE  # type: ignore[no-any-return]  # as above


class AsJson(TypeDecorator[T]):
    """A value as JSON text in ASCII, which keeps any string, NUL and lone surrogates too."""

    impl = Text
    cache_ok = True

    def __init__(self, to_json: Callable[[T], Json], from_json: Callable[[Json], T]) -> None:
        super().__init__()
        self.to_json = to_json
        self.from_json = from_json

    def process_bind_param(self, value: T | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the hook's
        """Return the value as text."""
        return None if value is None else json.dumps(self.to_json(value), separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> T | None:  # noqa: ARG002 - the hook's
        """Return the value."""
        try:
            return None if value is None else self.from_json(json.loads(value))
        except _CANNOT_BE_READ:
            return UNREADABLE  # type: ignore[no-any-return]  # as above
