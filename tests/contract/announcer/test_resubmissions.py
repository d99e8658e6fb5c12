"""An unconfirmed job that is submitted anew: one new job, and an old card that tells so."""

from __future__ import annotations

import asyncio

import pytest

from services.jobs.model import Job, JobStatus
from tests.contract.announcer.scene import WRITES, Scene, text_of


@pytest.fixture
async def scene_url(url: str) -> str:
    """SQLite and PostgreSQL: that there is one new job is decided in the database."""
    return url


async def unconfirmed(scene: Scene) -> Job:
    """Return a job whose card offers to submit it anew."""
    job = await scene.accepted()
    await scene.move(job, JobStatus.SUBMITTING, JobStatus.UNCONFIRMED)
    card = await scene.shows(job, "It is not sent again by itself.")
    assert "Submit anew" in str(card.components)
    await scene.acknowledged(job)
    return await scene.reload(job)


async def test_the_old_card_tells_which_job_took_its_place(scene: Scene) -> None:
    """One edit of the same message: the new job's id in words, and no button any more."""
    async with scene.announcing():
        job = await unconfirmed(scene)
        new = await scene.accepted(resubmits=job.job_id)
        card = await scene.shows(job, f"It was submitted anew as job `{new.job_id}`.")
        await scene.move(new, JobStatus.CANCELLED)
        await scene.acknowledged(job)
    assert "Submit anew" not in str(card.components)
    assert "may have been charged" in text_of(card)
    assert scene.cards(job) == [card]
    assert len([call for call in scene.calls(*WRITES) if call[1] == 200]) == 3


async def test_presses_at_the_same_moment_make_one_job(scene: Scene) -> None:
    """Each press is an interaction of its own: all but one get the job of the one."""
    async with scene.announcing():
        job = await unconfirmed(scene)
        presses = [scene.accepted(resubmits=job.job_id, deferred=False) for _ in range(8)]
        made = {accepted.job_id for accepted in await asyncio.gather(*presses)}
        (new_id,) = made
        await scene.shows(job, f"It was submitted anew as job `{new_id}`.")
    history = await scene.store.history(scene.ada.id, page=0, per_page=20)
    assert [found.job_id for found in history.jobs] == [new_id, job.job_id]


async def test_a_process_that_dies_right_after_leaves_a_card_that_tells(scene: Scene) -> None:
    """The old card is due by the same commit that makes the new job: whoever starts next draws it."""
    async with scene.announcing():
        job = await unconfirmed(scene)
    new = await scene.accepted(resubmits=job.job_id)
    async with scene.announcing("next"):
        await scene.shows(job, f"It was submitted anew as job `{new.job_id}`.")


async def test_a_reopened_job_shows_its_own_course_again(scene: Scene) -> None:
    """Its request turned up although it was submitted anew: the card goes on to the result."""
    async with scene.announcing():
        job = await unconfirmed(scene)
        new = await scene.accepted(resubmits=job.job_id)
        await scene.shows(job, f"as job `{new.job_id}`")
        await scene.move(job, JobStatus.QUEUED)
        await scene.finish(job)
        card = await scene.shows(job, "Done")
    assert "submitted anew" not in text_of(card)
