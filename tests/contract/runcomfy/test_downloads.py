"""Results of the Model API come to the disk whole, or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from sandbox.clock import SandboxClock
from sandbox.model_api import Fault, FaultOrder, ModelApiServer, ModelRequest, OutputShape, Route
from services.errors import ResultNotReady, ResultProblem, ResultUnavailable
from services.jobs.model import Job, MediaKind
from services.runcomfy.client import RunComfyClient
from services.runcomfy.result_folder import ResultFolder
from tests.contract.runcomfy.conftest import INPUTS, MODEL
from tests.contract.runcomfy.jobs import job_with

PLENTY = 1024 * 1024 * 1024


def names(folder: Path) -> list[str]:
    """Return what lies in the result folder."""
    return sorted(path.name for path in (folder / "results").iterdir())


async def job_of(server: ModelApiServer, client: RunComfyClient) -> Job:
    """Have a request finish and return the job with its outputs."""
    request = server.requests[await client.submit(MODEL, INPUTS)]
    await request.ended()
    return job_with(*(await client.get_result(request.request_id)).outputs)


@pytest.fixture
async def job(client: RunComfyClient, finished: ModelRequest) -> Job:
    """Provide a job with one picture."""
    return job_with(*(await client.get_result(finished.request_id)).outputs)


async def test_a_picture_comes_to_the_disk(results: ResultFolder, job: Job, tmp_path: Path) -> None:
    """Under the job's name, whole, and nothing beside it."""
    file = await results.fetch(job, 1, most_bytes=PLENTY)
    assert (file.filename, file.output) == (f"{job.job_id}-1.png", job.outputs[0])
    assert names(tmp_path) == [file.filename]
    assert file.size_bytes == file.path.stat().st_size > 0
    with Image.open(file.path) as image:
        image.load()


async def test_what_is_there_is_not_fetched_again(server: ModelApiServer, results: ResultFolder, job: Job) -> None:
    """A second fetch, as after a restart, costs no download."""
    first = await results.fetch(job, 1, most_bytes=PLENTY)
    assert await results.find(job) == {1: first}
    assert await results.fetch(job, 1, most_bytes=PLENTY) == first
    assert len(server.traffic.of(Route.FILE)) == 1


async def test_several_outputs_keep_their_order(
    server: ModelApiServer,
    client: RunComfyClient,
    results: ResultFolder,
) -> None:
    """Each file is numbered as its output stands."""
    server.behaviour = replace(server.behaviour, output_count=3)
    job = await job_of(server, client)
    files = [await results.fetch(job, number, most_bytes=PLENTY) for number in (1, 2, 3)]
    assert [file.filename for file in files] == [f"{job.job_id}-{number}.png" for number in (1, 2, 3)]
    assert tuple(file.output for file in files) == job.outputs


@pytest.mark.parametrize(
    ("shape", "kind", "extension"),
    [(OutputShape.VIDEO, MediaKind.VIDEO, "mp4"), (OutputShape.AUDIO, MediaKind.AUDIO, "wav")],
)
async def test_films_and_sounds_come_too(
    server: ModelApiServer,
    client: RunComfyClient,
    results: ResultFolder,
    shape: OutputShape,
    kind: MediaKind,
    extension: str,
) -> None:
    """With their own extension."""
    server.behaviour = replace(server.behaviour, output_shape=shape)
    job = await job_of(server, client)
    file = await results.fetch(job, 1, most_bytes=PLENTY)
    assert (file.output.kind, file.filename) == (kind, f"{job.job_id}-1.{extension}")


A_NO = [
    (FaultOrder(fault=Fault.FILE_GONE, status=404), ResultProblem.GONE),
    (FaultOrder(fault=Fault.FILE_GONE, status=403), ResultProblem.GONE),
    (FaultOrder(fault=Fault.FILE_GONE, status=410), ResultProblem.GONE),
    *((FaultOrder(fault=Fault.ERROR_BEFORE, status=status), ResultProblem.GONE) for status in (400, 401, 416)),
    (FaultOrder(fault=Fault.WRONG_CONTENT_TYPE), ResultProblem.NOT_MEDIA),
    (FaultOrder(fault=Fault.NOT_A_PICTURE), ResultProblem.NOT_MEDIA),
    (FaultOrder(fault=Fault.HTML), ResultProblem.NOT_MEDIA),
    (FaultOrder(fault=Fault.EMPTY_FILE), ResultProblem.EMPTY),
    (FaultOrder(fault=Fault.REDIRECT), ResultProblem.REDIRECTED),
    (FaultOrder(fault=Fault.REDIRECT, location="https://example.com/a.png"), ResultProblem.REDIRECTED),
    (FaultOrder(fault=Fault.REDIRECT, location="http://files.runcomfy.net/a.png"), ResultProblem.REDIRECTED),
    (FaultOrder(fault=Fault.REDIRECT, location="http://169.254.169.254/"), ResultProblem.REDIRECTED),
    (FaultOrder(fault=Fault.REDIRECT, location="file:///etc/passwd"), ResultProblem.REDIRECTED),
]


