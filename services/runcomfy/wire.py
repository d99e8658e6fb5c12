"""The Model API's bodies: the only place that knows its field names, status words and error codes.

Whatever is not understood must not spoil what is: a field of a wrong type counts as absent, an unknown word has a
name (RequestState.UNKNOWN) and is logged. Numbers with a point are read as Decimal: a cost is money.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from services.errors import FailureKind
from services.jobs.ports import Progress, RequestState
from services.runcomfy.outputs import find_leftovers, find_outputs, has_gaps
from services.runcomfy.reasons import read_reason

log = logging.getLogger(__name__)

# Opaque to us; what the official client accepts.
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")

_LARGEST_COST = 100_000  # USD; more is no cost of one request

NOT_FOUND_CODE = 404001
# error_code → what it means; documented for the Model API, or for its siblings at RunComfy.
FAILURE_BY_CODE = {
    400001: FailureKind.UNKNOWN_MODEL,
    400002: FailureKind.NO_BALANCE,
    400004: FailureKind.BAD_TOKEN,
    401001: FailureKind.BAD_TOKEN,
    402001: FailureKind.NO_BALANCE,
    403001: FailureKind.FORBIDDEN,
    403003: FailureKind.FORBIDDEN,
    NOT_FOUND_CODE: FailureKind.UNKNOWN_MODEL,
    422001: FailureKind.BAD_INPUT,
}

_RUNNING_WORDS = {
    "in_queue": RequestState.IN_QUEUE,
    "queued": RequestState.IN_QUEUE,
    "pending": RequestState.IN_QUEUE,
    "waiting": RequestState.IN_QUEUE,
    "in_progress": RequestState.RUNNING,
    "running": RequestState.RUNNING,
    "starting": RequestState.RUNNING,
    "processing": RequestState.RUNNING,
}
_END_WORDS = {
    "succeeded": RequestState.SUCCEEDED,
    "completed": RequestState.SUCCEEDED,
    "failed": RequestState.FAILED,
    "cancelled": RequestState.CANCELLED,
    "canceled": RequestState.CANCELLED,
}
_CANCELLED_WORDS = frozenset({"cancelled", "canceled", "already_cancelled", "already_canceled"})
_NOT_CANCELLABLE = "not_cancellable"
# Words of no document that say an error all the same. With a reason beside it, and long enough, such a word is an end;
# other words never seen are not, since a request that is tried again may tell the error of its last try.
_ERROR_WORDS = frozenset(
    {"error", "errored", "failure", "timeout", "timed_out", "aborted", "rejected", "terminated", "killed", "crashed"}
    | {"expired", "blocked"}
)
# How many equal answers in a row make an end that is told in a doubtful way: at the pace of polls, the fewest take some
# seconds, 8 a minute, 12 two minutes, and 60 ten.
ANSWERS_FOR_FILES = 2
ANSWERS_FOR_ODD_STATUS = 3
ANSWERS_FOR_REFUSAL = 8
ANSWERS_FOR_FAILED_SUCCESS = 8
ANSWERS_FOR_ERROR_WORD = 12
ANSWERS_FOR_VAGUE_REFUSAL = 60
# No document has them at the top of a result; `output` goes before each.
_OTHER_OUTPUT_NAMES = ("outputs", "result", "results", "data")
# What a gateway may wrap a whole answer in.
_WRAPPERS = ("data", "result")
_LONGEST_NUMBER = 400  # digits; Python refuses integers of some thousands, and no field has such a one


class GarbledBody(ValueError):
    """A body that is not what this route answers; the message holds nothing of it."""


def _text_or_none(value: object) -> object:
    return value if isinstance(value, str) else None


def _count_or_none(value: object) -> object:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count else None


def _code_or_none(value: object) -> object:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 12:  # noqa: PLR2004 - longer is no code
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value != 0 else None


def _money_or_none(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    amount = Decimal(value)
    return amount if amount.is_finite() and 0 <= amount <= _LARGEST_COST else None


Text = Annotated[str | None, BeforeValidator(_text_or_none)]
Count = Annotated[int | None, BeforeValidator(_count_or_none)]
Code = Annotated[int | None, BeforeValidator(_code_or_none)]
Money = Annotated[Decimal | None, BeforeValidator(_money_or_none)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class SubmitBody(_Body):
    """POST /v1/models/{model_id}."""

    request_id: Text = None

    @property
    def usable_id(self) -> str | None:
        """The request id, if it can be asked about."""
        return self.request_id if self.request_id and is_request_id(self.request_id) else None


class RequestBody(_Body):
    """GET /v1/requests/{id}/status and /result: one shape covers both."""

    status: Text = None
    queue_position: Count = None
    output: object = None
    cost: Money = None
    error: object = None
    error_message: object = None
    message: object = None
    detail: object = None


class CancelBody(_Body):
    """POST /v1/requests/{id}/cancel."""

    status: Text = None
    outcome: Text = None


class ErrorBody(_Body):
    """What comes with an error, under any HTTP status."""

    error_code: Code = None


BodyT = TypeVar("BodyT", bound=_Body)


def is_request_id(text: str) -> bool:
    """Whether a text can be a request id, and stand in a URL."""
    return _REQUEST_ID.fullmatch(text) is not None


def decode(raw: bytes | None) -> object:
    """Return the JSON of a body. Raises: GarbledBody."""
    if not raw:
        raise GarbledBody("an empty body")
    try:
        # One byte of another encoding spoils its own text alone.
        text = raw.decode("utf-8-sig", errors="replace")
        return json.loads(text, parse_float=_decimal, parse_int=_integer, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise GarbledBody("a body that is no JSON") from error


def read_body(kind: type[BodyT], document: object) -> BodyT:
    """Return the document as that body. Raises: GarbledBody."""
    if not isinstance(document, dict):
        raise GarbledBody(f"a body that is no object where {kind.__name__} was due")
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        raise GarbledBody(f"a body that is no {kind.__name__}") from error


def read_error(document: object) -> tuple[int | None, str]:
    """Return the error code and the service's own sentence, None and empty where there are none."""
    code = read_body(ErrorBody, document).error_code if isinstance(document, dict) else None
    return code, read_reason(document)


