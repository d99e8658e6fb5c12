"""The API's bodies are read once, into types; what is not understood has a name and spoils nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.jobs.ports import RequestState
from services.runcomfy.wire import (
    GarbledBody,
    decode,
    has_end_state,
    is_request_id,
    read_cancel,
    read_error,
    read_result,
    read_status,
)

URL = "https://files.runcomfy.net/a.png"


@pytest.mark.parametrize(
    ("word", "on_status", "on_result"),
    [
        ("in_queue", RequestState.IN_QUEUE, RequestState.IN_QUEUE),
        ("IN_QUEUE", RequestState.IN_QUEUE, RequestState.IN_QUEUE),
        (" in-queue ", RequestState.IN_QUEUE, RequestState.IN_QUEUE),
        ("pending", RequestState.IN_QUEUE, RequestState.IN_QUEUE),
        ("waiting", RequestState.IN_QUEUE, RequestState.IN_QUEUE),
        ("in_progress", RequestState.RUNNING, RequestState.RUNNING),
        ("starting", RequestState.RUNNING, RequestState.RUNNING),
        ("processing", RequestState.RUNNING, RequestState.RUNNING),
        ("completed", RequestState.FINISHED, RequestState.SUCCEEDED),
        ("succeeded", RequestState.FINISHED, RequestState.SUCCEEDED),
        ("failed", RequestState.FINISHED, RequestState.FAILED),
        ("cancelled", RequestState.FINISHED, RequestState.CANCELLED),
        ("canceled", RequestState.FINISHED, RequestState.CANCELLED),
        ("hibernating", RequestState.UNKNOWN, RequestState.UNKNOWN),
        ("cancellation_requested", RequestState.UNKNOWN, RequestState.UNKNOWN),
        ("", RequestState.UNKNOWN, RequestState.UNKNOWN),
    ],
)
def test_each_word_has_its_state(word: str, on_status: RequestState, on_result: RequestState) -> None:
    """/status never tells how a request ended, /result does; a word never seen ends nothing."""
    assert read_status({"status": word}).state is on_status
    assert read_result({"status": word}).state is on_result


def test_an_unknown_word_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The operator can see what the API began to say."""
    read_status({"status": "hibernating"})
    assert "hibernating" in caplog.text


@pytest.mark.parametrize(
    "document",
    [None, [], "in_queue", 7, {"status": 7}, {"status": ["in_queue"]}, {"error": "overloaded"}, {"error_code": 500001}],
)
def test_a_body_without_a_state_is_garbled(document: object) -> None:
    """Wrong types are no answer, rather than an end; nor is an error without a state."""
    for read in (read_status, read_result):
        with pytest.raises(GarbledBody):
            read(document)


@pytest.mark.parametrize("document", [{}, {"status": None}, {"request_id": "7", "progress": 0.4, "error": None}])
def test_a_status_that_says_nothing_is_a_word_never_seen(document: object) -> None:
    """Then /result is asked at once; a result that says nothing is none."""
    assert read_status(document).state is RequestState.UNKNOWN
    with pytest.raises(GarbledBody):
        read_result(document)


@pytest.mark.parametrize(
    "document",
    [
        {"data": {"output": {"image": URL}, "image": "https://files.runcomfy.net/echo.png"}},
        {"data": {"images": [URL]}},
        {"result": {"output": [URL], "data": "https://files.runcomfy.net/echo.png"}},
        {"result": {"data": {"url": URL}}},
    ],
)
def test_an_output_may_be_wrapped_once_more(document: dict[str, object]) -> None:
    """Beside a state, which decides as ever."""
    assert [output.url for output in read_result({"status": "completed"} | document).outputs] == [URL]
    assert read_result({"status": "in_progress"} | document).state is RequestState.RUNNING


@pytest.mark.parametrize(("given", "read"), [(0, 0), (3, 3), (-1, None), ("3", None), (True, None), (None, None)])
def test_a_queue_position_is_a_count(given: object, read: int | None) -> None:
    """Anything else in its place is no position, and the state is read all the same."""
    progress = read_status({"status": "in_queue", "queue_position": given})
    assert progress.state is RequestState.IN_QUEUE
    assert progress.queue_position == read


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("0.1", Decimal("0.1")),
        ("0.0700", Decimal("0.0700")),
        ("1e-3", Decimal("0.001")),
        ("2", Decimal(2)),
        ("0", Decimal(0)),
        ("-1", None),
        ("1e999", None),
        ('"0.1"', None),
        ("true", None),
        ("null", None),
        ("{}", None),
    ],
)
def test_a_cost_is_money(text: str, cost: Decimal | None) -> None:
    """A cost is the very decimal that stood there; nonsense in its place costs nobody the result."""
    document = decode(b'{"status": "succeeded", "output": {"image": "%s"}, "cost": %s}' % (URL.encode(), text.encode()))
    progress = read_result(document)
    assert progress.state is RequestState.SUCCEEDED
    assert progress.cost == cost
    assert [output.url for output in progress.outputs] == [URL]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"error": "Flagged."}, "Flagged."),
        ({"error": {"message": "Flagged."}}, "Flagged."),
        ({"error": [{"error": "Flagged."}]}, "Flagged."),
        ({"error_message": "Flagged."}, "Flagged."),
        ({"error": {"code": 7}, "error_message": "Flagged."}, "Flagged."),
        ({"error": None}, ""),
        ({}, ""),
    ],
)
def test_a_failure_has_its_reason(body: dict[str, object], reason: str) -> None:
    """Both endpoints can tell of a failure, in any shape."""
    assert read_result({"status": "failed"} | body).reason == reason
    assert read_status({"status": "failed"} | body).reason == reason


