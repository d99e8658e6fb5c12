"""The day's quota: the last 24 hours, counted back from now."""

from __future__ import annotations

import re

from sandbox.client_driver import ClientDriver
from sandbox.sandbox import Sandbox
from tests.acceptance.later.asking import ask, done, new_prompt, quota_text
from tests.acceptance.later.time_machine import HOUR, MINUTE, TimeMachine, accepted_at

DAY = 24 * HOUR


def promised(text: str) -> int:
    """Return the moment that a text names, in seconds since 1970."""
    (seconds,) = re.findall(r"<t:(\d+):R>", text)
    return int(seconds)


async def refusal(member: ClientDriver) -> str:
    """Return how one job more is refused."""
    answer = await (await ask(member, new_prompt())).message()
    assert answer.is_ephemeral
    return answer.text


async def test_the_day_rolls_and_quota_tells_when(sandbox: Sandbox, time: TimeMachine, member: ClientDriver) -> None:
    """Each job leaves the count alone, 24 hours after its acceptance, when /quota said; nothing happens at midnight."""
    await done(member)
    await time.forward(12 * HOUR)
    await done(member)
    await done(member)
    first, second, _ = accepted_at(sandbox.data_dir, member.id)
    shown = await quota_text(member)
    assert "3 of 3" in shown
    assert promised(shown) == first + DAY
    refused = await refusal(member)
    assert "You have used 3 of 3 jobs in 24 hours." in refused
    assert promised(refused) == first + DAY
    await time.forward_to(first + DAY - MINUTE)
    assert "3 of 3" in await quota_text(member)
    assert promised(await refusal(member)) == first + DAY
    await time.forward_to(first + DAY + 1)
    shown = await quota_text(member)
    assert "2 of 3" in shown
    assert promised(shown) == second + DAY
    await done(member)
    assert "3 of 3" in await quota_text(member)
    assert promised(await refusal(member)) == second + DAY
