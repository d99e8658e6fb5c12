"""Words that Discord does not let through: the job is told all the same, on its card and to its owner."""

from __future__ import annotations

import pytest

from sandbox.discord.traffic import Call
from sandbox.sandbox import Sandbox
from tests.acceptance.one_bot.asking import ask


@pytest.mark.parametrize("code", [200000, 50035])
async def test_words_that_discord_does_not_take(sandbox: Sandbox, code: int) -> None:
    """The card, `/job` and `/history` come without them, and say nothing of the charge that is not so."""
    prompts: list[str] = []

    def has_words(call: Call) -> bool:
        return any(prompt in str(call.json) for prompt in prompts)

    sandbox.discord.faults.fail("*", status=400, code=code, times=None, only_if=has_words)
    asked = await ask(sandbox)
    prompts.append(asked.prompt)
    job = await asked.ended()
    assert len(asked.card.attachments) == 1
    ada = sandbox.clients.ada
    for reply in (await ada.slash("job", job=job.job_id), await ada.slash("history")):
        told = await reply.message()
        assert job.job_id in told.text
        assert "Done" in told.text
        assert "charged" not in told.text
        assert asked.prompt not in told.text
