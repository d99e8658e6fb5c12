"""The custom_ids of our buttons: what a press tells a process that knows nothing of the message.

Messages keep their buttons for years, so a form that was released once stays readable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Self, get_origin, get_type_hints

_VALUE_PATTERNS = {str: "[a-z0-9]{1,32}", int: "[0-9]{1,9}"}


class Place(StrEnum):
    """Who sees the card that a press leads to."""

    PRIVATE = "private"
    PUBLIC = "public"


class Direction(StrEnum):
    """Which way a list turns."""

    NEWER = "newer"
    OLDER = "older"


class CustomId:
    """A form of custom_ids: `cc:name:field:…`, the fields in the order in which a subclass declares them.

    A field is an id (`str`, lower case), a number (`int`, nine digits at most) or one of a `StrEnum`'s words.
    """

    name: ClassVar[str]

    @classmethod
    def template(cls) -> str:
        """Return the pattern that this form's custom_ids match, and no other form's."""
        groups = (f"(?P<{field}>{_pattern_of(kind)})" for field, kind in cls._kinds().items())
        return ":".join(("cc", cls.name, *groups))

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return what stands in a custom_id that matched the template."""
        return cls(**{field: kind(match[field]) for field, kind in cls._kinds().items()})

    @classmethod
    def _kinds(cls) -> dict[str, type[str | int]]:
        return {field: kind for field, kind in get_type_hints(cls).items() if get_origin(kind) is not ClassVar}

    def __str__(self) -> str:
        """Return the custom_id."""
        return ":".join(("cc", self.name, *(str(getattr(self, field)) for field in self._kinds())))


def _pattern_of(kind: type[str | int]) -> str:
    return "|".join(kind) if issubclass(kind, StrEnum) else _VALUE_PATTERNS[kind]


@dataclass(frozen=True, kw_only=True)
class CancelId(CustomId):
    """Cancels a job."""

    name = "cancel"

    job_id: str


@dataclass(frozen=True, kw_only=True)
class ResubmitId(CustomId):
    """Offers to submit an unconfirmed job once more."""

    name = "anew"

    job_id: str


@dataclass(frozen=True, kw_only=True)
class ConfirmResubmitId(CustomId):
    """Submits an unconfirmed job once more. Whether its card is private stands here: the defer comes first."""

    name = "confirm"

    place: Place
    job_id: str


@dataclass(frozen=True, kw_only=True)
class HistoryId(CustomId):
    """Turns to a page of the history of whoever presses it."""

    name = "history"

    direction: Direction
    page: int
