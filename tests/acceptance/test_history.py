"""One's own jobs: listed, shown whole, cancelled; nobody else's."""

from __future__ import annotations

from functools import partial

import pytest

from sandbox.bot_process import BotProcess
from sandbox.client_driver.driver import ClientDriver
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import Record, records, settled
from tests.rig import StartBot, until

CAT = paint("cat.png", width=64, height=48)
MANY = {"jobs_per_day": 50, "running_per_user": 20, "waiting_per_user": 20}


def _has_records(sandbox: Sandbox, count: int) -> bool:
    return len(records(sandbox.data_dir)) >= count


async def accepted(sandbox: Sandbox, who: ClientDriver, *prompts: str, private: bool = False) -> list[Record]:
    """Let somebody start jobs one after the other, and return all of them as the database has them."""
    before = len(records(sandbox.data_dir))
    for number, prompt in enumerate(prompts, start=1):
        await who.slash("edit", prompt=prompt, image1=CAT, private=private)
        await until(partial(_has_records, sandbox, before + number), what="the acceptance")
    return records(sandbox.data_dir)


@pytest.mark.settings(quota=MANY)
async def test_history_in_pages(sandbox: Sandbox, bot: BotProcess, start_bot: StartBot) -> None:
    """Newest first, five a page, private; its buttons turn pages, also after the bot was killed and started again."""
    ada = sandbox.clients.ada
    sandbox.model_api.pace.hold_in_queue()
    await accepted(sandbox, ada, *(f"fox {number}" for number in range(1, 8)))
    reply = await ada.slash("history")
    listed = await reply.message()
    assert listed.is_ephemeral
    assert "7 jobs · page 1 of 2" in listed.text
    order = [listed.text.index(f"fox {number}") for number in (7, 6, 5, 4, 3)]
    assert order == sorted(order)
    assert "fox 2" not in listed.text
    assert listed.labels == ("Older",)
    press = await listed.click("Older", twice=True)
    await listed.until_text("page 2 of 2")
    await bot.wait_for_log("40060")
    assert press.messages == []
    assert "ERROR" not in bot.log
    assert "fox 1" in listed.text
    assert "fox 3" not in listed.text
    assert listed.labels == ("Newer",)
    await bot.kill()
    await start_bot()
    await listed.click("Newer")
    await listed.until_text("page 1 of 2")
    assert listed.is_ephemeral
    assert len(reply.messages) == 1


async def test_an_empty_history(sandbox: Sandbox, bot: BotProcess) -> None:
    """Who has no jobs is told how to start one, and sees nobody else's."""
    assert bot.is_running
    await accepted(sandbox, sandbox.clients.ada, "a fox")
    listed = await (await sandbox.clients.ben.slash("history")).message()
    assert "none yet" in listed.text
    assert "fox" not in listed.text


async def test_a_job_whole(sandbox: Sandbox, bot: BotProcess) -> None:
    """Prompt, pictures, parameters, each step's time, request id, cost; the whole prompt where it is long."""
    assert bot.is_running
    ada = sandbox.clients.ada
    prompt = "*fox* " * 600
    await accepted(sandbox, ada, prompt, private=True)
    (done,) = await settled(sandbox)
    shown = await (await ada.slash("job", job=done.job_id)).message()
    assert shown.is_ephemeral
    for part in ("Done", done.job_id, "cat.png", "quality: high", "Accepted", "Submitted", "Started", "Cost $"):
        assert part in shown.text
    assert str(done.request_id) in shown.text
    (file,) = shown.attachments
    assert file.data.decode() == prompt


