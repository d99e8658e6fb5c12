"""/edit in a thread."""

from __future__ import annotations

import pytest

from sandbox.bot_process import BotProcess
from sandbox.client_driver import Place
from sandbox.discord.channels import Overwrite
from sandbox.discord.permission_flags import Permission
from sandbox.discord.threads import archive, open_thread
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import assert_promise_kept, settled

CAT = paint("cat.png", width=64, height=48)


@pytest.fixture
def thread(sandbox: Sandbox) -> Place:
    """A thread of Ada's in general."""
    general = sandbox.channels.general.channel
    return sandbox.place(open_thread(sandbox.state, general, "sketches", owner=sandbox.clients.ada.user))


async def test_cards_in_a_thread(sandbox: Sandbox, bot: BotProcess, thread: Place) -> None:
    """A public card stands in the thread for everybody, a private one for its owner; each brings its picture."""
    assert bot.is_running
    ada, ben = sandbox.clients.ada, sandbox.clients.ben
    public = await (await ada.slash("edit", prompt="a fox", image1=CAT, channel=thread)).message()
    private = await (await ada.slash("edit", prompt="a bear", image1=CAT, private=True, channel=thread)).message()
    assert_promise_kept(sandbox, await settled(sandbox, count=2))
    assert thread.seen_by(ben) == [public]
    assert thread.seen_by(ada) == [public, private]
    for card in (public, private):
        assert "Done" in card.text
        assert card.media
    assert sandbox.channels.general.seen_by(ada) == []


async def test_a_thread_where_the_bot_may_not_write(sandbox: Sandbox, bot: BotProcess, thread: Place) -> None:
    """The refusal names the permission as threads have it; a private card is still possible."""
    assert bot.is_running
    denied = Permission.SEND_MESSAGES_IN_THREADS
    overwrites = sandbox.channels.general.channel.overwrites
    overwrites.append(Overwrite(target_id=sandbox.state.bot.id, is_role=False, deny=denied))
    ada = sandbox.clients.ada
    answer = await (await ada.slash("edit", prompt="a fox", image1=CAT, channel=thread)).message()
    assert answer.is_ephemeral
    assert "Send Messages in Threads" in answer.text
    card = await (await ada.slash("edit", prompt="a fox", image1=CAT, private=True, channel=thread)).message()
    await card.until_text("Done")


@pytest.mark.parametrize("is_locked", [False, True], ids=["archived", "locked"])
async def test_a_thread_that_is_archived_while_the_job_runs(
    sandbox: Sandbox,
    bot: BotProcess,
    thread: Place,
    is_locked: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    """50083 for the card: its result is posted anew, which opens the thread; from a locked one it goes to its owner."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    ada = sandbox.clients.ada
    card = await (await ada.slash("edit", prompt="a fox", image1=CAT, channel=thread)).message()
    await card.until_text("In queue")
    archive(sandbox.state, thread.channel, is_locked=is_locked)
    sandbox.model_api.pace.release()
    assert_promise_kept(sandbox, await settled(sandbox))
    place = sandbox.channels.direct(ada) if is_locked else thread
    new = place.seen_by(ada)[-1]
    assert new != card
    assert new.media
