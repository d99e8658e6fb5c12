"""Acknowledgements go first: Discord waits three seconds for one, and nobody waits for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

# Under a steady stream there is always an acknowledgement under way; the rest must not wait for ever.
LONGEST_WAIT_SECONDS = 0.5


class RightOfWay:
    """Holds back what comes after an acknowledgement while others' are still under way.

    In a burst of commands, each one's database work would otherwise delay the acknowledgements behind it. A command
    that comes alone waits for nothing.
    """

    def __init__(self, *, longest_wait_seconds: float = LONGEST_WAIT_SECONDS) -> None:
        self._longest_wait_seconds = longest_wait_seconds
        self._under_way = 0
        self._clear: asyncio.Event | None = None

    @contextmanager
    def acknowledging(self) -> Iterator[None]:
        """Count an acknowledgement as under way for the time of the block."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._let_go(self._clear)

    async def give_way(self) -> None:
        """Return once no acknowledgement is under way, or after the longest wait."""
        if not self._under_way:
            return
        if self._clear is None:
            # One event and one timer for all who wait now: there may be hundreds.
            self._clear = asyncio.Event()
            asyncio.get_running_loop().call_later(self._longest_wait_seconds, self._let_go, self._clear)
        await self._clear.wait()

    def _let_go(self, waiting: asyncio.Event | None) -> None:
        if waiting is None:
            return
        waiting.set()
        if self._clear is waiting:
            self._clear = None
