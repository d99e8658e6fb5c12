"""A cancel says "cancelled" when the API confirmed it, "cannot be" when it said so, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.model_api import Fault, FaultOrder, ModelApiServer, ModelRequest, RequestState, Route
from services.errors import ApiUnavailable
from services.runcomfy.client import RunComfyClient
from tests.contract.runcomfy.conftest import INPUTS, MODEL


@pytest.fixture
async def queued(server: ModelApiServer, client: RunComfyClient) -> ModelRequest:
    """Provide a request that stands in the queue."""
    server.pace.hold_in_queue()
    return server.requests[await client.submit(MODEL, INPUTS)]


@pytest.mark.parametrize("answers_completed", [False, True])
@pytest.mark.parametrize("tells_outcome", [False, True])
async def test_a_queued_request_is_cancelled(
    server: ModelApiServer,
    client: RunComfyClient,
    queued: ModelRequest,
    *,
    answers_completed: bool,
    tells_outcome: bool,
) -> None:
    """`outcome` decides first, whatever status stands beside it; without it the status `cancelled` does."""
    server.behaviour = replace(
        server.behaviour,
        cancel_answers_completed=answers_completed,
        cancel_tells_outcome=tells_outcome,
    )
    if answers_completed and not tells_outcome:
        with pytest.raises(ApiUnavailable):  # "completed" alone may mean either
            await client.cancel(queued.request_id)
    else:
        assert await client.cancel(queued.request_id) is True
    assert queued.state is RequestState.CANCELLED


async def test_a_running_request_cannot_be_cancelled(
    server: ModelApiServer,
    client: RunComfyClient,
    queued: ModelRequest,
) -> None:
    """The API's rule, told as what it is."""
    server.pace.hold_in_progress()
    await queued.start()
    assert await client.cancel(queued.request_id) is False
    assert queued.state is RequestState.IN_PROGRESS


async def test_without_an_outcome_a_running_request_is_no_answer(
    server: ModelApiServer,
    client: RunComfyClient,
    queued: ModelRequest,
) -> None:
    """A status that is not `cancelled`, alone, says nothing: the caller reads the status."""
    server.behaviour = replace(server.behaviour, cancel_tells_outcome=False)
    server.pace.hold_in_progress()
    await queued.start()
    with pytest.raises(ApiUnavailable):
        await client.cancel(queued.request_id)


@pytest.mark.parametrize("fault", [Fault.ERROR_BEFORE, Fault.RESET_BEFORE, Fault.TOO_MANY_REQUESTS, Fault.HANG_BEFORE])
async def test_a_cancel_is_repeated(
    server: ModelApiServer,
    client: RunComfyClient,
    queued: ModelRequest,
    fault: Fault,
) -> None:
    """A cancel costs nothing: after a bad moment it is sent again."""
    server.faults.next(Route.CANCEL, fault)
    assert await client.cancel(queued.request_id) is True
    assert queued.cancel_calls == 1


@pytest.mark.parametrize("fault", [Fault.ERROR_AFTER, Fault.RESET_AFTER, Fault.HANG_AFTER, Fault.TRUNCATED_JSON])
async def test_not_cancellable_after_a_lost_answer_is_no_answer(
    server: ModelApiServer,
    client: RunComfyClient,
    queued: ModelRequest,
    fault: Fault,
) -> None:
    """The first try may have cancelled it: then "not cancellable" must not be told as "too late"."""
    server.faults.next(Route.CANCEL, FaultOrder(fault=fault))
    with pytest.raises(ApiUnavailable):
        await client.cancel(queued.request_id)
    assert queued.state is RequestState.CANCELLED
