"""Fetching one result file: hop by hop, host by host, into a file that is whole or not there."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

import aiohttp
from yarl import URL

from services.errors import ResultNotReady, ResultNotStored, ResultProblem, ResultUnavailable
from services.runcomfy.hosts import ResultHosts
from services.runcomfy.limits import DownloadLimits
from services.runcomfy.media_types import HEAD_BYTES, MediaType, recognise

log = logging.getLogger(__name__)

T = TypeVar("T")
# Is told how large a file gets, and raises where it must not.
TakeRoom = Callable[[int], None]

CHUNK_BYTES = 256 * 1024

_OK = 200
_NO_CONTENT = frozenset({204, 205})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What a storage answers of a file that it does not show yet, or not just now.
_TRY_AGAIN = frozenset({408, 409, 423, 425, 429})
_MOST_HOPS = 5
_LONGEST_LABEL = 63
# What would break the request's first line, where an address holds it as it is.
_NOT_IN_A_REQUEST = re.compile(r'[\x00-\x20\x7f"<>`]')


class ResultFetcher:
    """Fetches files with a session that has no token, no cookies and follows nothing by itself."""

    def __init__(self, session: aiohttp.ClientSession, *, hosts: ResultHosts, limits: DownloadLimits) -> None:
        self._session = session
        self._hosts = hosts
        self._limits = limits

    async def fetch(self, url: str, *, part: Path, most_bytes: int, take_room: TakeRoom) -> MediaType:
        """Stream the file into `part`, flushed to the disk, and return what it is.

        `take_room` is told how large it gets, before it does; what that raises ends the download.
        Raises: ResultUnavailable (NOT_POSTABLE where it is larger than `most_bytes`), ResultNotReady; then `part` is
        gone.
        """

        def require_size(size: int) -> None:
            if size > self._limits.largest_bytes:
                raise ResultUnavailable(ResultProblem.TOO_LARGE, str(size))
            if size > most_bytes:
                raise ResultUnavailable(ResultProblem.NOT_POSTABLE, str(size))
            take_room(size)

        try:
            file = await asyncio.to_thread(part.open, "wb")
        except OSError as error:
            raise ResultNotStored(str(error.strerror)) from error
        try:
            async with asyncio.timeout(self._limits.whole_seconds), self._follow(url) as response:
                return await self._save(response, file, require_size)
        except BaseException as error:
            # The file is closed before it is removed; a cancellation in the middle leaves no half of it either.
            await asyncio.shield(asyncio.to_thread(_drop, file, part))
            if isinstance(error, aiohttp.ClientError | OSError):
                # Time-outs are OSErrors too.
                raise ResultNotReady(type(error).__name__) from error
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
        if url is None:
            raise ResultUnavailable(ResultProblem.BAD_ADDRESS)
        if not self._hosts.allows(url):
            raise ResultUnavailable(ResultProblem.HOST_REFUSED, url.raw_host or "")
        for _ in range(_MOST_HOPS + 1):
            try:
                asked = await self._session.get(url, allow_redirects=False, timeout=timeout)
            except ValueError as error:
                # aiohttp's InvalidURL, or a name that no resolver takes.
                raise ResultUnavailable(ResultProblem.BAD_ADDRESS) from error
            async with asked as response:
                if response.status not in _REDIRECTS:
                    _require_good(response)
                    yield response
                    return
                target = _parse(response.headers.get("Location", ""), base=url)
            if target is None or not self._hosts.allows(target):
                raise ResultUnavailable(ResultProblem.REDIRECTED, (target.raw_host or "") if target else "")
            url = target
        raise ResultUnavailable(ResultProblem.REDIRECTED, "too often")

    async def _save(self, response: aiohttp.ClientResponse, file: BinaryIO, require_size: TakeRoom) -> MediaType:
        # A packed body is as long as its packing; the length that was told is another's.
        due = None if "Content-Encoding" in response.headers else response.content_length
        if due is not None:
            require_size(due)
        async with aclosing(self._chunks(response)) as chunks:
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
            size = await _write(first, chunks, file, lambda size: require_size(max(size, due or 0)))
        if due is not None and size != due:
            raise ResultNotReady(f"{size} of {due} bytes")
        return found

    def _chunks(self, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
        limits = self._limits
        return _in_chunks(response.content, slowest=limits.slowest_bytes_per_second, after_seconds=limits.stall_seconds)


async def _write(first: bytes, rest: AsyncIterator[bytes], file: BinaryIO, require_size: TakeRoom) -> int:
    """Write all chunks, in threads, and flush them to the disk; return how many bytes there were."""
    size, chunk = 0, first
    while chunk:
        size += len(chunk)
        require_size(size)
        await _to_disk(file.write, chunk)
        chunk = await anext(rest, b"")
    await _to_disk(_finish, file)
    return size


async def _to_disk(work: Callable[[T], object], what: T) -> None:
    """Do something on the disk, in a thread. Raises: ResultNotStored."""
    try:
        await asyncio.to_thread(work, what)
    except OSError as error:
        raise ResultNotStored(str(error.strerror)) from error


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
    """Return an absolute URL as the session will fetch it; its escapes stay as they are, since they may be signed.

    None where there is none in the text. yarl would leave out what cannot be encoded, and ask for something else.
    """
    text = _NOT_IN_A_REQUEST.sub(lambda found: f"%{ord(found[0]):02X}", text.strip())
    if not text or not _is_encodable(text):
        return None
    try:
        url = URL(text, encoded=text.isascii())
        url = base.join(url) if base else url
        # yarl looks at a port when it is asked for it; no resolver takes a longer name.
        is_usable = url.port is not None and all(
            len(label) <= _LONGEST_LABEL for label in (url.raw_host or "").split(".")
        )
    except ValueError:
        return None
    return url if is_usable else None


def _is_encodable(text: str) -> bool:
    """Whether the text holds no half of a surrogate pair."""
    return not any("\ud800" <= each <= "\udfff" for each in text)


async def _in_chunks(
    content: aiohttp.StreamReader, *, slowest: int, after_seconds: float
) -> AsyncGenerator[bytes, None]:
    """Yield chunks of 256 KiB, the last one smaller: the network's own pieces would cost a thread's turn each.

    Raises: ResultNotReady for what drips.
    """
    clock = asyncio.get_running_loop().time
    began, size = clock(), 0
    gathered = bytearray()
    async for piece in content.iter_chunked(CHUNK_BYTES):
        gathered += piece
        size += len(piece)
        seconds = clock() - began
        if seconds > after_seconds and size < slowest * seconds:
            raise ResultNotReady(f"{size} bytes in {seconds:.0f} s")
        if len(gathered) >= CHUNK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


def _finish(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _drop(file: BinaryIO, part: Path) -> None:
    with suppress(OSError):  # what is still to be written need not be
        file.close()
    with suppress(OSError):
        part.unlink()
