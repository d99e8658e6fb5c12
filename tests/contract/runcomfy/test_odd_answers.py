"""Answers that no switch of the local Model API makes: broken and outsized bodies around a clear status."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.clock import SystemClock
from services.errors import ApiNotSent, ApiOutcomeUnknown, ApiRefused, FailureKind
from services.jobs.ports import Progress, RequestState
from services.runcomfy import client as client_module
from services.runcomfy.client import RunComfyClient
from services.runcomfy.wire import read_result
from tests.contract.runcomfy.conftest import INPUTS, MODEL, Naps

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def client_for(handler: Handler, naps: Naps) -> AsyncIterator[RunComfyClient]:
    """Provide a client whose API answers by a function."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(app) as server:
        url = str(server.make_url("")).rstrip("/")
        async with RunComfyClient("token-of-eight", clock=SystemClock(), base_url=url, sleep=naps.take) as client:
            yield client


def breaking_off(status: int, begin: bytes = b'{"error_', *, is_whole: bool = False) -> Handler:
    """Answer with a status and a body that begins so and breaks off, or that is whole and no JSON."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            status=status, headers={"Content-Length": str(len(begin)) if is_whole else "1000", "Retry-After": "9"}
        )
        await response.prepare(request)
        await response.write(begin)
        if request.transport is not None and not is_whole:
            request.transport.close()
        return response

    return answer


async def test_a_refusal_stands_whatever_became_of_its_body(naps: Naps) -> None:
    """A 422 is a definite no, also when its text is lost."""
    async with client_for(breaking_off(422), naps) as client:
        with pytest.raises(ApiRefused) as caught:
            await client.submit(MODEL, INPUTS)
    assert (caught.value.kind, caught.value.reason) == (FailureKind.BAD_INPUT, "")


async def test_too_many_requests_stands_whatever_became_of_its_body(naps: Naps) -> None:
    """A 429 may be sent again, also when its text is lost."""
    async with client_for(breaking_off(429), naps) as client:
        with pytest.raises(ApiNotSent) as caught:
            await client.submit(MODEL, INPUTS)
    assert caught.value.retry_after_seconds == 9.0


async def test_an_acceptance_without_its_body_is_in_doubt(naps: Naps) -> None:
    """A 200 whose id is lost may have been paid."""
    async with client_for(breaking_off(200), naps) as client:
        with pytest.raises(ApiOutcomeUnknown):
            await client.submit(MODEL, INPUTS)


@pytest.mark.parametrize("status", [200, 202, 500, 503, 307, 408])
@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "broken off"])
async def test_an_id_that_was_answered_stands_in_the_log(
    naps: Naps, caplog: pytest.LogCaptureFixture, *, status: int, is_whole: bool
) -> None:
    """Whatever else an answer says, and wherever it breaks off: what was paid for can be found and adopted."""
    answer = breaking_off(status, b'{"request_id": "req-7", "x": "', is_whole=is_whole)
    async with client_for(answer, naps) as client:
        with pytest.raises(ApiOutcomeUnknown):
            await client.submit(MODEL, INPUTS)
    assert any("request_id=req-7" in record.getMessage() for record in caplog.records if record.levelname == "ERROR")


async def test_a_body_has_a_largest_size(naps: Naps) -> None:
    """What is far larger than any answer is not read to its end."""
    left = 64

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal left
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"request_id": "x", "padding": "')
        while left:
            await response.write(b"x" * 1_000_000)
            left -= 1
        await response.write(b'"}')
        return response

    async with client_for(answer, naps) as client:
        with pytest.raises(ApiOutcomeUnknown):
            await client.submit(MODEL, INPUTS)
    assert left > 0


async def test_a_large_result_is_read_beside_the_others(naps: Naps, monkeypatch: pytest.MonkeyPatch) -> None:
    """Megabytes of a picture as text hide no address beside them, and hold up nobody: a thread reads them."""
    output = {"image": "https://x.runcomfy.net/a.png", "preview": "A" * 6_000_000}
    body = json.dumps({"status": "completed", "output": output})
    readers: list[threading.Thread] = []

    def read(document: object) -> Progress:
        readers.append(threading.current_thread())
        return read_result(document)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=body, content_type="application/json")

    monkeypatch.setattr(client_module, "read_result", read)
    async with client_for(answer, naps) as client:
        told = await client.get_result("req-1")
    assert [found.url for found in told.outputs] == ["https://x.runcomfy.net/a.png"]
    assert readers
    assert threading.main_thread() not in readers


async def test_no_header_decides_over_a_paid_job(naps: Naps, caplog: pytest.LogCaptureFixture) -> None:
    """A pause of a year that no calendar has is none: the id of the accepted request is there, and in the log."""

    async def answer(_: web.Request) -> web.Response:
        odd = {"Retry-After": "Mon, 01 Jan 99999999999999 00:00:00 GMT"}
        return web.json_response({"request_id": "req-1", "status": "in_queue"}, headers=odd)

    caplog.set_level("INFO")
    async with client_for(answer, naps) as client:
        assert await client.submit(MODEL, INPUTS) == "req-1"
        assert (await client.get_status("req-1")).state is RequestState.IN_QUEUE
    assert "request_id=req-1" in caplog.text
