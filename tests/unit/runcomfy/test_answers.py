"""What the answer to a free call means."""

from __future__ import annotations

import random

import pytest

from services.errors import (
    ApiRefused,
    ApiUnavailable,
    FailureKind,
    RequestNotFound,
)
from services.jobs.ports import Progress, RequestState
from services.runcomfy.free_calls import read_cancel_answer, read_free_answer, read_request_answer
from services.runcomfy.wire import GarbledBody, read_result, read_status
from tests.unit.runcomfy.making_answers import answer


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


BLOCKED = {"status": "failed", "error": [{"errorCode": 1002, "error": "blocked by the content policy"}]}


@pytest.mark.parametrize("status", [400, 404, 409, 410, 418, 422, 451, 500, 502, 503, 599])
def test_a_state_counts_under_any_status(status: int) -> None:
    """An end is believed once it is repeated, with its reason; a job that goes on goes on."""
    failed = read_request_answer(answer(status, BLOCKED), read_result)
    assert (failed.state, failed.reason) == (RequestState.FAILED, "blocked by the content policy")
    assert 1 < failed.answers_needed <= 5
    running = read_request_answer(answer(status, {"status": "in_progress"}), read_result)
    assert running == Progress(state=RequestState.RUNNING)


@pytest.mark.parametrize(
    "body", [{"detail": [{"msg": "too dark"}]}, {"error_code": 422001, "error_message": "too dark"}]
)
def test_a_reason_alone_counts_when_it_stays(body: object) -> None:
    """A refusal that names a reason is about the request; once may be a slip."""
    refused = read_request_answer(answer(422, body), read_result)
    assert (refused.state, refused.reason) == (RequestState.FAILED, "too dark")
    assert refused.answers_needed > 5


NOT_READY = {"detail": "Request is still in progress"}


@pytest.mark.parametrize("status", [409, 423])
def test_a_conflict_is_not_ready_yet(status: int) -> None:
    """Some services say with it that there is no result so far: however often it comes, it ends nothing."""
    for body in (NOT_READY, {"status": "preparing", **NOT_READY}, {"status": "error", "message": "locked"}):
        with pytest.raises(ApiUnavailable):
            read_request_answer(answer(status, body), read_result)
    assert read_request_answer(answer(status, BLOCKED), read_result).state is RequestState.FAILED


@pytest.mark.parametrize("status", [400, 405, 410, 418])
def test_a_vague_refusal_has_to_stay_for_minutes(status: int) -> None:
    """It may say "not ready" in words that nobody knows; it is marked as one that names no state."""
    refused = read_request_answer(answer(status, NOT_READY), read_result)
    assert (refused.state, refused.is_refusal) == (RequestState.FAILED, True)
    assert refused.answers_needed >= 60


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"status": "preparing", "message": "not ready"}, RequestState.UNKNOWN),
        ({"status": "almost there", "error": "not ready"}, RequestState.UNKNOWN),
        ({"status": "error", "message": "not ready"}, RequestState.FAILED),
        ({"status": 400, "message": "not ready"}, RequestState.FAILED),
    ],
)
def test_a_state_never_seen_in_a_refusal_is_read_as_a_state(body: object, state: RequestState) -> None:
    """Only a word of error makes it a failure, and then not before a refusal without a word would be one."""
    told = read_request_answer(answer(400, body), read_result)
    assert (told.state, told.is_refusal) == (state, True)
    assert state is RequestState.UNKNOWN or told.answers_needed >= 60


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, BLOCKED),
        (403, {"status": "failed"}),
        (429, {"status": "in_progress", "message": "slow down"}),
        (400, {**BLOCKED, "error_code": 400004}),
        (404, {"error_code": 404001, **BLOCKED}),
        (503, {"message": "upstream"}),
        (422, {}),
        (422, b"<html>"),
        (500, None),
    ],
)
def test_what_is_about_us_or_the_moment_ends_nothing(status: int, body: object) -> None:
    """Our token, our pace, a gateway's page: the job goes on."""
    with pytest.raises((ApiRefused, ApiUnavailable, RequestNotFound)):
        read_request_answer(answer(status, body), read_result)


@pytest.mark.parametrize(
    ("body", "state", "needed"),
    [
        ({"status": "polished", "output": {"image": "https://h.net/a.png"}}, RequestState.UNKNOWN, 2),
        ({"output": {"image": "https://h.net/a.png"}}, RequestState.UNKNOWN, 2),
        ({"status": 7, "output": {"image": "https://h.net/a.png"}}, RequestState.UNKNOWN, 2),
        ({"status": "Timed-Out", "error": "no GPU"}, RequestState.FAILED, 12),
        ({"status": "error", "error_message": "no GPU"}, RequestState.FAILED, 12),
        ({"status": "retrying", "error": "no GPU"}, RequestState.UNKNOWN, 1),
        ({"status": "error"}, RequestState.UNKNOWN, 1),
    ],
)
def test_words_never_seen_are_read_by_what_stands_beside_them(body: object, state: RequestState, needed: int) -> None:
    """Files make a success, a reason beside a word of error a failure; neither at its first word."""
    progress = read_request_answer(answer(200, body), read_result)
    assert (progress.state, progress.answers_needed) == (state, needed)


