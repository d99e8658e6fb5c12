"""A proxy on a real socket: absolute requests and CONNECT, with or without a password; names lead to this machine."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(kw_only=True, slots=True)
class ForwardProxy:
    """What a proxy was asked for: method and host of each connection's first request."""

    port: int = 0
    credentials: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    refusals: int = 0
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The address for a variable, credentials included."""
        return (
            f"http://{self.credentials}@127.0.0.1:{self.port}" if self.credentials else f"http://127.0.0.1:{self.port}"
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on, whatever its name, to the same port of this machine."""
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._talks.discard(task)
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.decode().split(" ", 2)
        parts = urlsplit(target if "://" in target else f"//{target}")
        expected = b"Proxy-Authorization: Basic " + base64.b64encode(self.credentials.encode())
        if self.credentials and expected.lower() not in head.lower():
            self.refusals += 1
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        self.asked.append((method, parts.hostname or ""))
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", parts.port or 80)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            upstream.write(head)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, upstream))
                group.create_task(_pump(upstream_reader, writer))
        finally:
            upstream.close()

    async def close(self) -> None:
        """Cut every connection."""
        for talk in tuple(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def forward_proxy(*, credentials: str = "") -> AsyncIterator[ForwardProxy]:
    """Run a proxy; `credentials` ("user:password") are what it asks for."""
    proxy = ForwardProxy(credentials=credentials)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    async with server:
        proxy.port = server.sockets[0].getsockname()[1]
        yield proxy
        await proxy.close()
