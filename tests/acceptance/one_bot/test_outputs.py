"""Results of many files, of several kinds, and of files that are too large: what hangs there, and what is linked to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from sandbox.client_driver import Card
from sandbox.model_api.behaviour import Behaviour, OutputShape
from sandbox.model_api.faults import Fault, FaultOrder
from sandbox.model_api.model_request import RequestState
from sandbox.model_api.renderer import ResultFile
from sandbox.model_api.sample_media import sound, video
from sandbox.model_api.storage import encode_path
from sandbox.model_api.traffic import Route
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.one_bot.asking import ask
from tests.acceptance.promise import Record, messages_with_result, records
from tests.rig import until

MEBIBYTE = 1024 * 1024


def picture(number: int, *, padding_bytes: int = 0) -> ResultFile:
    """Return a small picture of its own, with blanks behind it that every viewer ignores."""
    data = paint(f"result{number}.png", width=32, height=32).data
    return ResultFile(data=data + bytes(padding_bytes), content_type="image/png", suffix="png")


async def shown(sandbox: Sandbox, files: Sequence[ResultFile], *, shape: OutputShape) -> Result:
    """Let a member ask, have the service answer with exactly these files, and wait until the card shows the end."""
    sandbox.model_api.behaviour = Behaviour(output_shape=shape)
    sandbox.model_api.pace.queue_seconds = sandbox.model_api.pace.run_seconds = 0.1
    paths = [sandbox.model_api.storage.put(file, stored_at=sandbox.clock.now()) for file in files]

    async def exchange(_: object) -> None:
        request = sandbox.model_api.submits[-1]
        if request.state is RequestState.SUCCEEDED:
            request.outputs = tuple(paths)

    sandbox.model_api.hooks.before("result", exchange, times=None)
    job = await ask(sandbox)
    await job.card.until_text("Done")

    def found() -> Record | None:
        mine = (record for record in records(sandbox.data_dir) if record.prompt == job.prompt)
        return next((record for record in mine if record.is_settled), None)

    await until(found, what="the acknowledgement")
    record = found()
    assert record is not None
    assert job.submits == 1
    assert [message.id for message in messages_with_result(sandbox, record.job_id)] in ([], [job.card.id])
    urls = [sandbox.model_api.url + encode_path(path) for path in paths]
    return Result(card=job.card, job_id=record.job_id, urls=urls, files=files)


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A finished card, and what the service answered with."""

    card: Card
    job_id: str
    urls: list[str]
    files: Sequence[ResultFile]

    @property
    def hanging(self) -> list[str]:
        """The names of the files at the card, without the job's id; each is byte for byte the service's."""
        names = []
        for file in self.card.attachments:
            name = file.filename.removeprefix(f"{self.job_id}-")
            assert file.data == self.files[int(name.partition(".")[0]) - 1].data
            names.append(name)
        return names

    @property
    def links(self) -> dict[str, str | None]:
        """Where each link button leads, by its label."""
        return {button.label: button.url for button in self.card.buttons if button.url}


async def test_a_file_that_comes_late(sandbox: Sandbox) -> None:
    """One that the storage does not show yet holds back no other: it is added to the same card, in its place."""
    sandbox.model_api.faults.next(Route.FILE, FaultOrder(fault=Fault.FILE_GONE, status=403), times=3)
    result = await shown(sandbox, [picture(number) for number in range(1, 5)], shape=OutputShape.IMAGES)
    assert sorted(result.hanging) == ["1.png", "2.png", "3.png", "4.png"]
    states = [str(revision.components) for revision in result.card.message.revisions]
    assert any("still being fetched" in state for state in states)
    places = [states[-1].index(f"{result.job_id}-{number}.png") for number in range(1, 5)]
    assert places == sorted(places)
    assert result.links == {}


async def test_twenty_five_outputs(sandbox: Sandbox) -> None:
    """The first ten hang there in order, the next ten are linked to, and /job has every link that is left."""
    result = await shown(sandbox, [picture(number) for number in range(1, 26)], shape=OutputShape.IMAGES)
    assert result.hanging == [f"{number}.png" for number in range(1, 11)]
    assert len(result.card.media) == 10
    assert result.links == {f"Open result {number}": result.urls[number - 1] for number in range(11, 21)}
    assert "ten files" in result.card.text
    assert "5 more: see `/job`." in result.card.text
    whole = await (await sandbox.clients.ada.slash("job", job=result.job_id)).message()
    listed = next(file for file in whole.attachments if file.filename == "links.txt")
    assert listed.data.decode().splitlines() == [
        f"Result {number}: {result.urls[number - 1]}" for number in range(11, 26)
    ]


@pytest.mark.parametrize("shape", [OutputShape.NESTED, OutputShape.IMAGES])
async def test_pictures_films_and_sounds_together(sandbox: Sandbox, shape: OutputShape) -> None:
    """Each hangs there under an end that fits what it is, whatever the service calls it; sounds can be played."""
    result = await shown(sandbox, [picture(1), video(), sound(), picture(4)], shape=shape)
    assert result.hanging == ["1.png", "2.mp4", "3.wav", "4.png"]
    seen = [url.partition("?")[0].rpartition("-")[2] for url in result.card.gallery]
    assert seen == ["1.png", "2.mp4", "4.png"]
    assert f"attachment://{result.job_id}-3.wav" in str(result.card.message.components)
    assert result.links == {}


async def test_one_output_larger_than_the_place_takes(sandbox: Sandbox) -> None:
    """The others hang there; the large one is linked to, with the reason, and can be fetched."""
    files = [picture(1), picture(2, padding_bytes=11 * MEBIBYTE), picture(3)]
    result = await shown(sandbox, files, shape=OutputShape.IMAGES)
    assert result.hanging == ["1.png", "3.png"]
    assert result.links == {"Open result 2": result.urls[1]}
    assert "place lets a bot upload" in result.card.text


async def test_outputs_that_are_too_large_together(sandbox: Sandbox) -> None:
    """Each that fits by itself hangs there, in order, if by more than one request."""
    files = [picture(1, padding_bytes=6 * MEBIBYTE), picture(2, padding_bytes=6 * MEBIBYTE), picture(3)]
    result = await shown(sandbox, files, shape=OutputShape.IMAGES)
    assert sorted(result.hanging) == ["1.png", "2.png", "3.png"]
    seen = [url.partition("?")[0].rpartition("-")[2] for url in result.card.gallery]
    assert seen == ["1.png", "2.png", "3.png"]
    assert result.links == {}
