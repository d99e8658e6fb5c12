"""What a finished card shows of its result: files that hang at its message, links, and what became of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from services.errors import ResultProblem
from services.jobs.model import MediaKind


@dataclass(frozen=True, kw_only=True, slots=True)
class CardPicture:
    """A result file that hangs at the card's message, uploaded now or before."""

    filename: str
    kind: MediaKind


class LinkReason(StrEnum):
    """Why a result is linked to and not uploaded."""

    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    OTHER_KIND = "other_kind"  # a drawing, a 3D model, an archive: a card shows none
    UNAVAILABLE = "unavailable"
    NOT_UPLOADED = "not_uploaded"
    LATE = "late"  # still tried for


@dataclass(frozen=True, kw_only=True, slots=True)
class CardLink:
    """A result that only the Model API holds. `number` counts the outputs from 1; its URL expires."""

    number: int
    url: str
    reason: LinkReason


@dataclass(frozen=True, kw_only=True, slots=True)
class CardResult:
    """All that a card shows of a result; empty for a job that has none.

    `problem` says why nothing of a result can be fetched; `fetching` are the numbers of the outputs that are on their
    way, which `is_held_up` by the bot's own disk; `before` are those that hang at the private card before this one.
    `is_elsewhere`: Discord does not take all of it here.
    """

    pictures: tuple[CardPicture, ...] = ()
    links: tuple[CardLink, ...] = ()
    problem: ResultProblem | None = None
    fetching: tuple[int, ...] = ()
    before: tuple[int, ...] = ()
    is_held_up: bool = False
    is_elsewhere: bool = False


NO_RESULT = CardResult()
