"""A database that takes no request id until the process has ended: the paid result arrives all the same."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sandbox.bot_process import BotProcess
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import assert_promise_kept, settled

REFUSE = (
    "CREATE TRIGGER refuse BEFORE UPDATE ON jobs WHEN NEW.status = 'queued'"
    " BEGIN SELECT RAISE(ABORT, 'nothing is written'); END"
)


def execute(sandbox: Sandbox, statement: str) -> None:
    """Change the bot's database beside it."""
    with closing(sqlite3.connect(sandbox.data_dir / "jobs.db", timeout=10, isolation_level=None)) as connection:
        connection.execute(statement)


@pytest.mark.parametrize("end", ["terminate", "kill"])
async def test_a_stop_while_nothing_can_be_written(sandbox: Sandbox, bot: BotProcess, end: str) -> None:
    """The request id waits beside the results; the next start takes it up by itself: paid once, posted once."""
    execute(sandbox, REFUSE)
    await sandbox.clients.ada.slash("edit", prompt="a fox", image1=paint("cat.png", width=64, height=48))
    await bot.wait_for_log("waits in the journal")
    await getattr(bot, end)()
    execute(sandbox, "DROP TRIGGER refuse")
    await bot.restart()
    found = await settled(sandbox)
    assert [record.status for record in found] == ["succeeded"]
    assert len(sandbox.model_api.submits) == 1
    assert_promise_kept(sandbox, found)
