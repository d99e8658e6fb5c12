"""A Model API in memory that a test holds and releases by hand; strict: it knows only what it accepted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.errors import RequestNotFound
from services.jobs.model import Json
from services.jobs.ports import Progress, RequestState


@dataclass(slots=True)
class ScriptedRequest:
    """A request as the API sees it."""

    request_id: str
    model_id: str
    inputs: Mapping[str, Json]
    progress: Progress = field(default_factory=lambda: Progress(state=RequestState.IN_QUEUE, queue_position=1))


class ScriptedApi:
    """Implements `ModelApi`. `submit_errors` are raised first, in order; `cancel_errors` likewise."""

    def __init__(self) -> None:
        self.requests: dict[str, ScriptedRequest] = {}
        self.submit_errors: list[Exception] = []
        self.lost_answers: list[Exception] = []  # accepted, but the answer never arrives
        self.repeats: list[str] = []  # accepted, but the answer names this older request
        self.cancel_errors: list[Exception] = []
        self.read_errors: list[Exception] = []
        self.may_submit = asyncio.Event()
        self.may_submit.set()
        self.submits_begun = 0
        self.cancels = 0
        self.reads = 0

    async def submit(self, model_id: str, inputs: Mapping[str, Json]) -> str:
        """Accept a request, unless scripted otherwise."""
        self.submits_begun += 1
        if self.submit_errors:
            raise self.submit_errors.pop(0)
        request_id = f"req-{len(self.requests) + 1}"
        self.requests[request_id] = ScriptedRequest(request_id, model_id, inputs)
        await self.may_submit.wait()
        if self.lost_answers:
            raise self.lost_answers.pop(0)
        return self.repeats.pop(0) if self.repeats else request_id

    async def get_status(self, request_id: str) -> Progress:
        """Tell the state as /status does: an end is only FINISHED."""
        self.reads += 1
        if self.read_errors:
            raise self.read_errors.pop(0)
        progress = self._require(request_id).progress
        over = progress.state in {RequestState.SUCCEEDED, RequestState.FAILED, RequestState.CANCELLED}
        return Progress(state=RequestState.FINISHED) if over else progress

    async def get_result(self, request_id: str) -> Progress:
        """Tell the state as /result does."""
        self.reads += 1
        if self.read_errors:
            raise self.read_errors.pop(0)
        return self._require(request_id).progress

    async def cancel(self, request_id: str) -> bool:
        """Cancel what is queued, and nothing else."""
        self.cancels += 1
        request = self._require(request_id)
        if self.cancel_errors:
            raise self.cancel_errors.pop(0)
        if request.progress.state is not RequestState.IN_QUEUE:
            return False
        request.progress = Progress(state=RequestState.CANCELLED)
        return True

    def becomes(self, progress: Progress, request_id: str = "req-1") -> None:
        """Move a request on."""
        self._require(request_id).progress = progress

    def _require(self, request_id: str) -> ScriptedRequest:
        if request_id not in self.requests:
            raise RequestNotFound(request_id)
        return self.requests[request_id]
