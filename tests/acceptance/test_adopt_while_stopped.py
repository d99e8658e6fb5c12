"""`adopt` while the bot is stopped, and beside one that runs: the card's way from Unconfirmed to Done."""

from __future__ import annotations

import pytest

from sandbox.bot_process import BotProcess
from sandbox.model_api.faults import Fault
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import assert_promise_kept, records, settled
from tests.rig import StartBot, until

QUARTER = 16 * 60


@pytest.mark.settings(jobs={"scan_seconds": 0.2})
@pytest.mark.parametrize(
    ("is_running", "is_old"), [(True, False), (False, True)], ids=["beside a running bot", "while it is stopped"]
)
async def test_an_adopted_job_ends_on_its_card(
    sandbox: Sandbox, bot: BotProcess, start_bot: StartBot, *, is_running: bool, is_old: bool
) -> None:
    """The same message, which may be edited by its token or has to be by the bot, turns to Done with the file once."""
    sandbox.model_api.faults.next("submit", Fault.RESET_AFTER)
    reply = await sandbox.clients.ada.slash("edit", prompt="a fox", image1=paint("cat.png", width=64, height=48))
    card = await (await reply.message()).until_text("Unconfirmed")
    (lost,) = await settled(sandbox)
    (request,) = sandbox.model_api.submits
    await request.finish()
    if is_old:
        await sandbox.clock.advance(QUARTER)
    if not is_running:
        await bot.terminate()
    arguments = ("adopt", lost.job_id, request.request_id, "--config", str(bot.config))
    adopting = await start_bot(config=bot.config, arguments=arguments, wait=False)
    assert (await adopting.wait_exit()).code == 0
    if not is_running:
        assert [record.status for record in records(sandbox.data_dir)] == ["queued"]
        assert "Unconfirmed" in card.text
        await bot.restart()
    await card.until_text("Done")
    await until(lambda: records(sandbox.data_dir)[0].status == "succeeded", what="the adopted job's end")
    assert_promise_kept(sandbox, await settled(sandbox))
    assert len(card.attachments) == len(card.media) == 1
    assert card.labels == ()
    assert sandbox.channels.general.seen_by(sandbox.clients.ben) == [card]
    shown = [state.text.splitlines()[0] for state in card.history if not state.is_thinking]
    assert "Unconfirmed" in shown[0]
    assert "Done" in shown[-1]
