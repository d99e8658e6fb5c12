"""Traffic is held against Discord's own document."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.clock import SandboxClock
from sandbox.discord.conformance import Conformance
from sandbox.discord.server import DiscordServer
from sandbox.discord.traffic import Call
from tests.rig import until

EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"


@pytest.fixture
def document(conformance: Conformance | None) -> Conformance:
    """The checker; without the document there is nothing to check against."""
    if conformance is None:
        pytest.skip("Discord's OpenAPI document is not here (DISCORD_OPENAPI names it)")
    return conformance


def call(body: object, *, route: str = EDIT, status: int = 200, response: object = None) -> Call:
    """A recorded call."""
    method, _, path = route.partition(" ")
    return Call(
        method=method,
        path=path,
        route=route,
        parameters={},
        query={},
        at=SandboxClock().now(),
        body=body,
        status=status,
        response=response,
    )


def test_a_body_that_the_document_allows_passes(document: Conformance) -> None:
    """A layout with a file, its id written as a number, is the known exception."""
    body = {
        "flags": 1 << 15,
        "components": [{"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}],
        "attachments": [{"id": 0, "filename": "a.png", "description": "A"}],
    }
    assert document.violations([call(body)]) == []


@pytest.mark.parametrize(
    "body",
    [
        {"flags": "many"},
        {"components": [{"type": 12, "items": []}]},
        {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "x" * 81}]}]},
        {"attachments": [{"filename": "a.png"}]},
    ],
)
def test_a_body_that_the_document_forbids_is_told(document: Conformance, body: object) -> None:
    """Each kind of mistake is one sentence."""
    assert len(document.violations([call(body)])) == 1


def test_an_unknown_operation_is_told(document: Conformance) -> None:
    """A route that the document lacks is a violation itself."""
    assert document.violations([call({}, route="POST /nowhere")]) == [
        "POST /nowhere: the document has no such operation"
    ]


def test_a_wrong_answer_of_this_discord_is_told(document: Conformance) -> None:
    """The sandbox's own answers are checked too."""
    assert document.response_violations([call(None, response={"id": 5})])
    assert document.response_violations([call(None, status=201, response={})])
    refusal = {"message": "Maximum number of edits", "code": 30046}
    assert document.response_violations([call(None, status=429, response=refusal)]) == []


@pytest.mark.parametrize("sent", ["{", ""])
async def test_a_request_that_was_torn_off_says_nothing(
    server: DiscordServer, document: Conformance, sent: str
) -> None:
    """A bot that is killed while it sends broke no rule; one that sends a whole request without its body did."""
    host, port = server.api_url.partition("//")[2].partition("/")[0].split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    length = 40 if sent else 0
    head = f"PATCH /api/v10/channels/1/messages/2 HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n"
    writer.write(f"{head}Content-Type: application/json\r\n\r\n{sent}".encode())
    await until(lambda: len(server.traffic) == 1, what="the request's head")
    if not sent:
        await until(lambda: server.traffic[0].status, what="an answer")
    writer.transport.abort()
    await asyncio.sleep(0.05)
    assert server.traffic[0].is_arriving == bool(sent)
    found = document.violations(server.traffic)
    assert found == ([] if sent else [f"{EDIT}: a body is required"])
