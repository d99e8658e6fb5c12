"""A log of every REST call, for tests and for the conformance check."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.discord.wire import JsonObject


@dataclass(slots=True, kw_only=True, frozen=True)
class SentFile:
    """A file part of a multipart body, without its bytes."""

    field: str
    filename: str
    size: int


@dataclass(slots=True, kw_only=True)
class Call:
    """One REST call. `route` is like "PATCH /channels/{channel_id}/messages/{message_id}".

    `body` is the JSON body or the multipart's payload_json; `status` None means that no answer was given.
    `is_arriving` stays true where the connection ended before the whole body had come: nothing can be said of it then.
    `applied` says whether the call reached its route's code and succeeded there.
    """

    method: str
    path: str
    route: str | None
    parameters: dict[str, str]
    query: dict[str, str]
    at: datetime
    authorization: str | None = None
    content_type: str = ""
    is_arriving: bool = False
    body: object = None
    files: list[SentFile] = field(default_factory=list)
    status: int | None = None
    response: object = None
    answered_at: datetime | None = None
    applied: bool = False

    @property
    def json(self) -> JsonObject:
        """The body where it is an object, else an empty one."""
        return self.body if isinstance(self.body, dict) else {}


class Traffic(list[Call]):
    """The calls in the order of their arrival."""

    def to(self, route: str) -> list[Call]:
        """The calls of one route; the names of its parameters do not matter, nor does a missing method."""
        wanted = normalized_route(route)
        return [call for call in self if call.route and matches_route(wanted, call.route)]


def normalized_route(route: str) -> str:
    """The route with its parameters' names left out."""
    parts = ["{}" if part.startswith("{") else part for part in route.split("/")]
    return "/".join(parts)


def matches_route(pattern: str, route: str) -> bool:
    """Whether a route is the pattern's: "*" is every route, a pattern without a method every method."""
    pattern, route = normalized_route(pattern), normalized_route(route)
    return pattern == "*" or pattern in (route, route.partition(" ")[2])
