"""Logging in to the local gateway."""

from __future__ import annotations

import time

import pytest

from sandbox.discord.gateway import CloseCode, GatewayPace, Intent
from sandbox.discord.gateway.connection import ACK_SECONDS
from tests.sandbox.gateway.stand_in import (
    GUILD_IN_SHARD_0,
    GUILD_IN_SHARD_1,
    TwoGuilds,
    running_gateway,
)


async def test_login_carries_ready_and_then_each_guild() -> None:
    """A fresh session is told READY with unavailable guilds, where to resume, and then each guild whole."""
    async with running_gateway() as rig:
        client = await rig.connect()
        hello = await client.hear()
        assert hello["op"] == 10
        assert hello["d"] == {"heartbeat_interval": 41250, "_trace": []}
        await client.identify()
        ready = (await client.hear_event("READY"))["d"]
        assert isinstance(ready, dict)
        assert ready["resume_gateway_url"] == rig.url
        assert ready["guilds"] == [
            {"id": str(GUILD_IN_SHARD_0), "unavailable": True},
            {"id": str(GUILD_IN_SHARD_1), "unavailable": True},
        ]
        guilds = [(await client.hear())["d"] for _ in range(2)]
        assert [guild["id"] for guild in guilds if isinstance(guild, dict)] == [
            str(GUILD_IN_SHARD_0),
            str(GUILD_IN_SHARD_1),
        ]
        assert client.sequence == 3


async def test_without_the_guilds_intent_no_guild_is_told() -> None:
    """A session without GUILDS hears of no guild, but of interactions."""
    async with running_gateway() as rig:
        client = await rig.connect()
        await client.identify(intents=0)
        await client.hear_event("READY")
        rig.gateway.dispatch("INTERACTION_CREATE", {"id": "5"}, guild_id=GUILD_IN_SHARD_0)
        await client.hear_event("INTERACTION_CREATE")
        assert client.events == ["READY", "INTERACTION_CREATE"]


async def test_a_heartbeat_is_acknowledged_even_before_the_login() -> None:
    """Op 1 is answered by op 11, also between Hello and Identify (discord.py sends one there)."""
    async with running_gateway() as rig:
        client = await rig.connect()
        await client.say(1)
        assert (await client.hear_op(11))["op"] == 11


async def test_an_acknowledgement_takes_its_time() -> None:
    """It is never there before discord.py's keep-alive thread has noted when it sent the heartbeat."""
    async with running_gateway() as rig:
        client = await rig.connect()
        await client.hear_op(10)
        said_at = time.monotonic()
        await client.say(1)
        await client.hear_op(11)
        assert time.monotonic() - said_at >= ACK_SECONDS * 0.9  # the loop's timers are coarse


async def test_a_client_that_stops_its_heartbeats_is_closed_and_cannot_resume() -> None:
    """Silence past one and a half intervals closes with 4009, and the session is gone."""
    async with running_gateway(pace=GatewayPace(heartbeat_seconds=0.05)) as rig:
        client = await rig.connect()
        await client.identify()
        assert await client.close_code() == CloseCode.SESSION_TIMED_OUT
        await rig.until_disconnected()
        assert rig.gateway.sessions == []


async def test_heartbeats_keep_a_session_alive() -> None:
    """A client that beats in time is not closed."""
    async with running_gateway(pace=GatewayPace(heartbeat_seconds=0.2)) as rig:
        client = await rig.logged_in()
        for _ in range(6):
            await client.say(1)
            await client.hear_op(11)
            await rig.clock.sleep(0.1)
        assert rig.gateway.is_connected


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"token": "wrong"}, CloseCode.AUTHENTICATION_FAILED),
        ({"intents": 1 << 40}, CloseCode.INVALID_INTENTS),
        ({"intents": "1"}, CloseCode.INVALID_INTENTS),
        ({"intents": int(Intent.GUILD_MEMBERS)}, CloseCode.DISALLOWED_INTENTS),
        ({"intents": int(Intent.MESSAGE_CONTENT)}, CloseCode.DISALLOWED_INTENTS),
        ({"shard": [2, 2]}, CloseCode.INVALID_SHARD),
        ({"shard": [0]}, CloseCode.INVALID_SHARD),
        ({"properties": None}, CloseCode.DECODE_ERROR),
    ],
)
async def test_a_wrong_login_is_closed_with_its_code(data: dict[str, object], code: CloseCode) -> None:
    """What an Identify gets wrong decides the close code."""
    async with running_gateway() as rig:
        client = await rig.connect()
        good: dict[str, object] = {"token": "the-bot", "intents": 1, "shard": [0, 1], "properties": {}}
        await client.say(2, {**good, **data})
        assert await client.close_code() == code
        assert rig.gateway.logins == []


