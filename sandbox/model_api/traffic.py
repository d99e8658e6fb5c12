"""The record of every HTTP call that reached the Model API, and of what no well-behaved client does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum, auto

from sandbox.model_api.json_values import JsonObject


class Route(StrEnum):
    """The kinds of calls, as faults and hooks name them."""

    SUBMIT = "submit"
    STATUS = "status"
    RESULT = "result"
    CANCEL = "cancel"
    CATALOG = "catalog"
    FILE = "file"
    ELSEWHERE = "elsewhere"  # where redirects lead
    UNKNOWN = "unknown"


class Authorization(Enum):
    """What a call brought as its token. The token itself is never kept."""

    ABSENT = auto()
    RIGHT = auto()
    WRONG = auto()


@dataclass(slots=True, kw_only=True)
class Call:
    """One HTTP call. `status` stays None while it is unanswered, and for ever when the answer never left."""

    at: datetime
    route: Route
    method: str
    path: str
    query: dict[str, str]
    authorization: Authorization
    headers: dict[str, str]
    """All of them but Authorization, by lower-case name."""
    on_fresh_connection: bool
    """Whether this is the first call on its connection."""
    body: JsonObject | None = None
    request_id: str | None = None
    """The request that it is about, or that it made."""
    fault: str | None = None
    status: int | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that a client must not do, in a sentence."""

    at: datetime
    message: str


@dataclass(slots=True)
class Traffic:
    """All calls in the order of their arrival."""

    calls: list[Call] = field(default_factory=list)

    def of(self, route: Route | str) -> list[Call]:
        """All calls of one kind."""
        return [call for call in self.calls if call.route == route]
