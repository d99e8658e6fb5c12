"""Cards of jobs whose rows hold what nobody can read: each shows what there is of it, and the others go on."""

from __future__ import annotations

import pytest

from services.errors import FailureKind
from services.jobs.model import JobFailure, JobStatus
from tests.contract.announcer.scene import WRITES, Scene, files_of, text_of
from tests.contract.jobs.test_damaged_rows import damage
from tests.contract.store.databases import PostgresServer, SqliteFiles


@pytest.fixture
async def scene_url(databases: SqliteFiles | PostgresServer) -> str:
    """The scene on either database."""
    return await databases.new()


async def test_a_damaged_row_stops_no_other_card(scene: Scene) -> None:
    """A card whose job cannot be read stays as it is; the card behind it shows its end."""
    lost, sound = await scene.finish(await scene.accepted()), await scene.finish(await scene.accepted())
    await damage(scene.database, lost, "status", "'enchanted'")
    await damage(scene.database, lost, "cards.due_at", "-9000000000000000000")
    async with scene.announcing():
        await scene.shows(sound, "Done")
    assert scene.cards(lost) == []
    assert len(scene.calls(*WRITES)) == 1


async def test_what_is_there_of_a_card_is_shown(scene: Scene) -> None:
    """Where the way to the card, its digest or what was asked for is lost, the result arrives all the same, once."""
    job = await scene.finish(await scene.accepted())
    for column in ("inputs", "media", "cards.route", "cards.files", "cards.shown_status", "failure", "cancel"):
        await damage(scene.database, job, column, f"'{':9' * 3000}'")
    async with scene.announcing():
        card = await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert files_of(card) == [f"{job.job_id}-1.png"]
    assert len(scene.cards(job)) == 1


async def test_a_result_that_cannot_be_read_is_told(scene: Scene) -> None:
    """Nobody is told that the model made nothing where it is only the record that is damaged."""
    job = await scene.finish(await scene.accepted())
    await damage(scene.database, job, "outputs", "'[{}]'")
    async with scene.announcing():
        card = await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert "record of where the result lies is damaged" in text_of(card)


async def test_a_job_that_was_never_sent_says_so(scene: Scene) -> None:
    """What failed unsent for its damaged record says that nothing was charged."""
    job = await scene.move(await scene.accepted(), JobStatus.FAILED, failure=JobFailure(kind=FailureKind.UNREADABLE))
    async with scene.announcing():
        card = await scene.shows(job, "never sent")
        await scene.acknowledged(job)
    assert "Nothing was charged" in text_of(card)


async def test_text_that_no_wire_takes(scene: Scene) -> None:
    """Half a surrogate pair, or a NUL, in a picture's name keeps no card from its end."""
    job = await scene.finish(await scene.accepted())
    medium = r'{"kind": "image", "source": "attachment", "url": "https://x.org/\ud800", "name": "a\ud800\u0000.png"}'
    await damage(scene.database, job, "media", f"'[{medium}]'")
    async with scene.announcing():
        await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert len(scene.cards(job)) == 1
