"""`/healthz` and `/readyz` over HTTP, for whoever supervises the process."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from services.errors import StartupError, StoreUnavailable

log = logging.getLogger(__name__)

# How long the database may take to answer before the process counts as unwell.
DATABASE_SECONDS = 2.0


class HealthChecks:
    """Answers two questions: whether the process works at all, and whether it serves people now."""

    def __init__(
        self,
        *,
        require_database: Callable[[], Awaitable[None]],
        is_connected: Callable[[], bool],
        results_problem: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`require_database` raises StoreUnavailable where the database does not answer or takes no writes;
        `results_problem` tells why the folder of results takes no files, if it does not.
        """  # noqa: D205 - one sentence
        self._require_database = require_database
        self._is_database_well = True
        self._is_connected = is_connected
        self._results_problem = results_problem

    async def healthz(self, request: web.Request) -> web.Response:  # noqa: ARG002 - aiohttp's signature
        """Alive: the event loop answers, the database answers and takes writes, results can be stored. 200 or 503."""
        unwell = {"results": False} if self._results_problem() else {}
        return self._answer(database=await self._database_is_well(), **unwell)

    async def readyz(self, request: web.Request) -> web.Response:  # noqa: ARG002 - aiohttp's signature
        """Serving: connected to Discord's gateway as well. 200 or 503."""
        return self._answer(database=await self._database_is_well(), gateway=self._is_connected())

    @staticmethod
    def _answer(**parts: bool) -> web.Response:
        body = {"status": "ok" if all(parts.values()) else "unavailable"}
        body.update({name: "ok" if is_well else "unavailable" for name, is_well in parts.items()})
        return web.json_response(body, status=200 if all(parts.values()) else 503)

    async def _database_is_well(self) -> bool:
        try:
            async with asyncio.timeout(DATABASE_SECONDS):
                await self._require_database()
        except (TimeoutError, StoreUnavailable) as error:
            if self._is_database_well:
                log.warning("health: unavailable: %s", str(error) or "the database does not answer in time")
            self._is_database_well = False
        else:
            self._is_database_well = True
        return self._is_database_well


def listening_problem(error: OSError) -> str:
    """Return why nothing can listen at an address: the system's words, without asyncio's around them."""
    if error.errno and not isinstance(error, socket.gaierror):
        return os.strerror(error.errno)
    return error.strerror or str(error)


@asynccontextmanager
async def serve_health(address: tuple[str, int] | None, checks: HealthChecks) -> AsyncIterator[int | None]:
    """Listen while the block runs and give the port; None: nowhere.

    Raises: StartupError where the address is taken.
    """
    if address is None:
        yield None
        return
    app = web.Application()
    app.add_routes([web.get("/healthz", checks.healthz), web.get("/readyz", checks.readyz)])
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        host, port = address
        try:
            # A short queue: where files have run out, asyncio tries as many at once as may wait.
            await web.TCPSite(runner, host, port, backlog=8).start()
        except OSError as error:
            problem = listening_problem(error)
            msg = f'health.listen: {host}:{port} cannot be listened at ({problem}); choose another, or ""'
            raise StartupError(msg) from error
        bound: int = runner.addresses[0][1]
        log.info("health is served at http://%s:%d", host, bound)
        yield bound
    finally:
        await runner.cleanup()
