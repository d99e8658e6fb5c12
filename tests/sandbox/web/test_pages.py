"""Pages side by side, slow ones, and ones that come back."""

from __future__ import annotations

import asyncio
import signal
import socket

import aiohttp
import pytest
from yarl import URL

from sandbox.bot_process import BotProcess
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from sandbox.web.backstage import MOST_PAGES
from sandbox.web.live import VIEW_SECONDS
from sandbox.web.server import PageServer
from tests.sandbox.web.page_client import Declined, PageClient, open_page_client

PICTURE = paint("cat.png", width=64, height=48)


async def test_the_page_is_there_before_the_bot(page: PageClient) -> None:
    """A person sees the server, its channels and people, and that the bot does not run, before it ever did."""
    assert page.view["bot_state"] == "stopped"
    assert page.view["guild"]["name"] == "The Studio"
    assert [one["name"] for one in page.view["channels"]] == ["general", "adults", "announcements", "Comfycord"]
    assert [one["username"] for one in page.view["people"]] == ["owner", "ada", "ben", "mod"]
    assert [one["role"] for one in page.view["people"]] == ["owner", "member", "member", "moderator"]
    adults, announcements = page.view["channels"][1:3]
    assert adults["is_age_restricted"] is True
    assert announcements["bot_may_post"] is False
    assert page.panel["bot"]["state"] == "stopped"


async def test_two_pages_act_as_two_people(server: PageServer) -> None:
    """Each page is its own person in its own channel; what one writes the other sees, and as unread elsewhere."""
    async with open_page_client(server.url) as ada, open_page_client(server.url, person="ben") as ben:
        adults = next(one["id"] for one in ben.view["channels"] if one["name"] == "adults")
        await ben.ask("open_channel", channel=adults)
        await ben.ask("write", content="here")
        await ada.until(lambda page: next(one for one in page.view["channels"] if one["name"] == "adults")["unread"])
        assert ada.view["person"]["username"] == "ada"
        assert ada.entries == []
        await ada.ask("open_channel", channel=adults)
        await ada.until(lambda page: page.entries)
        assert ada.entries[0]["message"]["author"]["username"] == "ben"
        assert not any(one["unread"] for one in ada.view["channels"])


async def test_switching_the_person_shows_what_that_person_may_see(page: PageClient) -> None:
    """A direct conversation stays its owner's; who switches away from it stands in the general channel."""
    direct = page.view["channels"][-1]["id"]
    await page.ask("open_channel", channel=direct)
    await page.until(lambda page: page.view["channel"]["kind"] == "dm")
    await page.ask("act_as", person="ben")
    await page.until(lambda page: page.view["person"]["username"] == "ben")
    assert page.view["channel"]["name"] == "general"
    with pytest.raises(Declined, match="no such channel"):
        await page.ask("open_channel", channel=direct)


async def test_a_reload_comes_back_to_the_same_place(server: PageServer) -> None:
    """Person and channel are in the page's address, all else is state; the view is the same to the letter."""
    async with open_page_client(server.url, person="mod") as first:
        adults = first.view["channels"][1]["id"]
        await first.ask("open_channel", channel=adults)
        await first.ask("write", content="hello")
        await first.until(lambda page: page.entries)
        before = {**first.view, "now": None}
    async with open_page_client(server.url, person="mod", channel=adults) as again:
        assert {**again.view, "now": None} == before


async def test_an_address_of_another_time_opens_the_usual_place(server: PageServer) -> None:
    """A person or channel that is no more is as if it had not been named."""
    async with open_page_client(server.url, person="nobody", channel="17") as page:
        assert (page.view["person"]["username"], page.view["channel"]["name"]) == ("ada", "general")


