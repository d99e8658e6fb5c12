"""Sources disagree about the API's words and shapes: every reading ends well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.model_api.behaviour import (
    Behaviour,
    CancelledWord,
    ErrorShape,
    OutputShape,
    SuccessWord,
)
from sandbox.sandbox import Sandbox
from tests.acceptance.one_bot.asking import ask, changes_of

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
async def test_whatever_words_the_api_uses_the_result_arrives(sandbox: Sandbox, behaviour: Behaviour) -> None:
    """Public sources disagree; each reading of them ends with one picture in one message."""
    sandbox.model_api.behaviour = behaviour
    sandbox.model_api.pace.queue_seconds = sandbox.model_api.pace.run_seconds = 0.2
    job = await ask(sandbox)
    await job.card.until_text("Done")
    await job.card.until(lambda c: len(c.attachments) == 1)
    await job.ended()


@pytest.mark.parametrize("shape", list(ErrorShape))
@pytest.mark.parametrize("on_status", [False, True], ids=["on_result", "on_status"])
async def test_a_failed_job_says_why_in_whatever_shape_the_reason_comes(
    sandbox: Sandbox, shape: ErrorShape, *, on_status: bool
) -> None:
    """String, object, list or nothing; told by /result alone or by /status too."""
    sandbox.model_api.behaviour = replace(
        sandbox.model_api.behaviour,
        error_shape=shape,
        failed_on_status=on_status,
        fail_reason="The picture was too dark to edit.",
    )
    sandbox.model_api.pace.queue_seconds = sandbox.model_api.pace.run_seconds = 0.2
    job = await ask(sandbox)
    await job.card.until_text("Failed")
    if shape not in {ErrorShape.NULL, ErrorShape.ABSENT}:
        assert "too dark to edit" in job.card.text
    assert "{" not in job.card.text
    assert (await job.ended()).status == "failed"


@pytest.mark.parametrize("word", list(CancelledWord))
async def test_a_job_cancelled_at_the_service_reads_cancelled(sandbox: Sandbox, word: CancelledWord) -> None:
    """Either spelling is understood."""
    sandbox.model_api.behaviour = replace(sandbox.model_api.behaviour, cancelled_word=word)
    sandbox.model_api.pace.hold_in_queue()
    job = await ask(sandbox)
    await job.card.until_text("In queue")
    await job.card.click("Cancel")
    await job.card.until_text("Cancelled")
    assert (await job.ended()).status == "cancelled"
