"""Who is told of an event, and what happens to it when the connection breaks."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from yarl import URL

from sandbox.discord.gateway import CloseCode, Intent
from sandbox.discord.gateway.session import REPLAY_EVENTS
from tests.sandbox.gateway.stand_in import (
    GUILD_IN_SHARD_0,
    GUILD_IN_SHARD_1,
    SOON_SECONDS,
    GatewayRig,
    RawClient,
    running_gateway,
)


def interaction(rig: GatewayRig, number: int, *, guild_id: int | None = GUILD_IN_SHARD_0) -> int:
    """Dispatch interaction `number`."""
    return rig.gateway.dispatch("INTERACTION_CREATE", {"id": str(number)}, guild_id=guild_id)


async def heard_interaction(client: RawClient) -> str:
    """The number of the next interaction."""
    data = (await client.hear_event("INTERACTION_CREATE"))["d"]
    assert isinstance(data, dict)
    return str(data["id"])


async def test_only_what_the_intents_allow() -> None:
    """Messages reach only sessions with the intent for their place."""
    async with running_gateway() as rig:
        quiet = await rig.logged_in(intents=int(Intent.GUILDS))
        curious = await rig.logged_in(intents=int(Intent.GUILDS | Intent.GUILD_MESSAGES))
        message = {"id": "9", "content": "psst", "author": {"id": "77"}, "mentions": []}
        assert rig.gateway.dispatch("MESSAGE_CREATE", message, guild_id=GUILD_IN_SHARD_0) == 1
        assert rig.gateway.dispatch("MESSAGE_CREATE", message, guild_id=None) == 0
        rig.gateway.dispatch("GUILD_UPDATE", {}, guild_id=GUILD_IN_SHARD_0)
        await quiet.hear_event("GUILD_UPDATE")
        assert "MESSAGE_CREATE" not in quiet.events
        heard = (await curious.hear_event("MESSAGE_CREATE"))["d"]
        assert isinstance(heard, dict)
        assert heard["content"] == ""


async def test_the_content_intent_and_mentions_open_messages() -> None:
    """Without MESSAGE_CONTENT a session reads only what the bot wrote or what mentions it."""
    async with running_gateway() as rig:
        client = await rig.logged_in(intents=int(Intent.GUILDS | Intent.GUILD_MESSAGES))
        for author, mentions in (("1", []), ("77", [{"id": "1"}])):
            message = {"id": "9", "content": "hello", "author": {"id": author}, "mentions": mentions}
            rig.gateway.dispatch("MESSAGE_CREATE", message, guild_id=GUILD_IN_SHARD_0)
            heard = (await client.hear_event("MESSAGE_CREATE"))["d"]
            assert isinstance(heard, dict)
            assert heard["content"] == "hello"


async def test_shards_share_the_guilds_and_shard_0_has_direct_messages() -> None:
    """A guild belongs to shard `(id >> 22) % count`; direct messages go to shard 0."""
    async with running_gateway() as rig:
        shards = [await rig.connect(), await rig.connect()]
        for shard_id, client in enumerate(shards):
            await client.log_in(shard=(shard_id, 2), guilds=1)
        interaction(rig, 1, guild_id=GUILD_IN_SHARD_1)
        interaction(rig, 2, guild_id=None)
        assert await heard_interaction(shards[1]) == "1"
        assert await heard_interaction(shards[0]) == "2"


async def test_an_interaction_goes_to_every_session() -> None:
    """With two sessions of one shard, as of two bots with one token, both have it; with none, nobody."""
    async with running_gateway() as rig:
        assert interaction(rig, 0) == 0
        old, young = await rig.logged_in(), await rig.logged_in()
        assert interaction(rig, 1) == 2
        assert await heard_interaction(young) == await heard_interaction(old) == "1"
        await young.socket.close()
        await rig.until(lambda: len(rig.gateway.sessions) == 1)
        interaction(rig, 2)
        assert await heard_interaction(old) == "2"


async def test_an_interaction_can_be_delivered_twice() -> None:
    """The switch repeats the next interaction with a sequence number of its own, and only that one."""
    async with running_gateway() as rig:
        client = await rig.logged_in()
        rig.gateway.repeat_next_interaction()
        interaction(rig, 1)
        interaction(rig, 2)
        assert [await heard_interaction(client) for _ in range(3)] == ["1", "1", "2"]
        assert client.sequence == 6


async def test_a_reset_connection_resumes_with_what_it_missed() -> None:
    """After a TCP reset a Resume replays missed events in order with their old numbers, then RESUMED."""
    async with running_gateway() as rig:
        client = await rig.logged_in()
        rig.gateway.drop()
        message = await client.socket.receive(timeout=5)
        assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
        assert client.socket.close_code not in {1000, 1001}
        await rig.until_disconnected()
        assert interaction(rig, 1) == 1
        interaction(rig, 2)
        again = await rig.connect()
        await again.resume(client.session_id, client.sequence)
        assert [await heard_interaction(again) for _ in range(2)] == ["1", "2"]
        assert again.sequence == 5
        await again.hear_event("RESUMED")
        interaction(rig, 3)
        assert await heard_interaction(again) == "3"
        assert [login.is_resumed for login in rig.gateway.logins] == [False, True]


async def test_a_close_with_a_code_leaves_the_session_resumable() -> None:
    """The gateway can close with any code, and the session waits for its client."""
    async with running_gateway() as rig:
        client = await rig.logged_in()
        rig.gateway.drop(code=CloseCode.UNKNOWN_ERROR)
        assert await client.close_code() == CloseCode.UNKNOWN_ERROR
        await rig.until_disconnected()
        again = await rig.connect()
        await again.resume(client.session_id, client.sequence)
        await again.hear_event("RESUMED")


async def test_a_goodbye_ends_the_session() -> None:
    """A client that closes with 1000 cannot resume: op 9, not resumable; it may identify on the same connection."""
    async with running_gateway() as rig:
        client = await rig.logged_in()
        await client.socket.close()
        await rig.until_disconnected()
        again = await rig.connect()
        await again.resume(client.session_id, client.sequence)
        assert (await again.hear_op(9))["d"] is False
        await again.log_in()


async def test_a_session_is_forgotten_after_a_while() -> None:
    """A session without a connection is kept for three minutes by the sandbox's clock."""
    async with running_gateway() as rig:
        client = await rig.logged_in()
        rig.gateway.drop()
        await rig.until_disconnected()
        await rig.clock.advance(181)
        again = await rig.connect()
        await again.resume(client.session_id, client.sequence)
        assert (await again.hear_op(9))["d"] is False


