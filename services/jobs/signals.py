"""Wake-ups inside the process. They only make things sooner: a scan of the database makes them certain."""

from __future__ import annotations

import asyncio


class Signal:
    """Wakes one waiting loop; a wake-up that nobody waits for is kept for the next wait."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Wake the loop."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Wait until woken, `seconds` at most."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
        self._event.clear()


class JobSignals:
    """The three loops that can be woken: the announcer, the submitter, the poller."""

    def __init__(self) -> None:
        self.changed = Signal()  # a card has something new to show
        self.room = Signal()  # a waiting job may be able to start
        self.polls = Signal()  # a job wants to be polled
