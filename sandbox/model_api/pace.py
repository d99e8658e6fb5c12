"""How fast jobs move through the queue, by the sandbox's clock or by hand."""

from __future__ import annotations

import asyncio


class Pace:
    """Times of the queue. Change the figures at any time; a job reads them when it enters a stage.

    `queue_seconds` is the whole time in the queue, in which the position counts down from `positions`; `run_seconds`
    is the time in progress, beside what fetching the inputs and painting the result really take. `shrink` makes that
    less: results are painted so many times smaller than asked for.
    """

    def __init__(self, *, queue_seconds: float = 1.0, run_seconds: float = 1.0, positions: int = 2) -> None:
        self.queue_seconds = queue_seconds
        self.run_seconds = run_seconds
        self.positions = positions
        self.shrink = 1
        self._may_start = asyncio.Event()
        self._may_finish = asyncio.Event()
        self.release()

    def hold_in_queue(self) -> None:
        """Keep every job that has not started in the queue until `release` (or until it is started by hand)."""
        self._may_start.clear()

    def hold_in_progress(self) -> None:
        """Keep every job that has not ended from ending until `release` (or until it is ended by hand)."""
        self._may_finish.clear()

    def release(self) -> None:
        """Let time decide again."""
        self._may_start.set()
        self._may_finish.set()

    async def wait_for_start(self) -> None:
        """Return when jobs may leave the queue."""
        await self._may_start.wait()

    async def wait_for_finish(self) -> None:
        """Return when jobs may end."""
        await self._may_finish.wait()
