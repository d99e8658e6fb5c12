"""A burst of commands at a bot that may open few files."""

from __future__ import annotations

from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import records
from tests.rig import StartBot, until

BURST = 80


async def test_a_burst_with_few_open_files(sandbox: Sandbox, start_bot: StartBot) -> None:
    """With 64 open files at most, a burst of 80 commands is answered: it waits for connections."""
    sandbox.model_api.pace.hold_in_queue()
    config = sandbox.write_config()
    await start_bot(
        config=config, module="tests.acceptance.few_files", arguments=("64", "run", "--config", str(config))
    )
    cat = paint("cat.png", width=64, height=64)
    people = [sandbox.clients.join(f"member-{number}") for number in range(BURST)]
    sandbox.gateway.hold()
    replies = [await person.slash("edit", prompt=f"fox {n}", image1=cat) for n, person in enumerate(people)]
    sandbox.gateway.release()
    await until(lambda: all(reply.interaction.responded_at for reply in replies), what="every acknowledgement")
    await until(lambda: len(records(sandbox.data_dir)) == BURST, what="every job")
    assert len({record.prompt for record in records(sandbox.data_dir)}) == BURST
