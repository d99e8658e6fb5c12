"""Results that a card cannot show: linked to at once, and never missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.errors import ResultProblem, ResultUnavailable
from services.jobs.model import Job, JobStatus
from tests.contract.announcer.scene import Scene, gallery_of, links_of, text_of

OTHER_KINDS = ["svg", "jxl", "aiff", "glb", "zip", "obj", "psd", "GLB"]


async def finish(scene: Scene, *suffixes: str) -> Job:
    """Let a job succeed with a file of each of these endings."""
    job = await scene.accepted()
    made = scene.outputs(len(suffixes))
    outputs = tuple(
        replace(output, url=f"{output.url.rpartition('.')[0]}.{suffix}?sig=a.png") if suffix != "png" else output
        for output, suffix in zip(made, suffixes, strict=True)
    )
    return await scene.move(job, JobStatus.SUBMITTING, JobStatus.QUEUED, JobStatus.SUCCEEDED, outputs=outputs)


@pytest.mark.parametrize("suffix", OTHER_KINDS)
async def test_a_file_that_no_card_shows_is_linked_to_at_once(scene: Scene, suffix: str) -> None:
    """Nothing is fetched, nothing waited for, and nothing said to have gone wrong."""
    scene.results.failure = ResultUnavailable(ResultProblem.NOT_MEDIA)
    job = await finish(scene, suffix)
    async with scene.announcing():
        card = await scene.shows(job, "The result is a file that Discord does not show.")
        await scene.acknowledged(job)
    assert links_of(card) == [job.outputs[0].url]
    assert "could not" not in text_of(card)
    assert scene.results.fetched == []


async def test_a_picture_beside_it_hangs_at_the_card(scene: Scene) -> None:
    """Each is shown as far as it can be, and the rest is not counted as missing."""
    job = await finish(scene, "png", "svg", "png")
    async with scene.announcing():
        card = await scene.shows(job, "Result 2 of 3 is a file that Discord does not show.")
        await scene.acknowledged(job)
    assert gallery_of(card) == [f"{job.job_id}-{number}.png" for number in (1, 3)]
    assert links_of(card) == [job.outputs[1].url]


async def test_files_that_no_card_shows_take_no_places(scene: Scene) -> None:
    """Ten pictures behind them hang there all the same."""
    job = await finish(scene, *["glb"] * 3, *["png"] * 10)
    async with scene.announcing():
        card = await scene.shows(job, "Results 1, 2 and 3 of 13 are files that Discord does not show.")
        await scene.acknowledged(job)
    assert len(gallery_of(card)) == 10
    assert links_of(card) == [output.url for output in job.outputs[:3]]


async def test_of_such_files_alone_none_is_missing(scene: Scene) -> None:
    """The card says what they are."""
    job = await finish(scene, "glb", "zip")
    async with scene.announcing():
        card = await scene.shows(job, "None of the 2 results is a file that Discord shows.")
        await scene.acknowledged(job)
    assert len(links_of(card)) == 2
