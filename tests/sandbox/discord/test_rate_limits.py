"""Rate limits as discord.py meets them."""

from __future__ import annotations

from collections.abc import Callable

import discord

from sandbox.discord.channels import Channel
from sandbox.discord.interactions import Interaction
from sandbox.discord.rest.rate_limits import Limit
from sandbox.discord.server import DiscordServer
from sandbox.discord.traffic import normalized_route
from tests.sandbox.discord.wire_client import WireClient

HELLO = {"content": "Hello"}


async def test_a_full_bucket_answers_429(wire: WireClient, general: Channel) -> None:
    """Five messages in five seconds; the sixth waits, and the sandbox's clock frees the bucket."""
    path = f"/channels/{general.id}/messages"
    replies = [await wire("POST", path, HELLO) for _ in range(6)]
    assert [reply.status for reply in replies] == [200] * 5 + [429]
    assert [reply.headers["X-RateLimit-Remaining"] for reply in replies[:5]] == ["4", "3", "2", "1", "0"]
    refused = replies[-1]
    assert refused.body["global"] is False
    assert 0 < refused.body["retry_after"] <= 5
    assert int(refused.headers["Retry-After"]) >= refused.body["retry_after"]
    assert refused.headers["Via"] == "1.1 google"
    other = wire.server.state.channel("adults")
    assert (await wire("POST", f"/channels/{other.id}/messages", HELLO)).status == 200
    await wire.server.clock.advance(5.1)
    assert (await wire("POST", path, HELLO)).status == 200


async def test_a_token_s_edits_share_a_bucket(wire: WireClient, invoke: Callable[..., Interaction]) -> None:
    """Five webhook edits in two seconds for each token, by @original or by id."""
    first, second = invoke(), invoke()
    for interaction in (first, second):
        await wire.callback(interaction, 5)
    by_id = f"{wire.hook(first)}/messages/{first.original_message_id}"
    paths = [wire.original(first), by_id] * 3
    assert [(await wire("PATCH", path, HELLO)).status for path in paths] == [200] * 5 + [429]
    assert (await wire("PATCH", wire.original(second), HELLO)).status == 200


async def test_the_global_limit_spares_interactions(wire: WireClient, invoke: Callable[..., Interaction]) -> None:
    """Fifty calls a second with the bot's token; answers to interactions do not count and still pass."""
    statuses = [(await wire("GET", "/users/@me")).status for _ in range(51)]
    assert statuses == [200] * 50 + [429]
    refused = await wire("GET", "/users/@me")
    assert refused.body["global"] is True
    assert refused.headers["X-RateLimit-Scope"] == "global"
    assert (await wire.callback(invoke(), 5)).status == 200
    await wire.server.clock.advance(1)
    assert (await wire("GET", "/users/@me")).status == 200


async def test_the_limits_can_be_switched_off(wire: WireClient) -> None:
    """For tests about something else."""
    wire.server.rate_limits.enabled = False
    assert {(await wire("GET", "/users/@me")).status for _ in range(60)} == {200}


async def test_discord_py_waits_and_goes_on(server: DiscordServer, client: discord.Client, general: Channel) -> None:
    """A bucket that is full delays the client; nothing is lost."""
    server.rate_limits.by_route[normalized_route("POST /channels/{id}/messages")] = Limit(calls=2, seconds=0.2)
    channel = client.get_partial_messageable(general.id)
    for number in range(5):
        await channel.send(str(number))
    assert [message.content for message in server.state.messages_in(general)] == ["0", "1", "2", "3", "4"]
