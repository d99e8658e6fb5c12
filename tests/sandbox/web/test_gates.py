"""Who may speak with the page's server, and how much it takes."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from sandbox.pictures import Picture, paint
from sandbox.sandbox import Sandbox
from sandbox.web.server import PageServer
from tests.sandbox.web.page_client import PageClient, form

PICTURE = paint("cat.png", width=16, height=16)
FOREIGN = ("http://evil.example", "http://127.0.0.1:1", "http://localhost:1", "null", "https://127.0.0.1", "")


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client without manners."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example", "[::1]:80"])
async def test_a_foreign_host_gets_nothing(server: PageServer, http: aiohttp.ClientSession, host: str) -> None:
    """A name that was pointed at this machine (DNS rebinding) opens neither page, files, uploads nor connection."""
    for path in ("", "static/index.html", "live", "avatars/1.svg", "hosted/a/b.png", "nothing"):
        async with http.get(server.url + path, headers={"Host": host, "Origin": f"http://{host}"}) as answer:
            assert answer.status == 403, path
    headers = {"Host": host, "Origin": f"http://{host}"}
    async with http.post(f"{server.url}uploads", data=form(PICTURE), headers=headers) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_foreign_page_opens_no_connection(server: PageServer, http: aiohttp.ClientSession, origin: str) -> None:
    """A WebSocket from another origin is refused: another port, another scheme, no origin at all."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await http.ws_connect(f"{server.url}live", headers={"Origin": origin} if origin else {})
    assert refused.value.status == 403


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_foreign_page_uploads_nothing(server: PageServer, http: aiohttp.ClientSession, origin: str) -> None:
    """Its form is refused before it is read."""
    headers = {"Origin": origin} if origin else {}
    async with http.post(f"{server.url}uploads", data=form(PICTURE), headers=headers) as answer:
        assert answer.status == 403


