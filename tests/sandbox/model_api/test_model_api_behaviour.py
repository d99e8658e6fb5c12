"""Each disagreement among the sources has a switch, and the switch shows on the wire."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from sandbox.clock import SandboxClock
from sandbox.model_api import (
    BadInput,
    BadToken,
    Behaviour,
    CancelledWord,
    ErrorShape,
    ModelApiServer,
    NoBalance,
    OutputShape,
    SuccessWord,
    UnknownModel,
)
from sandbox.model_api.json_values import JsonValue
from tests.sandbox.model_api.plain_client import CAT, MODEL, Client


async def finished(client: Client, server: ModelApiServer, **inputs: JsonValue) -> str:
    """Submit a job and wait for its end."""
    body = {"prompt": "make it night", "image_urls": [CAT], **inputs}
    await client.call("POST", f"/v1/models/{MODEL}", json=body)
    await server.submits[-1].ended()
    return server.submits[-1].request_id


async def test_the_words_for_success_and_cancelled_can_be_switched(server: ModelApiServer, client: Client) -> None:
    """Both spellings of the end are spoken."""
    request_id = await finished(client, server)
    server.behaviour = Behaviour(
        success_word=SuccessWord.COMPLETED,
        success_word_on_status=SuccessWord.SUCCEEDED,
        cancelled_word=CancelledWord.CANCELED,
    )
    assert (await client.result(request_id)).json["status"] == "completed"
    assert (await client.status(request_id)).json["status"] == "succeeded"
    server.pace.hold_in_queue()
    queued = str((await client.submit()).json["request_id"])
    await client.cancel(queued)
    assert (await client.status(queued)).json["status"] == "canceled"


async def test_a_failure_shows_on_status_only_when_switched(server: ModelApiServer, client: Client) -> None:
    """By default a failed job is `completed` on /status."""
    server.behaviour = Behaviour(fail_reason="The prompt was refused.")
    request_id = await finished(client, server)
    assert (await client.status(request_id)).json["status"] == "completed"
    server.behaviour = replace(server.behaviour, failed_on_status=True)
    assert (await client.status(request_id)).json["status"] == "failed"


@pytest.mark.parametrize(
    ("shape", "error"),
    [
        (ErrorShape.STRING, "Too dark."),
        (ErrorShape.OBJECT, {"type": "ModelError", "message": "Too dark."}),
        (ErrorShape.LIST, [{"errorCode": 500001, "error": "Too dark.", "debugInfo": "worker-7"}]),
        (ErrorShape.NULL, None),
    ],
)
async def test_the_error_of_a_failed_job_takes_every_shape(
    server: ModelApiServer, client: Client, shape: ErrorShape, error: object
) -> None:
    """A string, an object, a list or null."""
    server.behaviour = Behaviour(fail_reason="Too dark.", error_shape=shape)
    result = (await client.result(await finished(client, server))).json
    assert (result["status"], result["error"]) == ("failed", error)
    server.behaviour = replace(server.behaviour, error_shape=ErrorShape.ABSENT)
    assert "error" not in (await client.result(server.submits[0].request_id)).json


@pytest.mark.parametrize(
    ("behaviour", "status", "body"),
    [
        (Behaviour(), 401, {"message": "Unauthorized"}),
        (Behaviour(bad_token=BadToken.CODE_400004), 400, {"error_code": 400004}),
        (Behaviour(bad_token=BadToken.CODE_400004, errors_under_200=True), 200, {"error_code": 400004}),
        (Behaviour(errors_under_200=True), 200, {"error_code": 401001}),
    ],
)
async def test_a_wrong_token_is_refused_in_each_known_way(
    server: ModelApiServer, client: Client, behaviour: Behaviour, status: int, body: dict[str, object]
) -> None:
    """On every route of the API, and nothing is accepted."""
    server.behaviour = behaviour
    for method, path in (("POST", f"/v1/models/{MODEL}"), ("GET", "/v1/requests/x/status"), ("GET", "/v1/models")):
        for token in ("wrong", None):
            answer = await client.call(method, path, json={} if method == "POST" else None, token=token)
            assert (answer.status, answer.json | body) == (status, answer.json)
    server.behaviour = replace(behaviour, token_is_revoked=True)
    assert (await client.submit()).status == status
    assert server.submits == ()


@pytest.mark.parametrize(
    ("behaviour", "model", "inputs", "status", "code"),
    [
        (Behaviour(balance_is_empty=True), MODEL, {}, 402, None),
        (Behaviour(balance_is_empty=True, no_balance=NoBalance.CODE_400002), MODEL, {}, 400, 400002),
        (Behaviour(), "nobody/nothing", {}, 404, None),
        (Behaviour(unknown_model=UnknownModel.CODE_400001), "nobody/nothing", {}, 400, 400001),
        (Behaviour(), MODEL, {"quality": "ultra"}, 422, 422001),
        (Behaviour(bad_input=BadInput.STATUS_400), MODEL, {"quality": "ultra"}, 400, None),
        (Behaviour(errors_under_200=True), MODEL, {"quality": "ultra"}, 200, 422001),
    ],
)
async def test_a_submit_is_refused_in_each_known_way(
    server: ModelApiServer,
    client: Client,
    behaviour: Behaviour,
    model: str,
    inputs: dict[str, object],
    status: int,
    code: int | None,
) -> None:
    """No balance, an unknown model and bad inputs, by HTTP status or by code."""
    server.behaviour = behaviour
    body = {"prompt": "x", "image_urls": [CAT], **inputs}
    answer = await client.call("POST", f"/v1/models/{model}", json=body)
    assert (answer.status, answer.json.get("error_code")) == (status, code)
    assert server.submits == ()


@pytest.mark.parametrize(
    ("shape", "count", "shown"),
    [
        (OutputShape.IMAGE_OR_IMAGES, 1, {"image": 0}),
        (OutputShape.IMAGE_OR_IMAGES, 2, {"images": [0, 1]}),
        (OutputShape.IMAGE, 1, {"image": 0}),
        (OutputShape.IMAGES, 1, {"images": [0]}),
        (OutputShape.IMAGE_AND_IMAGES, 2, {"image": 0, "images": [0, 1]}),
        (OutputShape.DUPLICATES, 2, {"images": [0, 1, 0, 1]}),
        (OutputShape.STRING, 1, 0),
        (OutputShape.LIST, 2, [0, 1]),
        (OutputShape.NESTED, 1, {"result": {"files": [{"url": 0, "type": "image"}]}}),
        (OutputShape.VIDEO, 1, {"video": 0}),
        (OutputShape.VIDEOS, 2, {"videos": [0, 1]}),
        (OutputShape.AUDIO, 1, {"audio": 0}),
        (OutputShape.AUDIOS, 2, {"audios": [0, 1]}),
        (OutputShape.EMPTY, 1, {}),
    ],
)
async def test_the_output_takes_every_shape(
    server: ModelApiServer, client: Client, shape: OutputShape, count: int, shown: object
) -> None:
    """Each address, wherever it stands, leads to a file of its own."""
    server.behaviour = Behaviour(output_shape=shape, output_count=count)
    result = (await client.result(await finished(client, server, quality="low"))).json
    addresses = [server.url + path.replace("=", "%3D") for path in server.submits[0].outputs]
    assert len(set(addresses)) == count
    text = json.dumps(result["output"])
    for index, address in enumerate(addresses):
        text = text.replace(json.dumps(address), str(index))
    assert json.loads(text) == shown
    kind = {"VIDEO": "video", "AUDIO": "audio"}.get(shape.name[:5], "image")
    for address in addresses:
        file = await client.call("GET", address, token=None)
        assert (file.status, file.headers["Content-Type"].partition("/")[0]) == (200, kind)


async def test_a_finished_job_may_have_no_output_at_all(server: ModelApiServer, client: Client) -> None:
    """Succeeded, and nothing to show for it."""
    server.behaviour = Behaviour(output_shape=OutputShape.ABSENT)
    result = (await client.result(await finished(client, server))).json
    assert result["status"] == "succeeded"
    assert "output" not in result


async def test_the_result_may_echo_the_inputs(server: ModelApiServer, client: Client) -> None:
    """Addresses of inputs stand outside of `output`."""
    server.behaviour = Behaviour(echoes_inputs=True)
    result = (await client.result(await finished(client, server))).json
    assert result["model_id"] == MODEL
    assert result["input"] == {"prompt": "make it night", "image_urls": [CAT]}


async def test_outputs_may_lie_on_another_host_and_expire(
    server: ModelApiServer, client: Client, clock: SandboxClock
) -> None:
    """The origin in the addresses is a switch; files and then request ids vanish by the sandbox's clock."""
    server.behaviour = Behaviour(
        output_origin="https://elsewhere.example", output_lives_seconds=60, request_lives_seconds=120
    )
    request_id = await finished(client, server)
    output = (await client.result(request_id)).json["output"]
    assert isinstance(output, dict)
    assert str(output["image"]).startswith("https://elsewhere.example/storage/")
    path = server.submits[0].outputs[0]
    assert (await client.call("GET", path, token=None)).status == 200
    await clock.advance(61)
    assert (await client.call("GET", path, token=None)).status == 404
    assert (await client.result(request_id)).status == 200
    await clock.advance(60)
    gone = await client.result(request_id)
    assert (gone.status, gone.json["error_code"]) == (404, 404001)