async def test_somebody_elses_job_does_not_exist(sandbox: Sandbox, bot: BotProcess) -> None:
    """A foreign id, an invented one and no id at all are answered with the same words."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    (job,) = await accepted(sandbox, sandbox.clients.ada, "a secret fox")
    ben = sandbox.clients.ben
    answers = [
        await (await ben.slash("job", job=job_id)).message()
        for job_id in (job.job_id, "zzzzzzzzzz", "nonsense", "%", "x" * 100)
    ]
    assert len({answer.text for answer in answers}) == 1
    assert all(answer.is_ephemeral for answer in answers)
    assert "no job with that id" in answers[0].text
    suggested = await ben.autocomplete("job", "job", "")
    assert suggested == []
    unknown = await (await ben.slash("cancel", job="zzzzzzzzzz")).message()
    assert "no job with that id" in unknown.text
    refused = await (await ben.slash("cancel", job=job.job_id)).message()
    assert "Cancelled" not in refused.text
    assert "secret" not in refused.text
    assert records(sandbox.data_dir)[0].status != "cancelled"


@pytest.mark.settings(quota={"jobs_per_day": 50, "running_per_user": 1, "waiting_per_user": 20})
async def test_suggestions(sandbox: Sandbox, bot: BotProcess) -> None:
    """While typing, one's own jobs are suggested, newest first, by id or prompt; for a cancel the pending ones."""
    assert bot.is_running
    ada = sandbox.clients.ada
    sandbox.model_api.pace.hold_in_progress()
    await accepted(sandbox, ada, "a red fox", "a blue\nhorse " + "x" * 200, "a 100% green bird")
    request = await sandbox.model_api.submitted()
    await request.start()
    await until(lambda: records(sandbox.data_dir)[0].status == "running", what="the run")
    jobs = [record.job_id for record in records(sandbox.data_dir)]
    everything = await ada.autocomplete("job", "job", "")
    assert [choice.value for choice in everything] == jobs[::-1]
    assert everything[2].name == f"{jobs[0]} · Running · a red fox"
    assert all(1 <= len(choice.name) <= 100 for choice in everything)
    assert [choice.value for choice in await ada.autocomplete("job", "job", "100%")] == [jobs[2]]
    assert [choice.value for choice in await ada.autocomplete("job", "job", jobs[1][:6].upper())] == [jobs[1]]
    assert await ada.autocomplete("job", "job", "_" * 100) == []
    pending = await ada.autocomplete("cancel", "job", "")
    assert [choice.value for choice in pending] == [jobs[2], jobs[1]]


async def test_cancelling_by_command(sandbox: Sandbox, bot: BotProcess) -> None:
    """A queued job is cancelled once the API confirms it, a second time there is nothing left to cancel."""
    assert bot.is_running
    ada = sandbox.clients.ada
    sandbox.model_api.pace.hold_in_queue()
    (job,) = await accepted(sandbox, ada, "a fox")
    await until(lambda: records(sandbox.data_dir)[0].status == "queued", what="the queue")
    answer = await (await ada.slash("cancel", job=f" `{job.job_id.upper()}` ")).message()
    assert answer.is_ephemeral
    assert answer.text.startswith("Cancelled.")
    assert records(sandbox.data_dir)[0].status == "cancelled"
    assert sandbox.model_api.submits[0].cancel_calls == 1
    again = await (await ada.slash("cancel", job=job.job_id)).message()
    assert "over" in again.text
    assert sandbox.model_api.submits[0].cancel_calls == 1


async def test_a_running_job_cannot_be_cancelled(sandbox: Sandbox, bot: BotProcess) -> None:
    """The answer says so rather than pretend, and the job goes on."""
    assert bot.is_running
    ada = sandbox.clients.ada
    sandbox.model_api.pace.hold_in_progress()
    (job,) = await accepted(sandbox, ada, "a fox")
    await (await sandbox.model_api.submitted()).start()
    await until(lambda: records(sandbox.data_dir)[0].request_id is not None, what="the request id in the database")
    answer = await (await ada.slash("cancel", job=job.job_id)).message()
    assert "already running" in answer.text
    sandbox.model_api.pace.release()
    (done,) = await settled(sandbox)
    assert done.status == "succeeded"


async def test_a_moderator_cancels_in_the_jobs_own_channel(sandbox: Sandbox, bot: BotProcess) -> None:
    """Manage Messages counts where the job's card stands, and nowhere else; a plain member may not."""
    assert bot.is_running
    people, channels = sandbox.clients, sandbox.channels
    sandbox.model_api.pace.hold_in_queue()
    (job,) = await accepted(sandbox, people.ada, "a fox")
    await until(lambda: records(sandbox.data_dir)[0].status == "queued", what="the queue")
    for who, place in ((people.ben, channels.general), (people.mod, channels.announcements)):
        refused = await (await who.slash("cancel", job=job.job_id, channel=place)).message()
        assert refused.is_ephemeral
        assert "somebody else's" in refused.text
    assert records(sandbox.data_dir)[0].status == "queued"
    answer = await (await people.mod.slash("cancel", job=job.job_id)).message()
    assert "Cancelled" in answer.text
    assert records(sandbox.data_dir)[0].status == "cancelled"
