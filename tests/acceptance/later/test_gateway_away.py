"""The gateway away for a minute."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.client_driver import ClientDriver
from sandbox.sandbox import Sandbox
from tests.acceptance.later.asking import begun, done, ended, new_prompt
from tests.acceptance.later.time_machine import MINUTE, TimeMachine
from tests.rig import until


@pytest.fixture
def gateway_away(sandbox: Sandbox) -> Iterator[None]:
    """No gateway for whoever asks; it is there again afterwards, whatever happens."""
    sandbox.gateway.is_away = True
    yield
    sandbox.gateway.is_away = False


async def test_jobs_end_and_commands_come_back(
    sandbox: Sandbox, time: TimeMachine, member: ClientDriver, request: pytest.FixtureRequest
) -> None:
    """Cards go through their states over REST meanwhile; the first command after the minute works as ever."""
    sandbox.model_api.pace.hold_in_queue()
    sandbox.model_api.pace.hold_in_progress()
    first, second = new_prompt(), new_prompt()
    card = await begun(sandbox, time, member, first, "queued")
    other = sandbox.clients.join(f"friend of {member.name}")
    private = await begun(sandbox, time, other, second, "queued", private=True)
    logins = len(sandbox.gateway.logins)
    request.getfixturevalue("gateway_away")
    sandbox.gateway.drop()
    await until(lambda: not sandbox.gateway.is_connected, what="the drop")
    sandbox.model_api.pace.release()
    await ended(sandbox, first, "succeeded")
    await ended(sandbox, second, "succeeded")
    assert "Done" in card.text
    assert len(card.attachments) == 1
    assert "Done" in private.text
    assert len(private.attachments) == 1
    assert not sandbox.gateway.is_connected
    await time.forward(MINUTE)
    sandbox.gateway.is_away = False
    await until(
        lambda: len(sandbox.gateway.logins) > logins and sandbox.gateway.is_connected,
        what="a new login",
        timeout_seconds=30,
    )
    await done(member)