def read_status(document: object) -> Progress:
    """Read /status: whatever it calls an end is FINISHED, since a failed job can show `completed` here.

    What it calls a failure has its reason, and a success perhaps its files, which may stand here alone; what else
    stands beside an end is none of it. Without
    a state and without an error it is as good as a word never seen: /result may know more.

    Raises: GarbledBody.
    """
    body = read_body(RequestBody, document)
    if body.status is None:
        if _is_silent(document, body):
            return Progress(state=RequestState.UNKNOWN)
        raise GarbledBody("a body without a state")
    word = _normalised(body.status)
    if word in _END_WORDS:
        is_failure = _END_WORDS[word] is RequestState.FAILED
        is_success = _END_WORDS[word] is RequestState.SUCCEEDED
        return Progress(
            state=RequestState.FINISHED,
            reason=_reason_of_an_end(body) if is_failure else "",
            outputs=find_outputs(_output_of(document, body)) if is_success else (),
            cost=body.cost,
            ended_as=_END_WORDS[word],
        )
    return Progress(state=_live_state(word), queue_position=body.queue_position)


def read_result(document: object) -> Progress:
    """Read /result: its state, and at the end the files, the cost in USD, or the reason of a failure.

    Raises: GarbledBody.
    """
    body = read_body(RequestBody, document)
    word = _normalised(body.status or "")
    state = _END_WORDS.get(word) or _live_state(word)
    if state is RequestState.UNKNOWN:
        return _read_unknown(word, body)
    if state is not RequestState.SUCCEEDED:
        reason = _reason_of_an_end(body) if state is RequestState.FAILED else ""
        return Progress(state=state, queue_position=body.queue_position, cost=body.cost, reason=reason)
    output = _output_of(document, body)
    outputs = find_outputs(output)
    if not outputs and (reason := _reason_of(body)):
        # "completed" also closes failed requests elsewhere in this API: with an error and no file it is one, unless
        # its files come after it.
        return Progress(
            state=RequestState.FAILED, cost=body.cost, reason=reason, answers_needed=ANSWERS_FOR_FAILED_SUCCESS
        )
    leftovers = () if outputs else find_leftovers(document) or find_outputs(document)
    return Progress(
        state=state, outputs=outputs, cost=body.cost, leftovers=leftovers, has_gaps=bool(outputs) and has_gaps(output)
    )


def _output_of(document: object, body: RequestBody) -> object:
    """Return a result's output; where there is no such field, what stands under its nearest names."""
    if not isinstance(document, dict) or "output" in document:
        return body.output
    found = next((document[name] for name in _OTHER_OUTPUT_NAMES if name in document), None)
    # Wrapped once more: what stands beside the inner one may be an echo.
    return found["output"] if isinstance(found, dict) and found.get("output") else found


