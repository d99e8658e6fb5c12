"""From where the local Model API fetches inputs over the real network: from named hosts by HTTPS, else from nowhere."""

from __future__ import annotations

import socket

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from sandbox.model_api.input_files import InputFetcher, InputUnavailableError
from sandbox.model_api.input_rules import MediaInput


class Listener(AbstractResolver):
    """Resolves nothing, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Fail."""
        del port, family
        self.asked.append(host)
        raise OSError("no network here")

    async def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("https://cdn.discordapp.com/attachments/1/2/a.png", ["cdn.discordapp.com"]),
        ("http://cdn.discordapp.com/attachments/1/2/a.png", []),
        ("https://cdn.discordapp.com.evil.example/a.png", []),
        ("https://elsewhere.example/a.png", []),
    ],
)
async def test_only_named_hosts_are_asked(address: str, asked: list[str]) -> None:
    """Whatever else is named could not be resolved, without anybody being asked."""
    resolver = Listener()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=resolver)) as session:
        fetcher = InputFetcher(session, {}, real_hosts=["cdn.discordapp.com"])
        with pytest.raises(InputUnavailableError):
            await fetcher.fetch(MediaInput(label="image", address=address))
    assert resolver.asked == asked
