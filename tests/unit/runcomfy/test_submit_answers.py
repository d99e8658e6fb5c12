"""What the answer to a paid submit means."""

from __future__ import annotations

import pytest

from services.errors import (
    ApiNotSent,
    ApiOutcomeUnknown,
    ApiRefused,
    FailureKind,
)
from services.runcomfy.submitting import read_submit_answer
from tests.unit.runcomfy.making_answers import ID, answer


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_usable_id_is_an_acceptance(status: int) -> None:
    """Any 2xx with a request id was accepted; fields that we do not know do not matter."""
    assert read_submit_answer(answer(status, {"request_id": ID, "status_url": 7, "error_code": None})) == ID


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, None, FailureKind.BAD_TOKEN),
        (400, {"error_code": 400004}, FailureKind.BAD_TOKEN),
        (403, {"error_code": 400004}, FailureKind.BAD_TOKEN),
        (200, {"error_code": 400004}, FailureKind.BAD_TOKEN),
        (200, {"error_code": 401001}, FailureKind.BAD_TOKEN),
        (402, {"message": "Payment Required"}, FailureKind.NO_BALANCE),
        (400, {"error_code": 400002}, FailureKind.NO_BALANCE),
        (200, {"error_code": "400002"}, FailureKind.NO_BALANCE),
        (404, b"<html>", FailureKind.UNKNOWN_MODEL),
        (400, {"error_code": 400001}, FailureKind.UNKNOWN_MODEL),
        (404, {"error_code": 404001}, FailureKind.UNKNOWN_MODEL),
        (200, {"error_code": 400001}, FailureKind.UNKNOWN_MODEL),
        (422, {"detail": []}, FailureKind.BAD_INPUT),
        (400, {"message": "bad"}, FailureKind.BAD_INPUT),
        (400, {"error_code": 400999}, FailureKind.BAD_INPUT),
        (200, {"error_code": 422001}, FailureKind.BAD_INPUT),
        (403, {"message": "Forbidden"}, FailureKind.FORBIDDEN),
        (403, {"error_code": 403001}, FailureKind.FORBIDDEN),
        (409, None, FailureKind.REFUSED),
        (410, {}, FailureKind.REFUSED),
        (413, b"", FailureKind.REFUSED),
        (451, {"request_id": ID}, FailureKind.REFUSED),
    ],
)
def test_a_definite_no_is_a_refusal(status: int, body: object, kind: FailureKind) -> None:
    """4xx, or a known 4xx code under 200, accepted nothing; the code decides before the status."""
    with pytest.raises(ApiRefused) as caught:
        read_submit_answer(answer(status, body))
    assert caught.value.kind is kind
    assert caught.value.http_status == status


def test_a_refused_input_says_which() -> None:
    """The service's own words about an input reach the person."""
    body = {"error_code": 422001, "detail": [{"loc": ["body", "image_urls"], "msg": "too many"}]}
    with pytest.raises(ApiRefused) as caught:
        read_submit_answer(answer(422, body))
    assert caught.value.reason == "image_urls: too many"
    assert "too many" not in str(caught.value)


@pytest.mark.parametrize("retry_after", [None, 0.0, 7.5])
def test_too_many_requests_may_be_sent_again(retry_after: float | None) -> None:
    """429 accepted nothing, whatever its body says, and tells when to come back."""
    with pytest.raises(ApiNotSent) as caught:
        read_submit_answer(answer(429, {"request_id": ID}, retry_after=retry_after))
    assert caught.value.retry_after_seconds == retry_after


@pytest.mark.parametrize(
    ("status", "body"),
    [
        *((status, {"request_id": ID}) for status in (100, 301, 302, 303, 304, 307, 308, 408, 500, 502, 503, 504, 599)),
        *((status, {"error_code": 400002}) for status in (307, 408, 500, 503)),
        (200, None),
        (200, b""),
        (204, b""),
        (200, b"<html>"),
        (200, b'{"request_id": "'),
        (200, []),
        (200, {}),
        (200, {"request_id": ""}),
        (200, {"request_id": [ID]}),
        (200, {"request_id": "../models?x=1#"}),
        (200, {"request_id": True}),
        (200, {"id": 0}),
        (200, {"id": ID, "data": {"id": "other"}}),
        (200, {"requestId": ID, "status_url": "https://x/v1/requests/other/status"}),
        (200, {"id": ID, "error": "overloaded"}),
        (200, {"requestId": ID, "success": False}),
        (200, {"data": {"request_id": ID}, "error_code": 500001}),
        (200, [{"request_id": ID}, {"request_id": "other"}]),
        (200, {"input": {"request_id": ID}}),
        (200, {"error_code": 500001}),
        (200, {"error_code": 400999}),
        (200, {"error_code": 429001}),
        (200, {"error_code": 500001, "request_id": ID}),
    ],
)
def test_doubt_is_an_unknown_outcome(status: int, body: object) -> None:
    """Whatever leaves room for "it may have been accepted, and paid" is never sent again."""
    with pytest.raises(ApiOutcomeUnknown):
        read_submit_answer(answer(status, body))


