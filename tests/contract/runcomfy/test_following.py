"""A request is followed to its end, whichever of the documented ways the API has of telling it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from sandbox.clock import SandboxClock
from sandbox.model_api import (
    Behaviour,
    CancelledWord,
    ErrorShape,
    Fault,
    FaultOrder,
    ModelApiServer,
    ModelRequest,
    OutputShape,
    Route,
    SuccessWord,
)
from services.errors import ApiRefused, ApiUnavailable, FailureKind, RequestNotFound
from services.jobs.model import MediaKind
from services.jobs.ports import RequestState
from services.runcomfy.client import RunComfyClient
from tests.contract.runcomfy.conftest import INPUTS, MODEL, Naps


async def test_the_queue_and_the_run_are_seen(server: ModelApiServer, client: RunComfyClient) -> None:
    """In the queue with a position, in progress, finished: on both endpoints."""
    server.pace.hold_in_queue()
    server.pace.hold_in_progress()
    request_id = await client.submit(MODEL, INPUTS)
    progress = await client.get_status(request_id)
    assert progress.state is RequestState.IN_QUEUE
    assert progress.queue_position is not None
    assert (await client.get_result(request_id)).state is RequestState.IN_QUEUE
    await server.requests[request_id].start()
    progress = await client.get_status(request_id)
    assert (progress.state, progress.queue_position) == (RequestState.RUNNING, None)
    assert (await client.get_result(request_id)).state is RequestState.RUNNING
    await server.requests[request_id].finish()
    assert (await client.get_status(request_id)).state is RequestState.FINISHED
    assert (await client.get_result(request_id)).state is RequestState.SUCCEEDED


@pytest.mark.parametrize("word", list(SuccessWord))
async def test_both_success_words_count(
    server: ModelApiServer,
    client: RunComfyClient,
    finished: ModelRequest,
    word: SuccessWord,
) -> None:
    """`succeeded` and `completed`, on either endpoint."""
    server.behaviour = replace(server.behaviour, success_word=word, success_word_on_status=word)
    assert (await client.get_status(finished.request_id)).state is RequestState.FINISHED
    assert (await client.get_result(finished.request_id)).state is RequestState.SUCCEEDED


@pytest.mark.parametrize("shape", list(ErrorShape))
@pytest.mark.parametrize("failed_on_status", [False, True])
async def test_a_failure_is_read_from_the_result(
    server: ModelApiServer,
    client: RunComfyClient,
    shape: ErrorShape,
    *,
    failed_on_status: bool,
) -> None:
    """A failed job may show `completed` on /status; its reason is a sentence in any of the shapes."""
    server.behaviour = replace(server.behaviour, error_shape=shape, failed_on_status=failed_on_status)
    request_id = await client.submit(MODEL, INPUTS)
    await server.requests[request_id].fail("The picture was flagged.")
    assert (await client.get_status(request_id)).state is RequestState.FINISHED
    progress = await client.get_result(request_id)
    assert progress.state is RequestState.FAILED
    assert progress.outputs == ()
    silent = shape in {ErrorShape.NULL, ErrorShape.ABSENT}
    assert progress.reason == ("" if silent else "The picture was flagged.")


@pytest.mark.parametrize("word", list(CancelledWord))
async def test_a_cancelled_request_is_seen(
    server: ModelApiServer,
    client: RunComfyClient,
    word: CancelledWord,
) -> None:
    """Either spelling."""
    server.pace.hold_in_queue()
    server.behaviour = replace(server.behaviour, cancelled_word=word)
    request_id = await client.submit(MODEL, INPUTS)
    assert await client.cancel(request_id)
    assert (await client.get_status(request_id)).state is RequestState.FINISHED
    assert (await client.get_result(request_id)).state is RequestState.CANCELLED


async def test_a_word_never_seen_ends_nothing(
    server: ModelApiServer,
    client: RunComfyClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An unknown state has a name, is logged, and can be polled on."""
    server.pace.hold_in_queue()
    request_id = await client.submit(MODEL, INPUTS)
    server.behaviour = replace(server.behaviour, state_word="hibernating")
    assert (await client.get_status(request_id)).state is RequestState.UNKNOWN
    assert (await client.get_result(request_id)).state is RequestState.UNKNOWN
    assert "hibernating" in caplog.text


