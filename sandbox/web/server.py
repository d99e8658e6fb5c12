"""The page's own server on loopback."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from sandbox.client_driver import ClientDriver
from sandbox.discord.channels import Channel
from sandbox.web.avatars import avatar
from sandbox.web.backstage import MOST_PAGES, Backstage
from sandbox.web.gatekeeping import Gatekeeper
from sandbox.web.live import LivePage
from sandbox.web.uploads import take_uploads
from sandbox.web.wire import Refused, snowflake

log = logging.getLogger(__name__)
STATIC = Path(__file__).resolve().parent.parent / "static"
USUAL_PORT = 8765
_HOST = "127.0.0.1"
_LARGEST_REQUEST_BYTES = 1 << 30  # each file is counted by itself
_SHUTDOWN_SECONDS = 1.0


class PageServer:
    """Serves the page, its files, uploads and live connections: `async with PageServer(backstage) as page:`.

    `port` None means the usual one, or any free one where that is taken; `hosts` are folders of sample pictures.
    """

    def __init__(
        self,
        backstage: Backstage,
        *,
        port: int | None = 0,
        hosts: Mapping[str, Path] | None = None,
        static: Path = STATIC,
    ) -> None:
        self._backstage = backstage
        self._wanted_port = port
        self._hosts = dict(hosts or {})
        self._static = static
        sandbox = backstage.sandbox
        self._gatekeeper = Gatekeeper(media_origins=[sandbox.discord.url, sandbox.model_api.url])
        self._runner: web.AppRunner | None = None
        self._unlisten = sandbox.state.changes.listen(backstage.listen)

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://{_HOST}:{self._gatekeeper.port}/"

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._gatekeeper.middleware], client_max_size=_LARGEST_REQUEST_BYTES)
        app.router.add_get("/", self._index)
        app.router.add_get("/avatars/{id:[0-9]+}.svg", self._avatar)
        app.router.add_get("/hosted/{host}/{path:.+}", self._hosted)
        app.router.add_post("/uploads", self._uploads)
        app.router.add_get("/live", self._live)
        app.router.add_static("/static/", self._static)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await self._runner.setup()
        await self._open_port(self._runner)
        self._gatekeeper.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unlisten()
        await asyncio.gather(*(page.close() for page in tuple(self._backstage.pages)), return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    async def _open_port(self, runner: web.AppRunner) -> None:
        try:
            await web.TCPSite(runner, _HOST, USUAL_PORT if self._wanted_port is None else self._wanted_port).start()
        except OSError as error:
            if self._wanted_port is not None or error.errno != errno.EADDRINUSE:
                raise
            await web.TCPSite(runner, _HOST, 0).start()

    async def _index(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(self._static / "index.html")

    async def _avatar(self, request: web.Request) -> web.Response:
        user = self._backstage.sandbox.state.users.get(int(request.match_info["id"]))
        if user is None:
            raise web.HTTPNotFound
        return web.Response(text=avatar(user), content_type="image/svg+xml")

    async def _hosted(self, request: web.Request) -> web.StreamResponse:
        folder = self._hosts.get(request.match_info["host"])
        if folder is None:
            raise web.HTTPNotFound
        file = (folder / request.match_info["path"]).resolve()
        if not file.is_relative_to(folder.resolve()) or not file.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(file)

    async def _uploads(self, request: web.Request) -> web.Response:
        self._gatekeeper.require_origin(request)
        state = self._backstage.sandbox.state
        limit_bytes = max(state.upload_limit_bytes(channel) for channel in state.channels.values())
        return await take_uploads(request, self._backstage.uploads, limit_bytes=limit_bytes)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        self._gatekeeper.require_origin(request)
        backstage = self._backstage
        if len(backstage.pages) >= MOST_PAGES:
            raise web.HTTPServiceUnavailable(text=f"{MOST_PAGES} pages are open already")
        page = LivePage(backstage, *self._beginning(request))
        backstage.pages.add(page)
        try:
            return await page.run(request)
        finally:
            backstage.pages.discard(page)

    def _beginning(self, request: web.Request) -> tuple[ClientDriver, Channel]:
        """Return person and channel of the page's address; what is not there (any more) is as if it was not said."""
        backstage = self._backstage
        try:
            member = backstage.member(request.query.get("person"))
        except Refused:
            member = backstage.member(None)
        try:
            channel_id = snowflake(request.query.get("channel"), "channel")
        except Refused:
            channel_id = 0
        return member, backstage.channel(member, channel_id)
