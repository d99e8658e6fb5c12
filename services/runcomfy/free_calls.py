"""What the answer to a free call means: a document to read, a definite no, or nothing usable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from services.errors import ApiRefused, ApiUnavailable, FailureKind, RequestNotFound
from services.jobs.ports import Progress, RequestState
from services.runcomfy.submitting import read_refusal
from services.runcomfy.transport import Answer
from services.runcomfy.wire import (
    ANSWERS_FOR_ODD_STATUS,
    ANSWERS_FOR_REFUSAL,
    ANSWERS_FOR_VAGUE_REFUSAL,
    FAILURE_BY_CODE,
    NOT_FOUND_CODE,
    GarbledBody,
    decode,
    has_end_state,
    names_state,
    read_cancel,
    read_error,
    unwrapped,
)

_OK = range(200, 300)
_CLIENT_ERRORS = range(400, 500)
_NOT_FOUND = 404
# Request timeout, too early, too many requests: the service asks for another try.
_TRY_AGAIN = frozenset({408, 425, 429})
# Of a refusal's kinds only these mean the same on a call that sends no inputs.
_KEPT_KINDS = frozenset({FailureKind.BAD_TOKEN, FailureKind.NO_BALANCE, FailureKind.FORBIDDEN})

# What says nothing about the request, whatever its body holds: our token, our account, our proxy, our pace.
_ABOUT_US = frozenset({401, 402, 403, 407, 408, 425, 429})
# Of these, services say a reason with: a blocked prompt is a 403 to some.
_MAY_BE_A_REASON = frozenset({402, 403, 429})
_ENDS = frozenset({RequestState.SUCCEEDED, RequestState.FAILED, RequestState.CANCELLED})
# Conflict, locked: with these, services say that a request is not over yet.
_NOT_YET = frozenset({409, 423})
# Too large, of a wrong kind, not valid, blocked: these are about what was sent in, which stays as it is.
_ABOUT_THE_INPUT = frozenset({413, 415, 422, 451})


def read_free_answer(answer: Answer) -> Mapping[str, object]:
    """Return the document of a good answer.

    Raises: RequestNotFound (404001), ApiRefused (another definite 4xx, or its code under 200), ApiUnavailable (all that
    another try may fix, a 404 without that code among it: a gateway says that about a path, not about a request).
    """
    document = _decode_object(answer)
    code, _ = read_error(document)
    is_transient = answer.status in _TRY_AGAIN or answer.status not in {*_OK, *_CLIENT_ERRORS}
    if is_transient or (document is None and answer.status in _OK):
        cause = f"HTTP {answer.status}{'' if is_transient else ' without a readable body'}"
        raise ApiUnavailable(cause, retry_after_seconds=answer.retry_after_seconds)
    if code == NOT_FOUND_CODE:
        raise RequestNotFound
    if answer.status == _NOT_FOUND:
        raise ApiUnavailable(f"HTTP 404 without code {NOT_FOUND_CODE}")
    if answer.status in _CLIENT_ERRORS or code in FAILURE_BY_CODE:
        refusal = read_refusal(answer)
        raise refusal if refusal.kind in _KEPT_KINDS else replace(refusal, kind=FailureKind.REFUSED)
    if document is None or (code is not None and not has_end_state(document)):
        raise ApiUnavailable(f"HTTP {answer.status} with code {code}")
    return document


def read_request_answer(answer: Answer, read: Callable[[object], Progress]) -> Progress:
    """Return what an answer of /status or /result tells of the request, under whatever HTTP status it comes.

    | answer | what it tells |
    |---|---|
    | 2xx with a state | that state |
    | 2xx with a state in a wrapper | that state; an end of /result once it is repeated |
    | any other status with a state that is known, or with files | that state; an end once it is repeated |
    | 402, 403, 429 with a failure and its reason, or with a success and its files | that, once it is often repeated |
    | 409, 423 without a state that is known | nothing: not yet |
    | another 4xx with a state word never seen | what that word and its neighbours tell, as a refusal |
    | 413, 415, 422, 451 with a reason and no state | a refusal: failed, once it is often repeated |
    | another 4xx with a reason and no state | likewise, after ten minutes: it may say "not ready" in other words |
    | else 401, 402, 403, 407, 408, 425, 429 and their codes | nothing: they are about us, or about the moment |
    | 404001 | that the request is not known |
    | anything else | nothing |

    Raises: RequestNotFound, ApiRefused, ApiUnavailable, GarbledBody.
    """
    whole = _decode_object(answer)
    document = unwrapped(whole) if whole is not None else None
    code, _ = read_error(document)
    is_about_us = answer.status in _ABOUT_US or FAILURE_BY_CODE.get(code or 0) in _KEPT_KINDS
    if document is not None and code != NOT_FOUND_CODE and (told := _read_state(document, read)) is not None:
        needed = told.answers_needed
        if is_about_us and not (answer.status in _OK and has_end_state(document)):
            is_told = (told.state is RequestState.FAILED and told.reason) or (
                told.state is RequestState.SUCCEEDED and told.outputs
            )
            needed = max(needed, ANSWERS_FOR_REFUSAL) if is_told and answer.status in _MAY_BE_A_REASON else 0
        elif told.state in _ENDS | {RequestState.UNKNOWN} and (
            answer.status not in _OK or is_about_us or document is not whole
        ):
            needed = max(needed, ANSWERS_FOR_ODD_STATUS)
        if needed:
            return replace(told, answers_needed=needed)
    try:
        return read(read_free_answer(answer))
    except ApiRefused as refusal:
        if is_about_us or not refusal.reason or answer.status not in _CLIENT_ERRORS:
            raise
        return _read_refusal_of_request(answer, refusal.reason, read)


def _read_refusal_of_request(answer: Answer, reason: str, read: Callable[[object], Progress]) -> Progress:
    """Return what a 4xx with a reason, without a state that is known, tells of its request. Raises: ApiUnavailable."""
    if answer.status in _NOT_YET:
        raise ApiUnavailable(f"HTTP {answer.status} without a state")
    needed = ANSWERS_FOR_REFUSAL if answer.status in _ABOUT_THE_INPUT else ANSWERS_FOR_VAGUE_REFUSAL
    failed = Progress(state=RequestState.FAILED, reason=reason, answers_needed=needed, is_refusal=True)
    document = _decode_object(answer)
    if document is None or not isinstance(document.get("status"), str):
        return failed
    told = read(document)
    needed = max(needed, told.answers_needed) if told.state is RequestState.FAILED else told.answers_needed
    return replace(told, answers_needed=needed, is_refusal=True)


def read_cancel_answer(answer: Answer) -> bool | None:
    """Return what the answer to a cancel says, as `read_cancel` does; a known outcome counts under any 4xx about it.

    Raises: RequestNotFound, ApiRefused, ApiUnavailable.
    """
    document = _decode_object(answer)
    if document is not None and answer.status in _CLIENT_ERRORS and answer.status not in _ABOUT_US:
        told = read_cancel(document)
        if told is not None:
            return told
    return read_cancel(read_free_answer(answer))


def _read_state(document: Mapping[str, object], read: Callable[[object], Progress]) -> Progress | None:
    """Return what a body tells of its request, if it does: by a state that is known, or by files."""
    try:
        told = read(document)
    except GarbledBody:
        return None
    return told if names_state(document) or told.outputs else None


def _decode_object(answer: Answer) -> Mapping[str, object] | None:
    try:
        document = decode(answer.raw)
    except GarbledBody:
        return None
    return document if isinstance(document, dict) else None
