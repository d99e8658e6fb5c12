"""The Model API as the core sees it: submit, status, result, cancel."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import aiohttp

from services.clock import Clock
from services.errors import (
    ApiError,
    ApiNotSent,
    ApiOutcomeUnknown,
    ApiRefused,
    ApiUnavailable,
    FailureKind,
    RequestNotFound,
    UnknownModel,
)
from services.jobs.model import Json
from services.jobs.ports import Progress
from services.models.model_ids import require_model_id
from services.models.signed_links import has_dead_links
from services.runcomfy.free_calls import read_cancel_answer, read_free_answer, read_request_answer
from services.runcomfy.hosts import DEFAULT_BASE_URL
from services.runcomfy.limits import ApiTimeouts
from services.runcomfy.probe import ApiProbe, report_error, report_success
from services.runcomfy.retry import Retrier, RetryPolicy
from services.runcomfy.submitting import read_submit_answer
from services.runcomfy.transport import Answer, ApiTransport, ConnectionNotMade
from services.runcomfy.wire import GarbledBody, is_request_id, read_catalog, read_result, read_status
from services.version import VERSION

log = logging.getLogger(__name__)

# Larger bodies are read in a thread: a megabyte of JSON takes a tenth of a second.
_READ_IN_PLACE_BYTES = 256 * 1024

T = TypeVar("T")


def _ignore(_: ApiUnavailable) -> None:
    """Take no notice of a try that failed."""


class RunComfyClient:
    """The ModelApi over HTTP; use it inside `async with`.

    Free calls (cancel is one: it may be repeated) are retried within the policy's budget; a submit is sent once.
    """

    def __init__(
        self,
        token: str,
        *,
        clock: Clock,
        base_url: str = DEFAULT_BASE_URL,
        timeouts: ApiTimeouts | None = None,
        policy: RetryPolicy | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Raises: SettingsError for a base URL or a token that cannot be used."""
        self._base_url = base_url
        self._clock = clock
        self._transport = ApiTransport(
            token=token,
            base_url=base_url,
            user_agent=f"comfycord/{VERSION}",
            timeouts=timeouts or ApiTimeouts(),
            clock=clock,
        )
        self._retrier = Retrier(clock=clock, sleep=sleep, chance=chance, policy=policy or RetryPolicy())

    async def __aenter__(self) -> Self:
        """Open the connections' pools."""
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close them."""
        await self._transport.__aexit__(exc_type, exc, traceback)

    async def submit(self, model_id: str, inputs: Mapping[str, Json]) -> str:
        """Submit a paid request, once, and return its request id.

        A cancellation in flight is passed on: the outcome is then as unknown as after ApiOutcomeUnknown.
        Raises: ApiRefused, ApiNotSent, ApiOutcomeUnknown.
        """
        path, body = _prepare_submit(model_id, inputs)
        if has_dead_links(inputs, now=self._clock.now()):
            # It waited too long for its turn: the service could not fetch its files, and would charge for the failure.
            raise ApiRefused(FailureKind.INPUT_EXPIRED, http_status=0)
        try:
            answer = await self._transport.post_paid(path, body)
        except ConnectionNotMade as error:
            # No name, no route, no handshake, no tunnel through the proxy: not a byte of the request has left.
            raise ApiNotSent(_describe(error.__cause__ or error)) from None
        except (aiohttp.ClientError, OSError) as error:
            raise ApiOutcomeUnknown(_describe(error)) from None
        request_id = read_submit_answer(answer)
        # Before anything else: from here on the id must not get lost, and `adopt` can take it from this line.
        log.info("request accepted model=%s request_id=%s", model_id, request_id)
        return request_id

    async def get_status(self, request_id: str) -> Progress:
        """Ask /status. Raises: ApiUnavailable, RequestNotFound, ApiRefused."""
        return await self._follow(request_id, "status", read_status)

    async def get_result(self, request_id: str) -> Progress:
        """Ask /result with its cost. Raises: ApiUnavailable, RequestNotFound, ApiRefused."""
        return await self._follow(request_id, "result", read_result, query="include_cost=true")

    async def cancel(self, request_id: str) -> bool:
        """Ask to cancel; True: confirmed, False: the API said that it cannot be.

        After a lost answer "not cancellable" may mean "cancelled already", so it counts as no answer then.
        Raises: ApiUnavailable, RequestNotFound, ApiRefused.
        """
        lost: list[ApiUnavailable] = []
        is_confirmed = await self._ask(
            request_id,
            "cancel",
            read_cancel_answer,
            method="POST",
            on_failure=lost.append,
        )
        if is_confirmed is None:
            raise ApiUnavailable("a cancel's answer without a known outcome")
        if lost and not is_confirmed:
            raise ApiUnavailable(f"an earlier answer to the cancel was lost ({lost[0]})")
        return is_confirmed

    async def probe(self) -> ApiProbe:
        """Ask for one entry of the catalogue: a free call that needs the token. Never raises an ApiError."""
        try:
            await self._call(
                "GET", "/v1/models", lambda answer: read_catalog(read_free_answer(answer)), query="limit=1"
            )
        except ApiError as error:
            return report_error(self._base_url, error)
        return report_success(self._base_url)

    async def _follow(
        self, request_id: str, what: str, read: Callable[[object], Progress], *, query: str = ""
    ) -> Progress:
        return await self._ask(request_id, what, lambda answer: read_request_answer(answer, read), query=query)

    async def _ask(
        self,
        request_id: str,
        what: str,
        read: Callable[[Answer], T],
        *,
        method: str = "GET",
        query: str = "",
        on_failure: Callable[[ApiUnavailable], object] = _ignore,
    ) -> T:
        """Ask about a request. The URL comes from the id and our own base, never from an answer."""
        if not is_request_id(request_id):
            raise RequestNotFound
        path = f"/v1/requests/{quote(request_id, safe='')}/{what}"
        return await self._call(method, path, read, query=query, on_failure=on_failure)

    async def _call(
        self,
        method: str,
        path: str,
        read: Callable[[Answer], T],
        *,
        query: str = "",
        on_failure: Callable[[ApiUnavailable], object] = _ignore,
    ) -> T:
        async def attempt(seconds_left: float) -> T:
            try:
                answer = await self._transport.call(method, path, query=query, within_seconds=seconds_left)
                if len(answer.raw) > _READ_IN_PLACE_BYTES:
                    # Nobody's command waits for a picture that is written as text.
                    return await asyncio.to_thread(read, answer)
                return read(answer)
            except (aiohttp.ClientError, OSError) as error:
                raise ApiUnavailable(_describe(error)) from None
            except GarbledBody as error:
                raise ApiUnavailable(str(error)) from None

        return await self._retrier.run(attempt, on_failure=on_failure)


def _prepare_submit(model_id: str, inputs: Mapping[str, Json]) -> tuple[str, bytes]:
    """Return the path and the body: the inputs as one flat object, no wrapper around them."""
    try:
        path = f"/v1/models/{require_model_id(model_id)}"
        return path, json.dumps(dict(inputs), allow_nan=False).encode()
    except UnknownModel:
        raise ApiRefused(FailureKind.UNKNOWN_MODEL, http_status=0) from None
    except (TypeError, ValueError):
        # The inputs hold what JSON has no word for; the message would repeat them.
        raise ApiRefused(FailureKind.BAD_INPUT, http_status=0) from None


def _describe(error: BaseException) -> str:
    """Name a failure without its text: aiohttp's may hold headers (with the token) or a part of the body.

    For the same reason its errors are raised anew `from None`.
    """
    return "time-out" if type(error) is TimeoutError else type(error).__name__
