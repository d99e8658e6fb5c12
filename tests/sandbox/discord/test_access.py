"""Who may call what: tokens, permissions, unknown things, and the shape of every answer."""

from __future__ import annotations

import aiohttp
import discord
import pytest

from sandbox.clock import SandboxClock
from sandbox.discord.channel_deletion import delete_channel
from sandbox.discord.channels import Channel, Overwrite
from sandbox.discord.permission_flags import Permission
from sandbox.discord.server import DiscordServer
from tests.sandbox.discord.wire_client import WireClient

HELLO = {"content": "Hello"}


async def test_a_wrong_token_is_refused(wire: WireClient) -> None:
    """401 with code 0, as discord.py expects of a failed login."""
    reply = await wire("GET", "/users/@me", token="wrong")
    assert (reply.status, reply.body) == (401, {"message": "401: Unauthorized", "code": 0})


async def test_answers_are_exactly_json(wire: WireClient) -> None:
    """The content type carries no charset: discord.py would hand its caller a string."""
    for path in ("/users/@me", "/channels/5"):
        reply = await wire("GET", path)
        assert reply.headers["Content-Type"] == "application/json"


async def test_an_unknown_route_is_501_and_a_violation() -> None:
    """So that a test cannot pass by a route that does nothing."""
    async with DiscordServer(clock=SandboxClock()) as server, aiohttp.ClientSession() as session:
        async with session.get(f"{server.api_url}/stickers/5") as response:
            assert response.status == 501
        assert server.violations == ["no such route here: GET /stickers/5"]


async def test_every_call_is_recorded(wire: WireClient, general: Channel) -> None:
    """With its route, body, status and answer."""
    await wire("POST", f"/channels/{general.id}/messages", HELLO)
    call = wire.server.traffic.to("POST /channels/{id}/messages")[0]
    assert (call.body, call.status, call.applied) == (HELLO, 200, True)
    assert call.parameters == {"channel_id": str(general.id)}
    assert isinstance(call.response, dict)


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/channels/5", (404, 10003)),
        ("POST", "/channels/5/messages", (404, 10003)),
        ("GET", "/users/5", (404, 10013)),
        ("GET", "/guilds/5", (404, 10004)),
        ("GET", "/applications/5/commands", (404, 10002)),
        ("GET", "/channels/five", (400, 50035)),
    ],
)
async def test_what_does_not_exist_is_unknown(wire: WireClient, method: str, path: str, code: tuple[int, int]) -> None:
    """Each kind of thing has its own code."""
    body = HELLO if method == "POST" else None
    assert (await wire(method, path, body)).code == code


async def test_permissions_decide(server: DiscordServer, wire: WireClient, general: Channel) -> None:
    """50013 without the right to post or attach, 50001 when the channel cannot be seen, 10003 when it is gone."""
    path = f"/channels/{general.id}/messages"

    def deny(permission: Permission) -> None:
        general.overwrites = [Overwrite(target_id=server.state.bot.id, is_role=False, deny=permission)]

    deny(Permission.SEND_MESSAGES)
    assert (await wire("POST", path, HELLO)).code == (403, 50013)
    deny(Permission.ATTACH_FILES)
    posted = await wire("POST", path, HELLO)
    assert posted.status == 200
    assert (await wire("POST", path, HELLO, files={"a.txt": b"a"})).code == (403, 50013)
    assert (await wire("PATCH", f"{path}/{posted.body['id']}", {}, files={"a.txt": b"a"})).code == (403, 50013)
    deny(Permission.READ_MESSAGE_HISTORY)
    assert (await wire("GET", path)).body == []
    deny(Permission.VIEW_CHANNEL)
    assert (await wire("POST", path, HELLO)).code == (403, 50001)
    delete_channel(server.state, general)
    assert (await wire("POST", path, HELLO)).code == (404, 10003)


async def test_closed_direct_messages_are_refused(server: DiscordServer, client: discord.Client) -> None:
    """The conversation opens, the message is 403 / 50007."""
    user = await client.fetch_user(server.state.user("ada").id)
    assert (await user.send("Hello")).channel.id == (await user.create_dm()).id
    server.state.user("ada").accepts_direct_messages = False
    with pytest.raises(discord.Forbidden) as refused:
        await user.send("Hello")
    assert refused.value.code == 50007


async def test_who_shares_no_guild_cannot_be_written_to(server: DiscordServer, wire: WireClient) -> None:
    """403 / 50007 after leaving; the bot itself is no recipient: 400 / 50033."""
    ada = server.state.user("ada")
    path = f"/channels/{server.state.direct_channel(ada).id}/messages"
    assert (await wire("POST", path, HELLO)).status == 200
    for guild in server.state.guilds.values():
        del guild.members[ada.id]
    assert (await wire("POST", path, HELLO)).code == (403, 50007)
    to_itself = {"recipient_id": str(server.state.bot.id)}
    assert (await wire("POST", "/users/@me/channels", to_itself)).code == (400, 50033)


async def test_the_application_and_the_gateway_are_told(server: DiscordServer, client: discord.Client) -> None:
    """What discord.py asks for when it starts."""
    application = await client.application_info()
    assert application.owner.name == "owner"
    assert [guild.name async for guild in client.fetch_guilds()] == ["The Studio"]
    server.state.login_limits.shards = 2
    server.state.login_limits.remaining = 7
    shards, url, limits = await client.http.get_bot_gateway()
    assert (shards, limits["total"], limits["remaining"]) == (2, 1000, 7)
    assert url.startswith("ws://127.0.0.1:")


async def test_bodies_that_are_no_json_are_refused(server: DiscordServer, general: Channel) -> None:
    """400 / 50109."""
    headers = {"Authorization": f"Bot {server.state.bot_token}", "Content-Type": "application/json"}
    url = f"{server.api_url}/channels/{general.id}/messages"
    async with aiohttp.ClientSession() as session, session.post(url, data=b"{", headers=headers) as response:
        assert (response.status, (await response.json())["code"]) == (400, 50109)
