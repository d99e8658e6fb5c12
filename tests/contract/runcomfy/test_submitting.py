"""A paid request is sent once, and whoever sends it knows what became of it, or knows that nobody knows."""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
from dataclasses import replace

import pytest

from sandbox.model_api import BadInput, BadToken, Fault, FaultOrder, ModelApiServer, NoBalance, Route, UnknownModel
from services.clock import SystemClock
from services.errors import ApiNotSent, ApiOutcomeUnknown, ApiRefused, FailureKind
from services.runcomfy.client import RunComfyClient
from services.runcomfy.limits import ApiTimeouts
from tests.contract.runcomfy.conftest import INPUTS, MODEL, Naps, client_of


async def test_an_accepted_submit_gives_its_id(server: ModelApiServer, client: RunComfyClient) -> None:
    """The inputs go out as one flat object, and the request's id comes back."""
    request_id = await client.submit(MODEL, INPUTS)
    (request,) = server.submits
    assert (request.request_id, request.model_id, request.inputs) == (request_id, MODEL, INPUTS)
    (call,) = server.traffic.of(Route.SUBMIT)
    assert call.headers["content-type"] == "application/json"
    assert call.headers["user-agent"].startswith("comfycord")


async def test_the_id_is_logged_at_once(client: RunComfyClient, caplog: pytest.LogCaptureFixture) -> None:
    """The log holds what `adopt` needs, and neither prompt nor pictures."""
    caplog.set_level(logging.DEBUG)
    request_id = await client.submit(MODEL, INPUTS)
    assert f"request accepted model={MODEL} request_id={request_id}" in caplog.text
    assert "fox" not in caplog.text
    assert "pictures.example.com" not in caplog.text


async def test_each_submit_has_a_connection_of_its_own(server: ModelApiServer, client: RunComfyClient) -> None:
    """No kept connection carries a paid POST: it could be dead already, and the outcome unknown."""
    for _ in range(3):
        await client.submit(MODEL, INPUTS)
    assert [call.on_fresh_connection for call in server.traffic.of(Route.SUBMIT)] == [True] * 3


REFUSALS = [
    ({"bad_token": BadToken.STATUS_401, "token_is_revoked": True}, FailureKind.BAD_TOKEN),
    ({"bad_token": BadToken.CODE_400004, "token_is_revoked": True}, FailureKind.BAD_TOKEN),
    ({"no_balance": NoBalance.STATUS_402, "balance_is_empty": True}, FailureKind.NO_BALANCE),
    ({"no_balance": NoBalance.CODE_400002, "balance_is_empty": True}, FailureKind.NO_BALANCE),
]


@pytest.mark.parametrize("errors_under_200", [False, True])
@pytest.mark.parametrize(("switches", "kind"), REFUSALS)
async def test_the_account_can_be_refused(
    server: ModelApiServer,
    client: RunComfyClient,
    switches: dict[str, object],
    kind: FailureKind,
    *,
    errors_under_200: bool,
) -> None:
    """A bad token and an empty balance are told apart, by status, by code, and under HTTP 200."""
    server.behaviour = replace(server.behaviour, errors_under_200=errors_under_200, **switches)  # type: ignore[arg-type] # a table's columns differ
    with pytest.raises(ApiRefused) as caught:
        await client.submit(MODEL, INPUTS)
    assert caught.value.kind is kind
    assert server.submits == ()


@pytest.mark.parametrize("errors_under_200", [False, True])
@pytest.mark.parametrize("switch", list(UnknownModel))
async def test_a_model_can_be_unknown(
    server: ModelApiServer,
    client: RunComfyClient,
    switch: UnknownModel,
    *,
    errors_under_200: bool,
) -> None:
    """404, or 400001."""
    server.behaviour = replace(server.behaviour, unknown_model=switch, errors_under_200=errors_under_200)
    with pytest.raises(ApiRefused) as caught:
        await client.submit("openai/gpt-image-9/edit", INPUTS)
    assert caught.value.kind is FailureKind.UNKNOWN_MODEL


@pytest.mark.parametrize("switch", list(BadInput))
async def test_inputs_can_be_refused(server: ModelApiServer, client: RunComfyClient, switch: BadInput) -> None:
    """422, or 400: with the service's own words about the field."""
    server.behaviour = replace(server.behaviour, bad_input=switch)
    with pytest.raises(ApiRefused) as caught:
        await client.submit(MODEL, INPUTS | {"quality": "ultra"})
    assert caught.value.kind is FailureKind.BAD_INPUT
    assert caught.value.reason.startswith("quality: " if switch is BadInput.STATUS_400 else "Validation Error")


