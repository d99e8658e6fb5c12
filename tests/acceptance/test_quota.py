"""Nobody spends more of the operator's money than the settings allow, and what brought nothing is given back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from sandbox.bot_process import BotProcess
from sandbox.client_driver.reply import Reply
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import records
from tests.contract.store.databases import PostgresServer, postgres_server
from tests.rig import StartBot, until

CAT = paint("cat.png", width=64, height=48)
THREE = {"jobs_per_day": 3, "running_per_user": 3, "waiting_per_user": 7}


async def ask(sandbox: Sandbox, prompt: str = "a fox") -> Reply:
    """Let Ada ask for a picture."""
    return await sandbox.clients.ada.slash("edit", prompt=prompt, image1=CAT)


def statuses(sandbox: Sandbox) -> Counter[str]:
    """Count the jobs by status."""
    return Counter(record.status for record in records(sandbox.data_dir))


async def quota_text(sandbox: Sandbox) -> str:
    """Return what /quota shows Ada."""
    shown = await (await sandbox.clients.ada.slash("quota")).message()
    assert shown.is_ephemeral
    return shown.text


@pytest.mark.settings(quota={"jobs_per_day": 1, "running_per_user": 3, "waiting_per_user": 7})
async def test_beyond_the_day(sandbox: Sandbox, bot: BotProcess) -> None:
    """The answer is private, says what is used and when the next is free, gives the prompt back; no card stays."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    await ask(sandbox)
    await until(lambda: len(records(sandbox.data_dir)) == 1, what="the first job")
    before = sandbox.channels.general.seen_by(sandbox.clients.ben)
    reply = await ask(sandbox, "a second fox")
    answer = await reply.message()
    assert answer.is_ephemeral
    assert "You have used 1 of 1 jobs in 24 hours. The next one is free <t:" in answer.text
    assert "Nothing was charged." in answer.text
    assert "```\na second fox\n```" in answer.text
    assert reply.messages == [answer]
    assert sandbox.channels.general.seen_by(sandbox.clients.ben) == before
    assert len(records(sandbox.data_dir)) == 1


@pytest.mark.settings(quota={"jobs_per_day": 1, "running_per_user": 3, "waiting_per_user": 7})
async def test_a_private_refusal_stays_private(sandbox: Sandbox, bot: BotProcess) -> None:
    """A private command that is refused is answered privately, once."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    await ask(sandbox)
    await until(lambda: len(records(sandbox.data_dir)) == 1, what="the first job")
    reply = await sandbox.clients.ada.slash("edit", prompt="a second fox", image1=CAT, private=True)
    answer = await reply.message()
    assert answer.is_ephemeral
    assert "1 of 1" in answer.text
    assert reply.messages == [answer]


@pytest.mark.settings(quota={"jobs_per_day": 9, "running_per_user": 1, "waiting_per_user": 1})
async def test_beyond_at_once_a_job_waits_and_starts_by_itself(sandbox: Sandbox, bot: BotProcess) -> None:
    """One runs, one waits, a third is refused; when the first ends, the second starts without anybody's doing."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    await ask(sandbox, "one")
    first = await sandbox.model_api.submitted()
    await ask(sandbox, "two")
    await until(lambda: len(records(sandbox.data_dir)) == 2, what="the second job")
    answer = await (await ask(sandbox, "three")).message()
    assert "You have 2 of 2 jobs running or waiting." in answer.text
    assert "```\nthree\n```" in answer.text
    assert statuses(sandbox) == {"queued": 1, "waiting": 1}
    shown = await quota_text(sandbox)
    assert "2 of 9" in shown
    assert "1 of 1** running" in shown
    assert "1 of 1** waiting" in shown
    await first.finish()
    second = await sandbox.model_api.submitted(2)
    assert second.inputs["prompt"] == "two"


@pytest.mark.settings(quota=THREE)
async def test_what_is_given_back(sandbox: Sandbox, bot: BotProcess) -> None:
    """Cancelled and failed jobs leave the count at once."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    await ask(sandbox, "one")
    failing = await sandbox.model_api.submitted()
    await ask(sandbox, "two")
    await sandbox.model_api.submitted(2)
    await until(lambda: statuses(sandbox)["queued"] == 2, what="the queue")
    assert "2 of 3" in await quota_text(sandbox)
    cancelled = records(sandbox.data_dir)[1].job_id
    await (await sandbox.clients.ada.slash("cancel", job=cancelled)).message()
    assert "1 of 3" in await quota_text(sandbox)
    await failing.fail("out of paint")
    await until(lambda: statuses(sandbox)["failed"], what="the failure")
    shown = await quota_text(sandbox)
    assert "0 of 3" in shown
    assert "leaves the count" not in shown


@pytest.mark.settings(quota={"jobs_per_day": 0, "running_per_user": 1, "waiting_per_user": 1})
async def test_a_quota_of_none(sandbox: Sandbox, bot: BotProcess) -> None:
    """An operator can close the bot by its quota; nobody is promised a time that will not come."""
    assert bot.is_running
    answer = await (await ask(sandbox)).message()
    assert "takes no jobs at present" in answer.text
    assert "<t:" not in answer.text


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server from its wheel."""
    with postgres_server() as server:
        yield server


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.settings(quota=THREE)
async def test_a_hundred_at_once(
    sandbox: Sandbox, start_bot: StartBot, request: pytest.FixtureRequest, database: str
) -> None:
    """One hundred simultaneous commands against a quota of three: three are accepted, 97 answered privately."""
    sandbox.model_api.pace.hold_in_queue()
    url = None
    if database == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.new(is_empty=True)
    await start_bot(database_url=url)
    replies = await asyncio.gather(*(ask(sandbox, f"fox {number}") for number in range(100)))
    await asyncio.gather(*(reply.acknowledged() for reply in replies))

    def refused() -> list[Reply]:
        return [reply for reply in replies if any("You have used 3 of 3" in one.text for one in reply.messages)]

    await until(lambda: len(refused()) == 97, what="97 refusals", timeout_seconds=40)
    assert all(len(reply.messages) == 1 and reply.messages[0].is_ephemeral for reply in refused())
    await sandbox.model_api.submitted(3)
    assert len(sandbox.model_api.submits) == 3
    assert "3 of 3" in await quota_text(sandbox)


@pytest.mark.settings(quota={"jobs_per_day": 0, "running_per_user": 1, "waiting_per_user": 1})
async def test_a_refusal_of_an_event_delivered_twice(sandbox: Sandbox, bot: BotProcess) -> None:
    """Whoever is refused is told so once, whatever the gateway repeats."""
    assert bot.is_running
    reply = await sandbox.clients.ada.slash("edit", prompt="a fox", image1=CAT, twice=True)
    answer = await reply.message()
    await until(lambda: bot.log.count("40060") >= 1, what="the second delivery")
    # The next command is done after both deliveries.
    assert "0 of 0" in await quota_text(sandbox)
    assert reply.messages == [answer]
    assert sandbox.channels.general.seen_by(sandbox.clients.ben) == []
