"""How often a card is edited: Discord takes five edits in five seconds of a whole channel."""

from __future__ import annotations

import pytest

from sandbox.discord.traffic import Call
from services.jobs.model import CancelState, Job, JobStatus
from tests.contract.announcer.scene import EDIT_ORIGINAL, WRITES, Scene, text_of


@pytest.fixture
async def scene_url(url: str) -> str:
    """SQLite and PostgreSQL: when a change is due is worked out in the statement that writes it."""
    return url


async def queued(scene: Scene, position: int) -> Job:
    """Return a job whose card shows its place in the queue."""
    job = await scene.accepted()
    job = await scene.move(job, JobStatus.SUBMITTING, JobStatus.QUEUED, queue_position=position)
    await scene.clock.advance(1.1)
    await scene.shows(job, f"Queue position **{position}**")
    await scene.acknowledged(job)
    return await scene.reload(job)


async def test_a_long_queue_counts_down_at_most_every_five_seconds(scene: Scene) -> None:
    """Forty places in forty seconds are eight edits, and the card is never further behind than that."""
    async with scene.announcing():
        job = await queued(scene, 40)
        for position in range(39, -1, -1):
            await scene.move(job, queue_position=position)
            await scene.clock.advance(1.0)
            await scene.caught_up()
            shown = text_of(scene.card(job))
            assert any(f"Queue position **{position + late}**" in shown for late in range(6)), shown
    assert 7 <= len(scene.calls(*WRITES)) - 1 <= 8


async def test_a_new_state_does_not_wait_for_a_countdown(scene: Scene) -> None:
    """Running and the end are shown as soon as ever, and a wish to cancel too."""
    async with scene.announcing():
        job = await queued(scene, 9)
        await scene.move(job, queue_position=8)
        await scene.move(job, cancel=CancelState.REQUESTED)
        await scene.clock.advance(1.0)
        await scene.caught_up()
        assert "Queue position **8**" in text_of(scene.card(job))
        assert "Cancelling" in str(scene.card(job).components)
        await scene.move(job, queue_position=7)
        await scene.move(job, JobStatus.RUNNING)
        await scene.clock.advance(1.0)
        await scene.caught_up()
        assert "Running" in text_of(scene.card(job))
        await scene.move(job, JobStatus.SUCCEEDED, outputs=scene.outputs(1))
        await scene.caught_up()
        assert "Done" in text_of(scene.card(job))


async def test_a_countdown_does_not_put_off_what_came_during_an_edit(scene: Scene) -> None:
    """A wish to cancel that comes while the card is edited keeps its time, though the queue moves after it."""
    job = await scene.accepted()
    await scene.move(job, JobStatus.SUBMITTING, JobStatus.QUEUED, queue_position=9)
    await scene.clock.advance(1.1)

    async def change(_: Call) -> None:
        await scene.move(job, cancel=CancelState.REQUESTED)
        await scene.move(job, queue_position=8)

    scene.server.faults.hook(EDIT_ORIGINAL, before=change)
    async with scene.announcing():
        await scene.shows(job, "Queue position **9**")
        await scene.clock.advance(1.0)
        await scene.caught_up()
    assert "Queue position **8**" in text_of(scene.card(job))
    assert "Cancelling" in str(scene.card(job).components)


async def test_a_countdown_during_a_long_edit_does_not_put_off_what_is_overdue(scene: Scene) -> None:
    """A wish to cancel is shown right after an edit that took longer than its hold, though the queue moved after it."""
    job = await scene.accepted()
    await scene.move(job, JobStatus.SUBMITTING, JobStatus.QUEUED, queue_position=9)
    await scene.clock.advance(1.1)

    async def change(_: Call) -> None:
        await scene.move(job, cancel=CancelState.REQUESTED)
        await scene.clock.advance(2.0)
        await scene.move(job, queue_position=8)

    scene.server.faults.hook(EDIT_ORIGINAL, before=change)
    async with scene.announcing():
        await scene.caught_up()
    assert "Queue position **8**" in text_of(scene.card(job))
    assert "Cancelling" in str(scene.card(job).components)


async def test_a_job_that_runs_straight_through_needs_three_edits(scene: Scene) -> None:
    """In queue, Running, Done: a short queue's positions melt into what follows."""
    async with scene.announcing():
        job = await scene.accepted()
        steps: list[tuple[float, tuple[JobStatus, ...], int | None]] = [
            (0.3, (JobStatus.SUBMITTING,), None),
            (0.3, (JobStatus.QUEUED,), None),
            (1.1, (), 2),
            (1.1, (), 1),
            (1.1, (), 0),
            (1.1, (JobStatus.RUNNING,), None),
            (2.0, (JobStatus.SUCCEEDED,), None),
        ]
        for seconds, statuses, position in steps:
            await scene.clock.advance(seconds)
            await scene.caught_up()
            outputs = scene.outputs(1) if JobStatus.SUCCEEDED in statuses else ()
            await scene.move(job, *statuses, queue_position=position, outputs=outputs)
        await scene.caught_up()
        await scene.acknowledged(job)
    assert "Done" in text_of(scene.card(job))
    assert len(scene.calls(*WRITES)) <= 3
