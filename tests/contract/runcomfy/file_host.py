"""A small host of files on a real socket: what it serves, and where it redirects to, is a test's to say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self

from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.pictures import paint
from services.jobs.model import Job
from services.jobs.ports import ResultFile
from services.runcomfy.result_folder import ResultFolder

CAT = paint("cat.png", width=64, height=48).data

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FileHost:
    """Serves bodies by path; counts what was asked for. `gate` holds a body back until it is set."""

    def __init__(self) -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        self._server = TestServer(app)
        self._handlers: dict[str, Handler] = {}
        self.asked: list[str] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Start."""
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, letting go of whoever waits."""
        self.gate.set()
        await self._server.close()

    @property
    def netloc(self) -> str:
        """Return `127.0.0.1:<port>`."""
        return f"127.0.0.1:{self._server.port}"

    def url(self, path: str, host: str = "") -> str:
        """Return the address of a path."""
        return f"http://{host or self.netloc}{path}"

    def serve(self, path: str, body: bytes, *, content_type: str = "image/png", status: int = 200) -> str:
        """Serve a body and return its address."""

        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(body=body, status=status, content_type=content_type)

        return self.handle(path, answer)

    def redirect(self, path: str, to: str, *, status: int = 302) -> str:
        """Redirect to another address and return this one."""

        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(status=status, headers={"Location": to})

        return self.handle(path, answer)

    def hold(self, path: str, body: bytes) -> str:
        """Serve the first half at once and the rest when the gate opens."""

        async def answer(request: web.Request) -> web.StreamResponse:
            headers = {"Content-Type": "image/png", "Content-Length": str(len(body))}
            response = web.StreamResponse(headers=headers)
            await response.prepare(request)
            await response.write(body[: len(body) // 2])
            self.begun.set()
            await self.gate.wait()
            await response.write(body[len(body) // 2 :])
            return response

        return self.handle(path, answer)

    def handle(self, path: str, handler: Handler) -> str:
        """Answer a path by a function and return its address."""
        self._handlers[path] = handler
        return self.url(path)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.rel_url.raw_path)
        handler = self._handlers.get(request.rel_url.raw_path)
        return await handler(request) if handler else web.Response(status=404)


def names(folder: Path) -> list[str]:
    """Return what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


async def fetch(results: ResultFolder, job: Job, number: int = 1) -> ResultFile:
    """Fetch one of the job's outputs, up to what no test's file has."""
    return await results.fetch(job, number, most_bytes=2_000_000)
