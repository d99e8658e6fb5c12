"""The operator's proxy: what goes through it, what goes past it, and what is said where it is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.checks.network import check_api, check_discord, check_gateway
from bot.settings import Settings
from cogs.discord_py.endpoints import use_endpoints
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from services.errors import StartupError, UnusableProxy
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
        use_endpoints(**settings.discord.endpoints)
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
    use_endpoints(**settings.discord.endpoints)
    monkeypatch.setenv("HTTP_PROXY", value)
    for finding in (await check_discord(settings), await check_gateway(settings), await check_api(settings)):
        assert not finding.is_ok
        assert "HTTP_PROXY" in finding.report
        assert "[runcomfy]" not in finding.fix
        assert "secret" not in f"{finding.report} {finding.fix}"
        assert "\n" not in finding.report


@pytest.mark.parametrize("value", ["localhost, 10.0.0.0/99", "http://ada:top-secret@intern.example"])
async def test_a_wrong_list_of_hosts_is_one_sentence(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """It names the variable, and no password."""
    settings = behind(sandbox, tmp_path)
    use_endpoints(**settings.discord.endpoints)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", value)
    for finding in (await check_discord(settings), await check_gateway(settings), await check_api(settings)):
        assert not finding.is_ok
        assert "NO_PROXY" in finding.report
        assert "variable" in finding.fix
        assert "secret" not in f"{finding.report} {finding.fix}"


async def test_a_proxy_that_wants_a_password(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 407 is told as the proxy's, with its variable."""
    settings = behind(sandbox, tmp_path)
    use_endpoints(**settings.discord.endpoints)
    async with forward_proxy(credentials="ada:right") as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        finding = await check_discord(settings)
    assert not finding.is_ok
    assert "407" in finding.report
    assert "http_proxy" in f"{finding.report} {finding.fix}"


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
        ({"HTTPS_PROXY": "ada:pw@p:1"}, "https://discord.com", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1/"}, "https://discord.com", "http://p:1"),
        ({"HTTPS_PROXY": " http://p:1 "}, "https://discord.com", "http://p:1"),
        ({"HTTPS_PROXY": "http://[::1]:3128"}, "https://discord.com", "http://[::1]:3128"),
        ({}, "https://discord.com", None),
        ({"NO_PROXY": "what/ever"}, "https://discord.com", None),
    ],
)
def test_which_way_an_address_is_reached(environment: dict[str, str], url: str, proxy: str | None) -> None:
    """The variables mean what they mean to other programs."""
    found = Proxies(environment).of(url)
    assert (str(found.url.origin()) if found else None) == proxy


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_direct"),
    [
        ("*.discord.com", "https://cdn.discord.com", True),
        ("*.discord.com", "https://discord.com", True),
        ("*.discord.com", "https://mydiscord.com", False),
        (".discord.com", "https://cdn.discord.com", True),
        ("Discord.COM", "https://discord.com", True),
        ("discord.com.", "https://discord.com", True),
        ("discord.com", "https://discord.com.", True),
        ("discord.com", "https://gateway.discord.com.:443", True),
        ("  a.b ;\tdiscord.com\n", "https://discord.com", True),
        ("a.b discord.com", "https://discord.com", True),
        (",,", "https://discord.com", False),
        ("discord.com:443", "https://discord.com", True),
        ("discord.com:443", "https://discord.com:8443", False),
        ("*.discord.com:8443", "https://cdn.discord.com:8443", True),
        ("10.0.0.0/8", "https://10.1.2.3", True),
        ("10.1.2.3/8", "https://10.9.9.9", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("10.0.0.0/8", "https://ten.example", False),
        ("10.1.2.3", "https://10.1.2.3:9", True),
        ("10.1.2.3:9", "https://10.1.2.3:8", False),
        ("192.168.*", "https://192.168.7.7", True),
        ("[::1]", "https://[::1]", True),
        ("::1", "https://[::1]:9", True),
        ("[::1]:8080", "https://[::1]:8080", True),
        ("[::1]:8080", "https://[::1]", False),
        ("0:0:0:0:0:0:0:1", "https://[::1]", True),
        ("fd00::/8", "https://[fd12::1]", True),
        ("fd00::/8", "https://10.1.2.3", False),
        ("bücher.example", "https://bücher.example", True),
        ("*", "https://[::1]", True),
    ],
)
def test_which_hosts_are_past_the_proxy(no_proxy: str, url: str, *, is_direct: bool) -> None:
    """In every form in which people write them."""
    assert (Proxies({"HTTPS_PROXY": "p:1", "NO_PROXY": no_proxy}).of(url) is None) is is_direct


@pytest.mark.parametrize(
    "entry", ["10.0.0.0/99", "http://discord.com", "[::1", "a:b:c", "discord.com:x", "a/b", "a..b"]
)
def test_what_is_no_host_past_the_proxy(entry: str) -> None:
    """It is refused with the variable's name: a host that is asked by the wrong way hangs, or tells a token."""
    with pytest.raises(UnusableProxy, match="no_proxy"):
        Proxies({"HTTPS_PROXY": "p:1", "no_proxy": f"localhost,{entry}"})


@pytest.mark.parametrize(
    ("value", "authorization"),
    [
        ("ada:pw@p:1", aiohttp.encode_basic_auth("ada", "pw")),
        ("http://ada@p:1", aiohttp.encode_basic_auth("ada", "")),
        ("http://:pw@p:1", aiohttp.encode_basic_auth("", "pw")),
        ("http://a%40b:p%23w@p:1", aiohttp.encode_basic_auth("a@b", "p#w")),
        ("p:1", ""),
    ],
)
def test_a_proxy_has_its_credentials(value: str, authorization: str) -> None:
    """With or without a scheme, and with half of them."""
    proxy = Proxies({"HTTPS_PROXY": value}).of("https://discord.com")
    assert proxy is not None
    assert (str(proxy.url.origin()), proxy.authorization) == ("http://p:1", authorization)
    assert "pw" not in f"{proxy} {proxy!r}"


@pytest.mark.parametrize("value", ["http://p :1", "http://ada:12#x@p:1", "http://ada:1?x@p:1", "http://p:1/way"])
def test_a_proxy_that_would_be_another_is_refused(value: str) -> None:
    """A password's "#" is no part of a host: nobody's requests go to what stands before it."""
    with pytest.raises(UnusableProxy, match="HTTPS_PROXY"):
        Proxies({"HTTPS_PROXY": value})


@pytest.mark.parametrize("value", ["socks5://p:1", "http://", "http://p:99999", "://", "http://[::1"])
def test_what_is_no_proxy(value: str) -> None:
    """It is refused with the variable's name."""
    with pytest.raises(StartupError, match="HTTPS_PROXY"):
        Proxies({"HTTPS_PROXY": value})
