"""Scripted misbehaviour: errors, delays, silence, lost connections, and hooks around a route's effect."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.discord.rest.responses import Answer
from sandbox.discord.traffic import Call, matches_route
from sandbox.discord.wire import JsonObject

Hook: TypeAlias = Callable[[Call], Awaitable[None]]
Intervention: TypeAlias = Callable[[Call], Awaitable[Answer | None]]


_STATUS_TEXT = {
    400: "400: Bad Request",
    401: "401: Unauthorized",
    403: "403: Forbidden",
    404: "404: Not Found",
    429: "You are being rate limited.",
    500: "500: Internal Server Error",
    502: "502: Bad Gateway",
    503: "503: Service Unavailable",
    504: "504: Gateway Timeout",
}


class ConnectionLost(Exception):
    """The connection is to be reset instead of answered."""


class NeverAnswered(Exception):
    """The connection is to stay open and silent."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One scripted misbehaviour. `times` None: until removed. `hits` counts how often it struck."""

    route: str
    times: int | None
    before: Intervention | None = None
    after: Intervention | None = None
    only_if: Callable[[Call], bool] | None = None
    hits: int = 0

    @property
    def is_spent(self) -> bool:
        """Whether it has struck as often as it should."""
        return self.times is not None and self.hits >= self.times

    def takes(self, call: Call) -> bool:
        """Whether it strikes this call; counts when it does."""
        if self.is_spent or call.route is None or not matches_route(self.route, call.route):
            return False
        if self.only_if is not None and not self.only_if(call):
            return False
        self.hits += 1
        return True


class Faults:
    """The script. Routes read like "PATCH /channels/{channel_id}/messages/{message_id}"; the parameters' names do
    not matter, a missing method means every method, "*" every route. Of several faults the oldest live one strikes.
    """  # noqa: D205 - one sentence

    def __init__(self) -> None:
        self.script: list[Fault] = []

    def fail(
        self,
        route: str,
        *,
        status: int,
        code: int = 0,
        message: str | None = None,
        retry_after: float | None = None,
        text: str | None = None,
        times: int | None = 1,
        applied: bool = False,
        only_if: Callable[[Call], bool] | None = None,
    ) -> Fault:
        """Answer with an error; `applied` lets the effect happen first.

        `retry_after` seconds go into a 429's body and header; `text` is sent instead of JSON, as a proxy would.
        """
        body: JsonObject = {"message": message or _STATUS_TEXT.get(status, str(status)), "code": code}
        headers: dict[str, str] = {}
        if retry_after is not None:
            body |= {"retry_after": retry_after, "global": False}
            headers["Retry-After"] = str(max(1, round(retry_after)))
        answer = Answer(status=status, body=body, headers=headers, text=text)

        async def intervene(_: Call) -> Answer | None:
            return answer

        return self._add(route, times, intervene, applied=applied, only_if=only_if)

    def delay(self, route: str, *, seconds: float, times: int | None = 1, applied: bool = False) -> Fault:
        """Wait `seconds` of real time before the effect, or after it when `applied`."""

        async def intervene(_: Call) -> Answer | None:
            await asyncio.sleep(seconds)
            return None

        return self._add(route, times, intervene, applied=applied)

    def hang(
        self,
        route: str,
        *,
        times: int | None = 1,
        applied: bool = False,
        only_if: Callable[[Call], bool] | None = None,
    ) -> Fault:
        """Never answer (calls of which `only_if` is true); `applied` lets the effect happen first."""

        async def intervene(_: Call) -> Answer | None:
            raise NeverAnswered

        return self._add(route, times, intervene, applied=applied, only_if=only_if)

    def reset(self, route: str, *, times: int | None = 1, applied: bool = False) -> Fault:
        """Reset the connection; `applied` lets the effect happen first, so that only the answer is lost."""

        async def intervene(_: Call) -> Answer | None:
            raise ConnectionLost

        return self._add(route, times, intervene, applied=applied)

    def hook(
        self, route: str, *, before: Hook | None = None, after: Hook | None = None, times: int | None = 1
    ) -> Fault:
        """Call and await `before(call)` ahead of the route's effect and `after(call)` between effect and answer."""
        fault = Fault(route=route, times=times, before=_intervention(before), after=_intervention(after))
        self.script.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Take one fault back."""
        self.script.remove(fault)

    def clear(self) -> None:
        """Take everything back."""
        self.script.clear()

    def striking(self, call: Call) -> list[Fault]:
        """The faults for one call: every hook, and the oldest live fault of another kind."""
        struck: list[Fault] = []
        for fault in list(self.script):
            is_hook = fault.before is not None and fault.after is not None
            if fault.takes(call):
                struck.append(fault)
                if not is_hook:
                    break
        return struck

    def _add(
        self,
        route: str,
        times: int | None,
        intervention: Intervention,
        *,
        applied: bool,
        only_if: Callable[[Call], bool] | None = None,
    ) -> Fault:
        fault = Fault(
            route=route,
            times=times,
            before=None if applied else intervention,
            after=intervention if applied else None,
            only_if=only_if,
        )
        self.script.append(fault)
        return fault


def _intervention(hook: Hook | None) -> Intervention:
    async def intervene(call: Call) -> Answer | None:
        if hook is not None:
            await hook(call)
        return None

    return intervene