async def test_permission_can_be_refused(server: ModelApiServer, client: RunComfyClient) -> None:
    """403 accepted nothing."""
    server.faults.next(Route.SUBMIT, Fault.FORBIDDEN)
    with pytest.raises(ApiRefused) as caught:
        await client.submit(MODEL, INPUTS)
    assert caught.value.kind is FailureKind.FORBIDDEN


@pytest.mark.parametrize(("retry_after", "seconds"), [(None, None), ("7", 7.0)])
async def test_too_many_requests_may_be_sent_again(
    server: ModelApiServer,
    client: RunComfyClient,
    retry_after: str | None,
    seconds: float | None,
) -> None:
    """429 accepted nothing: the caller may try later, and learns when."""
    server.faults.next(Route.SUBMIT, Fault.TOO_MANY_REQUESTS, retry_after=retry_after)
    with pytest.raises(ApiNotSent) as caught:
        await client.submit(MODEL, INPUTS)
    assert caught.value.retry_after_seconds == seconds
    assert len(server.traffic.of(Route.SUBMIT)) == 1


IN_DOUBT = [
    *(FaultOrder(fault=Fault.ERROR_BEFORE, status=status) for status in (500, 502, 503, 504, 408)),
    *(FaultOrder(fault=Fault.ERROR_AFTER, status=status) for status in (500, 502, 503, 504, 408)),
    *(FaultOrder(fault=Fault.REDIRECT, status=status) for status in (301, 302, 303, 307, 308)),
    FaultOrder(fault=Fault.ERROR_UNDER_200),
    FaultOrder(fault=Fault.HTML, status=502),
    *(
        FaultOrder(fault=fault)
        for fault in (
            Fault.RESET_BEFORE,
            Fault.RESET_AFTER,
            Fault.HANG_UP_BEFORE,
            Fault.HANG_UP_AFTER,
            Fault.HANG_BEFORE,
            Fault.HANG_AFTER,
            Fault.DRIP,
            Fault.HTML,
            Fault.TRUNCATED_JSON,
            Fault.WRONG_TYPES,
            Fault.EMPTY_BODY,
            Fault.HUGE_BODY,
        )
    ),
]


@pytest.mark.parametrize("order", IN_DOUBT, ids=lambda order: f"{order.fault} {order.status or ''}".strip())
async def test_doubt_is_told_and_never_sent_again(
    server: ModelApiServer,
    naps: Naps,
    order: FaultOrder,
) -> None:
    """After anything that leaves room for "accepted", there is one POST, no retry, and the outcome is unknown."""
    server.faults.next(Route.SUBMIT, order)
    async with client_of(server, naps, submit_seconds=0.3) as client:
        with pytest.raises(ApiOutcomeUnknown):
            await client.submit(MODEL, INPUTS)
    assert len(server.traffic.of(Route.SUBMIT)) == 1
    assert naps.seconds == []
    assert server.traffic.of(Route.ELSEWHERE) == []


@pytest.mark.parametrize("fault", [Fault.NOT_AN_OBJECT, Fault.REQUEST_ID_MISSING, Fault.REQUEST_ID_UNUSABLE])
async def test_an_id_that_the_answer_shows_elsewhere_is_taken(
    server: ModelApiServer, client: RunComfyClient, fault: Fault
) -> None:
    """The request's own addresses name it as well as its field does."""
    server.faults.next(Route.SUBMIT, fault)
    assert await client.submit(MODEL, INPUTS) == server.submits[0].request_id


async def test_a_refused_connection_was_never_made(server: ModelApiServer, client: RunComfyClient) -> None:
    """An API that is away has accepted nothing, and is asked again once it is back."""
    async with server.away():
        with pytest.raises(ApiNotSent):
            await client.submit(MODEL, INPUTS)
    await client.submit(MODEL, INPUTS)
    assert len(server.submits) == 1


async def test_a_name_that_is_not_found_was_never_reached(naps: Naps) -> None:
    """DNS comes before the request."""
    client = RunComfyClient("token-of-eight", clock=SystemClock(), base_url="https://api.invalid", sleep=naps.take)
    async with client:
        with pytest.raises(ApiNotSent):
            await client.submit(MODEL, INPUTS)