@pytest.mark.parametrize(("order", "problem"), A_NO, ids=lambda value: str(getattr(value, "fault", value)))
async def test_what_cannot_be_had_is_told(
    server: ModelApiServer,
    results: ResultFolder,
    job: Job,
    tmp_path: Path,
    order: FaultOrder,
    problem: ResultProblem,
) -> None:
    """With its reason, and nothing is left on the disk."""
    server.faults.next(Route.FILE, order, times=None)
    with pytest.raises(ResultUnavailable) as caught:
        await results.fetch(job, 1, most_bytes=PLENTY)
    assert caught.value.problem is problem
    assert names(tmp_path) == []
    assert server.traffic.of(Route.ELSEWHERE) == []


NOT_NOW = [
    *(FaultOrder(fault=Fault.ERROR_BEFORE, status=status) for status in (500, 503, 429, 408, 409, 425)),
    *(FaultOrder(fault=fault) for fault in (Fault.RESET_BEFORE, Fault.HANG_BEFORE, Fault.TRUNCATED_FILE)),
]


@pytest.mark.parametrize("order", NOT_NOW, ids=lambda order: f"{order.fault} {order.status or ''}".strip())
async def test_what_may_come_is_asked_for_again(
    server: ModelApiServer,
    results: ResultFolder,
    job: Job,
    tmp_path: Path,
    order: FaultOrder,
) -> None:
    """A bad moment leaves nothing behind, and the next fetch has the file."""
    server.faults.next(Route.FILE, order, times=2)  # aiohttp repeats a GET once by itself
    with pytest.raises(ResultNotReady):
        await results.fetch(job, 1, most_bytes=PLENTY)
    assert names(tmp_path) == []
    server.faults.clear()
    assert (await results.fetch(job, 1, most_bytes=PLENTY)).size_bytes > 0


async def test_a_storage_that_is_away_may_come_back(server: ModelApiServer, results: ResultFolder, job: Job) -> None:
    """A refused connection is a bad moment."""
    async with server.away():
        with pytest.raises(ResultNotReady):
            await results.fetch(job, 1, most_bytes=PLENTY)
    assert (await results.fetch(job, 1, most_bytes=PLENTY)).size_bytes > 0


async def test_a_file_has_a_largest_size(
    server: ModelApiServer,
    results: ResultFolder,
    job: Job,
    tmp_path: Path,
) -> None:
    """A stream that tells no length is cut at the limit, and the disk is free again."""
    server.faults.next(Route.FILE, FaultOrder(fault=Fault.OVERSIZE, byte_count=2_500_000))
    with pytest.raises(ResultUnavailable):
        await results.fetch(job, 1, most_bytes=PLENTY)
    assert names(tmp_path) == []


async def test_an_expired_result_is_gone(
    server: ModelApiServer,
    results: ResultFolder,
    job: Job,
    state: SandboxClock,
) -> None:
    """The API's links die."""
    await state.advance(server.behaviour.output_lives_seconds + 1)
    with pytest.raises(ResultUnavailable) as caught:
        await results.fetch(job, 1, most_bytes=PLENTY)
    assert caught.value.problem is ResultProblem.GONE


async def test_another_host_is_refused(server: ModelApiServer, client: RunComfyClient, results: ResultFolder) -> None:
    """An output elsewhere is not fetched, whoever names it."""
    server.behaviour = replace(server.behaviour, output_origin=server.url.replace("127.0.0.1", "localhost"))
    job = await job_of(server, client)
    with pytest.raises(ResultUnavailable) as caught:
        await results.fetch(job, 1, most_bytes=PLENTY)
    assert (caught.value.problem, caught.value.detail) == (ResultProblem.HOST_REFUSED, "localhost")
    assert server.traffic.of(Route.FILE) == []
