from __future__ import annotations

from pathlib import Path

import pytest

from cogs.delivery.card_payload import CardPayload, PayloadRules, ResultFiles, build_payload
from services.jobs.card import CardFile, ResultShown
from services.jobs.model import Job, JobStatus, MediaKind, Output
from services.jobs.ports import ResultFile
from tests.unit.cogs_ui.samples import job, spec, walk
from tests.unit.cogs_ui.samples import payload as payload_of

MIB = 1024 * 1024


def done(outputs: int) -> Job:
    """Return a finished job with so many outputs."""
    made = tuple(Output(url=f"https://r.example/{n}.png", kind=MediaKind.IMAGE) for n in range(1, outputs + 1))
    return job(JobStatus.SUCCEEDED, outputs=made)


def files(of: Job, *sizes: int) -> tuple[ResultFile, ...]:
    """Return the job's files with these sizes."""
    return tuple(
        ResultFile(path=Path("x"), filename=f"{of.job_id}-{n}.png", size_bytes=size, output=of.outputs[n - 1])
        for n, size in enumerate(sizes, start=1)
    )


def packed(of: Job, result_files: ResultFiles, *, limit: int = 10 * MIB) -> CardPayload:
    """Return the payload under this limit."""
    return build_payload(of, result_files, PayloadRules(upload_limit_bytes=limit), spec=spec())


def links(payload: CardPayload) -> list[object]:
    """Return where the card's buttons lead."""
    return [each["url"] for each in walk(payload_of(payload.card)) if each["type"] == 2]


@pytest.mark.parametrize(
    ("sizes", "uploaded", "later"),
    [
        ([1], [1], []),
        ([9 * MIB], [1], []),
        ([10 * MIB], [], []),
        ([5 * MIB, 4 * MIB], [1, 2], []),
        ([6 * MIB, 6 * MIB, 3 * MIB], [1, 3], [2]),
        ([9 * MIB, 11 * MIB, 9 * MIB], [1], [3]),
        ([1] * 12, list(range(1, 11)), []),
        ([9 * MIB] * 11, [1], list(range(2, 11))),
    ],
)
def test_files_go_up_to_the_places_limit(sizes: list[int], uploaded: list[int], later: list[int]) -> None:
    """Ten at most: those of one request together within the limit, the others that fit with further edits.

    What is too large or too much is linked to; none is lost.
    """
    of = done(len(sizes))
    payload = packed(of, ResultFiles(files=files(of, *sizes)))
    assert [upload.filename for upload in payload.uploads] == [f"{of.job_id}-{n}.png" for n in uploaded]
    rest = [n for n in range(1, len(sizes) + 1) if n not in uploaded + later]
    assert links(payload) == [f"https://r.example/{n}.png" for n in rest]
    assert payload.is_partial is bool(later)
    assert payload.rendering.result is (ResultShown.FETCHING if later else ResultShown.WHOLE)


def test_uploading_and_keeping_look_the_same() -> None:
    """A card whose file has just been uploaded and one whose file stays show the same: no edit between them."""
    of = done(1)
    kept = ResultFiles(kept=(CardFile(attachment_id=5, filename=f"{of.job_id}-1.png"),))
    assert packed(of, ResultFiles(files=files(of, 10))).rendering == packed(of, kept).rendering
    assert packed(of, ResultFiles(files=files(of, 10))).uploads
    assert not packed(of, kept).uploads


def test_a_rendering_says_what_is_shown() -> None:
    """So that a later look knows whether a result was on the card."""
    of = done(1)
    assert packed(of, ResultFiles(fetching=frozenset({1}))).rendering.result is ResultShown.FETCHING
    whole = packed(of, ResultFiles(files=files(of, 1))).rendering
    assert (whole.status, whole.result) == (JobStatus.SUCCEEDED, ResultShown.WHOLE)
    assert packed(job(JobStatus.RUNNING), ResultFiles()).rendering.status is JobStatus.RUNNING


def test_a_file_is_what_its_name_says() -> None:
    """A sound that the service calls a picture hangs as a file, where a gallery would be refused."""
    of = done(1)
    kept = ResultFiles(kept=(CardFile(attachment_id=5, filename=f"{of.job_id}-1.mp3"),))
    kinds = [each["type"] for each in walk(payload_of(packed(of, kept).card))]
    assert 13 in kinds
    assert 12 not in kinds
