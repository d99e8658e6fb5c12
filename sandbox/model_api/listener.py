"""The server's socket: it can be closed for a while and come back under the same port."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

_HOST = "127.0.0.1"
_BACKLOG = 512
_LARGEST_BODY_BYTES = 64 * 1024 * 1024


class Listener:
    """One handler on one loopback port.

    While it is closed, connections are refused, yet the port stays reserved: a second socket is bound to it and
    never listens.
    """

    def __init__(self, handler: Callable[[web.Request], Awaitable[web.StreamResponse]], *, port: int) -> None:
        app = web.Application(client_max_size=_LARGEST_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", handler)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        self._site: web.SockSite | None = None
        self._reservation = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._asked_port = port
        self.port = 0

    async def open(self) -> None:
        """Reserve the port and listen."""
        self._reservation.bind((_HOST, self._asked_port))
        self.port = self._reservation.getsockname()[1]
        await self._runner.setup()
        await self.listen()

    async def listen(self) -> None:
        """Listen on the reserved port, if it does not already."""
        if self._site is not None:
            return
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((_HOST, self.port))
        self._site = web.SockSite(self._runner, listening, backlog=_BACKLOG)
        await self._site.start()

    async def refuse(self) -> None:
        """Stop listening and cut every connection."""
        if self._site is not None:
            site, self._site = self._site, None
            await site.stop()
        self.cut_connections()

    def cut_connections(self) -> None:
        """Abort every open connection."""
        server = self._runner.server
        for connection in server.connections if server is not None else []:
            if connection.transport is not None:
                connection.transport.abort()

    async def close(self) -> None:
        """Close everything."""
        await self._runner.cleanup()
        self._reservation.close()
