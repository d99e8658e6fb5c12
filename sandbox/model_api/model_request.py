"""One accepted request of the Model API: its state, its times, and the handles by which a test moves it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sandbox.model_api.json_values import JsonObject


class RequestState(StrEnum):
    """Where a request stands; the words are the API's own."""

    IN_QUEUE = "in_queue"
    IN_PROGRESS = "in_progress"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def has_ended(self) -> bool:
        """Whether nothing can happen to the request any more."""
        return self in {RequestState.SUCCEEDED, RequestState.FAILED, RequestState.CANCELLED}


@dataclass(slots=True, kw_only=True)
class ModelRequest:
    """What the API knows of one accepted, paid request. Tests read it; `start`, `finish` and `fail` move it by hand.

    `queued_before` counts the requests of this API that were accepted earlier and are still in the queue.
    """

    request_id: str
    model_id: str
    inputs: JsonObject
    submitted_at: datetime
    now: Callable[[], datetime]
    queued_before: Callable[[], int]
    state: RequestState = RequestState.IN_QUEUE
    countdown: int | None = None
    """How far from the queue's end it would be by the pace alone, 1 for next."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    cost: float | None = None
    error: str | None = None
    outputs: tuple[str, ...] = ()
    """Paths of the result files on this server."""
    status_polls: int = 0
    result_polls: int = 0
    cancel_calls: int = 0
    start_asked: asyncio.Event = field(default_factory=asyncio.Event)
    finish_asked: asyncio.Event = field(default_factory=asyncio.Event)
    fail_asked: str | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def queue_position(self) -> int | None:
        """Its place in the queue, 1 for next; None outside."""
        return None if self.countdown is None else self.countdown + self.queued_before()

    async def start(self) -> None:
        """Take the request out of the queue now, whatever the pace says; returns when it is in progress."""
        self.start_asked.set()
        await self.reached(RequestState.IN_PROGRESS)

    async def finish(self) -> None:
        """Bring the request to its natural end now; returns when it has ended."""
        self.start_asked.set()
        self.finish_asked.set()
        await self.ended()

    async def fail(self, reason: str) -> None:
        """Have the request fail with this sentence; returns when it has ended."""
        self.fail_asked = reason
        await self.finish()

    async def reached(self, *states: RequestState, timeout_seconds: float = 15) -> None:
        """Wait (in real seconds) until the request is in one of these states, or has ended.

        Raises: TimeoutError where it does not get there in time.
        """
        async with asyncio.timeout(timeout_seconds):
            while self.state not in states and not self.state.has_ended:
                self._changed.clear()
                await self._changed.wait()

    async def ended(self, *, timeout_seconds: float = 15) -> None:
        """Wait (in real seconds) until the request has ended."""
        await self.reached(timeout_seconds=timeout_seconds)

    def move_to(self, state: RequestState) -> None:
        """Put the request into a state and note the time; a request that has ended stays as it is."""
        if self.state.has_ended:
            return
        self.state = state
        if state is RequestState.IN_PROGRESS:
            self.started_at = self.now()
        if state.has_ended:
            self.ended_at = self.now()
        if state is not RequestState.IN_QUEUE:
            self.countdown = None
        self._changed.set()
