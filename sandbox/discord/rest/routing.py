"""Routes and what their code gets to work with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.discord.files import Upload
from sandbox.discord.rest.errors import invalid_form
from sandbox.discord.rest.rate_limits import RateLimits
from sandbox.discord.rest.responses import Answer
from sandbox.discord.state import DiscordState
from sandbox.discord.traffic import Call
from sandbox.discord.wire import JsonObject


@dataclass(slots=True, kw_only=True, frozen=True)
class Context:
    """One call being answered."""

    state: DiscordState
    call: Call
    uploads: Mapping[int, Upload]
    rate_limits: RateLimits
    gateway_url: str

    def id(self, name: str) -> int:
        """A snowflake from the path. Raises: ApiError 50035 when it is none."""
        value = self.call.parameters[name]
        if not value.isdecimal():
            raise invalid_form((name,), "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
        return int(value)

    @property
    def form(self) -> JsonObject:
        """The body. Raises: ApiError 50035 when it is no object."""
        body = self.call.body
        if not isinstance(body, dict):
            raise invalid_form((), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return body

    def asks_for(self, name: str) -> bool:
        """Whether a boolean of the query is on."""
        return self.call.query.get(name, "").lower() in ("1", "true")


Handler: TypeAlias = "Callable[[Context], Answer]"


@dataclass(slots=True, kw_only=True, frozen=True)
class Route:
    """A method and a path template. `needs_bot` off: the path's token is the key, and no global limit counts."""

    template: str
    handler: Handler
    needs_bot: bool = True


def route(template: str, handler: Handler, *, needs_bot: bool = True) -> Route:
    """A route from its template, e.g. "GET /channels/{channel_id}"."""
    return Route(template=template, handler=handler, needs_bot=needs_bot)


class RouteTable:
    """Finds the route of a call; fixed words win over parameters."""

    def __init__(self, routes: Iterable[Route]) -> None:
        ordered = sorted(routes, key=lambda found: found.template.count("{"))
        self._compiled = [(_pattern(found.template), found) for found in ordered]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route and its parameters, or None."""
        for pattern, found in self._compiled:
            match = pattern.fullmatch(f"{method} {path}")
            if match:
                return found, match.groupdict()
        return None


def _pattern(template: str) -> re.Pattern[str]:
    escaped = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
    return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", escaped))
