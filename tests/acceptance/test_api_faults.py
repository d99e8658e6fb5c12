"""The Model API misbehaving in every known way: the promise holds, and the card says what happened."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from sandbox.model_api.behaviour import (
    BadInput,
    BadToken,
    Behaviour,
    CancelledWord,
    ErrorShape,
    NoBalance,
    OutputShape,
    SuccessWord,
    UnknownModel,
)
from sandbox.model_api.faults import Fault, FaultOrder
from sandbox.pictures import paint
from tests.acceptance.promise import assert_promise_kept, records, settled
from tests.rig import until

if TYPE_CHECKING:
    from sandbox.bot_process import BotProcess
    from sandbox.people import Card
    from sandbox.sandbox import Sandbox


async def ask(sandbox: Sandbox, prompt: str = "a fox in the snow") -> Card:
    """Let a member run /edit and return the card as soon as it stands."""
    reply = await sandbox.people.ada.slash("edit", prompt=prompt, image1=paint("cat.png"))
    return await reply.message()


def changes_of(behaviour: Behaviour) -> str:
    """Name a behaviour by what it changes."""
    plain = asdict(Behaviour())
    return "-".join(f"{key}={value}" for key, value in asdict(behaviour).items() if value != plain[key])


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
    FaultOrder(fault=Fault.REQUEST_ID_MISSING),
    FaultOrder(fault=Fault.REQUEST_ID_UNUSABLE),
]


def _name(order: FaultOrder) -> str:
    return f"{order.fault.name.lower()}{order.status or ''}"


@pytest.mark.parametrize("order", SENT_AGAIN, ids=_name)
async def test_a_submit_that_was_turned_away_is_sent_again(
    sandbox: Sandbox, bot: BotProcess, order: FaultOrder
) -> None:
    """429 means not accepted: the job waits and is submitted once in the end."""
    assert bot.is_running
    sandbox.model_api.faults.next("submit", order, times=2)
    card = await ask(sandbox)
    await card.until_text("Done", timeout_seconds=25)
    assert_promise_kept(sandbox, await settled(sandbox))


@pytest.mark.parametrize("order", NEVER_SENT_AGAIN, ids=_name)
async def test_a_submit_with_an_unknown_outcome_is_never_sent_again(
    sandbox: Sandbox, bot: BotProcess, order: FaultOrder
) -> None:
    """Whatever may have been accepted is not paid for a second time; the card says that it may have been charged."""
    assert bot.is_running
    sandbox.model_api.faults.next("submit", order)
    card = await ask(sandbox)
    await card.until_text("Unconfirmed")
    assert "may have been charged" in card.text
    found = await settled(sandbox)
    assert [record.status for record in found] == ["unconfirmed"]
    assert len(sandbox.model_api.traffic.of("submit")) == 1
    assert_promise_kept(sandbox, found)


async def test_the_api_away_is_waited_for(sandbox: Sandbox, bot: BotProcess) -> None:
    """A connection that was never made is no paid request: the job waits and is submitted when the API is back."""
    assert bot.is_running
    await sandbox.model_api.leave()
    card = await ask(sandbox)
    await card.until_text("Waiting")
    await bot.wait_for_log("not sent")
    await sandbox.model_api.come_back()
    await card.until_text("Done", timeout_seconds=30)
    assert_promise_kept(sandbox, await settled(sandbox))


async def test_the_api_away_while_a_job_runs(sandbox: Sandbox, bot: BotProcess) -> None:
    """Polls that fail end nothing: the job is found again when the API is back."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_progress()
    card = await ask(sandbox)
    await card.until_text("Running")
    await sandbox.model_api.leave()
    sandbox.model_api.pace.release()
    await bot.wait_for_log("no answer (1 in a row)")
    await sandbox.model_api.come_back()
    await card.until_text("Done", timeout_seconds=30)
    assert_promise_kept(sandbox, await settled(sandbox))


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
@pytest.mark.parametrize("order", POLL_FAULTS, ids=_name)
async def test_no_http_error_and_no_unknown_word_ends_a_paid_job(
    sandbox: Sandbox, bot: BotProcess, order: FaultOrder, route: str
) -> None:
    """Bad answers to two questions in a row are asked past, and the result arrives."""
    assert bot.is_running
    sandbox.model_api.pace.queue_seconds = sandbox.model_api.pace.run_seconds = 0.2
    sandbox.model_api.faults.next(route, order, times=2)
    card = await ask(sandbox)
    await card.until_text("Done", timeout_seconds=30)
    assert sandbox.model_api.faults.remaining(route) == 0
    assert_promise_kept(sandbox, await settled(sandbox))


async def test_a_request_that_stays_unknown_ends_the_job(sandbox: Sandbox, bot: BotProcess) -> None:
    """404001 that persists is believed in the end; the quota is given back."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    card = await ask(sandbox)
    await card.until_text("In queue")
    sandbox.model_api.faults.next("status", Fault.REQUEST_GONE, times=None)
    await card.until_text("Failed", timeout_seconds=30)
    assert [record.status for record in records(sandbox.data_dir)] == ["failed"]


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
    """Members read a sentence, nobody is charged, and the log tells the operator what to mend."""
    assert bot.is_running
    sandbox.model_api.behaviour = behaviour
    card = await ask(sandbox)
    await card.until_text("Failed")
    assert sandbox.model_api.submits == ()
    assert [record.status for record in await settled(sandbox)] == ["failed"]
    await bot.wait_for_log("refused")
    quota = await (await sandbox.people.ada.slash("quota")).message()
    assert "0" in quota.text


@pytest.mark.parametrize("bad_input", list(BadInput))
async def test_an_input_that_the_api_refuses_shows_its_reason(
    sandbox: Sandbox, bot: BotProcess, bad_input: BadInput
) -> None:
    """What only the service knows to be wrong reaches the member in the service's words."""
    assert bot.is_running
    sandbox.model_api.behaviour = replace(sandbox.model_api.behaviour, bad_input=bad_input)
    sandbox.model_api.faults.next(
        "submit", FaultOrder(fault=Fault.ERROR_BEFORE, status=422 if bad_input is BadInput.STATUS_422 else 400)
    )
    card = await ask(sandbox)
    await card.until_text("Failed")
    assert sandbox.model_api.submits == ()


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
    async with sandbox.bot() as bot:
        await bot.wait_ready()
        card = await ask(sandbox)
        await card.until_text("Failed")
        assert sandbox.model_api.submits == ()


