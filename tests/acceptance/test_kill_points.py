"""The bot killed (SIGKILL) at every point of a job's life and started again: the promise holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from sandbox.bot_process import BotProcess
from sandbox.client_driver import Reply
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import assert_promise_kept, messages_with_result, records, settled
from tests.rig import until

# Commits that change a job that runs straight through: accepted, claimed, request id stored, positions, running,
# succeeded, acknowledgements of its card. A few of them melt by chance, so the last ones may not be reached.
COMMITS = range(1, 11)
ORIGINAL = "PATCH /webhooks/{application_id}/{token}/messages/@original"


async def ask(sandbox: Sandbox, prompt: str = "a fox in the snow") -> Reply:
    """Let a member run /edit with one picture."""
    return await sandbox.clients.ada.slash("edit", prompt=prompt, image1=paint("cat.png", width=64, height=48))


async def killed(bot: BotProcess) -> bool:
    """Wait until the bot's process was killed, or its job has settled first; say which."""
    await until(lambda: not bot.is_running or _is_settled(bot.config.parent), what="the kill", timeout_seconds=25)
    return not bot.is_running


def _is_settled(data_dir: Path) -> bool:
    found = records(data_dir)
    return bool(found) and all(record.is_settled for record in found)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("commit", COMMITS)
async def test_killed_around_each_commit(sandbox: Sandbox, commit: int, when: str) -> None:
    """Whichever commit the process dies at, one end, at most one submit, one result."""
    config = sandbox.write_config()
    dying = sandbox.bot(
        config=config,
        module="tests.acceptance.kill_points",
        arguments=(f"{when}:{commit}", "run", "--config", str(config)),
    )
    async with dying:
        await dying.wait_ready()
        await ask(sandbox)
        died = await killed(dying)
    assert died or commit > 6, "the first six commits are reached by every job"
    async with sandbox.bot(config=config) as again:
        await again.wait_ready()
        if (commit, when) == (1, "before"):
            # Not accepted: nothing was committed, so nothing may be charged.
            assert records(sandbox.data_dir) == []
            assert sandbox.model_api.submits == ()
            return
        found = await settled(sandbox)
        assert_promise_kept(sandbox, found)
        # Claimed is before the POST: a process that dies there leaves an unknown outcome: said, and not retried.
        if (commit, when) in {(2, "after"), (3, "before")}:
            assert found[0].status == "unconfirmed"
        else:
            assert found[0].status == "succeeded"


def before_submit(sandbox: Sandbox, kill: Callable[[object], Awaitable[None]]) -> None:
    """Kill when the POST has arrived and nothing has happened."""
    sandbox.model_api.hooks.before("submit", kill)


def after_submit(sandbox: Sandbox, kill: Callable[[object], Awaitable[None]]) -> None:
    """Kill when the request is accepted and the answer has not left."""
    sandbox.model_api.hooks.after("submit", kill)


def answered_submit(sandbox: Sandbox, kill: Callable[[object], Awaitable[None]]) -> None:
    """Kill as soon as the answer with the request id has left."""
    sandbox.model_api.hooks.answered("submit", kill)


def first_status(sandbox: Sandbox, kill: Callable[[object], Awaitable[None]]) -> None:
    """Kill while queued, in the first poll."""
    sandbox.model_api.pace.hold_in_queue()
    sandbox.model_api.hooks.before("status", kill)


def result_read(sandbox: Sandbox, kill: Callable[[object], Awaitable[None]]) -> None:
    """Kill when the finished result is read."""
    sandbox.model_api.hooks.answered("result", kill)


def result_file(sandbox: Sandbox, kill: Callable[[object], Awaitable[None]]) -> None:
    """Kill while the result is downloaded: finished, not announced."""
    sandbox.model_api.hooks.before("file", kill)


def uploading(sandbox: Sandbox, kill: Callable[[object], Awaitable[None]]) -> None:
    """Kill when the upload has arrived at Discord and is not applied."""
    _hook_upload(sandbox, kill, applied=False)


def uploaded(sandbox: Sandbox, kill: Callable[[object], Awaitable[None]]) -> None:
    """Kill when the result stands in the message and the answer is on its way: not acknowledged."""
    _hook_upload(sandbox, kill, applied=True)


