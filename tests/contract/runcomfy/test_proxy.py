"""The operator's proxy stands before the Model API and its files too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sandbox.model_api import ModelApiServer
from services.clock import SystemClock
from services.errors import ApiNotSent
from services.jobs.ports import RequestState
from services.runcomfy.client import RunComfyClient
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


@pytest.mark.parametrize("status", [403, 407, 502])
async def test_a_proxy_that_makes_no_tunnel_has_sent_nothing(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What never reached the API may be sent again: nothing was paid."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        async with RunComfyClient("token-of-eight", clock=SystemClock(), base_url="https://api.example") as client:
            with pytest.raises(ApiNotSent):
                await client.submit(MODEL, INPUTS)