WORDS = [
    Behaviour(success_word=SuccessWord.COMPLETED),
    Behaviour(success_word_on_status=SuccessWord.SUCCEEDED),
    Behaviour(first_queue_position=0),
    Behaviour(echoes_inputs=True),
    Behaviour(tells_times=False),
    Behaviour(cost_delay_seconds=1.0),
    Behaviour(cost_delay_seconds=None),
    Behaviour(output_shape=OutputShape.IMAGE),
    Behaviour(output_shape=OutputShape.IMAGES),
    Behaviour(output_shape=OutputShape.IMAGE_AND_IMAGES),
    Behaviour(output_shape=OutputShape.DUPLICATES),
    Behaviour(output_shape=OutputShape.STRING),
    Behaviour(output_shape=OutputShape.LIST),
    Behaviour(output_shape=OutputShape.NESTED),
]


@pytest.mark.parametrize("behaviour", WORDS, ids=changes_of)
async def test_whatever_words_the_api_uses_the_result_arrives(
    sandbox: Sandbox, bot: BotProcess, behaviour: Behaviour
) -> None:
    """Public sources disagree; each reading of them ends with one picture in one message."""
    assert bot.is_running
    sandbox.model_api.behaviour = behaviour
    sandbox.model_api.pace.queue_seconds = sandbox.model_api.pace.run_seconds = 0.2
    card = await ask(sandbox)
    await card.until_text("Done")
    await card.until(lambda c: len(c.attachments) == 1)
    assert_promise_kept(sandbox, await settled(sandbox))


@pytest.mark.parametrize("shape", list(ErrorShape))
@pytest.mark.parametrize("on_status", [False, True], ids=["on_result", "on_status"])
async def test_a_failed_job_says_why_in_whatever_shape_the_reason_comes(
    sandbox: Sandbox, bot: BotProcess, shape: ErrorShape, *, on_status: bool
) -> None:
    """String, object, list or nothing; told by /result alone or by /status too."""
    assert bot.is_running
    sandbox.model_api.behaviour = replace(
        sandbox.model_api.behaviour,
        error_shape=shape,
        failed_on_status=on_status,
        fail_reason="The picture was too dark to edit.",
    )
    sandbox.model_api.pace.queue_seconds = sandbox.model_api.pace.run_seconds = 0.2
    card = await ask(sandbox)
    await card.until_text("Failed")
    if shape not in {ErrorShape.NULL, ErrorShape.ABSENT}:
        assert "too dark to edit" in card.text
    assert "{" not in card.text
    assert [record.status for record in await settled(sandbox)] == ["failed"]


@pytest.mark.parametrize("word", list(CancelledWord))
async def test_a_job_cancelled_at_the_service_reads_cancelled(
    sandbox: Sandbox, bot: BotProcess, word: CancelledWord
) -> None:
    """Either spelling is understood."""
    assert bot.is_running
    sandbox.model_api.behaviour = replace(sandbox.model_api.behaviour, cancelled_word=word)
    sandbox.model_api.pace.hold_in_queue()
    card = await ask(sandbox)
    await card.until_text("In queue")
    await card.click("Cancel")
    await card.until_text("Cancelled")
    assert [record.status for record in await settled(sandbox)] == ["cancelled"]


CANCEL_FAULTS = [
    FaultOrder(fault=Fault.ERROR_AFTER, status=500),
    FaultOrder(fault=Fault.RESET_AFTER),
    FaultOrder(fault=Fault.TRUNCATED_JSON),
    FaultOrder(fault=Fault.TOO_MANY_REQUESTS),
    FaultOrder(fault=Fault.ERROR_BEFORE, status=503),
]


@pytest.mark.parametrize("order", CANCEL_FAULTS, ids=_name)
async def test_a_cancel_whose_answer_is_lost_is_found_out(sandbox: Sandbox, bot: BotProcess, order: FaultOrder) -> None:
    """The status is read before anything is said; the card ends as Cancelled, not as "too late"."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    card = await ask(sandbox)
    await card.until_text("In queue")
    sandbox.model_api.faults.next("cancel", order, times=6)
    await card.click("Cancel")
    await card.until_text("Cancelled", timeout_seconds=40)
    assert not any("Too late" in state.text for state in card.history)
    await until(lambda: all(record.is_settled for record in records(sandbox.data_dir)))


async def test_several_unknown_outcomes_pause_submitting(sandbox: Sandbox, bot: BotProcess) -> None:
    """Each further submit could be another charge that nobody can confirm, so the fourth job waits."""
    assert bot.is_running
    sandbox.model_api.faults.next("submit", FaultOrder(fault=Fault.ERROR_AFTER, status=500), times=3)
    for number in range(3):
        card = await ask(sandbox, f"job {number}")
        await card.until_text("Unconfirmed")
    card = await ask(sandbox, "the fourth")
    await card.until_text("Waiting")
    assert len(sandbox.model_api.traffic.of("submit")) == 3
