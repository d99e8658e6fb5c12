"""A page without a browser: it says what the page says, and reads the newest view and panel."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from sandbox.pictures import Picture

SOON_SECONDS = 15.0

Json = dict[str, Any]


class Declined(Exception):
    """The answer was a sentence instead of a result."""


@dataclass(kw_only=True)
class PageClient:
    """One open page."""

    url: str
    http: aiohttp.ClientSession
    socket: aiohttp.ClientWebSocketResponse
    view: Json = field(default_factory=dict)
    panel: Json = field(default_factory=dict)
    views: int = 0
    _asked: int = 0

    @property
    def origin(self) -> str:
        """The page's own origin."""
        return self.url.rstrip("/")

    @property
    def entries(self) -> list[Json]:
        """What stands in the open channel."""
        found: list[Json] = self.view.get("entries", [])
        return found

    async def hear(self) -> Json:
        """The next message; views and panels are kept."""
        message: Json = await self.socket.receive_json(timeout=SOON_SECONDS)
        if message["type"] == "view":
            self.view = message
            self.views += 1
        elif message["type"] == "panel":
            self.panel = message
        return message

    async def until(self, condition: Callable[[PageClient], object]) -> PageClient:
        """Read until `condition` holds."""
        async with asyncio.timeout(SOON_SECONDS):
            while not (self.view and self.panel and condition(self)):
                await self.hear()
        return self

    async def ask(self, do: str, /, **fields: object) -> Json:
        """Do something and return its result.

        Raises: Declined where it was not done.
        """
        self._asked += 1
        number = self._asked
        await self.socket.send_json({"id": number, "do": do, **fields})
        async with asyncio.timeout(SOON_SECONDS):
            while True:
                heard = await self.hear()
                if heard["type"] == "answer" and heard["id"] == number:
                    break
        if not heard["ok"]:
            raise Declined(heard["error"])
        result: Json = heard["result"]
        return result

    async def upload(self, *files: Picture) -> list[str]:
        """Upload files and return their ids."""
        async with self.http.post(
            f"{self.origin}/uploads", data=form(*files), headers={"Origin": self.origin}
        ) as answer:
            told = await answer.json()
            assert answer.status == 200, told
        return [one["id"] for one in told["files"]]

    def switch(self, name: str) -> Json:
        """A switch of the panel."""
        found: Json = next(one for one in self.panel["switches"] if one["name"] == name)
        return found


def form(*files: Picture) -> aiohttp.FormData:
    """The body of an upload."""
    data = aiohttp.FormData(quote_fields=False)
    for file in files:
        data.add_field("file", file.data, filename=file.name, content_type=file.content_type)
    return data


@contextlib.asynccontextmanager
async def open_page_client(url: str, *, person: str = "ada", channel: str = "") -> AsyncIterator[PageClient]:
    """Open a page as one person, and wait for its first view and panel."""
    origin = url.rstrip("/")
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{origin}/live?person={person}&channel={channel}", origin=origin) as socket,
    ):
        client = PageClient(url=url, http=http, socket=socket)
        yield await client.until(lambda page: page.view and page.panel)