async def test_links_stay_the_same_from_view_to_view(page: PageClient, sandbox: Sandbox) -> None:
    """A picture is not loaded anew at each change; after half a day its link is, before it ends."""
    (upload,) = await page.upload(PICTURE)
    await page.ask("write", content="look", uploads=[upload])
    await page.until(lambda page: page.entries)
    entry = page.entries[0]
    url = entry["message"]["attachments"][0]["proxy_url"]
    await sandbox.clock.advance(600)
    await page.ask("write", content="more")
    await page.until(lambda page: len(page.entries) == 2)
    assert page.entries[0] == entry
    await sandbox.clock.advance(13 * 3600)
    await page.until(lambda page: page.entries[0] != entry)
    renewed = page.entries[0]["message"]["attachments"][0]["proxy_url"]
    assert renewed != url
    async with page.http.get(renewed) as answer:
        assert await answer.read() == PICTURE.data


async def test_a_page_that_does_not_read_holds_up_nobody(server: PageServer, page: PageClient) -> None:
    """While one page has stopped reading, others see every change at once, and the server keeps nothing for it."""
    url = URL(server.url)
    stuck = socket.create_connection(("127.0.0.1", url.port or 0))
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    lines = [
        "GET /live HTTP/1.1",
        f"Host: 127.0.0.1:{url.port}",
        f"Origin: {page.origin}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ]
    try:
        stuck.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        for number in range(60):
            await page.ask("write", content=f"{number} " + "x" * 1900)
        async with asyncio.timeout(5):
            await page.until(lambda page: page.entries and page.entries[-1]["message"]["content"].startswith("59 "))
    finally:
        stuck.close()


async def test_many_changes_are_few_views(page: PageClient, sandbox: Sandbox) -> None:
    """A hundred changes, one close after the other, are shown together, not each by itself."""
    before, began = page.views, sandbox.clock.monotonic()
    for number in range(100):
        await sandbox.clients.ben.write(f"message {number}")
        await asyncio.sleep(0.001)  # lets the page's own task run, so that it could send a view of each
    await page.until(lambda page: len(page.entries) == 100)
    assert page.views - before <= (sandbox.clock.monotonic() - began) / VIEW_SECONDS + 2


async def test_the_bot_is_seen_typing(page: PageClient, sandbox: Sandbox) -> None:
    """For ten seconds by the sandbox's clock."""
    general = page.view["channel"]["id"]
    headers = {"Authorization": f"Bot {sandbox.state.bot_token}"}
    async with page.http.post(f"{sandbox.discord.api_url}/channels/{general}/typing", headers=headers) as answer:
        assert answer.status == 204
    await page.until(lambda page: page.view["typing"] == ["Comfycord"])
    await sandbox.clock.advance(10)
    await page.until(lambda page: page.view["typing"] == [])


async def test_only_so_many_pages_are_open(server: PageServer) -> None:
    """One more than that is refused, until another goes."""
    origin = server.url.rstrip("/")
    async with aiohttp.ClientSession() as http:
        sockets = [await http.ws_connect(f"{origin}/live", origin=origin) for _ in range(MOST_PAGES)]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(f"{origin}/live", origin=origin)
        assert refused.value.status == 503
        for one in sockets:
            await one.close()
        async with asyncio.timeout(5):
            await (await http.ws_connect(f"{origin}/live", origin=origin)).close()


async def test_a_bot_that_ends_by_itself_is_told_and_started_again(page: PageClient, bot: BotProcess) -> None:
    """The panel says so with the end of its log; the page can start it."""
    async with bot:
        await page.until(lambda page: page.view["bot_state"] == "online")
        bot._signal_group(signal.SIGKILL)  # noqa: SLF001 - a death that the page did not ask for
        await page.until(lambda page: page.panel["bot"]["state"] == "exited")
        assert page.switch("run_bot")["value"] is False
        assert page.switch("kill_bot")["enabled"] is False
        # What it had certainly written before it was seen online.
        assert "logging in" in page.panel["bot"]["log_tail"]
        await page.ask("switch", name="run_bot", value=True)
        await page.until(lambda page: page.panel["bot"]["state"] == "online")


async def test_the_live_connection_is_not_compressed(page: PageClient) -> None:
    """A page asks for it in vain: aiohttp would log a traceback wherever a page closes while it is told something."""
    origin = page.url.rstrip("/")
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{origin}/live", origin=origin, compress=15) as socket:
        assert socket.compress == 0
        await socket.receive_json(timeout=5)
