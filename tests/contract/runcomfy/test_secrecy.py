"""The token goes to the API's own origin and nowhere else: no redirect, no result URL, no log, no error."""

from __future__ import annotations

import logging
import traceback

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.model_api import Authorization, Fault, ModelApiServer, ModelRequest, Route
from services.clock import SystemClock
from services.errors import ApiError, ApiRefused, SettingsError
from services.runcomfy.client import RunComfyClient
from services.runcomfy.result_folder import ResultFolder
from tests.contract.runcomfy.conftest import INPUTS, MODEL, Naps, client_of
from tests.contract.runcomfy.jobs import job_with


async def test_every_api_call_carries_the_token(server: ModelApiServer, client: RunComfyClient) -> None:
    """Bearer, on each call."""
    request_id = await client.submit(MODEL, INPUTS)
    await client.get_status(request_id)
    await client.get_result(request_id)
    await client.cancel(request_id)
    await client.probe()
    assert {call.authorization for call in server.traffic.calls} == {Authorization.RIGHT}
    assert len(server.traffic.calls) == 5


async def test_a_result_is_fetched_without_it(
    server: ModelApiServer,
    client: RunComfyClient,
    results: ResultFolder,
    finished: ModelRequest,
) -> None:
    """The storage never sees who we are."""
    progress = await client.get_result(finished.request_id)
    await results.fetch(job_with(*progress.outputs), 1, most_bytes=10_000_000)
    calls = server.traffic.of(Route.FILE)
    assert [call.authorization for call in calls] == [Authorization.ABSENT]
    assert "cookie" not in calls[0].headers


@pytest.mark.parametrize(
    "fault", [Fault.HTML, Fault.REDIRECT, Fault.RESET_AFTER, Fault.TRUNCATED_JSON, Fault.FORBIDDEN]
)
async def test_no_error_and_no_log_holds_the_token_or_the_prompt(
    server: ModelApiServer,
    naps: Naps,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    """Whatever goes wrong, what is raised and logged can be shown to anybody, tracebacks included."""
    caplog.set_level(logging.DEBUG)
    async with client_of(server, naps, tries=1) as client:
        request_id = await client.submit(MODEL, INPUTS)
        for route in (Route.SUBMIT, Route.STATUS, Route.CANCEL):
            server.faults.next(route, fault, times=2)  # aiohttp repeats a GET once by itself
        told = [repr(client)]
        for call in (client.submit(MODEL, INPUTS), client.get_status(request_id), client.cancel(request_id)):
            with pytest.raises(ApiError) as caught:
                await call
            told += [repr(caught.value), *traceback.format_exception(caught.value)]
    for text in (*told, caplog.text):
        assert server.token not in text
        assert "fox" not in text


async def test_a_service_that_echoes_the_token_is_not_quoted(naps: Naps) -> None:
    """A reason that repeats the token reaches people without it."""

    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"message": f"bad header {request.headers['Authorization']}"}, status=422)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", echo)
    async with TestServer(app) as server:
        url = str(server.make_url("")).rstrip("/")
        token = "token-of-many-letters"
        async with RunComfyClient(token, clock=SystemClock(), base_url=url, sleep=naps.take) as client:
            with pytest.raises(ApiRefused) as caught:
                await client.submit(MODEL, INPUTS)
    assert caught.value.reason == "bad header Bearer (token)"


@pytest.mark.parametrize(
    "base_url",
    [
        "http://model-api.runcomfy.net",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "model-api.runcomfy.net",
        "https://ada:secret@model-api.runcomfy.net",
        "https://model-api.runcomfy.net/?x=1",
        "https://",
        "",
    ],
)
def test_the_token_never_travels_in_the_clear(base_url: str) -> None:
    """A base URL must be HTTPS, but for this machine, and hold nothing but an address."""
    with pytest.raises(SettingsError, match="base_url") as caught:
        RunComfyClient("token-of-eight", clock=SystemClock(), base_url=base_url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "token", ["", "   ", "tiny", "two words here", "line\r\nbreak-x", "größe-größe", "tab\tinside"]
)
def test_a_token_that_no_header_can_hold_is_refused_at_start(token: str) -> None:
    """One clear sentence, which does not repeat it."""
    with pytest.raises(SettingsError, match=r"runcomfy\.token") as caught:
        RunComfyClient(token, clock=SystemClock())
    assert not token.strip() or token not in str(caught.value)
