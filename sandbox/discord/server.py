"""The local Discord on a real socket."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from types import TracebackType
from typing import Self, TypeAlias

from aiohttp import web

from sandbox.clock import SandboxClock
from sandbox.discord import cdn
from sandbox.discord.population import populated_state
from sandbox.discord.rest.faults import Faults
from sandbox.discord.rest.pipeline import Pipeline
from sandbox.discord.rest.rate_limits import RateLimits
from sandbox.discord.state import DiscordState
from sandbox.discord.traffic import Traffic

GatewayHandler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


log = logging.getLogger(__name__)
_LARGEST_BODY = 600 * 1024 * 1024  # above any place's limit, so that the limit itself is what refuses


class DiscordServer:
    """REST, files and (once attached) the gateway of one local Discord, on loopback.

    Use as `async with DiscordServer(clock=clock) as discord:`. The gateway is served by whoever calls
    `attach_gateway`; until then a connection to it is refused with 503.
    """

    def __init__(self, *, clock: SandboxClock, port: int = 0, state: DiscordState | None = None) -> None:
        self.clock = clock
        self.state = state or populated_state(clock)
        self.traffic = Traffic()
        self.violations: list[str] = []
        self.faults = Faults()
        self.rate_limits = RateLimits(clock)
        self._wanted_port = port
        self._port = 0
        self._closing = asyncio.Event()
        self._gateway: GatewayHandler | None = None
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """http://127.0.0.1:PORT."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def api_url(self) -> str:
        """The base of REST routes, ending in /api/v10."""
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        """The address of the gateway's WebSocket."""
        return f"ws://127.0.0.1:{self._port}/gateway"

    @property
    def cdn_url(self) -> str:
        """The base of links to files and avatars."""
        return f"{self.url}/cdn"

    def attach_gateway(self, handler: GatewayHandler) -> None:
        """Serve WebSocket connections to /gateway (and below it) with `handler`."""
        self._gateway = handler

    async def _tell_the_time(self, _: web.Request, response: web.StreamResponse) -> None:
        """Date each answer by the sandbox's clock, as Discord dates it by its own."""
        response.headers["Date"] = format_datetime(self.clock.now(), usegmt=True)

    async def __aenter__(self) -> Self:
        pipeline = Pipeline(
            state=self.state,
            traffic=self.traffic,
            violations=self.violations,
            faults=self.faults,
            rate_limits=self.rate_limits,
            gateway_url=lambda: self.gateway_url,
            closing=self._closing,
        )
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.on_response_prepare.append(self._tell_the_time)
        app.router.add_route("*", "/api/v10/{tail:.*}", pipeline.handle)
        app.router.add_get("/gateway", self._serve_gateway)
        app.router.add_get("/gateway/{tail:.*}", self._serve_gateway)
        app.router.add_get("/cdn/{tail:.*}", cdn.file_handler(self.state))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._wanted_port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.state.files.base_url = self.cdn_url
        log.info("local Discord listens on %s", self.url)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve_gateway(self, request: web.Request) -> web.StreamResponse:
        if self._gateway is None:
            return web.Response(status=503, text="no gateway is attached")
        return await self._gateway(request)