async def test_the_cost_may_come_late_or_never(server: ModelApiServer, client: Client, clock: SandboxClock) -> None:
    """A finished job whose cost is not known yet has none in its result."""
    server.behaviour = Behaviour(cost_delay_seconds=30)
    request_id = await finished(client, server)
    assert "cost" not in (await client.result(request_id)).json
    await clock.advance(31)
    assert (await client.result(request_id)).json["cost"] == 0.16
    server.behaviour = Behaviour(cost_delay_seconds=None)
    assert "cost" not in (await client.result(request_id)).json


async def test_states_positions_and_cancels_can_be_told_differently(server: ModelApiServer, client: Client) -> None:
    """An unknown word for live jobs, a zero-based queue, and cancels as the documents' sample has them."""
    server.pace.hold_in_queue()
    server.pace.positions = 1
    request_id = str((await client.submit()).json["request_id"])
    assert (await client.status(request_id)).json["queue_position"] == 1
    server.behaviour = Behaviour(first_queue_position=0, state_word="hibernating")
    shown = (await client.status(request_id)).json
    assert (shown["status"], shown["queue_position"]) == ("hibernating", 0)
    server.behaviour = Behaviour(cancel_answers_completed=True)
    cancelled = (await client.cancel(request_id)).json
    assert (cancelled["status"], cancelled["outcome"]) == ("completed", "cancelled")
    server.behaviour = Behaviour(cancel_tells_outcome=False)
    again = (await client.cancel(request_id)).json
    assert again == {"request_id": request_id, "status": "cancelled"}


