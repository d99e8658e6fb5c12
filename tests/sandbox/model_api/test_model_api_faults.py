"""Every scripted fault happens on the wire, to as many calls as asked, and the facts stay true."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from sandbox.model_api import Authorization, Call, Fault, FaultOrder, ModelApiServer, Route
from tests.sandbox.model_api.plain_client import MODEL, Client

_BROKEN = (aiohttp.ClientError, ConnectionError, TimeoutError)


async def accepted(client: Client, server: ModelApiServer) -> str:
    """Submit a job and wait for its end."""
    await client.submit()
    request = server.submits[-1]
    await request.ended()
    return request.request_id


@pytest.mark.parametrize(
    ("fault", "status", "accepts"),
    [
        (Fault.TOO_MANY_REQUESTS, 429, False),
        (Fault.ERROR_BEFORE, 500, False),
        (Fault.ERROR_AFTER, 500, True),
        (FaultOrder(fault=Fault.ERROR_BEFORE, status=408), 408, False),
        (FaultOrder(fault=Fault.ERROR_AFTER, status=503), 503, True),
        (Fault.ERROR_UNDER_200, 200, False),
        (Fault.FORBIDDEN, 403, False),
        (Fault.REDIRECT, 307, False),
        (FaultOrder(fault=Fault.REDIRECT, status=302), 302, False),
        (Fault.HTML, 200, True),
        (Fault.TRUNCATED_JSON, 200, True),
        (Fault.WRONG_TYPES, 200, True),
        (Fault.NOT_AN_OBJECT, 200, True),
        (Fault.EMPTY_BODY, 200, True),
        (Fault.REQUEST_ID_MISSING, 200, True),
        (Fault.REQUEST_ID_UNUSABLE, 200, True),
    ],
)
async def test_a_submit_that_is_answered_wrongly_is_accepted_or_not_as_the_fault_says(
    server: ModelApiServer, client: Client, fault: Fault | FaultOrder, status: int, *, accepts: bool
) -> None:
    """What a test asserts on is what the API accepted, whatever it answered; the fault happens once."""
    server.faults.next(route="submit", fault=fault)
    spoiled = await client.submit()
    assert spoiled.status == status
    assert len(server.submits) == (1 if accepts else 0)
    request_id = spoiled.json.get("request_id")
    assert not (isinstance(request_id, str) and request_id in server.requests)
    right = await client.submit()
    assert right.json["request_id"] == server.submits[-1].request_id
    assert server.faults.remaining("submit") == 0
    kind = fault.fault if isinstance(fault, FaultOrder) else fault
    assert [call.fault for call in server.traffic.of(Route.SUBMIT)] == [kind, None]


@pytest.mark.parametrize(
    ("fault", "accepts"),
    [
        (Fault.RESET_BEFORE, False),
        (Fault.RESET_AFTER, True),
        (Fault.HANG_UP_BEFORE, False),
        (Fault.HANG_UP_AFTER, True),
        (Fault.HANG_BEFORE, False),
        (Fault.HANG_AFTER, True),
        (Fault.DRIP, True),
        (Fault.HUGE_BODY, True),
    ],
)
async def test_a_submit_without_a_usable_answer_is_accepted_or_not_as_the_fault_says(
    server: ModelApiServer, client: Client, fault: Fault, *, accepts: bool
) -> None:
    """A lost answer says nothing about the effect, and the record knows both."""
    server.faults.next(route="submit", fault=fault)
    body = {"prompt": "x", "image_urls": ["https://pictures.example.com/cat.png"]}
    try:
        answer = await client.call("POST", f"/v1/models/{MODEL}", json=body, seconds=0.5)
    except _BROKEN:
        assert server.traffic.calls[0].status is None
    else:
        assert fault is Fault.HUGE_BODY
        assert answer.json == {}
    assert len(server.submits) == (1 if accepts else 0)


async def test_a_reset_is_a_reset_and_a_hang_up_is_a_hang_up(server: ModelApiServer, client: Client) -> None:
    """The two ways to lose a connection look different to a client."""
    server.faults.next(route="submit", fault=Fault.RESET_BEFORE)
    with pytest.raises(aiohttp.ClientOSError, match="reset by peer"):
        await client.submit()
    server.faults.next(route="submit", fault=Fault.HANG_UP_BEFORE)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.submit()


async def test_a_burst_of_429_tells_when_to_come_back_only_if_asked_to(server: ModelApiServer, client: Client) -> None:
    """Retry-After is there as the very text of the script, or not at all."""
    request_id = await accepted(client, server)
    server.faults.next(route="status", fault=Fault.TOO_MANY_REQUESTS, times=2, retry_after="7")
    server.faults.next(route="status", fault=Fault.TOO_MANY_REQUESTS)
    answers = [await client.status(request_id) for _ in range(4)]
    assert [answer.status for answer in answers] == [429, 429, 429, 200]
    assert [answer.headers.get("Retry-After") for answer in answers] == ["7", "7", None, None]


async def test_a_fault_without_end_lasts_until_it_is_cleared(server: ModelApiServer, client: Client) -> None:
    """A persisting 404001 persists."""
    request_id = await accepted(client, server)
    server.faults.next(route="result", fault=Fault.REQUEST_GONE, times=None)
    for _ in range(5):
        gone = await client.result(request_id)
        assert (gone.status, gone.json["error_code"]) == (404, 404001)
    server.faults.clear("result")
    assert (await client.result(request_id)).json["status"] == "succeeded"


async def test_a_word_never_seen_can_stand_in_status_and_result(server: ModelApiServer, client: Client) -> None:
    """An unknown state comes in an answer that is right otherwise."""
    request_id = await accepted(client, server)
    server.faults.next(route="status", fault=Fault.UNKNOWN_STATE)
    server.faults.next(route="result", fault=FaultOrder(fault=Fault.UNKNOWN_STATE, word="pondering"))
    assert (await client.status(request_id)).json["status"] == "hibernating"
    assert (await client.result(request_id)).json["status"] == "pondering"


async def test_a_cancel_whose_answer_is_lost_has_happened(server: ModelApiServer, client: Client) -> None:
    """After a reset the status tells that the job was cancelled."""
    server.pace.hold_in_queue()
    request_id = str((await client.submit()).json["request_id"])
    server.faults.next(route="cancel", fault=Fault.RESET_AFTER)
    with pytest.raises(aiohttp.ClientError):
        await client.cancel(request_id)
    assert (await client.status(request_id)).json["status"] == "cancelled"


async def test_garbage_on_reads_is_garbage(server: ModelApiServer, client: Client) -> None:
    """A page, half an answer and wrong types are no answers in disguise."""
    request_id = await accepted(client, server)
    server.faults.next(route="result", fault=FaultOrder(fault=Fault.HTML, status=502))
    page = await client.result(request_id)
    assert (page.status, page.headers["Content-Type"].partition(";")[0]) == (502, "text/html")
    server.faults.next(route="result", fault=Fault.TRUNCATED_JSON)
    half = await client.result(request_id)
    with pytest.raises(json.JSONDecodeError):
        json.loads(half.body)
    server.faults.next(route="result", fault=Fault.WRONG_TYPES)
    wrong = (await client.result(request_id)).json
    assert [type(wrong[name]) for name in ("request_id", "status", "output", "cost")] == [list, list, str, str]


@pytest.mark.parametrize(
    ("fault", "content_type", "size"),
    [
        (Fault.WRONG_CONTENT_TYPE, "text/html", None),
        (Fault.NOT_A_PICTURE, "image/png", None),
        (Fault.EMPTY_FILE, "image/png", 0),
        (FaultOrder(fault=Fault.OVERSIZE, byte_count=3_000_000), "image/png", 3_000_000),
    ],
)
async def test_a_result_file_can_be_served_wrongly(
    server: ModelApiServer, client: Client, fault: Fault | FaultOrder, content_type: str, size: int | None
) -> None:
    """A file of the wrong type, without a picture in it, empty or far too large."""
    await accepted(client, server)
    server.faults.next(route="file", fault=fault)
    file = await client.call("GET", server.submits[0].outputs[0], token=None)
    assert file.status == 200
    assert file.headers["Content-Type"].partition(";")[0] == content_type
    if size is not None:
        assert len(file.body) == size


async def test_a_truncated_file_breaks_off_before_its_promised_length(server: ModelApiServer, client: Client) -> None:
    """Content-Length tells the whole, half of it arrives."""
    await accepted(client, server)
    server.faults.next(route="file", fault=Fault.TRUNCATED_FILE)
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.call("GET", server.submits[0].outputs[0], token=None)


async def test_a_redirected_file_leads_away_and_a_gone_one_is_404(server: ModelApiServer, client: Client) -> None:
    """A redirect names another origin by default, or the address given."""
    await accepted(client, server)
    path = server.submits[0].outputs[0]
    target = "https://elsewhere.example/x.png"
    server.faults.next(route="file", fault=Fault.REDIRECT)
    server.faults.next(route="file", fault=FaultOrder(fault=Fault.REDIRECT, status=302, location=target))
    server.faults.next(route="file", fault=Fault.FILE_GONE)
    answers = [await client.call("GET", path, token=None) for _ in range(3)]
    assert [answer.status for answer in answers] == [307, 302, 404]
    assert answers[0].headers["Location"] == server.url.replace("127.0.0.1", "localhost") + "/elsewhere"
    assert answers[1].headers["Location"] == target


@pytest.mark.parametrize(
    ("route", "fault"), [("submit", Fault.OVERSIZE), ("status", Fault.REQUEST_ID_MISSING), ("cancel", Fault.EMPTY_FILE)]
)
async def test_a_route_refuses_a_fault_that_it_cannot_meet(server: ModelApiServer, route: str, fault: Fault) -> None:
    """A script that makes no sense is an error of the test, not a fault that never happens."""
    with pytest.raises(ValueError, match="cannot meet"):
        server.faults.next(route=route, fault=fault)


async def test_away_refuses_connections_and_comes_back_on_the_same_port(server: ModelApiServer, client: Client) -> None:
    """While the API is away nobody is listening; what it had accepted is still there afterwards."""
    request_id = await accepted(client, server)
    url = server.url
    async with server.away():
        for _ in range(3):
            with pytest.raises(aiohttp.ClientConnectorError):
                await client.status(request_id)
    assert server.url == url
    assert (await client.status(request_id)).status == 200


async def test_leaving_cuts_a_call_that_is_under_way(server: ModelApiServer, client: Client) -> None:
    """Who waits for an answer when the API goes loses the connection."""
    server.faults.next(route="submit", fault=Fault.HANG_AFTER)
    call = asyncio.create_task(client.submit())
    await server.submitted()
    await server.leave()
    with pytest.raises(aiohttp.ClientError):
        await call
    await server.come_back()
    assert len(server.submits) == 1


async def test_hooks_run_before_after_and_once_the_answer_has_left(server: ModelApiServer, client: Client) -> None:
    """A test can step in at three points of a call, and sees there what has happened."""
    seen: list[tuple[str, int, int | None]] = []
    is_over = asyncio.Event()

    for name, register in (
        ("before", server.hooks.before),
        ("after", server.hooks.after),
        ("answered", server.hooks.answered),
    ):

        async def look(call: Call, name: str = name) -> None:
            seen.append((name, len(server.submits), call.status))
            if name == "answered":
                is_over.set()

        register("submit", look)
    await client.submit()
    await client.submit()
    async with asyncio.timeout(5):
        await is_over.wait()
    assert seen == [("before", 0, None), ("after", 1, None), ("answered", 1, 200)]


async def test_a_hook_that_cuts_the_connection_leaves_the_call_unanswered(
    server: ModelApiServer, client: Client
) -> None:
    """A client that dies between the effect and the answer has its job accepted and no answer."""

    async def leave(_: object) -> None:
        await server.leave()

    server.hooks.after("submit", leave)
    with pytest.raises(aiohttp.ClientError):
        await client.submit()
    assert len(server.submits) == 1
    assert server.traffic.calls[0].status is None


async def test_a_token_away_from_the_api_is_a_violation(server: ModelApiServer, client: Client) -> None:
    """Files and redirect targets must never see the token; a paid POST is never repeated there."""
    await accepted(client, server)
    await client.call("GET", server.submits[0].outputs[0])
    await client.call("GET", "/elsewhere")
    await client.call("POST", "/elsewhere", token=None)
    assert [violation.message.rpartition(" carried")[0] or violation.message for violation in server.violations] == [
        "GET " + server.submits[0].outputs[0],
        "GET /elsewhere",
        "a paid POST was repeated along a redirect",
    ]
    assert [call.authorization for call in server.traffic.of("elsewhere")] == [
        Authorization.RIGHT,
        Authorization.ABSENT,
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/models"),
        ("POST", "/v1/models"),
        ("GET", "/v1/requests/x/cancel"),
        ("POST", "/v1/requests/x/status"),
        ("POST", "/v1/models/openai%2Fgpt-image-1-5%2Fimage-to-image"),
        ("DELETE", f"/v1/models/{MODEL}"),
    ],
)
async def test_an_unknown_route_is_501_and_a_violation(
    server: ModelApiServer, client: Client, method: str, path: str
) -> None:
    """Nothing that the API does not have is answered silently."""
    assert (await client.call(method, path)).status == 501
    assert [violation.message for violation in server.violations] == [f"there is no route {method} {path}"]


async def test_the_record_tells_of_tokens_and_connections_without_keeping_the_token(
    server: ModelApiServer, client: Client
) -> None:
    """Each call notes whether its token was right and whether it came on a fresh connection."""
    await client.submit()
    await client.submit(token="wrong")
    async with aiohttp.ClientSession() as session:
        await session.post(f"{server.url}/v1/models/{MODEL}", data=b"not json")
    calls = server.traffic.calls
    assert [call.authorization for call in calls] == [Authorization.RIGHT, Authorization.WRONG, Authorization.ABSENT]
    assert [call.on_fresh_connection for call in calls] == [True, False, True]
    assert [call.status for call in calls] == [200, 401, 401]
    assert server.token not in repr(calls)
