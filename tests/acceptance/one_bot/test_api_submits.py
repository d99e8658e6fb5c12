"""Submits that meet every known answer: paid once, or said to be unknown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.bot_process import BotProcess
from sandbox.model_api.behaviour import (
    BadInput,
    BadToken,
    Behaviour,
    NoBalance,
    UnknownModel,
)
from sandbox.model_api.faults import Fault, FaultOrder
from sandbox.sandbox import Sandbox
from tests.acceptance.one_bot.asking import ask, changes_of, fault_of

SENT_AGAIN = [
    FaultOrder(fault=Fault.TOO_MANY_REQUESTS, retry_after="1"),
    FaultOrder(fault=Fault.TOO_MANY_REQUESTS),
]
NEVER_SENT_AGAIN = [
    FaultOrder(fault=Fault.ERROR_BEFORE, status=500),
    FaultOrder(fault=Fault.ERROR_BEFORE, status=503),
    FaultOrder(fault=Fault.ERROR_BEFORE, status=408),
    FaultOrder(fault=Fault.ERROR_AFTER, status=502),
    FaultOrder(fault=Fault.RESET_BEFORE),
    FaultOrder(fault=Fault.RESET_AFTER),
    FaultOrder(fault=Fault.HANG_UP_AFTER),
    FaultOrder(fault=Fault.REDIRECT, status=307),
    FaultOrder(fault=Fault.HTML, status=200),
    FaultOrder(fault=Fault.TRUNCATED_JSON),
    FaultOrder(fault=Fault.WRONG_TYPES),
    FaultOrder(fault=Fault.EMPTY_BODY),
]


@pytest.mark.parametrize("order", SENT_AGAIN, ids=fault_of)
async def test_a_submit_that_was_turned_away_is_sent_again(sandbox: Sandbox, order: FaultOrder) -> None:
    """429 means not accepted: the job waits and is submitted once in the end."""
    sandbox.model_api.faults.next("submit", order, times=2)
    job = await ask(sandbox)
    await job.card.until_text("Done", timeout_seconds=25)
    await job.ended()


@pytest.mark.parametrize("order", NEVER_SENT_AGAIN, ids=fault_of)
async def test_a_submit_with_an_unknown_outcome_is_never_sent_again(sandbox: Sandbox, order: FaultOrder) -> None:
    """Whatever may have been accepted is not paid for a second time; the card says that it may have been charged."""
    before = len(sandbox.model_api.traffic.of("submit"))
    sandbox.model_api.faults.next("submit", order)
    job = await ask(sandbox)
    await job.card.until_text("Unconfirmed")
    assert "may have been charged" in job.card.text
    assert (await job.ended()).status == "unconfirmed"
    again = await ask(sandbox)
    await again.card.until_text("Done")
    calls = sandbox.model_api.traffic.of("submit")
    assert len(calls) == before + 2, "one for each of the two jobs"


async def test_a_card_that_waits_for_the_api_does_not_speak_of_a_place(sandbox: Sandbox) -> None:
    """Held by 429 and its Retry-After: neither the job that was turned away nor the one behind it lacks a place."""
    sandbox.model_api.faults.next("submit", FaultOrder(fault=Fault.TOO_MANY_REQUESTS, retry_after="6"))
    first = await ask(sandbox)
    await first.card.until_text("It could not be submitted yet, and is tried again by itself")
    second = await ask(sandbox)
    await second.card.until_text("Waiting for its turn; it starts by itself")
    for job in (first, second):
        assert "place" not in job.card.text
        await job.card.until_text("Done", timeout_seconds=25)
        await job.ended()


async def test_the_api_away_is_waited_for(sandbox: Sandbox, bot: BotProcess) -> None:
    """A connection that was never made is no paid request: the job waits and is submitted when the API is back."""
    await sandbox.model_api.leave()
    job = await ask(sandbox)
    await job.card.until_text("Waiting")
    await bot.wait_for_log("not sent")
    await sandbox.model_api.come_back()
    await job.card.until_text("Done", timeout_seconds=30)
    await job.ended()


REFUSALS = [
    Behaviour(token_is_revoked=True, bad_token=BadToken.STATUS_401),
    Behaviour(token_is_revoked=True, bad_token=BadToken.CODE_400004),
    Behaviour(balance_is_empty=True, no_balance=NoBalance.STATUS_402),
    Behaviour(balance_is_empty=True, no_balance=NoBalance.CODE_400002),
    Behaviour(balance_is_empty=True, errors_under_200=True),
    Behaviour(token_is_revoked=True, errors_under_200=True),
]


@pytest.mark.parametrize("behaviour", REFUSALS, ids=changes_of)
async def test_a_definite_refusal_fails_the_job_and_gives_the_quota_back(
    sandbox: Sandbox, bot: BotProcess, behaviour: Behaviour
) -> None:
    """Members read a sentence, nobody is charged, and the log tells the operator what to fix."""
    sandbox.model_api.behaviour = behaviour
    job = await ask(sandbox)
    await job.card.until_text("Failed")
    assert job.submits == 0
    assert (await job.ended()).status == "failed"
    await bot.wait_for_log("refused")


@pytest.mark.parametrize("bad_input", list(BadInput))
async def test_an_input_that_the_api_refuses_shows_its_reason(sandbox: Sandbox, bad_input: BadInput) -> None:
    """What only the service knows to be wrong reaches the member in the service's words."""
    sandbox.model_api.behaviour = replace(sandbox.model_api.behaviour, bad_input=bad_input)
    sandbox.model_api.faults.next(
        "submit", FaultOrder(fault=Fault.ERROR_BEFORE, status=422 if bad_input is BadInput.STATUS_422 else 400)
    )
    job = await ask(sandbox)
    await job.card.until_text("Failed")
    assert job.submits == 0


@pytest.mark.parametrize("unknown_model", list(UnknownModel))
async def test_a_model_that_the_api_does_not_know_fails_the_job(sandbox: Sandbox, unknown_model: UnknownModel) -> None:
    """The operator configured a model that is gone: a clear end, nothing charged."""
    sandbox.model_api.behaviour = replace(sandbox.model_api.behaviour, unknown_model=unknown_model)
    order = (
        FaultOrder(fault=Fault.ERROR_BEFORE, status=404)
        if unknown_model is UnknownModel.STATUS_404
        else FaultOrder(fault=Fault.ERROR_UNDER_200, error_code=400001)
    )
    sandbox.model_api.faults.next("submit", order)
    job = await ask(sandbox)
    await job.card.until_text("Failed")
    assert job.submits == 0
