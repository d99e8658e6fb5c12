"""The disk under the results' folder is gone while a result comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.bot_process import BotProcess
from sandbox.client_driver import Card, ClientDriver
from sandbox.sandbox import Sandbox
from tests.acceptance.later.asking import begun, ended, new_prompt, quota_text, record_of, request_of, stands
from tests.acceptance.later.time_machine import HOUR, MINUTE, TimeMachine
from tests.rig import until


@pytest.fixture
def results(sandbox: Sandbox, bot: BotProcess) -> Iterator[Path]:
    """The folder, with a plain file in its place: nothing can be written there, not even by root."""
    assert bot.is_running
    folder = sandbox.data_dir / "results"
    away = folder.rename(sandbox.data_dir / "results away")
    folder.touch()
    yield folder
    if folder.is_file():
        give_back(folder)
    assert not away.exists()


def give_back(folder: Path) -> None:
    """Let the disk be there again."""
    folder.unlink()
    (folder.parent / "results away").rename(folder)


async def finished(sandbox: Sandbox, bot: BotProcess, time: TimeMachine, member: ClientDriver, prompt: str) -> Card:
    """Return the card of a job that has succeeded, and whose result could not be written once."""
    sandbox.model_api.pace.hold_in_progress()
    card = await begun(sandbox, time, member, prompt, "running")
    sandbox.model_api.pace.release()
    record = await stands(sandbox, prompt, "succeeded", is_shown=False)
    await bot.wait_for_log(f"job_id={record.job_id} output 1 is not there yet")
    return card


async def links_by_job(sandbox: Sandbox, member: ClientDriver, prompt: str) -> list[str]:
    """Return where /job leads."""
    record = record_of(sandbox, prompt)
    assert record is not None
    shown = await (await member.slash("job", job=record.job_id)).message()
    return [button.url for button in shown.buttons if button.url and button.url.startswith(sandbox.model_api.url)]


async def test_a_disk_that_comes_back(
    sandbox: Sandbox, bot: BotProcess, time: TimeMachine, member: ClientDriver, results: Path
) -> None:
    """The card says that it is being fetched, /job leads to it, commands work; then the file hangs there once."""
    prompt = new_prompt()
    card = await finished(sandbox, bot, time, member, prompt)
    await time.forward(MINUTE)
    await card.until_text("RunComfy keeps the result until it can, and it comes by itself")
    assert "Done" in card.text
    assert len(await links_by_job(sandbox, member, prompt)) == 1
    assert "1 of 3" in await quota_text(member)
    give_back(results)
    await time.forward(10 * MINUTE)
    record = await ended(sandbox, prompt, "succeeded")
    assert len(card.attachments) == len(card.media) == 1
    assert "until it can" not in card.text
    await until(lambda: not list(results.glob(f"{record.job_id}*")), what="the file's removal")


@pytest.mark.usefixtures("results")
async def test_a_disk_that_stays_away(
    sandbox: Sandbox, bot: BotProcess, time: TimeMachine, member: ClientDriver
) -> None:
    """After a day the card gives up the file and leads to where it lies; nothing is submitted again."""
    prompt = new_prompt()
    card = await finished(sandbox, bot, time, member, prompt)
    await time.forward(25 * HOUR)
    await stands(sandbox, prompt, "succeeded")
    request = request_of(sandbox, prompt)
    assert request is not None
    (link,) = [button.url for button in card.buttons if button.url]
    assert link is not None
    assert link.startswith(sandbox.model_api.url)
    assert "Done" in card.text
    assert "could not be fetched for a whole day" in card.text
    assert sandbox.model_api.submits[-1] is request
