"""A job's whole way through the Model API, on real sockets."""

from __future__ import annotations

import asyncio
import io
import re
from datetime import datetime

import aiohttp
import pytest
from PIL import Image

from sandbox.clock import SandboxClock
from sandbox.model_api import ModelApiServer, RequestState
from tests.sandbox.model_api.plain_client import BOAT, CAT, MODEL, Client


async def test_a_submit_answers_exactly_the_four_documented_fields(server: ModelApiServer, client: Client) -> None:
    """An accepted submit tells its id and three addresses, nothing else."""
    answer = await client.submit()
    request_id = answer.json["request_id"]
    assert answer.status == 200
    assert isinstance(request_id, str)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", request_id)
    base = f"{server.url}/v1/requests/{request_id}"
    assert answer.json == {
        "request_id": request_id,
        "status_url": f"{base}/status",
        "result_url": f"{base}/result",
        "cancel_url": f"{base}/cancel",
    }


async def test_a_job_goes_from_the_queue_to_a_picture(
    server: ModelApiServer, client: Client, clock: SandboxClock
) -> None:
    """The position counts down by the sandbox's clock, then the job runs, and its result needs no token."""
    server.pace.queue_seconds, server.pace.run_seconds, server.pace.positions = 200, 100, 2
    request_id = str((await client.submit(image_urls=[CAT, BOAT])).json["request_id"])
    request = server.requests[request_id]
    first = (await client.status(request_id)).json
    assert (first["status"], first["queue_position"]) == ("in_queue", 2)
    assert "cancel_url" not in first
    await clock.advance(101)
    async with asyncio.timeout(5):
        while (await client.status(request_id)).json.get("queue_position") != 1:
            pass
    assert (await client.result(request_id)).json == {"request_id": request_id, "status": "in_queue"}
    await clock.advance(101)
    await request.reached(RequestState.IN_PROGRESS)
    running = (await client.status(request_id)).json
    assert running["status"] == "in_progress"
    assert "queue_position" not in running
    await request.finish()
    assert (await client.status(request_id)).json["status"] == "completed"
    result = (await client.result(request_id)).json
    assert (result["status"], result["cost"]) == ("succeeded", 0.16)
    times = [datetime.fromisoformat(str(result[name])) for name in ("created_at", "finished_at")]
    assert times == [request.submitted_at, request.ended_at]
    output = result["output"]
    assert isinstance(output, dict)
    file = await client.call("GET", str(output["image"]), token=None)
    assert (file.status, file.headers["Content-Type"]) == (200, "image/png")
    picture = Image.open(io.BytesIO(file.body))
    assert (picture.format, picture.size) == ("PNG", (1536, 1024))
    assert server.violations == []


async def test_the_cost_is_told_only_when_it_is_asked_for(server: ModelApiServer, client: Client) -> None:
    """Without include_cost=true there is no cost in the result."""
    request_id = str((await client.submit(quality="low")).json["request_id"])
    await server.requests[request_id].ended()
    assert "cost" not in (await client.result(request_id, query="")).json
    assert (await client.result(request_id)).json["cost"] == 0.01


@pytest.mark.parametrize(
    ("inputs", "format_name", "mode", "size"),
    [
        ({"output_format": "jpeg", "image_size": "1024x1536"}, "JPEG", "RGB", (1024, 1536)),
        (
            {"output_format": "webp", "image_size": "1024x1024", "background": "transparent"},
            "WEBP",
            "RGBA",
            (1024, 1024),
        ),
        ({"output_format": "png", "background": "transparent", "quality": "low"}, "PNG", "RGBA", (1536, 1024)),
    ],
)
async def test_the_picture_has_the_size_format_and_background_asked_for(
    server: ModelApiServer,
    client: Client,
    inputs: dict[str, str],
    format_name: str,
    mode: str,
    size: tuple[int, int],
) -> None:
    """The parameters are obeyed visibly."""
    await client.submit(**inputs)
    request = server.submits[0]
    await request.ended()
    picture = Image.open(io.BytesIO((await client.call("GET", request.outputs[0], token=None)).body))
    assert (picture.format, picture.mode, picture.size) == (format_name, mode, size)
    if mode == "RGBA":
        assert picture.getpixel((0, 0))[3] == 0  # type: ignore[index]  # an RGBA pixel is a tuple


async def test_other_inputs_and_other_prompts_make_other_pictures(server: ModelApiServer, client: Client) -> None:
    """The result is made of the inputs, not taken from a drawer."""
    for inputs in ({}, {"image_urls": [BOAT]}, {"prompt": "make it day"}, {}):
        await client.submit(**inputs)
    files = []
    for request in server.submits:
        await request.ended()
        files.append((await client.call("GET", request.outputs[0], token=None)).body)
    assert len(set(files[:3])) == 3
    assert files[3] == files[0]


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("https://pictures.example.com/gone.png", "Failed to download image_urls[1]: HTTP 404."),
        ("https://pictures.example.com/../secret.png", "Failed to download image_urls[1]: HTTP 404."),
        ("https://nowhere.example.org/a.png", "nowhere.example.org could not be resolved."),
        ("http://pictures.example.com/cat.png", "the address is not HTTPS."),
        ("https://pictures.example.com/empty.png", "the file is empty."),
        ("https://pictures.example.com/huge.png", "the file is larger than 50 MB."),
        ("https://pictures.example.com/notes.png", "Failed to read image_urls[1]: it is not a picture."),
    ],
)
async def test_an_input_that_cannot_be_fetched_fails_the_job_with_a_sentence(
    server: ModelApiServer, client: Client, address: str, sentence: str
) -> None:
    """A dead link is accepted, and ends the job as failed: `completed` on /status, the reason on /result."""
    request_id = str((await client.submit(image_urls=[CAT, address])).json["request_id"])
    await server.requests[request_id].ended()
    assert (await client.status(request_id)).json["status"] == "completed"
    result = (await client.result(request_id)).json
    assert result["status"] == "failed"
    assert sentence in str(result["error"])
    assert "output" not in result
    assert "cost" not in result