def _hook_upload(sandbox: Sandbox, kill: Callable[[object], Awaitable[None]], *, applied: bool) -> None:
    async def if_it_has_files(call: object) -> None:
        if getattr(call, "files", ()):
            await kill(call)

    if applied:
        sandbox.discord.faults.hook(ORIGINAL, after=if_it_has_files, times=None)
    else:
        sandbox.discord.faults.hook(ORIGINAL, before=if_it_has_files, times=None)


@pytest.mark.parametrize(
    ("prepare", "ends"),
    [
        (before_submit, {"unconfirmed"}),
        (after_submit, {"unconfirmed"}),
        (answered_submit, {"unconfirmed", "succeeded"}),
        (first_status, {"succeeded"}),
        (result_read, {"succeeded"}),
        (result_file, {"succeeded"}),
        (uploading, {"succeeded"}),
        (uploaded, {"succeeded"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_killed_at_a_point_of_the_wire(
    sandbox: Sandbox, prepare: Callable[[Sandbox, Callable[[object], Awaitable[None]]], None], ends: set[str]
) -> None:
    """Wherever a call is when the process dies, one end, at most one submit, one result."""
    config = sandbox.write_config()
    async with sandbox.bot(config=config) as bot:
        await bot.wait_ready()

        async def kill(_: object) -> None:
            if bot.is_running:
                await bot.kill()

        prepare(sandbox, kill)
        await ask(sandbox)
        await until(lambda: not bot.is_running, what="the kill")
        sandbox.model_api.hooks.clear()
        sandbox.discord.faults.clear()
        sandbox.model_api.pace.release()
        await bot.start()
        await bot.wait_ready()
        found = await settled(sandbox)
    assert_promise_kept(sandbox, found)
    assert {record.status for record in found} <= ends


async def test_killed_while_running(sandbox: Sandbox) -> None:
    """A job that ran while nobody watched is followed to its end by the next process."""
    sandbox.model_api.pace.hold_in_progress()
    async with sandbox.bot() as bot:
        await bot.wait_ready()
        reply = await ask(sandbox)
        card = await reply.message()
        await card.until_text("Running")
        await bot.kill()
        sandbox.model_api.pace.release()
        await bot.restart()
        await card.until_text("Done")
        found = await settled(sandbox)
    assert_promise_kept(sandbox, found)
    assert messages_with_result(sandbox, found[0].job_id)[0].id == card.id


async def test_an_unconfirmed_card_says_so_and_offers_resubmission(sandbox: Sandbox) -> None:
    """Its owner reads that it may have been charged; after a warning a new job takes its place, once."""
    async with sandbox.bot() as bot:
        await bot.wait_ready()
        sandbox.model_api.hooks.after("submit", lambda _: _kill(bot))
        reply = await ask(sandbox)
        await until(lambda: not bot.is_running, what="the kill")
        await bot.start()
        await bot.wait_ready()
        card = await reply.message()
        await card.until_text("may have been charged")
        assert len(sandbox.model_api.submits) == 1
        warning = await (await card.click("Submit anew")).message()
        assert warning.is_ephemeral
        assert len(sandbox.model_api.submits) == 1, "a warning costs nothing"
        confirm = warning.labels[0]
        await warning.click(confirm, twice=True)
        found = await settled(sandbox, count=2)
    assert [record.status for record in found] == ["unconfirmed", "succeeded"]
    assert len(sandbox.model_api.submits) == 2


async def _kill(bot: BotProcess) -> None:
    await bot.kill()


async def test_many_jobs_survive_together(sandbox: Sandbox) -> None:
    """Jobs of several people in several states are all brought to their ends."""
    people = (sandbox.clients.ada, sandbox.clients.ben, sandbox.clients.mod)
    async with sandbox.bot() as bot:
        await bot.wait_ready()
        sandbox.model_api.pace.queue_seconds = 0.5
        for number in range(12):
            await people[number % 3].slash("edit", prompt=f"job {number}", image1=paint("cat.png", width=64, height=48))
        await until(lambda: len(sandbox.model_api.submits) >= 9, what="nine submits")
        await until(lambda: len(records(sandbox.data_dir)) == 12, what="twelve accepted jobs")
        await bot.restart()
        await bot.restart()
        found = await settled(sandbox, count=12)
    assert_promise_kept(sandbox, found)
    assert {record.status for record in found} <= {"succeeded", "unconfirmed"}
