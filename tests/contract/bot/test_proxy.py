"""The operator's proxy: what goes through it, what goes past it, and what is said where it is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.check_network import check_discord, check_gateway
from bot.endpoints import use_endpoints
from bot.settings import Settings
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from services.errors import StartupError
from services.proxies import Proxies, ProxyConnector
from tests.contract.bot.forward_proxy import forward_proxy
from tests.contract.bot.living_bot import living_bot, settings_for
from tests.rig import SHRINK

# Nobody knows this name but the proxy: what does not go through it goes nowhere.
NAME = "discord.example"


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE)
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE = before


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A fresh local Discord and Model API."""
    async with Sandbox.open(data_dir=tmp_path) as opened:
        opened.model_api.pace.shrink = SHRINK
        yield opened


def behind(sandbox: Sandbox, folder: Path) -> Settings:
    """Return settings whose Discord has a name that only a proxy knows."""
    settings = settings_for(sandbox, folder)
    moved = {
        key: getattr(settings.discord, key).replace("127.0.0.1", NAME) for key in ("api_url", "gateway_url", "cdn_url")
    }
    return settings.model_copy(update={"discord": settings.discord.model_copy(update=moved)})


async def test_everything_of_discord_goes_through_the_proxy(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REST, the gateway and the interactions' tokens: the bot works where nothing but the proxy is reached."""
    settings = behind(sandbox, tmp_path)
    async with forward_proxy(credentials="ada:pa%20ss") as proxy:
        proxy.credentials = "ada:pa ss"
        monkeypatch.setenv("HTTP_PROXY", f"http://ada:pa%20ss@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        async with living_bot(sandbox, settings):
            reply = await sandbox.clients.ada.slash(
                "edit", prompt="a fox", image1=paint("cat.png", width=64, height=48)
            )
            card = await reply.message()
            await card.until_text("Done")
        assert {host for _, host in proxy.asked} == {NAME}
        assert proxy.refusals == 0
        use_endpoints(settings.discord)
        for finding in (await check_discord(settings), await check_gateway(settings)):
            assert finding.is_ok, finding
            assert f"through the proxy http://127.0.0.1:{proxy.port} (HTTP_PROXY)" in finding.report
            assert "pa" not in finding.report.replace("application", "")


async def test_tls_is_tunnelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is encrypted, https and wss, is asked of the proxy with CONNECT, by HTTPS_PROXY in either case."""
    async with forward_proxy() as proxy:
        monkeypatch.setenv("https_proxy", f"127.0.0.1:{proxy.port}")
        async with aiohttp.ClientSession(connector=ProxyConnector(Proxies.of_this_process())) as session:
            for url in ("https://discord.example:1/api", "wss://gateway.example:1/"):
                with pytest.raises((aiohttp.ClientError, OSError)):
                    await session.get(url) if url.startswith("https") else await session.ws_connect(url)
        assert set(proxy.asked) == {("CONNECT", "discord.example"), ("CONNECT", "gateway.example")}


@pytest.mark.parametrize("value", ["http://ada:top-secret@127.0.0.1:9", "socks5://ada:top-secret@127.0.0.1:1080"])
async def test_a_wrong_proxy_is_one_sentence(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """It names the variable, and not its password."""
    settings = behind(sandbox, tmp_path)
    use_endpoints(settings.discord)
    monkeypatch.setenv("HTTP_PROXY", value)
    for finding in (await check_discord(settings), await check_gateway(settings)):
        assert not finding.is_ok
        assert "HTTP_PROXY" in finding.report
        assert "secret" not in f"{finding.report} {finding.mend}"
        assert "\n" not in finding.report


async def test_a_proxy_that_wants_a_password(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 407 is told as the proxy's, with its variable."""
    settings = behind(sandbox, tmp_path)
    use_endpoints(settings.discord)
    async with forward_proxy(credentials="ada:right") as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        finding = await check_discord(settings)
    assert not finding.is_ok
    assert "407" in finding.report
    assert "http_proxy" in f"{finding.report} {finding.mend}"


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, "https://discord.com/api", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "wss://gateway.discord.gg", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "http://127.0.0.1:9", None),
        ({"HTTPS_PROXY": "p:1"}, "https://discord.com", "http://p:1"),
        ({"ALL_PROXY": "http://p:1"}, "https://discord.com", "http://p:1"),
        ({"ALL_PROXY": "http://p:1", "https_proxy": ""}, "https://discord.com", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "https_proxy": "http://q:2"}, "https://discord.com", "http://q:2"),
        ({"HTTPS_PROXY": "http://p:1", "https_proxy": ""}, "https://discord.com", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "discord.com"}, "https://discord.com", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "a.b, .discord.gg"}, "wss://gateway.discord.gg", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "cord.com"}, "https://discord.com", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": "*"}, "https://discord.com", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "discord.com:8443"}, "https://discord.com", "http://p:1"),
        ({}, "https://discord.com", None),
    ],
)
def test_which_way_an_address_is_reached(environment: dict[str, str], url: str, proxy: str | None) -> None:
    """The variables mean what they mean to other programs."""
    found = Proxies(environment).of(url)
    assert (str(found.url.origin()) if found else None) == proxy


@pytest.mark.parametrize("value", ["socks5://p:1", "http://", "http://p:99999", "://", "http://[::1"])
def test_what_is_no_proxy(value: str) -> None:
    """It is refused with the variable's name."""
    with pytest.raises(StartupError, match="HTTPS_PROXY"):
        Proxies({"HTTPS_PROXY": value})
