"""Files: uploads, what an edit keeps, sizes, and links that end."""

from __future__ import annotations

import io

import aiohttp
import pytest
from PIL import Image

from sandbox.discord.channels import Channel
from sandbox.discord.files import Upload
from sandbox.discord.interaction_delivery import create_interaction
from sandbox.discord.interaction_payloads import interaction_payload
from sandbox.discord.kinds import InteractionType
from sandbox.discord.server import DiscordServer
from tests.sandbox.discord.wire_client import WireClient


@pytest.fixture
def base(server: DiscordServer, general: Channel) -> str:
    """The path of general's messages; this file is about other rules than rate limits."""
    server.rate_limits.enabled = False
    return f"/channels/{general.id}/messages"


def png() -> bytes:
    """A small picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (5, 7)).save(buffer, "PNG")
    return buffer.getvalue()


async def fetch(url: str) -> int:
    """The status under an address."""
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status


async def test_an_upload_has_its_true_type_and_measures(wire: WireClient, base: str) -> None:
    """Name, alt text, type, width and height; odd characters of the name become underscores."""
    body = {"attachments": [{"id": 0, "filename": "my cat.png", "description": "A cat"}]}
    found = (await wire("POST", base, body, files={"x.bin": png()})).body["attachments"][0]
    assert (found["filename"], found["description"]) == ("my_cat.png", "A cat")
    assert (found["content_type"], found["width"], found["height"]) == ("image/png", 5, 7)
    assert found["size"] == len(png())


async def test_an_edit_keeps_what_it_names(wire: WireClient, base: str) -> None:
    """Without `attachments` all stay and new ones join; with it only the named ones."""
    files = {"a.png": png(), "b.png": png()}
    created = (await wire("POST", base, {"content": "x"}, files=files)).body
    first, second = (found["id"] for found in created["attachments"])
    path = f"{base}/{created['id']}"
    joined = (await wire("PATCH", path, {"content": "y"}, files={"c.png": png()})).body["attachments"]
    assert [found["filename"] for found in joined] == ["a.png", "b.png", "c.png"]
    kept = {"attachments": [{"id": second, "description": "B"}, {"id": "0"}]}
    after = (await wire("PATCH", path, kept, files={"d.png": png()})).body["attachments"]
    assert [(found["filename"], found.get("description")) for found in after] == [("b.png", "B"), ("d.png", None)]
    assert (await wire("PATCH", path, {"attachments": []})).body["attachments"] == []
    assert (await wire("PATCH", path, {"attachments": [{"id": first}]})).code == (400, 50035)


async def test_a_layout_may_only_show_files_of_its_message(wire: WireClient, base: str) -> None:
    """attachment:// must resolve, also after an edit that drops the file."""
    gallery = {"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}
    body = {"flags": 1 << 15, "components": [gallery]}
    missing = await wire("POST", base, body, files={"b.png": png()})
    where = missing.body["errors"]["components"]["0"]["items"]["0"]["media"]["url"]["_errors"][0]
    assert where["code"] == "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
    created = (await wire("POST", base, body, files={"a.png": png()})).body
    shown = created["components"][0]["items"][0]["media"]
    assert shown["attachment_id"] == created["attachments"][0]["id"]
    assert await fetch(shown["url"]) == 200
    again = await wire("PATCH", f"{base}/{created['id']}", {"components": [gallery], "attachments": []})
    assert again.code == (400, 50035)
    under_it = await wire("PATCH", f"{base}/{created['id']}", {"attachments": []})
    assert under_it.code == (400, 50035)


async def test_a_file_above_the_place_s_limit_is_refused(
    server: DiscordServer, wire: WireClient, base: str, general: Channel
) -> None:
    """By its real size: 413 / 40005; the interaction tells the figure beforehand."""
    guild = server.state.guild_of(general)
    assert guild is not None
    assert guild.upload_limit_bytes == 10 * 1024 * 1024
    guild.premium_tier = 3
    assert guild.upload_limit_bytes == 100 * 1024 * 1024
    guild.custom_upload_limit_bytes = 1000
    assert (await wire("POST", base, {}, files={"a.bin": b"x" * 1001})).code == (413, 40005)
    assert (await wire("POST", base, {}, files={"a.bin": b"x" * 1000})).status == 200
    interaction = create_interaction(
        server.state,
        InteractionType.COMMAND,
        {"id": "1", "name": "edit"},
        user=server.state.user("ada"),
        channel=general,
    )
    assert interaction_payload(server.state, interaction)["attachment_size_limit"] == 1000
    await wire.callback(interaction, 5)
    refused = await wire("PATCH", wire.original(interaction), {}, files={"a.bin": b"x" * 1001})
    assert refused.code == (413, 40005)


async def test_at_most_ten_files(wire: WireClient, base: str) -> None:
    """The eleventh is refused; so is an alt text of more than 1,024 characters."""
    files = {f"{n}.png": png() for n in range(11)}
    assert (await wire("POST", base, {}, files=files)).code == (400, 50035)
    body = {"attachments": [{"id": 0, "description": "x" * 1025}]}
    refused = await wire("POST", base, body, files={"a.png": png()})
    assert "description" in refused.body["errors"]["attachments"]["0"]


async def test_links_end_after_a_day(server: DiscordServer, wire: WireClient, base: str) -> None:
    """Then 404; fetching the message brings a fresh one. A link that was tampered with never works."""
    created = (await wire("POST", base, {}, files={"a.png": png()})).body
    url = created["attachments"][0]["url"]
    assert await fetch(url) == 200
    assert await fetch(url.replace("hm=", "hm=0")) == 404
    assert await fetch(url.partition("?")[0]) == 404
    await server.clock.advance(25 * 3600)
    assert await fetch(url) == 404
    fresh = (await wire("GET", f"{base}/{created['id']}")).body["attachments"][0]["url"]
    assert await fetch(fresh) == 200


async def test_a_command_s_file_can_be_fetched_by_anybody(server: DiscordServer) -> None:
    """A slash option's file is an ephemeral attachment with a signed link."""
    attachment = server.state.upload_for_command(Upload(filename="my cat.png", data=png()))
    assert attachment.is_ephemeral
    assert await fetch(server.state.files.url(attachment)) == 200