async def test_resuming_can_be_refused_and_lies_are_noticed() -> None:
    """The switch answers op 9; a wrong token closes with 4004; a number from the future closes with 4007."""
    async with running_gateway() as rig:
        client = await rig.logged_in()
        rig.gateway.drop()
        await rig.until_disconnected()
        rig.gateway.refuse_resume = True
        again = await rig.connect()
        await again.resume(client.session_id, client.sequence)
        assert (await again.hear_op(9))["d"] is False
        rig.gateway.refuse_resume = False
        await again.resume(client.session_id, client.sequence, token="wrong")
        assert await again.close_code() == CloseCode.AUTHENTICATION_FAILED
        again = await rig.connect()
        await again.resume(client.session_id, 1000)
        assert await again.close_code() == CloseCode.INVALID_SEQUENCE


async def test_a_second_resume_takes_the_session_over() -> None:
    """A client may resume before its old connection was noticed as gone; the old one is closed."""
    async with running_gateway() as rig:
        client = await rig.logged_in()
        again = await rig.connect()
        await again.resume(client.session_id, client.sequence)
        await again.hear_event("RESUMED")
        assert await client.close_code() == CloseCode.UNKNOWN_ERROR
        interaction(rig, 1)
        assert await heard_interaction(again) == "1"


async def test_op_7_asks_to_reconnect() -> None:
    """`ask_reconnect` sends op 7 and leaves the rest to the client."""
    async with running_gateway() as rig:
        client = await rig.logged_in()
        rig.gateway.ask_reconnect()
        assert (await client.hear())["op"] == 7


@pytest.mark.parametrize("resumable", [True, False])
async def test_op_9_says_whether_the_session_may_be_resumed(*, resumable: bool) -> None:
    """An invalidated session is gone unless it is resumable."""
    async with running_gateway() as rig:
        client = await rig.logged_in()
        rig.gateway.invalidate(resumable=resumable)
        assert (await client.hear())["d"] is resumable
        again = await rig.connect()
        await again.resume(client.session_id, client.sequence)
        answer = await again.hear_event("RESUMED") if resumable else await again.hear_op(9)
        assert answer["op"] == (0 if resumable else 9)


async def test_held_events_arrive_later_in_order() -> None:
    """While held nothing is delivered, though heartbeats are answered; after the release everything comes in order."""
    async with running_gateway() as rig:
        client = await rig.logged_in()
        rig.gateway.hold()
        interaction(rig, 1)
        interaction(rig, 2)
        await client.say(1)
        await client.hear_op(11)
        assert "INTERACTION_CREATE" not in client.events
        rig.gateway.release()
        assert [await heard_interaction(client) for _ in range(2)] == ["1", "2"]


async def test_a_gateway_that_is_away_takes_no_connection() -> None:
    """While away new connections meet 503, and sessions wait; afterwards they can be resumed."""
    async with running_gateway() as rig:
        client = await rig.logged_in()
        rig.gateway.is_away = True
        rig.gateway.drop()
        await rig.until_disconnected()
        assert interaction(rig, 1) == 1
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await rig.connect()
        assert refused.value.status == 503
        rig.gateway.is_away = False
        again = await rig.connect()
        await again.resume(client.session_id, client.sequence)
        assert await heard_interaction(again) == "1"


async def test_a_drop_resets_the_tcp_connection() -> None:
    """A drop without a code is a TCP reset, not an orderly end."""
    async with running_gateway() as rig:
        url = URL(rig.url)
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(
            b"GET /gateway?v=10 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await reader.readuntil(b"heartbeat_interval")
        rig.gateway.drop()
        with pytest.raises(ConnectionResetError):
            async with asyncio.timeout(SOON_SECONDS):
                await reader.read(-1)
        writer.close()


async def test_what_is_no_longer_kept_cannot_be_replayed() -> None:
    """A session keeps its last events only; who missed more has to log in afresh."""
    async with running_gateway() as rig:
        client = await rig.logged_in()
        rig.gateway.drop()
        await rig.until_disconnected()
        for number in range(REPLAY_EVENTS + 1):
            interaction(rig, number)
        again = await rig.connect()
        await again.resume(client.session_id, client.sequence)
        assert (await again.hear_op(9))["d"] is False
        await again.resume(client.session_id, int(client.sequence or 0) + 1)
        assert await heard_interaction(again) == "1"