SHAPES = {
    OutputShape.IMAGE_OR_IMAGES: (2, MediaKind.IMAGE),
    OutputShape.IMAGE: (1, MediaKind.IMAGE),
    OutputShape.IMAGES: (2, MediaKind.IMAGE),
    OutputShape.IMAGE_AND_IMAGES: (2, MediaKind.IMAGE),
    OutputShape.DUPLICATES: (2, MediaKind.IMAGE),
    OutputShape.STRING: (1, MediaKind.IMAGE),
    OutputShape.LIST: (2, MediaKind.IMAGE),
    OutputShape.NESTED: (2, MediaKind.IMAGE),
    OutputShape.VIDEO: (1, MediaKind.VIDEO),
    OutputShape.VIDEOS: (2, MediaKind.VIDEO),
    OutputShape.AUDIO: (1, MediaKind.AUDIO),
    OutputShape.AUDIOS: (2, MediaKind.AUDIO),
    OutputShape.EMPTY: (0, None),
    OutputShape.ABSENT: (0, None),
}


@pytest.mark.parametrize("shape", list(OutputShape))
async def test_every_shape_of_output_is_read(
    server: ModelApiServer,
    client: RunComfyClient,
    shape: OutputShape,
) -> None:
    """Each file once, in order, with its kind; inputs that the answer echoes are none."""
    server.behaviour = replace(server.behaviour, output_shape=shape, output_count=2, echoes_inputs=True)
    request = server.requests[await client.submit(MODEL, INPUTS)]
    await request.ended()
    progress = await client.get_result(request.request_id)
    count, kind = SHAPES[shape]
    assert progress.state is RequestState.SUCCEEDED
    assert [output.kind for output in progress.outputs] == [kind] * count
    paths = [output.url.removeprefix(server.url).replace("%3D", "=") for output in progress.outputs]
    assert paths == list(request.outputs[:count])


async def test_the_cost_comes_with_the_result(
    server: ModelApiServer,
    client: RunComfyClient,
    finished: ModelRequest,
) -> None:
    """`include_cost=true` is asked for, and the figure is read as the decimal that it is."""
    assert finished.cost is not None
    assert (await client.get_result(finished.request_id)).cost == Decimal(str(finished.cost))
    assert server.traffic.of(Route.RESULT)[-1].query == {"include_cost": "true"}


async def test_a_late_cost_is_no_trouble(
    server: ModelApiServer,
    client: RunComfyClient,
    finished: ModelRequest,
    state: SandboxClock,
) -> None:
    """Without a cost the result counts; a later answer may have it."""
    server.behaviour = replace(server.behaviour, cost_delay_seconds=60)
    progress = await client.get_result(finished.request_id)
    assert (progress.state, progress.cost) == (RequestState.SUCCEEDED, None)
    await state.advance(61)
    assert (await client.get_result(finished.request_id)).cost is not None


async def test_a_request_that_is_not_known_says_so(
    server: ModelApiServer,
    client: RunComfyClient,
    finished: ModelRequest,
    state: SandboxClock,
    naps: Naps,
) -> None:
    """404001 is an answer, not a bad moment: nothing is repeated. Under HTTP 200 too."""
    await state.advance(8 * 24 * 3600)
    for behaviour in (Behaviour(), Behaviour(errors_under_200=True)):
        server.behaviour = behaviour
        for ask in (client.get_status, client.get_result, client.cancel):
            with pytest.raises(RequestNotFound):
                await ask(finished.request_id)
    assert naps.seconds == []


@pytest.mark.parametrize("request_id", ["", "../models", "a/b", "x" * 129, "a?b", "é"])
async def test_an_id_that_could_change_the_url_is_not_asked_about(
    server: ModelApiServer,
    client: RunComfyClient,
    request_id: str,
) -> None:
    """What is no request id is unknown without a call."""
    for ask in (client.get_status, client.get_result, client.cancel):
        with pytest.raises(RequestNotFound):
            await ask(request_id)
    assert server.traffic.calls == []


async def test_a_revoked_token_is_no_bad_moment(
    server: ModelApiServer,
    client: RunComfyClient,
    finished: ModelRequest,
) -> None:
    """A definite no reaches the caller at once."""
    server.behaviour = replace(server.behaviour, token_is_revoked=True)
    with pytest.raises(ApiRefused) as caught:
        await client.get_status(finished.request_id)
    assert caught.value.kind is FailureKind.BAD_TOKEN
    server.behaviour = Behaviour()
    server.faults.next(Route.STATUS, Fault.FORBIDDEN)
    with pytest.raises(ApiRefused) as caught:
        await client.get_status(finished.request_id)
    assert caught.value.kind is FailureKind.FORBIDDEN


