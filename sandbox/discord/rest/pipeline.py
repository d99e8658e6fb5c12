"""The way of a REST call: record, faults, limits, token, body, the route's code, answer."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
from collections.abc import Callable

from aiohttp import web

from sandbox.discord.files import Upload
from sandbox.discord.rest.bodies import read_body
from sandbox.discord.rest.errors import ApiError, unauthorized
from sandbox.discord.rest.faults import ConnectionLost, Fault, Faults, NeverAnswered
from sandbox.discord.rest.rate_limits import RateLimits
from sandbox.discord.rest.resources import ROUTES
from sandbox.discord.rest.responses import Answer
from sandbox.discord.rest.routing import Context, Route, RouteTable
from sandbox.discord.state import DiscordState
from sandbox.discord.traffic import Call, Traffic

log = logging.getLogger(__name__)
_PREFIX = "/api/v10"


class Pipeline:
    """Answers every REST call of one local Discord."""

    def __init__(
        self,
        *,
        state: DiscordState,
        traffic: Traffic,
        violations: list[str],
        faults: Faults,
        rate_limits: RateLimits,
        gateway_url: Callable[[], str],
        closing: asyncio.Event,
    ) -> None:
        self._state = state
        self._traffic = traffic
        self._violations = violations
        self._faults = faults
        self._rate_limits = rate_limits
        self._gateway_url = gateway_url
        self._closing = closing
        self._table = RouteTable(ROUTES)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, or reset its connection, or keep it waiting, as the script of faults wants it."""
        path = request.path.removeprefix(_PREFIX)
        found = self._table.find(request.method, path)
        call = Call(
            method=request.method,
            path=path,
            route=found[0].template if found else None,
            parameters=found[1] if found else {},
            query=dict(request.query),
            at=self._state.clock.now(),
            authorization=request.headers.get("Authorization"),
        )
        self._traffic.append(call)
        try:
            answer = await self._answer(request, call, found[0] if found else None)
        except NeverAnswered:
            await self._closing.wait()
            return _torn(request)
        except ConnectionLost:
            return _torn(request)
        return self._sent(call, answer)

    async def _answer(self, request: web.Request, call: Call, route: Route | None) -> Answer:
        uploads: dict[int, Upload] = {}
        refusal: ApiError | None = None
        call.is_arriving = True
        try:
            uploads = await read_body(request, call)
        except ApiError as error:
            refusal = error
        call.is_arriving = False
        if route is None:
            self._violations.append(f"no such route here: {call.method} {call.path}")
            return Answer(status=501, body={"message": "501: Not Implemented", "code": 0})
        struck = self._faults.striking(call)
        early = await _intervened(call, struck, after=False)
        if early is not None:
            return early
        headers, refused = self._rate_limits.admit(call, route.template, counts_globally=route.needs_bot)
        if refused is not None:
            return refused
        answer = self._applied(call, route, uploads, refusal)
        late = await _intervened(call, struck, after=True)
        return late or Answer(
            status=answer.status, body=answer.body, headers={**headers, **answer.headers}, text=answer.text
        )

    def _applied(self, call: Call, route: Route, uploads: dict[int, Upload], refusal: ApiError | None) -> Answer:
        context = Context(
            state=self._state,
            call=call,
            uploads=uploads,
            rate_limits=self._rate_limits,
            gateway_url=self._gateway_url(),
        )
        try:
            self._check_caller(call, route, refusal)
            answer = route.handler(context)
        except ApiError as error:
            return Answer(status=error.status, body=error.body())
        except Exception:
            log.exception("the sandbox itself failed at %s", call.route)
            self._violations.append(f"the sandbox itself failed at {call.method} {call.path}")
            return Answer(status=500, body={"message": "500: Internal Server Error", "code": 0})
        call.applied = True
        return answer

    def _check_caller(self, call: Call, route: Route, refusal: ApiError | None) -> None:
        if route.needs_bot and call.authorization != f"Bot {self._state.bot_token}":
            raise unauthorized()
        if refusal is not None:
            raise refusal

    def _sent(self, call: Call, answer: Answer) -> web.Response:
        call.status, call.response = answer.status, answer.body if answer.text is None else answer.text
        call.answered_at = self._state.clock.now()
        headers = {"Via": "1.1 google", **answer.headers}
        if answer.text is not None:
            return web.Response(status=answer.status, text=answer.text, content_type="text/html", headers=headers)
        if answer.body is None:
            return web.Response(status=answer.status, headers=headers)
        headers = {**headers, "Content-Type": "application/json"}  # exactly: discord.py compares the whole header
        return web.Response(status=answer.status, body=json.dumps(answer.body).encode(), headers=headers)


async def _intervened(call: Call, struck: list[Fault], *, after: bool) -> Answer | None:
    for fault in struck:
        intervention = fault.after if after else fault.before
        if intervention is not None:
            answer = await intervention(call)
            if answer is not None:
                return answer
    return None


def _torn(request: web.Request) -> web.Response:
    """Reset the connection (RST, not FIN) so that no answer can reach the caller."""
    transport = request.transport
    if transport is not None:
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(status=499)