def test_no_answer_raises_anything_of_its_own() -> None:
    """Whatever a body holds, it is an answer, or one of our errors."""
    chance = random.Random(7)  # noqa: S311 - a test that can be repeated
    values: list[object] = [None, True, 10**399, -1, 1.5, "", "\ud800", "failed", "x" * 5000, [], {}, ["\ud800"]]
    keys = ["status", "output", "error", "error_code", "error_message", "cost", "queue_position", "detail", "\ud800"]
    for _ in range(2000):
        body = {
            chance.choice(keys): chance.choice([*values, {chance.choice(keys): chance.choice(values)}]) for _ in "1234"
        }
        try:
            progress = read_request_answer(answer(chance.choice([200, 404, 422, 500]), body), read_result)
        except (ApiRefused, ApiUnavailable, RequestNotFound, GarbledBody) as error:
            str(error).encode()
        else:
            progress.reason.encode()


@pytest.mark.parametrize("status", [402, 403, 429])
def test_a_failure_with_its_reason_counts_when_it_stays(status: int) -> None:
    """Some services tell a blocked prompt with a status that otherwise is about the caller."""
    failed = read_request_answer(answer(status, BLOCKED), read_result)
    assert (failed.state, failed.reason) == (RequestState.FAILED, "blocked by the content policy")
    assert failed.answers_needed > 5


@pytest.mark.parametrize("status", [422, 500])
def test_files_count_under_any_status(status: int) -> None:
    """What was paid and is there is taken, repeated, whatever stands around it."""
    body = {"status": "polished", "output": {"image": "https://h.net/a.png"}}
    told = read_request_answer(answer(status, body), read_result)
    assert told.outputs
    assert told.answers_needed == 3


def test_a_failure_in_our_accounts_code_is_one() -> None:
    """Under 200 the state is the request's, and its code tells why."""
    body = {"status": "failed", "error_code": 400002, "error_message": "no balance"}
    assert read_request_answer(answer(200, body), read_result).state is RequestState.FAILED


@pytest.mark.parametrize("status", [402, 403, 429])
def test_a_success_with_its_files_counts_when_it_stays(status: int) -> None:
    """It is paid and there, under a status that otherwise is about the caller; without files it says nothing."""
    body = {"status": "completed", "output": {"image": "https://h.net/a.png"}}
    told = read_request_answer(answer(status, body), read_result)
    assert (told.state, bool(told.outputs)) == (RequestState.SUCCEEDED, True)
    assert told.answers_needed > 5
    with pytest.raises((ApiRefused, ApiUnavailable)):
        read_request_answer(answer(status, {"status": "completed"}), read_result)


@pytest.mark.parametrize("error", ["output is being uploaded", {"code": 0, "message": "success"}])
def test_a_success_with_an_error_and_no_file_has_to_stay(error: object) -> None:
    """Its files may come a moment later."""
    told = read_request_answer(answer(200, {"status": "completed", "output": None, "error": error}), read_result)
    assert told.state is RequestState.FAILED
    assert told.answers_needed > 5


@pytest.mark.parametrize("status", [200, 400, 409, 422])
@pytest.mark.parametrize(
    ("outcome", "is_cancelled"), [("cancelled", True), ("already_cancelled", True), ("not_cancellable", False)]
)
def test_the_outcome_of_a_cancel_counts_under_any_status(status: int, outcome: str, *, is_cancelled: bool) -> None:
    """Asked again, it would say the same for ever; what is about us says nothing of the request."""
    body = {"outcome": outcome, "message": "no"}
    assert read_cancel_answer(answer(status, body)) is is_cancelled
    for about_us in (401, 429):
        with pytest.raises((ApiRefused, ApiUnavailable)):
            read_cancel_answer(answer(about_us, body))


DONE = {"status": "completed", "output": {"image": "https://files.runcomfy.net/a.png"}}


@pytest.mark.parametrize("wrapper", ["data", "result"])
def test_an_answer_may_be_wrapped(wrapper: str) -> None:
    """Its state is read; an end of /result counts once it is repeated."""
    told = read_request_answer(answer(200, {"code": 0, wrapper: DONE}), read_result)
    assert (told.state, len(told.outputs)) == (RequestState.SUCCEEDED, 1)
    assert 1 < told.answers_needed <= 5
    finished = read_request_answer(answer(200, {wrapper: {"status": "completed"}}), read_status)
    assert finished == Progress(state=RequestState.FINISHED, ended_as=RequestState.SUCCEEDED)
    running = read_request_answer(answer(200, {wrapper: {"status": "in_progress"}}), read_result)
    assert running == Progress(state=RequestState.RUNNING)
    failed = read_request_answer(answer(200, {wrapper: BLOCKED}), read_result)
    assert (failed.state, failed.reason) == (RequestState.FAILED, "blocked by the content policy")
    assert failed.answers_needed > 1


@pytest.mark.parametrize(
    "body",
    [
        {"status": "retrying", "data": {"status": "failed", "error": "out of memory"}},
        {"status": "in_progress", "result": DONE},
        {"data": {"status": "failed"}, "result": DONE},
    ],
)
def test_a_state_within_another_ends_nothing(body: dict[str, object]) -> None:
    """What the answer itself says goes before a part of it: that may be of an earlier try."""
    try:
        told = read_request_answer(answer(200, body), read_result)
    except GarbledBody:
        return
    assert told.state in {RequestState.UNKNOWN, RequestState.RUNNING}


def test_a_status_without_a_state_is_no_failure_of_the_call() -> None:
    """It is answered at once, so that /result is asked at once; an error beside it is another thing."""
    assert read_request_answer(answer(200, {"request_id": "7"}), read_status).state is RequestState.UNKNOWN
    with pytest.raises(ApiUnavailable):
        read_request_answer(answer(200, {"error_code": 500001}), read_status)
    with pytest.raises(ApiUnavailable):
        read_request_answer(answer(503, {}), read_status)
