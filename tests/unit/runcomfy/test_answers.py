"""What an HTTP answer means: for a paid submit, and for a free call."""

from __future__ import annotations

import json

import pytest

from services.errors import (
    ApiNotSent,
    ApiOutcomeUnknown,
    ApiRefused,
    ApiUnavailable,
    FailureKind,
    RequestNotFound,
)
from services.runcomfy.free_calls import read_free_answer
from services.runcomfy.submitting import read_submit_answer
from services.runcomfy.transport import Answer

ID = "f033d089-3518-49c4-8abb-ef53018f7260"


def answer(status: int, body: object = None, *, retry_after: float | None = None) -> Answer:
    """Make an answer; bytes stand as they are, None is a body that never arrived whole."""
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    return Answer(status=status, raw=raw, retry_after_seconds=retry_after)


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
        (200, [{"request_id": ID}]),
        (200, {}),
        (200, {"id": ID}),
        (200, {"request_id": ""}),
        (200, {"request_id": 7}),
        (200, {"request_id": [ID]}),
        (200, {"request_id": "../models?x=1#"}),
        (200, {"request_id": ID + "\n"}),
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


@pytest.mark.parametrize("body", [{"status": "in_queue"}, {"status": "failed", "error_code": 500001}, {"models": []}])
def test_a_good_answer_is_a_document(body: object) -> None:
    """An end in the body is read even beside an error code: it is the request's own."""
    assert read_free_answer(answer(200, body)) == body


@pytest.mark.parametrize("status", [200, 400, 403, 404, 410])
def test_404001_is_a_request_that_is_not_known(status: int) -> None:
    """Under whatever status the code comes."""
    with pytest.raises(RequestNotFound):
        read_free_answer(answer(status, {"error_code": 404001}))


def test_a_404_counts_only_with_its_code() -> None:
    """A gateway's 404, page or JSON, says nothing about a request: it must not end a paid job."""
    for body in (b"<html>", b"", None, b"[]", {"message": "no Route matched"}, {"detail": "Not Found"}):
        with pytest.raises(ApiUnavailable):
            read_free_answer(answer(404, body))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b"<html>", FailureKind.BAD_TOKEN),
        (400, {"error_code": 400004}, FailureKind.BAD_TOKEN),
        (200, {"error_code": 400004}, FailureKind.BAD_TOKEN),
        (402, None, FailureKind.NO_BALANCE),
        (403, {"error_code": 403001}, FailureKind.FORBIDDEN),
        (400, {"error_code": 400001}, FailureKind.REFUSED),
        (400, {"message": "bad"}, FailureKind.REFUSED),
        (200, {"error_code": 400004, "status": "failed"}, FailureKind.BAD_TOKEN),
    ],
)
def test_a_free_call_can_be_refused(status: int, body: object, kind: FailureKind) -> None:
    """A definite no is told apart from a bad moment; there is no input or model to blame here."""
    with pytest.raises(ApiRefused) as caught:
        read_free_answer(answer(status, body))
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("status", "body"),
    [(status, {"status": "failed"}) for status in (301, 302, 307, 408, 425, 429, 500, 502, 503)]
    + [(500, {"error_code": 404001}), (503, b"<html>"), (200, None), (200, b""), (200, b"<html>"), (200, [])]
    + [(200, {"error_code": 500001}), (200, {"error_code": 500001, "status": "in_queue"})],
)
def test_a_bad_moment_is_no_answer(status: int, body: object) -> None:
    """Redirects, overload, crashes and garbage end nothing: only a state in a good body does."""
    with pytest.raises(ApiUnavailable):
        read_free_answer(answer(status, body))


def test_the_services_wish_to_wait_is_passed_on() -> None:
    """Retry-After reaches whoever asks again."""
    with pytest.raises(ApiUnavailable) as caught:
        read_free_answer(answer(503, b"", retry_after=12.0))
    assert caught.value.retry_after_seconds == 12.0
