"""A page from elsewhere, open in the same browser, cannot drive the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest_asyncio
from aiohttp import web
from playwright.async_api import BrowserContext, Page

from tests.sandbox.browser.client import OpenClient
from tests.sandbox.browser.stage import FOREIGN_NAME, Stage

OPEN_SOCKET = """(address) => new Promise((resolve) => {
  const socket = new WebSocket(address);
  socket.onopen = () => resolve("open");
  socket.onerror = () => resolve("refused");
})"""
SEND_FILE = """(address) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File(["x"], "x.png", { type: "image/png" }));
  const form = document.createElement("form");
  Object.assign(form, { method: "POST", action: address, enctype: "multipart/form-data" });
  const input = document.createElement("input");
  Object.assign(input, { type: "file", name: "file", files: transfer.files });
  form.append(input);
  document.body.append(form);
  form.submit();
}"""
SHOW_IN_FRAME = """(address) => new Promise((resolve) => {
  const frame = document.createElement("iframe");
  frame.onload = () => {
    try {
      resolve(frame.contentWindow.location.href);
    } catch {
      resolve("closed to us");
    }
  };
  frame.src = address;
  document.body.append(frame);
})"""


@pytest_asyncio.fixture(loop_scope="session")
async def foreign_page(profile: BrowserContext) -> AsyncIterator[Page]:
    """A page of another origin on this machine."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Elsewhere</title><body></body>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    opened = await profile.new_page()
    await opened.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    yield opened
    await opened.close()
    await runner.cleanup()


async def test_it_cannot_open_the_live_connection(showcase: Stage, foreign_page: Page) -> None:
    """The WebSocket looks at Origin, which no script can forge."""
    address = f"{showcase.url.replace('http', 'ws', 1)}live?person=ada"
    assert await foreign_page.evaluate(OPEN_SOCKET, address) == "refused"


async def test_it_cannot_leave_files(showcase: Stage, foreign_page: Page) -> None:
    """A form that is sent from elsewhere is refused, although a browser sends it without asking first."""
    async with foreign_page.expect_navigation() as navigation:
        await foreign_page.evaluate(SEND_FILE, f"{showcase.url}uploads")
    answer = await navigation.value
    assert answer is not None
    assert answer.status == 403


async def test_it_cannot_frame_the_page(showcase: Stage, foreign_page: Page) -> None:
    """A frame around the page stays empty, so nobody can be lured into pressing something in it."""
    assert await foreign_page.evaluate(SHOW_IN_FRAME, showcase.url) == "closed to us"
    (frame,) = foreign_page.frames[1:]
    assert "sidebar" not in await frame.content()


async def test_a_foreign_name_for_this_machine_leads_nowhere(showcase: Stage, profile: BrowserContext) -> None:
    """DNS rebinding: under a name that resolves to this machine, the server gives out nothing."""
    page = await profile.new_page()
    answer = await page.goto(f"http://{FOREIGN_NAME}:{urlsplit(showcase.url).port}/")
    assert answer is not None
    assert answer.status == 403
    await page.close()


async def test_the_page_itself_can(showcase: Stage, open_client: OpenClient) -> None:
    """The same connection is open to the page of the sandbox, so the refusals above are about where they come from."""
    ada = await open_client(showcase)
    address = f"{showcase.url.replace('http', 'ws', 1)}live?person=ada"
    assert await ada.page.evaluate(OPEN_SOCKET, address) == "open"
