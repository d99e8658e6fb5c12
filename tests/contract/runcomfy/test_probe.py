"""`check` tells the operator whether the API can be used, and names the fix."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.model_api import BadToken, Fault, ModelApiServer, Route
from services.runcomfy.client import RunComfyClient
from tests.contract.runcomfy.conftest import Naps, client_of


async def test_a_working_api_is_reported(server: ModelApiServer, client: RunComfyClient) -> None:
    """One free call to the catalogue, for one entry."""
    probe = await client.probe()
    assert probe.is_ok
    assert server.url in probe.report
    (call,) = server.traffic.calls
    assert (call.route, call.query) == (Route.CATALOG, {"limit": "1"})


@pytest.mark.parametrize("switch", list(BadToken))
@pytest.mark.parametrize("errors_under_200", [False, True])
async def test_a_bad_token_is_told(
    server: ModelApiServer,
    naps: Naps,
    switch: BadToken,
    *,
    errors_under_200: bool,
) -> None:
    """In each of the ways in which the API refuses one; the report does not repeat it."""
    server.behaviour = replace(server.behaviour, bad_token=switch, errors_under_200=errors_under_200)
    async with client_of(server, naps, token="another-token") as client:
        probe = await client.probe()
    assert not probe.is_ok
    assert "token" in probe.report
    assert "RUNCOMFY_API_TOKEN" in probe.fix
    assert "another-token" not in probe.report + probe.fix


async def test_an_api_that_is_away_is_told(server: ModelApiServer, client: RunComfyClient) -> None:
    """Unreachable is another trouble than a bad token, with another fix."""
    async with server.away():
        probe = await client.probe()
    assert not probe.is_ok
    assert "cannot be reached" in probe.report
    assert "base_url" in probe.fix


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.NOT_AN_OBJECT, Fault.REQUEST_GONE, Fault.WRONG_TYPES])
async def test_something_else_at_that_address_is_told(
    server: ModelApiServer,
    client: RunComfyClient,
    fault: Fault,
) -> None:
    """A page, or another program's answer, is not taken for the API."""
    server.faults.next(Route.CATALOG, fault, times=None)
    probe = await client.probe()
    assert not probe.is_ok
    assert "base_url" in probe.fix