async def test_inputs_on_a_loopback_server_are_fetched_without_authorization(
    server: ModelApiServer, client: Client, clock: SandboxClock
) -> None:
    """Links of a local file host work as they are, and see no token."""
    await client.submit()
    await server.submits[0].ended()
    async with ModelApiServer(clock=clock) as other:
        other.pace.queue_seconds = other.pace.run_seconds = 0.0
        link = server.url + server.submits[0].outputs[0]
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {other.token}"}) as session:
            await session.post(f"{other.url}/v1/models/{MODEL}", json={"prompt": "again", "image_urls": [link]})
        await other.submits[0].ended()
        assert other.submits[0].state is RequestState.SUCCEEDED
    assert server.violations == []


async def test_the_queue_has_an_order(server: ModelApiServer, client: Client) -> None:
    """Who came later stands behind, and moves up when one before leaves: by a cancel, or by its turn."""
    server.pace.hold_in_queue()
    server.pace.hold_in_progress()
    server.pace.positions = 1
    first, second, third = [str((await client.submit()).json["request_id"]) for _ in range(3)]

    async def position(request_id: str) -> object:
        return (await client.status(request_id)).json.get("queue_position")

    assert [await position(one) for one in (first, second, third)] == [1, 2, 3]
    await client.cancel(second)
    assert [await position(one) for one in (first, second, third)] == [1, None, 2]
    await server.requests[first].start()
    assert [await position(one) for one in (first, second, third)] == [None, None, 1]


async def test_only_what_waits_in_the_queue_can_be_cancelled(server: ModelApiServer, client: Client) -> None:
    """Cancel answers 202 always; its outcome says whether it was granted."""
    server.pace.hold_in_queue()
    server.pace.hold_in_progress()
    queued, running = [str((await client.submit()).json["request_id"]) for _ in range(2)]
    granted = await client.cancel(queued)
    assert (granted.status, granted.json["outcome"]) == (202, "cancelled")
    assert (await client.status(queued)).json["status"] == "cancelled"
    assert (await client.result(queued)).json["status"] == "cancelled"
    await server.requests[running].start()
    for _ in range(2):
        refused = await client.cancel(running)
        assert (refused.status, refused.json["outcome"]) == (202, "not_cancellable")
        await server.requests[running].finish()
    assert (await client.cancel(queued)).json["outcome"] == "not_cancellable"
    assert server.requests[running].state is RequestState.SUCCEEDED


async def test_a_job_can_be_held_moved_and_failed_by_hand(server: ModelApiServer, client: Client) -> None:
    """A test decides when a job starts and how it ends."""
    server.pace.hold_in_queue()
    for _ in range(3):
        await client.submit()
    by_hand, failing, released = server.submits
    await failing.fail("The prompt was refused.")
    await by_hand.start()
    server.pace.release()
    for request in server.submits:
        await request.ended()
    assert [request.state for request in server.submits] == ["succeeded", "failed", "succeeded"]
    assert failing.error == "The prompt was refused."
    assert released.started_at is not None


async def test_jobs_that_are_held_stay_until_they_are_released(server: ModelApiServer, client: Client) -> None:
    """Neither the queue nor the run ends by itself under a hold, and a cancelled job makes nothing."""
    server.pace.hold_in_progress()
    await client.submit()
    held = server.submits[0]
    await held.reached(RequestState.IN_PROGRESS)
    for later in (1, 2, 3):
        await client.submit()
        await server.submits[later].finish()
    assert held.state is RequestState.IN_PROGRESS
    server.pace.hold_in_queue()
    await client.submit()
    cancelled = server.submits[4]
    await client.cancel(cancelled.request_id)
    server.pace.release()
    await client.submit()
    await server.submits[5].ended()
    await held.ended()
    assert (cancelled.state, cancelled.outputs, cancelled.cost) == (RequestState.CANCELLED, (), None)


async def test_two_hundred_jobs_at_once_are_carried_while_the_server_keeps_answering(
    server: ModelApiServer, client: Client
) -> None:
    """Many jobs block neither one another nor the loop."""
    answers = await asyncio.gather(*(client.submit(image_size="1024x1024") for _ in range(200)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["request_id"] for answer in answers}) == 200
    for request in server.submits:
        await request.ended(timeout_seconds=30)
    assert {request.state for request in server.submits} == {RequestState.SUCCEEDED}


async def test_inputs_may_have_every_picture_format_and_be_ten(server: ModelApiServer, client: Client) -> None:
    """PNG, JPEG, WebP and GIF are all read, and ten of them fit on one result."""
    names = ("cat.png", "boat.jpg", "house.webp", "cat.gif")
    addresses = [f"https://pictures.example.com/{names[index % 4]}" for index in range(10)]
    await client.submit(image_urls=addresses)
    await server.submits[0].ended()
    assert (server.submits[0].state, server.submits[0].error) == (RequestState.SUCCEEDED, None)
