"""The operator's proxy stands before the Model API and its files too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from sandbox.model_api import ModelApiServer
from services.clock import SystemClock
from services.errors import ApiNotSent, ApiOutcomeUnknown
from services.jobs.ports import RequestState
from services.runcomfy.client import RunComfyClient
from services.runcomfy.limits import ApiTimeouts
from tests.contract.bot.forward_proxy import forward_proxy
from tests.contract.runcomfy.conftest import INPUTS, MODEL, Naps, client_of

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def test_the_api_is_asked_through_the_proxy(
    server: ModelApiServer, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The paid POST and the free questions go its way, and a host in NO_PROXY past it."""
    async with forward_proxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        async with client_of(server, naps) as client:
            request_id = await client.submit(MODEL, INPUTS)
            assert (await client.get_status(request_id)).state in RequestState
        asked = len(proxy.asked)
        assert {method for method, _ in proxy.asked} == {"POST", "GET"}
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        async with client_of(server, naps) as client:
            await client.submit(MODEL, INPUTS)
        assert len(proxy.asked) == asked


@asynccontextmanager
async def submitting_behind(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunComfyClient]:
    """Provide a client whose API is reached through a proxy that talks so."""
    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        timeouts = ApiTimeouts(connect_seconds=0.5, submit_seconds=20.0)
        client = RunComfyClient(
            "token-of-eight", clock=SystemClock(), base_url="https://api.example", timeouts=timeouts
        )
        async with client:
            yield client


ANSWERS = {
    "403": b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
    "407": b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n",
    "502": b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n",
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 Conn",
    "garbage": b"\x00\xff what is this\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "a head without end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    "a tunnel that is cut": b"HTTP/1.1 200 OK\r\n\r\n",
    "a tunnel to something else": b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 400 plain\r\n\r\n",
}


@pytest.mark.parametrize("is_reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_a_proxy_that_makes_no_tunnel_has_sent_nothing(
    answer: bytes, *, is_reset: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What never reached the API may be sent again: nothing was paid."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with suppress(OSError):
            writer.write(answer)
            await writer.drain()
            if is_reset:
                writer.transport.abort()
        writer.close()

    async with submitting_behind(refuse, monkeypatch) as client:
        with pytest.raises(ApiNotSent):
            await client.submit(MODEL, INPUTS)


async def test_a_proxy_that_is_silent_has_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """CONNECT is a part of connecting, and has its time."""

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with submitting_behind(hold, monkeypatch) as client:
        with pytest.raises(ApiNotSent):
            await client.submit(MODEL, INPUTS)


async def test_a_request_that_has_left_through_a_proxy_is_in_doubt(
    server: ModelApiServer, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that fails under its request, as the one at CONNECT does, is another thing."""

    async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(drop, "127.0.0.1", 0) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        async with client_of(server, naps) as client:
            with pytest.raises(ApiOutcomeUnknown):
                await client.submit(MODEL, INPUTS)