async def test_a_failed_handshake_carries_no_request(server: ModelApiServer, naps: Naps) -> None:
    """TLS comes before the request: what speaks plain HTTP there has seen none."""
    base_url = server.url.replace("http://", "https://")
    client = RunComfyClient(server.token, clock=SystemClock(), base_url=base_url, sleep=naps.take)
    async with client:
        with pytest.raises(ApiNotSent):
            await client.submit(MODEL, INPUTS)
    assert server.traffic.calls == []


async def test_a_connection_that_hangs_while_it_is_made_carries_no_request(naps: Naps) -> None:
    """A TLS handshake that nobody answers ends by the time-out for connecting, and that is no doubt."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        base_url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        timeouts = ApiTimeouts(connect_seconds=0.2, submit_seconds=20.0)
        client = RunComfyClient(
            "token-of-eight",
            clock=SystemClock(),
            base_url=base_url,
            timeouts=timeouts,
            sleep=naps.take,
        )
        async with client:
            with pytest.raises(ApiNotSent):
                await client.submit(MODEL, INPUTS)


async def test_a_cancellation_in_flight_is_passed_on(server: ModelApiServer, client: RunComfyClient) -> None:
    """Whoever stops a submit gets the cancellation, not an answer that nobody has."""
    arrived = asyncio.Event()

    async def note(_: object) -> None:
        arrived.set()

    server.hooks.before(Route.SUBMIT, note)
    server.faults.next(Route.SUBMIT, Fault.HANG_AFTER)
    submit = asyncio.create_task(client.submit(MODEL, INPUTS))
    await asyncio.wait_for(arrived.wait(), 5)
    submit.cancel()
    with pytest.raises(asyncio.CancelledError):
        await submit


@pytest.mark.parametrize("model_id", ["", "a", "../requests/x", "a/b?x=1", "a/../../v1/requests/x"])
async def test_an_id_that_could_change_the_url_is_not_sent(
    server: ModelApiServer,
    client: RunComfyClient,
    model_id: str,
) -> None:
    """A model id stands raw in the URL; what is none is an unknown model without a call."""
    with pytest.raises(ApiRefused) as caught:
        await client.submit(model_id, INPUTS)
    assert caught.value.kind is FailureKind.UNKNOWN_MODEL
    assert server.traffic.calls == []


async def test_what_json_has_no_word_for_is_not_sent(server: ModelApiServer, client: RunComfyClient) -> None:
    """Inputs that cannot be written are refused without a call."""
    for value in (float("nan"), object()):
        with pytest.raises(ApiRefused) as caught:
            await client.submit(MODEL, {"prompt": value})
        assert caught.value.kind is FailureKind.BAD_INPUT
    assert server.traffic.calls == []


async def test_many_submits_do_not_wait_for_each_other(server: ModelApiServer, naps: Naps) -> None:
    """A hanging submit does not keep others from being sent."""
    arrived, all_there = itertools.count(1), asyncio.Event()

    async def count(_: object) -> None:
        if next(arrived) == 150:
            all_there.set()

    server.hooks.before(Route.SUBMIT, count, times=None)
    server.faults.next(Route.SUBMIT, Fault.HANG_BEFORE, times=150)
    # A burst on a busy machine connects slower than single submits, which the client would rightly give up.
    async with client_of(server, naps, submit_seconds=50.0, connect_seconds=10.0) as client:
        hanging = [asyncio.create_task(client.submit(MODEL, INPUTS)) for _ in range(150)]
        await asyncio.wait_for(all_there.wait(), 10)
        assert await client.submit(MODEL, INPUTS) == server.submits[0].request_id
        for submit in hanging:
            submit.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)


async def test_a_link_that_died_while_its_job_waited_is_never_sent(
    server: ModelApiServer, client: RunComfyClient
) -> None:
    """The service could not fetch the file, and would charge for the failure: nothing leaves."""
    inputs = {**INPUTS, "image_urls": ["https://cdn.discordapp.com/attachments/1/2/a.png?ex=65000000&is=1&hm=ab"]}
    with pytest.raises(ApiRefused) as caught:
        await client.submit(MODEL, inputs)
    assert (caught.value.kind, caught.value.http_status) == (FailureKind.INPUT_EXPIRED, 0)
    assert not server.submits
