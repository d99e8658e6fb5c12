"""Questions about a job that get bad answers: nothing ends a paid job but its own end."""

from __future__ import annotations

import pytest

from sandbox.bot_process import BotProcess
from sandbox.model_api.faults import Fault, FaultOrder
from sandbox.sandbox import Sandbox
from tests.acceptance.one_bot.asking import ask, fault_of


async def test_the_api_away_while_a_job_runs(sandbox: Sandbox, bot: BotProcess) -> None:
    """Polls that fail end nothing: the job is found again when the API is back."""
    sandbox.model_api.pace.hold_in_progress()
    job = await ask(sandbox)
    await job.card.until_text("Running")
    await sandbox.model_api.leave()
    sandbox.model_api.pace.release()
    await bot.wait_for_log("no answer (1 in a row)")
    await sandbox.model_api.come_back()
    await job.card.until_text("Done", timeout_seconds=30)
    await job.ended()


POLL_FAULTS = [
    FaultOrder(fault=Fault.TOO_MANY_REQUESTS, retry_after="1"),
    FaultOrder(fault=Fault.ERROR_BEFORE, status=500),
    FaultOrder(fault=Fault.FORBIDDEN),
    FaultOrder(fault=Fault.REQUEST_GONE),
    FaultOrder(fault=Fault.RESET_BEFORE),
    FaultOrder(fault=Fault.HANG_UP_BEFORE),
    FaultOrder(fault=Fault.REDIRECT, status=302),
    FaultOrder(fault=Fault.HTML, status=200),
    FaultOrder(fault=Fault.TRUNCATED_JSON),
    FaultOrder(fault=Fault.WRONG_TYPES),
    FaultOrder(fault=Fault.NOT_AN_OBJECT),
    FaultOrder(fault=Fault.EMPTY_BODY),
    FaultOrder(fault=Fault.UNKNOWN_STATE, word="pondering"),
    FaultOrder(fault=Fault.ERROR_UNDER_200, error_code=500001),
]


@pytest.mark.parametrize("route", ["status", "result"])
@pytest.mark.parametrize("order", POLL_FAULTS, ids=fault_of)
async def test_no_http_error_and_no_unknown_word_ends_a_paid_job(
    sandbox: Sandbox, order: FaultOrder, route: str
) -> None:
    """Bad answers to two questions in a row are asked past, and the result arrives."""
    sandbox.model_api.pace.queue_seconds = sandbox.model_api.pace.run_seconds = 0.2
    sandbox.model_api.faults.next(route, order, times=2)
    job = await ask(sandbox)
    await job.card.until_text("Done", timeout_seconds=30)
    assert sandbox.model_api.faults.remaining(route) == 0
    await job.ended()


async def test_a_request_that_stays_unknown_ends_the_job(sandbox: Sandbox) -> None:
    """404001 that persists is believed in the end; the quota is given back."""
    sandbox.model_api.pace.hold_in_queue()
    job = await ask(sandbox)
    await job.card.until_text("In queue")
    sandbox.model_api.faults.next("status", Fault.REQUEST_GONE, times=None)
    await job.card.until_text("Failed", timeout_seconds=30)
    assert (await job.ended()).status == "failed"


CANCEL_FAULTS = [
    FaultOrder(fault=Fault.ERROR_AFTER, status=500),
    FaultOrder(fault=Fault.RESET_AFTER),
    FaultOrder(fault=Fault.TRUNCATED_JSON),
    FaultOrder(fault=Fault.TOO_MANY_REQUESTS),
    FaultOrder(fault=Fault.ERROR_BEFORE, status=503),
]


@pytest.mark.parametrize("order", CANCEL_FAULTS, ids=fault_of)
async def test_a_cancel_whose_answer_is_lost_is_found_out(sandbox: Sandbox, order: FaultOrder) -> None:
    """The status is read before anything is said; the card ends as Cancelled, not as "too late"."""
    sandbox.model_api.pace.hold_in_queue()
    job = await ask(sandbox)
    await job.card.until_text("In queue")
    sandbox.model_api.faults.next("cancel", order, times=6)
    await job.card.click("Cancel")
    await job.card.until_text("Cancelled", timeout_seconds=40)
    assert not any("Too late" in state.text for state in job.card.history)
    assert (await job.ended()).status == "cancelled"
