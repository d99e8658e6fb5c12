"""The operator's proxy: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, as other programs read them.

Whatever opens connections asks here for each address, so that one rule holds for all of them. aiohttp (3.14) reads
these variables itself only for http and https, and a library on top of it may not have it do so at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

import aiohttp
import yarl
from aiohttp import hdrs
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from services.errors import UnusableProxy

_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "https": ("HTTPS_PROXY", "ALL_PROXY"),
    "wss": ("HTTPS_PROXY", "ALL_PROXY"),
    "http": ("HTTP_PROXY", "ALL_PROXY"),
    "ws": ("HTTP_PROXY", "ALL_PROXY"),
}
_SCHEMES = ("http", "https")
_BETWEEN_HOSTS = re.compile(r"[\s,;]+")
_HOST = re.compile(r"(?:\[(?P<address>[0-9a-f:.%]+)\]|(?P<name>[^\s:/@\[\]]+))(?::(?P<port>[0-9]{1,5}))?")
_NAME = re.compile(r"[a-z0-9_*-]+(?:\.[a-z0-9_*-]+)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Proxy:
    """A proxy, and the variable that names it. `url` holds no user and no password; `authorization` does."""

    url: yarl.URL
    variable: str
    authorization: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"the proxy {self.url.origin()} ({self.variable})"


@dataclass(frozen=True, kw_only=True, slots=True)
class _DirectHosts:
    """One entry of NO_PROXY: a network (an address is one of its own), or a name; with a port, that port alone."""

    network: IPv4Network | IPv6Network | None = None
    name: str = ""
    port: int | None = None

    def holds(self, url: yarl.URL) -> bool:
        """Whether the address is reached directly. A name stands for the host itself and for all below it."""
        host = (url.raw_host or "").lower().rstrip(".")
        if self.port is not None and url.port != self.port:
            return False
        if self.network is not None:
            try:
                return ip_address(host) in self.network
            except ValueError:
                return False
        return (
            host == self.name or host.endswith(f".{self.name}") or ("*" in self.name and fnmatchcase(host, self.name))
        )


class Proxies:
    """The proxies of an environment, read once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Raises: UnusableProxy where a variable names what cannot be used as a proxy, or as hosts past it."""
        self._proxies: dict[str, Proxy] = {}
        for scheme, names in _VARIABLES.items():
            for name in names:
                # In lower case a variable goes before the same in upper case; an empty one is none.
                found = next((one for one in (name.lower(), name) if one in environment), name)
                if value := environment.get(found, "").strip():
                    self._proxies[scheme] = _proxy(value, variable=found)
                    break
        found = "no_proxy" if "no_proxy" in environment else "NO_PROXY"
        # Where there is no proxy, the list is other programs' alone.
        entries = _BETWEEN_HOSTS.split(environment.get(found, "")) if self._proxies else ()
        self._direct = tuple(_direct_hosts(entry, variable=found) for entry in entries if entry)

    @classmethod
    def of_this_process(cls) -> Proxies:
        """Read the process's own environment. Raises: UnusableProxy."""
        return cls(os.environ)

    def of(self, url: yarl.URL | str) -> Proxy | None:
        """Return the proxy through which an address is reached; None: directly."""
        url = yarl.URL(url)
        proxy = self._proxies.get(url.scheme)
        if proxy is None or url.host is None:
            return None
        return None if any(hosts.holds(url) for hosts in self._direct) else proxy


class ProxyConnector(aiohttp.TCPConnector):
    """Opens each connection the way that the environment names for its address."""

    def __init__(self, proxies: Proxies, **options: Any) -> None:  # noqa: ANN401 - those of aiohttp's connector
        super().__init__(**options)
        self._proxies = proxies

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's signature
    ) -> Connection:
        """Return a connection for the request, which is told of its proxy before it is written."""
        if req.proxy is None and (proxy := self._proxies.of(req.url)) is not None:
            headers = {hdrs.PROXY_AUTHORIZATION: proxy.authorization} if proxy.authorization else {}
            req.update_proxy(proxy.url, None, headers)
            if not req.is_ssl():
                # There is no CONNECT that would carry it.
                req.headers.update(headers)
        return await super().connect(req, traces, timeout)


def _proxy(value: str, *, variable: str) -> Proxy:
    """Read a variable's value: an address with or without "http://", a user and a password. Raises: UnusableProxy."""
    try:
        url = yarl.URL(value if "://" in value else f"http://{value}")
        is_usable = url.scheme in _SCHEMES and bool(url.host) and url.port is not None and ":" not in (url.user or "")
        # A "#", "?" or "/" that a password holds as it is ends the host early: what follows is not a proxy's.
        is_usable = is_usable and not re.search(r"\s", value)
        is_usable = is_usable and url.path in {"", "/"} and not (url.query_string or url.fragment)
    except ValueError:
        is_usable = False
    if not is_usable:
        # The value may hold a password.
        raise UnusableProxy(f"{variable} names no proxy that can be used; it looks like http://proxy.example.com:3128")
    has_login = bool(url.user or url.password)
    return Proxy(
        url=yarl.URL.build(scheme=url.scheme, host=url.host or "", port=url.port),
        variable=variable,
        authorization=aiohttp.encode_basic_auth(url.user or "", url.password or "") if has_login else "",
    )


def _direct_hosts(entry: str, *, variable: str) -> _DirectHosts:
    """Read one entry: `host`, `.host`, `*.host`, `10.0.0.0/8`, `::1`, with or without a port. Raises: UnusableProxy."""
    text = entry.lower()
    try:
        return _DirectHosts(network=ip_network(text, strict=False))
    except ValueError:
        pass  # no network and no bare address
    match = _HOST.fullmatch(text)
    try:
        if match is not None:
            port = int(match["port"]) if match["port"] else None
            address = match["address"] or match["name"]
            return _DirectHosts(network=ip_network(address), port=port)
    except ValueError:
        pass  # a name
    name = match["name"] if match else None
    try:
        name = (name or "").rstrip(".").removeprefix("*.").lstrip(".")
        name = name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        name = ""
    if match is None or not _NAME.fullmatch(name):
        # Somebody may have written a whole address there, with a password.
        shown = "an entry that" if "@" in entry else f"{entry!r}, which"
        raise UnusableProxy(
            f"{variable} has {shown} is none of the hosts it can name; they look like example.com, *.example.com, "
            "10.0.0.0/8 or [::1]:8080"
        )
    return _DirectHosts(name=name, port=int(match["port"]) if match["port"] else None)
