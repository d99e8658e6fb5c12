"""HTTP to the Model API: the sessions, the token, and bodies read up to a cap.

The token goes into requests to our own base URL only, built here; no redirect is ever followed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from services.clock import Clock
from services.errors import SettingsError
from services.proxies import Proxies, ProxyConnector
from services.runcomfy.hosts import DEFAULT_BASE_URL, is_loopback
from services.runcomfy.limits import SHORTEST_TOKEN, ApiTimeouts
from services.runcomfy.retry import parse_retry_after

_LARGEST_BODY = 4 * 1024 * 1024
# A result may hold a picture as text beside its address; what the official client takes.
_LARGEST_RESULT = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An HTTP answer. `raw` is what arrived of the body, of an absurdly large one the beginning."""

    status: int
    raw: bytes
    retry_after_seconds: float | None
    location: str = ""


class ConnectionNotMade(aiohttp.ClientConnectionError):
    """Whatever kept a connection from being made is its cause; not a byte of the request has left."""


class _PaidConnector(ProxyConnector):
    """Tells a connection that was not made from one that failed under its request.

    aiohttp's own types do not: a proxy that hangs up on CONNECT, or answers it with garbage, is told by the same errors
    as a server that does so after a POST.
    """

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's signature
    ) -> Connection:
        """Return a connection for the request. Raises: ConnectionNotMade."""
        try:
            return await super().connect(req, traces, timeout)
        except Exception as error:
            raise ConnectionNotMade("no connection was made") from error


class ApiTransport:
    """Two sessions: one that keeps connections for free calls, one that opens a new one for each paid POST."""

    def __init__(self, *, token: str, base_url: str, user_agent: str, timeouts: ApiTimeouts, clock: Clock) -> None:
        self._base = _require_base(base_url)
        self._token = _require_token(token)
        self._headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/json",
            "User-Agent": user_agent,
        }
        self._timeouts = timeouts
        self._clock = clock
        self._free: aiohttp.ClientSession | None = None
        self._paid: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the sessions. Raises: StartupError where the environment names no proxy that can be used."""
        proxies = Proxies.of_this_process()
        self._free = aiohttp.ClientSession(connector=ProxyConnector(proxies), cookie_jar=aiohttp.DummyCookieJar())
        # A kept connection can die under a POST, which would leave its outcome unknown.
        self._paid = aiohttp.ClientSession(
            connector=_PaidConnector(proxies, force_close=True, limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the sessions."""
        for session in (self._free, self._paid):
            if session is not None:
                await session.close()

    async def call(self, method: str, path: str, *, query: str = "", within_seconds: float) -> Answer:
        """Make a free call. Raises: aiohttp.ClientError, TimeoutError."""
        seconds = min(within_seconds, self._timeouts.free_seconds)
        url = self._url(path, query)
        return await self._send(
            _opened(self._free), method, url, body=None, seconds=seconds, most_bytes=_LARGEST_RESULT
        )

    async def post_paid(self, path: str, body: bytes) -> Answer:
        """Make the paid POST, once, on a connection of its own.

        A connection that was not made in time is ConnectionNotMade, never a plain TimeoutError: connecting gets half of
        the whole at most.
        Raises: ConnectionNotMade, another aiohttp.ClientError, TimeoutError.
        """
        seconds = self._timeouts.submit_seconds
        url = self._url(path, "")
        return await self._send(_opened(self._paid), "POST", url, body=body, seconds=seconds, most_bytes=_LARGEST_BODY)

    def _url(self, path: str, query: str) -> URL:
        return URL(f"{self._base}{path}{'?' if query else ''}{query}", encoded=True)

    async def _send(
        self,
        session: aiohttp.ClientSession,
        method: str,
        url: URL,
        *,
        body: bytes | None,
        seconds: float,
        most_bytes: int,
    ) -> Answer:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        connect = min(self._timeouts.connect_seconds, seconds / 2)
        headers: Mapping[str, str] = self._headers | ({"Content-Type": "application/json"} if body is not None else {})
        async with asyncio.timeout_at(until):
            response = await session.request(
                method,
                url,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=connect),
            )
        async with response:
            return Answer(
                status=response.status,
                raw=self._without_token(await _read_capped(response, until=until, most_bytes=most_bytes)),
                retry_after_seconds=parse_retry_after(response.headers.get("Retry-After"), now=self._clock.now()),
                location=response.headers.get("Location", ""),
            )

    def _without_token(self, raw: bytes) -> bytes:
        """Blot the token out of a body that echoes it: what it says may reach people."""
        return raw.replace(self._token.encode(), b"(token)")


async def _read_capped(response: aiohttp.ClientResponse, *, until: float, most_bytes: int) -> bytes:
    """Return the body, or what came of one that breaks off, hangs or grows too large: no document is whole then."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout_at(until):
            async for part in response.content.iter_any():
                parts.append(part)
                size += len(part)
                if size > most_bytes:
                    response.close()
                    break
    except (aiohttp.ClientError, TimeoutError):
        response.close()
    return b"".join(parts)


def _opened(session: aiohttp.ClientSession | None) -> aiohttp.ClientSession:
    if session is None:
        raise RuntimeError("used outside its `async with`")
    return session


def _require_base(text: str) -> str:
    """Return the base URL without its last slash. Raises: SettingsError."""
    try:
        url = URL(text)
        host, is_https, port = url.raw_host, url.scheme == "https", url.port
    except ValueError:
        host, is_https, port = None, False, None
        url = URL()
    if not host or not port or url.user or url.password or url.query_string or url.fragment:
        raise SettingsError(f"runcomfy.base_url is no plain URL such as {DEFAULT_BASE_URL}")
    if not is_https and not (url.scheme == "http" and is_loopback(host)):
        raise SettingsError("runcomfy.base_url must begin with https:// (the token travels with each request)")
    return str(url).rstrip("/")


def _require_token(token: str) -> str:
    """Return the token if a header can hold it. Raises: SettingsError, which does not repeat it."""
    text = token.strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text or len(text) < SHORTEST_TOKEN:
        raise SettingsError("runcomfy.token is empty, too short, or holds characters that no token has")
    return text
