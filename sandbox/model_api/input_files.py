"""Fetches the inputs' files as the real service does: from outside, without any authorization, when the job runs."""

from __future__ import annotations

import asyncio
import base64
import binascii
import ipaddress
from collections.abc import Collection, Mapping
from pathlib import Path

import aiohttp
from yarl import URL

from sandbox.model_api.input_rules import MediaInput

LARGEST_INPUT_BYTES = 50 * 1024 * 1024
_MOST_REDIRECTS = 3
_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5)
_AT_ONCE = 16


class InputUnavailableError(Exception):
    """An input's file could not be had; the sentence is what the job fails with."""


class InputFetcher:
    """Fetches inputs' files. It asks the real network for nothing but files of `real_hosts`.

    `host_map` says where hosts of test addresses really are: a folder, or the base address of a loopback server.
    Plain HTTP is accepted for loopback hosts alone.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        host_map: Mapping[str, Path | str],
        *,
        real_hosts: Collection[str] = (),
    ) -> None:
        self._session = session
        self._host_map = host_map
        self._real_hosts = frozenset(real_hosts)
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def fetch(self, media: MediaInput) -> bytes:
        """Fetch one input's file.

        Raises: InputUnavailableError where the link is dead, expired, not public, empty, or the file is too
        large.
        """
        if media.address.startswith("data:"):
            return _decode_data_uri(media)
        async with self._slots:
            try:
                data = await self._follow(media)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                raise InputUnavailableError(f"Failed to download {media.label}: {type(error).__name__}.") from error
        if not data:
            raise InputUnavailableError(f"Failed to download {media.label}: the file is empty.")
        return data

    async def _follow(self, media: MediaInput) -> bytes:
        address = URL(media.address)
        for _ in range(_MOST_REDIRECTS + 1):
            place = self._locate(address, media.label)
            if isinstance(place, Path):
                return await asyncio.to_thread(_read_file, place, media.label)
            async with self._session.get(place, allow_redirects=False, timeout=_TIMEOUT) as answer:
                if answer.status in {301, 302, 303, 307, 308} and "Location" in answer.headers:
                    address = address.join(URL(answer.headers["Location"]))
                    continue
                if answer.status != 200:  # noqa: PLR2004 - the one status that brings the file
                    raise InputUnavailableError(f"Failed to download {media.label}: HTTP {answer.status}.")
                return await _read_capped(answer, media.label)
        raise InputUnavailableError(f"Failed to download {media.label}: too many redirects.")

    def _locate(self, address: URL, label: str) -> Path | URL:
        host = address.host or ""
        mapped = self._host_map.get(host)
        if mapped is None:
            if address.scheme == "http" and _is_loopback(host):
                return address
            if address.scheme == "https" and host in self._real_hosts:
                return address
            raise InputUnavailableError(f"Failed to download {label}: {host or 'the address'} could not be resolved.")
        if address.scheme != "https":
            raise InputUnavailableError(f"Failed to download {label}: the address is not HTTPS.")
        if isinstance(mapped, Path):
            file = (mapped / address.path.lstrip("/")).resolve()
            if not file.is_relative_to(mapped.resolve()):
                raise InputUnavailableError(f"Failed to download {label}: HTTP 404.")
            return file
        return URL(mapped.rstrip("/") + address.raw_path_qs, encoded=True)


async def _read_capped(answer: aiohttp.ClientResponse, label: str) -> bytes:
    data = bytearray()
    async for chunk in answer.content.iter_chunked(1 << 16):
        data += chunk
        _check_size(len(data), label)
    return bytes(data)


def _read_file(file: Path, label: str) -> bytes:
    if not file.is_file():
        raise InputUnavailableError(f"Failed to download {label}: HTTP 404.")
    _check_size(file.stat().st_size, label)
    return file.read_bytes()


def _check_size(byte_count: int, label: str) -> None:
    if byte_count > LARGEST_INPUT_BYTES:
        raise InputUnavailableError(f"Failed to download {label}: the file is larger than 50 MB.")


def _decode_data_uri(media: MediaInput) -> bytes:
    try:
        return base64.b64decode(media.address.partition(",")[2], validate=True)
    except binascii.Error as error:
        raise InputUnavailableError(f"Failed to read {media.label}: the data URI is damaged.") from error


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