@pytest.mark.parametrize("word", ["completed", "succeeded", "cancelled"])
def test_only_a_failure_has_a_reason_on_status(word: str) -> None:
    """What stands beside another end may say that all is well: it must not end a job whose result is silent."""
    assert read_status({"status": word, "error": {"code": 0, "message": "success"}}).reason == ""


def test_completed_with_an_error_and_no_file_is_a_failure() -> None:
    """A closed request that names an error and no file has failed; with a file the file counts."""
    assert read_result({"status": "completed", "error": "Flagged."}).state is RequestState.FAILED
    both = read_result({"status": "completed", "error": "A warning.", "output": URL})
    assert both.state is RequestState.SUCCEEDED
    assert read_result({"status": "completed", "output": {}}).state is RequestState.SUCCEEDED


def test_inputs_in_the_answer_are_no_outputs() -> None:
    """Only `output` is walked: a result may echo what was asked."""
    body = {"status": "succeeded", "input": {"image_urls": [URL]}, "output": {"image": URL + "?2"}, "result_url": URL}
    assert [output.url for output in read_result(body).outputs] == [URL + "?2"]


@pytest.mark.parametrize(
    ("body", "confirmed"),
    [
        ({"outcome": "cancelled", "status": "completed"}, True),
        ({"outcome": "cancelled"}, True),
        ({"outcome": "Canceled"}, True),
        ({"status": "cancelled"}, True),
        ({"outcome": "not_cancellable", "status": "cancelled"}, False),
        ({"outcome": "not_cancellable", "status": "in_progress"}, False),
        ({"status": "in_progress"}, None),
        ({"status": "completed"}, None),
        ({"status": "cancellation_requested"}, None),
        ({"outcome": "maybe", "status": "in_queue"}, None),
        ({"outcome": 7}, None),
        ({}, None),
    ],
)
def test_the_outcome_decides_a_cancel(body: object, confirmed: bool | None) -> None:  # noqa: FBT001 - a table's column
    """`outcome` comes first, then a status `cancelled`; anything else is no answer."""
    assert read_cancel(body) is confirmed


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error_code": 400002}, 400002),
        ({"error_code": "400002"}, 400002),
        ({"error_code": 0}, None),
        ({"error_code": None}, None),
        ({"error_code": "x"}, None),
        ({"error_code": True}, None),
        ([], None),
        ({}, None),
    ],
)
def test_an_error_code_is_a_number(body: object, code: int | None) -> None:
    """A code counts as text too; zero and nonsense are none."""
    assert read_error(body)[0] == code


@pytest.mark.parametrize(
    "raw",
    [None, b"", b"<html>", b'{"a"', b"\xff\xfe", b"[" * 100_000],
)
def test_what_is_no_json_is_garbled(raw: bytes | None) -> None:
    """HTML, halves, other encodings and endless nesting are no answer."""
    with pytest.raises(GarbledBody):
        decode(raw)


def test_a_garbled_body_is_not_repeated() -> None:
    """The error's text holds nothing of the body."""
    with pytest.raises(GarbledBody) as caught:
        read_status({"status": 7, "prompt": "secret wish"})
    assert "secret" not in str(caught.value)
    assert "secret" not in str(caught.value.__cause__)


def test_a_byte_order_mark_is_no_garbage() -> None:
    """Some gateways put one before JSON."""
    assert decode(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("text", ["a", "f033d089-3518-49c4-8abb-ef53018f7260", "A_b-9", "x" * 128])
def test_an_id_is_opaque(text: str) -> None:
    """Letters, digits, dash and underscore, up to 128."""
    assert is_request_id(text)


@pytest.mark.parametrize("text", ["", "x" * 129, "a/b", "..", "a b", "a?b", "a%2f", "é", "a\n", "../models?x=1#"])
def test_what_could_change_a_url_is_no_id(text: str) -> None:
    """Nothing that a URL gives a meaning."""
    assert not is_request_id(text)


def test_only_an_end_tells_that_an_error_is_the_requests_own() -> None:
    """An error code beside a known end belongs to the request, else to the call."""
    assert has_end_state({"status": "failed"})
    assert not has_end_state({"status": "in_queue"})
    assert not has_end_state({"status": "error"})
    assert not has_end_state([])


@pytest.mark.parametrize("odd", [b"NaN", b"-Infinity", b"1e999999999999999999999", b'"caf\xe9"'])
def test_an_odd_value_spoils_only_its_own_field(odd: bytes) -> None:
    """The paid result beside it is there."""
    document = decode(b'{"status": "succeeded", "cost": ' + odd + b', "output": {"image": "https://h.net/a.png"}}')
    progress = read_result(document)
    assert (progress.state, progress.cost) == (RequestState.SUCCEEDED, None)
    assert progress.outputs
