"""What the answer to a paid POST means: accepted, certainly refused, certainly not sent, or not to be known."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from services.errors import ApiNotSent, ApiOutcomeUnknown, ApiRefused, FailureKind
from services.runcomfy.request_ids import find_request_ids, id_in_text
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
    ids = _ids_of(answer)
    found = ", request_id=".join(dict.fromkeys(filter(None, [id_in_text(answer.raw), *ids])))
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
        document = _decoded(answer.raw)
        body = read_body(SubmitBody, document)
    except GarbledBody as error:
        if len(ids) == 1:
            return ids[0]  # its address stands in a header
        if found:
            log.error("a submit's answer cannot be read: HTTP %d, request_id=%s", answer.status, found)
        raise _doubt(f"HTTP {answer.status} with {error}", found) from error
    return _read_document(answer, document, body.usable_id, ids, found)


def _read_document(answer: Answer, document: object, own_id: str | None, ids: tuple[str, ...], found: str) -> str:
    """Return the id of a document under 2xx. Raises: ApiRefused, ApiOutcomeUnknown."""
    code, reason = read_error(document)
    if code in FAILURE_BY_CODE:
        raise ApiRefused(FAILURE_BY_CODE[code], http_status=answer.status, error_code=code, reason=reason)
    request_id = own_id or (ids[0] if len(ids) == 1 and not _tells_failure(document) else None)
    if code is not None or request_id is None:
        # The operator may find here what `adopt` needs.
        log.error(
            "a submit's answer cannot be trusted: HTTP %d, code %s, request_id=%.130r",
            answer.status,
            code,
            found,
        )
        raise _doubt(
            f"HTTP {answer.status} with code {code}" if code else "an answer without a usable request id", found
        )
    return request_id


def _ids_of(answer: Answer) -> tuple[str, ...]:
    """Return the ids that an answer may mean; in the body of an error they may be anything's."""
    try:
        document = decode(answer.raw) if answer.status in _OK else None
    except GarbledBody:
        document = None
    return find_request_ids(document, location=answer.location)


def _decoded(raw: bytes) -> object:
    """Return the document, out of a list of one. Raises: GarbledBody."""
    document = decode(raw)
    return document[0] if isinstance(document, list) and len(document) == 1 else document


def _tells_failure(document: object) -> bool:
    """Whether an answer says, without a code, that something went wrong: its id may be that of the error."""
    if not isinstance(document, Mapping):
        return True
    said = any(document.get(name) for name in ("error", "errors", "error_message"))
    return said or document.get("success") is False or document.get("ok") is False or has_failed(document)


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
