"""What the answer to a paid POST means: accepted, certainly refused, certainly not sent, or not to be known."""

from __future__ import annotations

import logging
import re

from services.errors import ApiNotSent, ApiOutcomeUnknown, ApiRefused, FailureKind
from services.runcomfy.transport import Answer
from services.runcomfy.wire import (
    FAILURE_BY_CODE,
    GarbledBody,
    SubmitBody,
    decode,
    has_failed,
    names_state,
    read_body,
    read_error,
)

log = logging.getLogger(__name__)

_OK = range(200, 300)
_CLIENT_ERRORS = range(400, 500)
_REQUEST_TIMEOUT = 408
# Also in a body that is no JSON, was cut short or calls it otherwise, and in the request's own addresses: for the log
# alone, where whoever uses `adopt` finds it.
_ID_IN_TEXT = re.compile(
    rb"""request_?id[\\"']{1,4}\s{0,9}:\s{0,9}[\\"']{1,4}([A-Za-z0-9_-]{1,128})[\\"']|/v1/requests/([A-Za-z0-9_-]{1,128})/""",
    re.IGNORECASE,
)
_TOO_MANY_REQUESTS = 429

FAILURE_BY_STATUS = {
    400: FailureKind.BAD_INPUT,
    401: FailureKind.BAD_TOKEN,
    402: FailureKind.NO_BALANCE,
    403: FailureKind.FORBIDDEN,
    404: FailureKind.UNKNOWN_MODEL,
    422: FailureKind.BAD_INPUT,
}


def read_submit_answer(answer: Answer) -> str:
    """Return the request id of an accepted submit.

    Raises: ApiRefused (nothing accepted), ApiNotSent (429), ApiOutcomeUnknown (all that leaves room for doubt).
    """
    # Before anything else is read: an id that is there must not get lost, whatever the rest says.
    found = _id_in(answer.raw)
    if found:
        level = logging.INFO if answer.status in _OK else logging.ERROR
        log.log(level, "a submit was answered: HTTP %d, request_id=%s", answer.status, found)
    if found and _says_accepted(answer):
        raise _doubt(f"HTTP {answer.status} with the state of a request", found)
    if answer.status == _TOO_MANY_REQUESTS:
        raise ApiNotSent("HTTP 429", retry_after_seconds=answer.retry_after_seconds)
    if answer.status in _CLIENT_ERRORS and answer.status != _REQUEST_TIMEOUT:
        raise read_refusal(answer)
    if answer.status not in _OK:
        raise _doubt(f"HTTP {answer.status}", found)
    try:
        document = decode(answer.raw)
        body = read_body(SubmitBody, document)
    except GarbledBody as error:
        if found:
            log.error("a submit's answer cannot be read: HTTP %d, request_id=%s", answer.status, found)
        raise _doubt(f"HTTP {answer.status} with {error}", found) from error
    code, reason = read_error(document)
    if code in FAILURE_BY_CODE:
        raise ApiRefused(FAILURE_BY_CODE[code], http_status=answer.status, error_code=code, reason=reason)
    if code is not None or body.usable_id is None:
        # The operator may find here what `adopt` needs.
        log.error(
            "a submit's answer cannot be trusted: HTTP %d, code %s, request_id=%.130r",
            answer.status,
            code,
            body.request_id,
        )
        raise _doubt(
            f"HTTP {answer.status} with code {code}" if code else "an answer without a usable request id", found
        )
    return body.usable_id


def _says_accepted(answer: Answer) -> bool:
    """Whether an error tells the state of a request that lives or has succeeded: it was accepted all the same.

    An id alone says nothing there: errors carry ids of their own, for the service's log.
    """
    if answer.status in _OK:
        return False
    try:
        document = decode(answer.raw)
    except GarbledBody:
        return False
    return isinstance(document, dict) and names_state(document) and not has_failed(document)


def _id_in(raw: bytes) -> str:
    """Return the first request id that a body shows, in whatever encoding; empty where it shows none."""
    match = _ID_IN_TEXT.search(raw.replace(b"\0", b""))
    return (match[1] or match[2]).decode() if match else ""


def _doubt(cause: str, request_id: str) -> ApiOutcomeUnknown:
    """Return the doubt with the id that `adopt` may need: the core logs it beside the job's."""
    return ApiOutcomeUnknown(f"{cause}, request_id={request_id}" if request_id else cause)


def read_refusal(answer: Answer) -> ApiRefused:
    """Return what a definite refusal says: a known code decides before the HTTP status does."""
    try:
        code, reason = read_error(decode(answer.raw))
    except GarbledBody:
        code, reason = None, ""
    kind = FAILURE_BY_CODE.get(code or 0) or FAILURE_BY_STATUS.get(answer.status, FailureKind.REFUSED)
    return ApiRefused(kind, http_status=answer.status, error_code=code, reason=reason)
