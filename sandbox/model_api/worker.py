"""Carries an accepted request through the queue, makes its result out of the real inputs, and ends it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from sandbox.clock import SandboxClock
from sandbox.model_api.behaviour import Behaviour, OutputShape
from sandbox.model_api.input_files import InputFetcher, InputUnavailableError
from sandbox.model_api.input_rules import MediaInput, find_media
from sandbox.model_api.json_values import JsonObject
from sandbox.model_api.model_catalog import CatalogEntry
from sandbox.model_api.model_request import ModelRequest, RequestState
from sandbox.model_api.pace import Pace
from sandbox.model_api.renderer import RenderJob, ResultFile, UnreadablePictureError, make_result
from sandbox.model_api.sample_media import sound, video
from sandbox.model_api.storage import Storage

log = logging.getLogger(__name__)

_COUNT_KEYS = ("num_images", "number_of_images", "max_images")
_VIDEO_SHAPES = frozenset({OutputShape.VIDEO, OutputShape.VIDEOS})
_AUDIO_SHAPES = frozenset({OutputShape.AUDIO, OutputShape.AUDIOS})


class Worker:
    """Runs requests, any number at once. Pictures are painted in threads, so that nothing blocks the loop."""

    def __init__(
        self,
        *,
        clock: SandboxClock,
        pace: Pace,
        fetcher: InputFetcher,
        storage: Storage,
        behaviour: Callable[[], Behaviour],
    ) -> None:
        self._clock = clock
        self._pace = pace
        self._fetcher = fetcher
        self._storage = storage
        self._behaviour = behaviour
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="renderer")

    def close(self) -> None:
        """Start no more painting; what is being painted is finished and thrown away."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def carry(self, request: ModelRequest, entry: CatalogEntry) -> None:
        """Bring one request from the queue to its end."""
        await self._queue(request)
        if request.state.has_ended:
            return
        request.move_to(RequestState.IN_PROGRESS)
        try:
            files = await self._produce(request, entry)
        except InputUnavailableError as error:
            _fail(request, str(error))
            return
        await self._linger(self._pace.run_seconds, self._pace.wait_for_finish, request.finish_asked)
        reason = request.fail_asked or self._behaviour().fail_reason
        if reason is not None:
            _fail(request, reason)
            return
        now = self._clock.now()
        request.outputs = tuple(self._storage.put(file, stored_at=now) for file in files)
        request.cost = entry.price_of(request.inputs, len(files))
        request.move_to(RequestState.SUCCEEDED)
        log.debug("request_id=%s succeeded", request.request_id)

    async def _queue(self, request: ModelRequest) -> None:
        """Count the position down; who waits for the gate is next."""
        positions = max(1, self._pace.positions)
        step = self._pace.queue_seconds / positions
        for position in range(positions, 0, -1):
            request.countdown = position
            gate = self._pace.wait_for_start if position == 1 else _open_gate
            await self._linger(step, gate, request.start_asked)
            if request.start_asked.is_set():
                return

    async def _linger(self, seconds: float, gate: Callable[[], Awaitable[None]], asked: asyncio.Event) -> None:
        """Wait for the sandbox's time and then the gate, or until somebody asks by hand."""
        if asked.is_set():
            return

        async def wait_naturally() -> None:
            await self._clock.sleep(seconds)
            await gate()

        waits = [asyncio.ensure_future(wait_naturally()), asyncio.ensure_future(asked.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _produce(self, request: ModelRequest, entry: CatalogEntry) -> list[ResultFile]:
        """Fetch the inputs and make the outputs.

        Raises: InputUnavailableError where an input cannot be had or does not decode.
        """
        media = find_media(request.inputs, entry.input_schema)
        fetched = await asyncio.gather(*map(self._fetcher.fetch, media))
        behaviour = self._behaviour()
        count = _output_count(request.inputs, behaviour)
        category = entry.categories[0]
        if behaviour.output_shape in _VIDEO_SHAPES or category.endswith("video"):
            return [video()] * count
        if behaviour.output_shape in _AUDIO_SHAPES or category.endswith("audio"):
            return [sound()] * count
        return [await self._paint(request.inputs, media, fetched, variant=number) for number in range(count)]

    async def _paint(
        self, inputs: JsonObject, media: list[MediaInput], fetched: list[bytes], *, variant: int
    ) -> ResultFile:
        job = RenderJob(
            prompt=str(inputs.get("prompt", "")),
            pictures=tuple(fetched),
            image_size=str(inputs.get("image_size", "auto")),
            background=str(inputs.get("background", "auto")),
            quality=str(inputs.get("quality", "high")),
            output_format=str(inputs.get("output_format", "png")),
            variant=variant,
            shrink=self._pace.shrink,
        )
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, make_result, job)
        except UnreadablePictureError as error:
            label = media[error.index].label
            raise InputUnavailableError(f"Failed to read {label}: it is not a picture.") from error


async def _open_gate() -> None:
    return


def _fail(request: ModelRequest, sentence: str) -> None:
    request.error = sentence
    request.move_to(RequestState.FAILED)
    log.debug("request_id=%s failed", request.request_id)


def _output_count(inputs: JsonObject, behaviour: Behaviour) -> int:
    for key in _COUNT_KEYS:
        asked = inputs.get(key)
        if isinstance(asked, int) and asked > 0:
            return asked
    return behaviour.output_count
