"""Fetching one result file: hop by hop, host by host, into a file that is whole or not there."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import aiohttp
from yarl import URL

from services.errors import ResultNotReady, ResultProblem, ResultUnavailable
from services.runcomfy.hosts import ResultHosts
from services.runcomfy.media_types import HEAD_BYTES, MediaType, recognise

log = logging.getLogger(__name__)

CHUNK_BYTES = 256 * 1024

_OK = 200
_NO_CONTENT = frozenset({204, 205})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRY_AGAIN = frozenset({408, 425, 429})
_MOST_HOPS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class DownloadLimits:
    """Bounds of one file: its size, and the seconds to connect, between two pieces, and for all of it."""

    largest_bytes: int = 512 * 1024 * 1024
    connect_seconds: float = 10.0
    stall_seconds: float = 30.0
    whole_seconds: float = 900.0


class ResultFetcher:
    """Fetches files with a session that has no token, no cookies and follows nothing by itself."""

    def __init__(self, session: aiohttp.ClientSession, *, hosts: ResultHosts, limits: DownloadLimits) -> None:
        self._session = session
        self._hosts = hosts
        self._limits = limits

    async def fetch(self, url: str, *, part: Path) -> MediaType:
        """Stream the file into `part`, flushed to the disk, and return what it is.

        Raises: ResultUnavailable, ResultNotReady; then `part` is gone.
        """
        try:
            async with asyncio.timeout(self._limits.whole_seconds), self._follow(url) as response:
                return await self._save(response, part)
        except (aiohttp.ClientError, OSError) as error:
            # Time-outs are OSErrors too, as is a full disk: all may pass.
            await asyncio.to_thread(part.unlink, missing_ok=True)
            raise ResultNotReady(type(error).__name__) from error
        except BaseException:
            await asyncio.shield(asyncio.to_thread(part.unlink, missing_ok=True))
            raise

    @asynccontextmanager
    async def _follow(self, text: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the good answer at the end of at most five redirects, each checked before it is asked."""
        limits = self._limits
        timeout = aiohttp.ClientTimeout(
            total=None,
            connect=limits.connect_seconds,
            sock_connect=limits.connect_seconds,
            sock_read=limits.stall_seconds,
        )
        url = _parse(text)
        for _ in range(_MOST_HOPS + 1):
            if url is None or not self._hosts.allows(url):
                raise ResultUnavailable(ResultProblem.HOST_REFUSED, (url.raw_host or "") if url else "")
            async with self._session.get(url, allow_redirects=False, timeout=timeout) as response:
                if response.status not in _REDIRECTS:
                    _require_good(response)
                    yield response
                    return
                url = _parse(response.headers.get("Location", ""), base=url)
        raise ResultUnavailable(ResultProblem.HOST_REFUSED, "redirected too often")

    async def _save(self, response: aiohttp.ClientResponse, part: Path) -> MediaType:
        # A packed body is as long as its packing; the length that was told is another's.
        due = None if "Content-Encoding" in response.headers else response.content_length
        if due is not None and due > self._limits.largest_bytes:
            raise ResultUnavailable(ResultProblem.TOO_LARGE, str(due))
        async with aclosing(_in_chunks(response.content)) as chunks:
            first = await anext(chunks, b"")
            if not first:
                raise ResultUnavailable(ResultProblem.EMPTY)
            found = recognise(
                first[:HEAD_BYTES],
                content_type=response.headers.get("Content-Type", ""),
                url_path=response.url.path,
            )
            if found is None:
                raise ResultUnavailable(ResultProblem.NOT_MEDIA, response.content_type)
            size = await self._write(first, chunks, part)
        if due is not None and size != due:
            raise ResultNotReady(f"{size} of {due} bytes")
        return found

    async def _write(self, first: bytes, rest: AsyncIterator[bytes], part: Path) -> int:
        """Write all chunks, in threads, and flush them to the disk; return how many bytes there were."""
        size, chunk = 0, first
        file = await asyncio.to_thread(part.open, "wb")
        try:
            while chunk:
                size += len(chunk)
                if size > self._limits.largest_bytes:
                    raise ResultUnavailable(ResultProblem.TOO_LARGE, f"more than {self._limits.largest_bytes}")
                await asyncio.to_thread(file.write, chunk)
                chunk = await anext(rest, b"")
            await asyncio.to_thread(_flush, file)
        finally:
            await asyncio.shield(asyncio.to_thread(file.close))
        return size


def _require_good(response: aiohttp.ClientResponse) -> None:
    """Tell what is gone for good from what may come."""
    status = response.status
    if status in _NO_CONTENT:
        raise ResultUnavailable(ResultProblem.EMPTY)
    if 400 <= status < 500 and status not in _TRY_AGAIN:  # noqa: PLR2004 - HTTP's client errors
        raise ResultUnavailable(ResultProblem.GONE, f"HTTP {status}")
    if status != _OK:
        raise ResultNotReady(f"HTTP {status}")


def _parse(text: str, *, base: URL | None = None) -> URL | None:
    """Return an absolute URL as the session will fetch it; its escapes stay as they are, since they may be signed."""
    try:
        url = URL(text, encoded=text.isascii())
        return (base.join(url) if base else url) if text else None
    except ValueError:
        return None


async def _in_chunks(content: aiohttp.StreamReader) -> AsyncGenerator[bytes, None]:
    """Yield chunks of 256 KiB, the last one smaller: the network's own pieces would cost a thread's turn each."""
    gathered = bytearray()
    async for piece in content.iter_chunked(CHUNK_BYTES):
        gathered += piece
        if len(gathered) >= CHUNK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
