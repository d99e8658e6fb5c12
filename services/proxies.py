"""The operator's proxy: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, as other programs read them.

Whatever opens connections asks here for each address, so that one rule holds for all of them. aiohttp (3.14) reads
these variables itself only for http and https, and a library on top of it may not have it do so at all.
"""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import yarl
from aiohttp import hdrs

from services.errors import StartupError

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ClientRequest
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "https": ("HTTPS_PROXY", "ALL_PROXY"),
    "wss": ("HTTPS_PROXY", "ALL_PROXY"),
    "http": ("HTTP_PROXY", "ALL_PROXY"),
    "ws": ("HTTP_PROXY", "ALL_PROXY"),
}
_SCHEMES = ("http", "https")


@dataclass(frozen=True, kw_only=True, slots=True)
class Proxy:
    """A proxy, and the variable that names it. `url` holds no user and no password; `authorization` does."""

    url: yarl.URL
    variable: str
    authorization: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"the proxy {self.url.origin()} ({self.variable})"


class Proxies:
    """The proxies of an environment, read once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Raises: StartupError where a variable names what cannot be used as a proxy."""
        self._proxies: dict[str, Proxy] = {}
        for scheme, names in _VARIABLES.items():
            for name in names:
                # In lower case a variable goes before the same in upper case; an empty one is none.
                found = next((one for one in (name.lower(), name) if one in environment), name)
                if value := environment.get(found, "").strip():
                    self._proxies[scheme] = _proxy(value, variable=found)
                    break
        self._no_proxy = environment.get("no_proxy", environment.get("NO_PROXY", ""))

    @classmethod
    def of_this_process(cls) -> Proxies:
        """Read the process's own environment. Raises: StartupError."""
        return cls(os.environ)

    def of(self, url: yarl.URL | str) -> Proxy | None:
        """Return the proxy through which an address is reached; None: directly."""
        url = yarl.URL(url)
        proxy = self._proxies.get(url.scheme)
        if proxy is None or url.host is None:
            return None
        # A name in NO_PROXY stands for the host itself and for all below it, "*" for every host.
        is_direct = urllib.request.proxy_bypass_environment(  # type: ignore[attr-defined]  # typeshed leaves it out
            f"{url.host}:{url.port}", {"no": self._no_proxy}
        )
        return None if is_direct else proxy


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
    """Read a variable's value: an address with or without "http://", a user and a password."""
    try:
        url = yarl.URL(value if "://" in value else f"http://{value}")
        is_usable = url.scheme in _SCHEMES and bool(url.host) and url.port is not None and ":" not in (url.user or "")
    except ValueError:
        is_usable = False
    if not is_usable:
        # The value may hold a password.
        raise StartupError(f"{variable} names no proxy that can be used; it looks like http://proxy.example.com:3128")
    authorization = aiohttp.encode_basic_auth(url.user, url.password or "") if url.user else ""
    return Proxy(
        url=yarl.URL.build(scheme=url.scheme, host=url.host or "", port=url.port),
        variable=variable,
        authorization=authorization,
    )