async def test_privileged_intents_pass_once_they_are_switched_on() -> None:
    """4014 is about the application's settings, not about the intent itself."""
    async with running_gateway(source=TwoGuilds(allowed_intents=Intent.GUILD_MEMBERS)) as rig:
        await rig.logged_in(intents=int(Intent.GUILDS | Intent.GUILD_MEMBERS))


async def test_another_version_of_the_gateway_is_refused() -> None:
    """Only v10 is spoken here: 4012."""
    async with running_gateway() as rig:
        assert await (await rig.connect(version="5")).close_code() == CloseCode.INVALID_VERSION


async def test_rules_of_speech() -> None:
    """Unknown opcodes, unreadable frames, long frames, a second login, speaking before the login: each has its code."""
    async with running_gateway() as rig:
        client = await rig.connect()
        await client.say(99)
        assert await client.close_code() == CloseCode.UNKNOWN_OPCODE

        client = await rig.connect()
        await client.socket.send_str("{")
        assert await client.close_code() == CloseCode.DECODE_ERROR

        client = await rig.connect()
        await client.say(3, "x" * 5000)
        assert await client.close_code() == CloseCode.DECODE_ERROR

        client = await rig.connect()
        await client.say(3, {})
        assert await client.close_code() == CloseCode.NOT_AUTHENTICATED

        client = await rig.logged_in()
        await client.identify()
        assert await client.close_code() == CloseCode.ALREADY_AUTHENTICATED

        client = await rig.logged_in()
        for _ in range(121):
            await client.say(3, {})
        assert await client.close_code() == CloseCode.RATE_LIMITED


async def test_one_identify_per_window_and_bucket() -> None:
    """Within five seconds only one shard per `max_concurrency` bucket may identify; the next is told op 9."""
    async with running_gateway(pace=GatewayPace(max_concurrency=1)) as rig:
        await rig.logged_in()
        second = await rig.connect()
        await second.identify()
        assert (await second.hear_op(9))["d"] is False
        await rig.clock.advance(5)
        await second.log_in()
        assert len(rig.gateway.logins) == 2


async def test_buckets_of_max_concurrency_do_not_disturb_each_other() -> None:
    """With `max_concurrency` 2, shards 0 and 1 may identify at once."""
    async with running_gateway(pace=GatewayPace(max_concurrency=2)) as rig:
        for shard_id in range(2):
            client = await rig.connect()
            await client.log_in(shard=(shard_id, 2), guilds=1)
        assert [login.shard.shard_id for login in rig.gateway.logins] == [0, 1]


async def test_members_are_sent_in_chunks_on_request() -> None:
    """Op 8 is answered with GUILD_MEMBERS_CHUNK, by name or by ids."""
    async with running_gateway() as rig:
        client = await rig.logged_in()
        await client.say(8, {"guild_id": str(GUILD_IN_SHARD_0), "query": "user1", "limit": 0, "nonce": "n"})
        chunk = (await client.hear_event("GUILD_MEMBERS_CHUNK"))["d"]
        assert chunk == {
            "guild_id": str(GUILD_IN_SHARD_0),
            "members": [{"user": {"id": str(GUILD_IN_SHARD_0 + 1), "username": "user1"}}],
            "chunk_index": 0,
            "chunk_count": 1,
            "nonce": "n",
        }