def test_an_id_in_doubt_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """The operator can adopt a job whose answer held an id beside an error."""
    with pytest.raises(ApiOutcomeUnknown):
        read_submit_answer(answer(200, {"error_code": 500001, "request_id": ID}))
    assert ID in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        {"requestId": ID},
        {"requestID": ID},
        {"RequestId": ID, "id": "another-thing"},
        {"id": ID},
        {"id": ID, "status": "in_queue", "error": None},
        {"request_id": f" {ID}\n"},
        {"data": {"request_id": ID}},
        {"code": 0, "data": {"id": ID, "status": "in_queue"}},
        {"result": {"requestId": ID}},
        {"data": {"request": {"id": ID}}},
        {"data": [{"request_id": ID}]},
        [{"request_id": ID}],
        {"request_id": "", "requestId": ID},
        {"status_url": f"https://model-api.runcomfy.net/v1/requests/{ID}/status"},
        {"request_id": ID, "id": "other", "data": {"request_id": "other"}},
    ],
)
@pytest.mark.parametrize("status", [200, 202])
def test_an_id_is_taken_in_every_form_that_leaves_no_doubt(
    caplog: pytest.LogCaptureFixture, status: int, body: object
) -> None:
    """What was paid for is followed, whatever the answer calls it or wraps it in; the log has it first."""
    caplog.set_level("INFO")
    assert read_submit_answer(answer(status, body)) == ID
    assert f"request_id={ID}" in caplog.records[0].getMessage()


@pytest.mark.parametrize("body", [{"request_id": 7}, {"id": 7}, {"data": {"requestId": "7 "}}])
def test_an_id_may_be_a_number(body: object) -> None:
    """It stands in a path as it is written."""
    assert read_submit_answer(answer(200, body)) == "7"


@pytest.mark.parametrize("body", [b"", None, {}, {"status": "in_queue"}, b"<html>", {"id": "another-thing"}])
@pytest.mark.parametrize(
    "location", ["/v1/requests/{}", "https://model-api.runcomfy.net/v1/requests/{}/", "/v1/requests/{}/status?x=1"]
)
def test_an_id_may_stand_in_a_header(location: str, body: object) -> None:
    """Where the request is, names it."""
    assert read_submit_answer(answer(202, body, location=location.format(ID))) == ID


def test_ids_that_contradict_each_other_are_all_in_the_doubt() -> None:
    """Whoever adopts the job can try them."""
    with pytest.raises(ApiOutcomeUnknown, match=f"request_id={ID}.*request_id=other"):
        read_submit_answer(answer(200, {"requestId": ID}, location="/v1/requests/other"))


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": {"request_id": "%b"}, "error_code": 500001}',
        b'{"requestId": "%b", "error": "overloaded"}',
        b"{'request_id': '%b'}",
        b'{"status_url": "https://model-api.runcomfy.net/v1/requests/%b/status", "success": false}',
        b'{"body": "{\\"request_id\\": \\"%b\\"}"}',
        b'{"request_id": "%b", "x": ',
        b'<pre>{"request_id":"%b"}',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("status", [200, 502])
def test_an_id_in_doubt_is_told_with_the_doubt(
    caplog: pytest.LogCaptureFixture, body: bytes, encoding: str, status: int
) -> None:
    """However the answer writes it: the core logs it beside the job, so that of many the right one is adopted."""
    caplog.set_level("INFO")
    raw = (body % ID.encode()).decode().encode(encoding)
    with pytest.raises(ApiOutcomeUnknown) as caught:
        read_submit_answer(answer(status, raw))
    assert str(caught.value).endswith(f", request_id={ID}")
    assert f"request_id={ID}" in caplog.records[0].getMessage()


def test_the_id_of_an_unreadable_acceptance_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody knows what a torn answer meant; the id that it holds can be adopted."""
    torn = f'{{"request_id": "{ID}", "status_url": "https://'.encode()
    with pytest.raises(ApiOutcomeUnknown):
        read_submit_answer(answer(200, torn))
    assert ID in caplog.text


def test_a_number_without_end_spoils_only_its_own_field() -> None:
    """The id beside it was accepted and paid."""
    body = f'{{"request_id": "{ID}", "eta": {"9" * 5000}, "cost": {"9" * 5000}.5}}'.encode()
    assert read_submit_answer(answer(200, body)) == ID


@pytest.mark.parametrize("status", [400, 404, 409, 422, 429])
def test_a_state_beside_an_error_is_an_acceptance_in_doubt(status: int) -> None:
    """A request that lives was accepted, whatever the status says: it is neither refused nor sent again."""
    with pytest.raises(ApiOutcomeUnknown, match=f"request_id={ID}"):
        read_submit_answer(answer(status, {"request_id": ID, "status": "in_queue"}))
    with pytest.raises((ApiRefused, ApiNotSent)):
        read_submit_answer(answer(status, {"request_id": ID, "status": "failed"}))
