"""What `check` finds where results are to be written, at the address of the health checks, and at the gateway's."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.checks import machine as check_machine
from bot.checks import network as check_network
from bot.checks.machine import check_health, check_results
from bot.checks.network import check_api, check_gateway
from bot.health import HealthChecks, serve_health
from bot.settings import DiscordSettings, HealthSettings, JobsSettings, RunComfySettings, Settings
from tests.contract.bot.answering import answering, saying, serving

# --- results --------------------------------------------------------------------------------------------------------


async def test_a_folder_of_results_that_cannot_be_made(tmp_path: Path) -> None:
    """Where a file stands in the folder's way, the report names the folder and the fix the setting."""
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    finding = await check_results(Settings(jobs=JobsSettings(results_dir=tmp_path / "taken" / "results")))
    assert not finding.is_ok
    assert str(tmp_path / "taken" / "results") in finding.report
    assert "jobs.results_dir" in finding.fix


async def test_hosts_that_a_start_refuses(tmp_path: Path) -> None:
    """A pattern of result hosts that is too wide for a start is a problem here too."""
    settings = Settings(
        jobs=JobsSettings(results_dir=tmp_path), runcomfy=RunComfySettings(result_hosts=("*.com", "ok.example.com"))
    )
    finding = await check_results(settings)
    assert not finding.is_ok
    assert "runcomfy.result_hosts" in finding.report


# --- health ---------------------------------------------------------------------------------------------------------


def listening_at(listen: str) -> Settings:
    """Return settings whose health checks are there."""
    return Settings(health=HealthSettings(listen=listen))


async def test_a_port_that_another_program_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that is taken is a problem, and the fix names the setting."""
    monkeypatch.setattr(check_machine, "NEIGHBOUR_SECONDS", 0.2)
    async with saying(b"") as address:
        taken = address.removeprefix("http://")
        with socket.create_server(("127.0.0.1", 0)) as silent:  # answers nothing at all
            silent_at = f"127.0.0.1:{silent.getsockname()[1]}"
            for listen in (taken, silent_at):
                finding = await check_health(listening_at(listen))
                assert not finding.is_ok
                assert f"{listen} cannot be listened at: Address already in use" in finding.report
                assert "health.listen" in finding.fix


async def test_another_web_server_is_no_bot() -> None:
    """A port at which something else answers over HTTP is a problem as well."""
    async with answering(200, text='["status"]', content_type="application/json") as address:
        assert not (await check_health(listening_at(address.removeprefix("http://")))).is_ok


async def test_a_host_that_this_machine_is_not() -> None:
    """An address of another machine, or a name that there is not, cannot be listened at."""
    for listen in ("192.0.2.1:8080", "no-such-host.invalid:8080"):
        finding = await check_health(listening_at(listen))
        assert not finding.is_ok
        assert listen in finding.report


async def test_a_bot_that_runs_is_no_problem() -> None:
    """Beside the bot itself its port is taken, as it should be; a free port and no port at all are well, too."""

    async def nothing() -> None:
        """Stand in for a database that answers."""

    checks = HealthChecks(require_database=nothing, is_connected=lambda: True)
    async with serve_health(("127.0.0.1", 0), checks) as port:
        beside = await check_health(listening_at(f"127.0.0.1:{port}"))
        assert beside.is_ok
        assert "A bot that runs" in beside.report
    assert (await check_health(listening_at(f"127.0.0.1:{port}"))).is_ok
    assert (await check_health(listening_at(""))).is_ok


# --- the gateway ----------------------------------------------------------------------------------------------------


@asynccontextmanager
async def greeting(greet: Callable[[web.WebSocketResponse], Awaitable[object]]) -> AsyncIterator[str]:
    """Serve a WebSocket that begins in this way."""

    async def answer(request: web.Request) -> web.WebSocketResponse:
        socket_ = web.WebSocketResponse()
        await socket_.prepare(request)
        await greet(socket_)
        async for _ in socket_:
            pass
        return socket_

    async with serving(answer) as url:
        yield url


NEIGHBOURS: Mapping[str, Callable[[], AbstractAsyncContextManager[str]]] = {
    "a web server": lambda: answering(200),
    "a web server without that page": lambda: answering(404),
    "no web server": lambda: saying(b"220 mail.example.com ESMTP\r\n"),
    "a line that is cut": lambda: saying(b"", hang_up=True),
    "silence": lambda: saying(b""),
    "another WebSocket": lambda: greeting(lambda to: to.send_str("welcome")),
    "a WebSocket of JSON": lambda: greeting(lambda to: to.send_str('["op", 10]')),
    "a WebSocket of bytes": lambda: greeting(lambda to: to.send_bytes(b"\x00")),
    "a WebSocket that closes": lambda: greeting(lambda to: to.close(code=4012)),
}


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
async def test_what_is_no_gateway_is_named(neighbour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stands at the gateway's address, the report is one line with the address, the fix names the setting."""
    monkeypatch.setattr(check_network, "GATEWAY_SECONDS", 0.5)
    async with NEIGHBOURS[neighbour]() as address:
        gateway = address.replace("http://", "ws://")
        finding = await check_gateway(Settings(discord=DiscordSettings(gateway_url=gateway)))
    assert not finding.is_ok
    assert gateway in finding.report
    assert "\n" not in finding.report
    assert "discord.gateway_url" in finding.fix


async def test_a_gateway_that_says_hello() -> None:
    """Discord's first word is enough: nobody logs in there."""
    hello = '{"op": 10, "d": {"heartbeat_interval": 41250}}'
    async with greeting(lambda to: to.send_str(hello)) as address:
        gateway = address.replace("http://", "ws://")
        assert (await check_gateway(Settings(discord=DiscordSettings(gateway_url=gateway)))).is_ok


# --- the Model API --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "kind"), [("<html>", "text/html"), ("[]", "application/json"), ("{}", "text/plain")])
async def test_what_is_no_model_api_is_named(text: str, kind: str) -> None:
    """A page, or another API, in the Model API's place is one line with the address and the setting."""
    async with answering(200, text=text, content_type=kind) as address:
        finding = await check_api(Settings(runcomfy=RunComfySettings(token=SecretStr("x" * 40), base_url=address)))
    assert not finding.is_ok
    assert address in finding.report
    assert "\n" not in finding.report
    assert "runcomfy.base_url" in finding.fix
