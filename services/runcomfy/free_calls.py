"""What the answer to a free call means: a document to read, a definite no, or nothing usable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from services.errors import ApiUnavailable, FailureKind, RequestNotFound
from services.runcomfy.submitting import read_refusal
from services.runcomfy.transport import Answer
from services.runcomfy.wire import FAILURE_BY_CODE, NOT_FOUND_CODE, GarbledBody, decode, has_end_state, read_error

_OK = range(200, 300)
_CLIENT_ERRORS = range(400, 500)
_NOT_FOUND = 404
# Request timeout, too early, too many requests: the service asks for another try.
_TRY_AGAIN = frozenset({408, 425, 429})
# Of a refusal's kinds only these mean the same on a call that sends no inputs.
_KEPT_KINDS = frozenset({FailureKind.BAD_TOKEN, FailureKind.NO_BALANCE, FailureKind.FORBIDDEN})


def read_free_answer(answer: Answer) -> Mapping[str, object]:
    """Return the document of a good answer.

    Raises: RequestNotFound (404001), ApiRefused (another definite 4xx, or its code under 200), ApiUnavailable (all that
    another try may mend, a 404 without that code among it: a gateway says that about a path, not about a request).
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


def _decode_object(answer: Answer) -> Mapping[str, object] | None:
    try:
        document = decode(answer.raw)
    except GarbledBody:
        return None
    return document if isinstance(document, dict) else None
