"""What may stand at an address in Discord's place: a page, something that is no HTTP, a line that is cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

PAGE = "<html>\n<body>\nSorry, you have been blocked\n</body>\n</html>"


@asynccontextmanager
async def serving(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """Let the handler answer at every address of a server; yields the server's URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def answering(status: int, *, text: str = PAGE, content_type: str = "text/html") -> AsyncIterator[str]:
    """Serve the same page at every address, as a proxy or a firewall does."""

    async def answer(_: web.Request) -> web.Response:
        # As bytes: Discord names no charset, and what does is not read as JSON by the library.
        return web.Response(status=status, body=text.encode(), content_type=content_type)

    async with serving(answer) as url:
        yield url


@asynccontextmanager
async def saying(words: bytes, *, hang_up: bool = False) -> AsyncIterator[str]:
    """Listen with something that is no HTTP server; it says its words, then keeps the line or cuts it."""
    talks: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks[writer] = asyncio.current_task()
        writer.write(words)
        if not hang_up:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for writer in talks:
            writer.close()
        await asyncio.gather(*(task for task in talks.values() if task), return_exceptions=True)
        await asyncio.gather(*(writer.wait_closed() for writer in talks), return_exceptions=True)