def _is_silent(document: object, body: RequestBody) -> bool:
    """Whether a body says nothing of a state, and nothing of an error."""
    if not isinstance(document, dict) or document.get("status") is not None:
        return False
    return read_error(document)[0] is None and not (_reason_of(body) or read_reason(body.detail))


def unwrapped(document: Mapping[str, object]) -> Mapping[str, object]:
    """Return an answer without what it is wrapped in: one object in it tells the state that the answer itself does not.

    A state that nobody knows is one too, and an output of its own makes the other a part of that.
    """
    if document.get("status") is not None or "output" in document:
        return document
    held = [(name, inner) for name in _WRAPPERS if isinstance(inner := document.get(name), dict) and names_state(inner)]
    if len(held) != 1:
        return document
    ((wrapper, inner),) = held
    return {name: value for name, value in document.items() if name != wrapper} | inner


def _read_unknown(word: str, body: RequestBody) -> Progress:
    """Read a result without a state that is known: by what stands beside it, and never at its first word."""
    is_error = word in _ERROR_WORDS
    outputs, reason = find_outputs(body.output), _reason_of_an_end(body) if is_error else _reason_of(body)
    if outputs:
        return Progress(state=RequestState.UNKNOWN, outputs=outputs, cost=body.cost, answers_needed=ANSWERS_FOR_FILES)
    if reason and is_error:
        return Progress(state=RequestState.FAILED, reason=reason, cost=body.cost, answers_needed=ANSWERS_FOR_ERROR_WORD)
    if body.status is None:
        raise GarbledBody("a body without a state")
    return Progress(state=RequestState.UNKNOWN, reason=reason)


def names_state(document: Mapping[str, object]) -> bool:
    """Whether a body tells a request's state in a word that is known."""
    status = document.get("status")
    word = _normalised(status) if isinstance(status, str) else ""
    return word in _END_WORDS or word in _RUNNING_WORDS


def has_failed(document: Mapping[str, object]) -> bool:
    """Whether a body says that its request came to nothing."""
    status = document.get("status")
    return isinstance(status, str) and _END_WORDS.get(_normalised(status)) in {
        RequestState.FAILED,
        RequestState.CANCELLED,
    }


def has_end_state(document: object) -> bool:
    """Whether a body says how a request ended: then its `error_code` is about the request, not about the call."""
    status = document.get("status") if isinstance(document, dict) else None
    return isinstance(status, str) and _normalised(status) in _END_WORDS


def read_catalog(document: object) -> None:
    """Hold a body against what the catalogue answers. Raises: GarbledBody."""
    if not isinstance(document, dict) or not isinstance(document.get("models"), list):
        raise GarbledBody("a body that is no catalogue")


def read_cancel(document: object) -> bool | None:
    """Return whether the cancel was confirmed (True) or refused (False); None where the body does not say.

    `outcome` decides first; the documents' own sample has the status `completed` beside the outcome `cancelled`.
    """
    body = read_body(CancelBody, document)
    outcome = _normalised(body.outcome or "")
    if outcome in _CANCELLED_WORDS:
        return True
    if outcome == _NOT_CANCELLABLE:
        return False
    if outcome:
        log.warning("a cancel's outcome was never seen before: %.60r", outcome)
    return True if _normalised(body.status or "") in _CANCELLED_WORDS else None


def _reason_of(body: RequestBody) -> str:
    return read_reason(body.error) or read_reason(body.error_message)


def _reason_of_an_end(body: RequestBody) -> str:
    """Return the reason of what has certainly failed: there, whatever is said is about that."""
    return _reason_of(body) or read_reason(body.message) or read_reason(body.detail)


def _live_state(word: str) -> RequestState:
    state = _RUNNING_WORDS.get(word, RequestState.UNKNOWN)
    if state is RequestState.UNKNOWN and word:
        log.warning("a request's state was never seen before: %.60r", word)
    return state


def _normalised(word: str) -> str:
    return "_".join(word.replace("-", " ").replace("_", " ").lower().split())


def _integer(text: str) -> object:
    return int(text) if len(text) <= _LONGEST_NUMBER else None


def _decimal(text: str) -> object:
    try:
        return Decimal(text) if len(text) <= _LONGEST_NUMBER else None
    except ArithmeticError:
        return None


def _no_number(_: str) -> object:
    """Read NaN and Infinity, which are no JSON and which some services write, as nothing."""
    return None