async def test_the_page_is_told_to_load_nothing_from_elsewhere(
    server: PageServer, http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    """Scripts, styles and connections are its own alone; pictures may be the local services' too; nobody frames it."""
    async with http.get(server.url) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/html"
        policy = answer.headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["font-src"] == "'self'"
    assert rules["connect-src"] == f"'self' ws://127.0.0.1:{URL(server.url).port}"
    assert rules["img-src"] == f"'self' data: blob: {sandbox.discord.url} {sandbox.model_api.url}"
    assert rules["frame-ancestors"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"


async def test_no_path_leads_out_of_the_folders(server: PageServer, tmp_path: Path) -> None:
    """Neither encoded nor plain dots nor a second slash reach a file beside the page's own."""
    assert b"hosted" in await raw_get(server, "/hosted/pictures.example.com/note.txt")
    outside = [f"{way}secret.txt" for way in ("../", "%2e%2e/", "..%2f", "a/../../", f"{tmp_path}/", f"%2f{tmp_path}/")]
    for path in (*outside, *(name.replace("secret.txt", "serving.py") for name in outside)):
        for folder in ("/hosted/pictures.example.com/", "/static/"):
            answer = await raw_get(server, folder + path)
            assert answer.startswith((b"HTTP/1.1 403 ", b"HTTP/1.1 404 ")), path
            assert b"not for the page" not in answer


async def raw_get(server: PageServer, path: str) -> bytes:
    """Ask for exactly this path, which a well-behaved client would tidy up first, and return the whole answer."""
    port = URL(server.url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_file_over_the_limit_is_refused_while_it_arrives(page: PageClient, sandbox: Sandbox) -> None:
    """The largest is that of the place; one byte more is a sentence with 413, and nothing is kept."""
    (guild,) = sandbox.state.guilds.values()
    guild.custom_upload_limit_bytes = sandbox.state.direct_upload_limit_bytes = 2048
    for size, status in ((2048, 200), (2049, 413), (1 << 20, 413)):
        file = Picture(name="a.bin", data=os.urandom(size), content_type="application/octet-stream")
        headers = {"Origin": page.origin}
        async with page.http.post(f"{page.origin}/uploads", data=form(file), headers=headers) as answer:
            told = await answer.json()
            assert answer.status == status, told
    assert "2048 bytes" in told["error"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=x", b"no boundary at all"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\na\r\n--x--\r\n',
        ),
        ("multipart/form-data", b"--x--"),
        ("multipart/mixed; boundary=x", b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--\r\n"),
    ],
)
async def test_junk_is_no_upload(page: PageClient, content_type: str, body: bytes) -> None:
    """What is no list of files is a sentence with 400."""
    headers = {"Origin": page.origin, "Content-Type": content_type}
    async with page.http.post(f"{page.origin}/uploads", data=body, headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]


async def test_not_more_than_ten_files_come_at_once(page: PageClient) -> None:
    """As many as a message may carry."""
    headers = {"Origin": page.origin}
    async with page.http.post(f"{page.origin}/uploads", data=form(*[PICTURE] * 11), headers=headers) as answer:
        assert answer.status == 413


async def test_a_name_keeps_no_path(page: PageClient) -> None:
    """Folders in a file's name are left out, whichever way they are written."""
    headers = {"Origin": page.origin}
    for name in ("../../a b.png", "C:\\pictures\\a b.png"):
        file = Picture(name=name, data=PICTURE.data, content_type="image/png")
        async with page.http.post(f"{page.origin}/uploads", data=form(file), headers=headers) as answer:
            (told,) = (await answer.json())["files"]
        assert told["filename"] == "a b.png"
        assert (told["width"], told["height"], told["content_type"]) == (16, 16, "image/png")


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"do": "dismiss"}', '{"id": true, "do": "dismiss"}', "[" * 5000])
async def test_what_is_no_order_ends_the_connection(page: PageClient, text: str) -> None:
    """A page that does not speak the protocol is hung up on."""
    await page.socket.send_str(text)
    async with asyncio.timeout(5):
        while not page.socket.closed:
            await page.socket.receive()
    assert page.socket.close_code == 1007


async def test_a_message_over_the_limit_ends_the_connection(page: PageClient) -> None:
    """256 KiB is the most; the server does not hold more."""
    await page.socket.send_str(json.dumps({"id": 1, "do": "write", "content": "x" * (256 * 1024)}))
    async with asyncio.timeout(5):
        while not page.socket.closed:
            await page.socket.receive()
    assert page.socket.close_code == 1009


@pytest.mark.parametrize(
    "order",
    [
        {"do": "nothing"},
        {"do": "slash"},
        {"do": "slash", "command": ""},
        {"do": "slash", "command": 7},
        {"do": "slash", "command": "edit", "options": []},
        {"do": "click", "message": "1", "custom_id": "x"},
        {"do": "click", "message": "no id", "custom_id": "x"},
        {"do": "click", "message": "1" * 50, "custom_id": "x"},
        {"do": "select", "message": "1", "custom_id": "x", "values": [7]},
        {"do": "submit_modal", "modal": "1", "values": {}},
        {"do": "close_modal", "modal": "1"},
        {"do": "dismiss", "entry": "1"},
        {"do": "delete_message", "message": "1"},
        {"do": "write", "content": ""},
        {"do": "write", "content": "x", "uploads": "y"},
        {"do": "write", "content": "x", "reply_to": "1"},
        {"do": "message_command", "command": "Inspect", "message": "1"},
        {"do": "user_command", "command": "Greet", "user": "1"},
        {"do": "autocomplete", "command": "find", "option": "name", "text": "x"},
        {"do": "open_channel", "channel": "1"},
        {"do": "act_as", "person": "nobody"},
        {"do": "act_as", "person": "Comfycord"},
        {"do": "switch", "name": "nothing"},
        {"do": "switch", "name": "slow_queue", "value": "yes"},
    ],
)
async def test_every_wrong_order_is_answered_by_a_sentence(
    page: PageClient, order: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    """The sandbox never fails over what a page says, and the connection goes on."""
    await page.socket.send_json({"id": 7, **order})
    while (heard := await page.hear())["type"] != "answer":
        pass
    assert heard["ok"] is False
    assert heard["error"]
    assert "itself failed" not in caplog.text
    assert await page.ask("act_as", person="ben") == {}
