"""Whether a bot at the real Discord is connected there, by its own word."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Self

import aiohttp

_ASK_SECONDS = 1.0
_TIMEOUT = aiohttp.ClientTimeout(total=3)
_READY = 200


class Readiness:
    """Asks a bot's /readyz once a second: `async with Readiness.watching("127.0.0.1:8080") as readiness:`."""

    def __init__(self, address: str) -> None:
        self._url = f"http://{address}/readyz"
        self._is_ready = False

    def is_online(self) -> bool:
        """Say what the last answer was."""
        return self._is_ready

    @classmethod
    @contextlib.asynccontextmanager
    async def watching(cls, address: str) -> AsyncIterator[Self]:
        """Ask for as long as the block runs."""
        readiness = cls(address)
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            task = asyncio.get_running_loop().create_task(readiness._watch(session))
            try:
                yield readiness
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _watch(self, session: aiohttp.ClientSession) -> None:
        while True:
            try:
                async with session.get(self._url) as answer:
                    self._is_ready = answer.status == _READY
            except (aiohttp.ClientError, TimeoutError, OSError):
                self._is_ready = False
            await asyncio.sleep(_ASK_SECONDS)