async def test_data_uris_are_refused_unless_switched(server: ModelApiServer, client: Client, gallery: Path) -> None:
    """Sources disagree on them; the page says hosted addresses only."""
    uri = "data:image/png;base64," + base64.b64encode((gallery / "cat.png").read_bytes()).decode()
    assert (await client.submit(image_urls=[uri])).status == 422
    server.behaviour = Behaviour(accepts_data_uris=True)
    await finished(client, server, image_urls=[uri])
    assert server.submits[0].outputs


async def test_the_catalog_can_be_searched_and_paged(clock: SandboxClock, tmp_path: Path) -> None:
    """Extra models stand beside the built-in one, with schemas when asked for."""
    files = []
    for name in ("alpha/text-to-image", "beta/one/image-to-video", "gamma/two"):
        file = tmp_path / (name.replace("/", "__") + ".json")
        file.write_text(json.dumps({"model_id": name, "output": "audio", "input_schema": {"type": "object"}}))
        files.append(file)
    async with ModelApiServer(clock=clock, models=files) as server, aiohttp.ClientSession() as session:
        client = Client(session, server)
        everything = (await client.call("GET", "/v1/models")).json
        assert everything["total"] == 4
        page = (await client.call("GET", "/v1/models?limit=2&offset=1&include_schema=true")).json["models"]
        assert isinstance(page, list)
        assert [entry["model_id"] for entry in page if isinstance(entry, dict)] == [
            "beta/one/image-to-video",
            "gamma/two",
        ]
        found = (await client.call("GET", "/v1/models?search=GPT&category=image-to-image")).json
        assert found["total"] == 1
        assert (await client.call("GET", "/v1/models?category=text-to-image")).json["total"] == 1
        assert (await client.call("GET", "/v1/models?kind=workflow")).json["total"] == 0
        categories = (await client.call("GET", "/v1/models/categories")).json
        assert categories == {"categories": ["any-to-audio", "image-to-image", "image-to-video", "text-to-image"]}
        one = (await client.call("GET", f"/v1/models/{MODEL}")).json
        schema = one["input_schema"]
        assert isinstance(schema, dict)
        assert schema["required"] == ["prompt", "image_urls"]
        assert (await client.call("GET", "/v1/models/no/such")).status == 404
        server.behaviour = Behaviour(catalog_needs_token=False)
        assert (await client.call("GET", "/v1/models", token=None)).status == 200