BAD_MOMENTS = [
    *(FaultOrder(fault=Fault.ERROR_BEFORE, status=status) for status in (500, 502, 503, 504, 408)),
    *(
        FaultOrder(fault=fault)
        for fault in (
            Fault.TOO_MANY_REQUESTS,
            Fault.ERROR_UNDER_200,
            Fault.REDIRECT,
            Fault.RESET_BEFORE,
            Fault.RESET_AFTER,
            Fault.HANG_UP_BEFORE,
            Fault.HANG_BEFORE,
            Fault.DRIP,
            Fault.HTML,
            Fault.TRUNCATED_JSON,
            Fault.WRONG_TYPES,
            Fault.NOT_AN_OBJECT,
            Fault.EMPTY_BODY,
            Fault.HUGE_BODY,
        )
    ),
]


@pytest.mark.parametrize("order", BAD_MOMENTS, ids=lambda order: f"{order.fault} {order.status or ''}".strip())
@pytest.mark.parametrize("route", [Route.STATUS, Route.RESULT])
async def test_a_bad_moment_is_survived(
    server: ModelApiServer,
    client: RunComfyClient,
    finished: ModelRequest,
    naps: Naps,
    order: FaultOrder,
    route: Route,
) -> None:
    """After a fault of any kind the next try has the answer; no redirect is followed."""
    server.faults.next(route, order)
    ask = client.get_status if route is Route.STATUS else client.get_result
    progress = await ask(finished.request_id)
    assert progress.state in {RequestState.FINISHED, RequestState.SUCCEEDED}
    assert naps.seconds in ([1.0], [])  # aiohttp itself repeats a GET once whose connection broke
    assert server.faults.remaining(route) == 0
    assert server.traffic.of(Route.ELSEWHERE) == []


async def test_a_long_fault_is_the_callers(
    server: ModelApiServer,
    client: RunComfyClient,
    finished: ModelRequest,
    naps: Naps,
) -> None:
    """After its tries the client says that the API is away, with the waits growing in between."""
    server.faults.next(Route.RESULT, FaultOrder(fault=Fault.ERROR_BEFORE, status=503), times=None)
    with pytest.raises(ApiUnavailable):
        await client.get_result(finished.request_id)
    assert naps.seconds == [1.0, 2.0, 4.0]
    assert len(server.traffic.of(Route.RESULT)) == 4


async def test_an_api_that_is_away_is_no_end(
    server: ModelApiServer,
    client: RunComfyClient,
    finished: ModelRequest,
) -> None:
    """A refused connection ends nothing, and the same client goes on when the API is back."""
    async with server.away():
        with pytest.raises(ApiUnavailable):
            await client.get_status(finished.request_id)
    assert (await client.get_status(finished.request_id)).state is RequestState.FINISHED


@pytest.mark.parametrize(("retry_after", "waits"), [("3", [3.0, 3.0]), ("0", [1.0, 2.0]), ("soon", [1.0, 2.0])])
async def test_retry_after_is_obeyed(
    server: ModelApiServer,
    client: RunComfyClient,
    finished: ModelRequest,
    naps: Naps,
    retry_after: str,
    waits: list[float],
) -> None:
    """A burst of 429 is waited out as long as the service asks for, never shorter than our own backoff."""
    server.faults.next(Route.STATUS, Fault.TOO_MANY_REQUESTS, times=2, retry_after=retry_after)
    assert (await client.get_status(finished.request_id)).state is RequestState.FINISHED
    assert naps.seconds == waits


async def test_a_long_wish_is_passed_on(
    server: ModelApiServer,
    client: RunComfyClient,
    finished: ModelRequest,
    naps: Naps,
) -> None:
    """A wish that is longer than a call may take is the caller's to wait for."""
    server.faults.next(Route.STATUS, Fault.TOO_MANY_REQUESTS, retry_after="120")
    with pytest.raises(ApiUnavailable) as caught:
        await client.get_status(finished.request_id)
    assert caught.value.retry_after_seconds == 120.0
    assert naps.seconds == []
