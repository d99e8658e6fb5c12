"""Scripted misbehaviour strikes where and as often as it should."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from sandbox.discord.channels import Channel
from sandbox.discord.server import DiscordServer
from sandbox.discord.traffic import Call
from tests.sandbox.discord.wire_client import WireClient

HELLO = {"content": "Hello"}
CREATE = "POST /channels/{channel_id}/messages"


@pytest.fixture
def path(general: Channel) -> str:
    """The path of general's messages."""
    return f"/channels/{general.id}/messages"


async def test_the_next_calls_fail(wire: WireClient, path: str) -> None:
    """So often as was said, on that route only, without any effect."""
    fault = wire.server.faults.fail(CREATE, status=403, code=50013, message="Missing Permissions", times=2)
    assert (await wire("GET", path)).status == 200
    assert [(await wire("POST", path, HELLO)).status for _ in range(3)] == [403, 403, 200]
    assert fault.hits == 2
    assert len(wire.server.state.messages) == 1


async def test_names_of_parameters_do_not_matter(wire: WireClient, path: str) -> None:
    """A pattern may call them as it likes, leave out the method, or mean everything."""
    for pattern in ("POST /channels/{id}/messages", "/channels/{x}/messages", "*"):
        wire.server.faults.fail(pattern, status=500)
        assert (await wire("POST", path, HELLO)).code == (500, 0)


async def test_an_effect_can_happen_before_the_error(wire: WireClient, path: str) -> None:
    """The message is there although the client reads a 502 of a proxy."""
    wire.server.faults.fail(CREATE, status=500, applied=True)
    assert (await wire("POST", path, HELLO)).status == 500
    assert len(wire.server.state.messages) == 1


async def test_a_429_tells_when_to_come_again(wire: WireClient, path: str) -> None:
    """With retry_after in body and header; 30046 without."""
    wire.server.faults.fail(CREATE, status=429, retry_after=0.3)
    reply = await wire("POST", path, HELLO)
    assert (reply.body["retry_after"], reply.headers["Retry-After"]) == (0.3, "1")
    wire.server.faults.fail(CREATE, status=429, code=30046)
    assert "retry_after" not in (await wire("POST", path, HELLO)).body


@pytest.mark.parametrize(("applied", "messages"), [(False, 0), (True, 1)])
async def test_a_connection_is_reset(wire: WireClient, path: str, *, applied: bool, messages: int) -> None:
    """Before the effect or after it, so that only the answer is lost."""
    wire.server.faults.reset(CREATE, applied=applied)
    with pytest.raises(aiohttp.ClientError):
        await wire("POST", path, HELLO)
    assert len(wire.server.state.messages) == messages
    assert wire.server.traffic[-1].status is None


async def test_silence_lasts(wire: WireClient, path: str) -> None:
    """A hanging call gets no answer; other calls do."""
    wire.server.faults.hang(CREATE)
    silent = asyncio.create_task(wire("POST", path, HELLO))
    assert (await wire("POST", f"{path.removesuffix('/messages')}/typing")).status == 204
    done, _ = await asyncio.wait([silent], timeout=0.2)
    assert not done
    silent.cancel()
    await asyncio.wait([silent])
    assert wire.server.state.messages == {}


async def test_a_delay_holds_the_answer_back(wire: WireClient, path: str) -> None:
    """The call comes through, later."""
    wire.server.faults.delay(CREATE, seconds=0.15)
    loop = asyncio.get_running_loop()
    before = loop.time()
    assert (await wire("POST", path, HELLO)).status == 200
    assert loop.time() - before >= 0.15


async def test_hooks_stand_before_and_after_the_effect(server: DiscordServer, wire: WireClient, path: str) -> None:
    """There a test can kill the bot, or look at the state."""
    seen: list[tuple[str, int]] = []

    async def before(call: Call) -> None:
        seen.append((f"before {call.method}", len(server.state.messages)))

    async def after(call: Call) -> None:
        seen.append((f"after {call.method}", len(server.state.messages)))

    server.faults.hook(CREATE, before=before, after=after)
    await wire("POST", path, HELLO)
    await wire("POST", path, HELLO)
    assert seen == [("before POST", 0), ("after POST", 1)]


async def test_a_fault_can_choose_its_calls(wire: WireClient, path: str) -> None:
    """`only_if` looks at the call."""
    wire.server.faults.fail(CREATE, status=500, only_if=lambda call: call.json.get("content") == "bad")
    assert (await wire("POST", path, HELLO)).status == 200
    assert (await wire("POST", path, {"content": "bad"})).status == 500
