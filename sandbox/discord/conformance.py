"""Holds recorded REST traffic against Discord's public OpenAPI document, where somebody has it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from pathlib import Path

from jsonschema.exceptions import best_match

from sandbox.discord.schema_validation import SchemaDocument, escaped
from sandbox.discord.traffic import Call, normalized_route
from sandbox.discord.wire import JsonObject

_JSON = "application/json"
_MULTIPART = "multipart/form-data"


class Conformance:
    """Checks request bodies and answers; validators are made when first needed and kept.

    One exception is known and let pass: discord.py writes the ids of new attachments as numbers, which Discord takes
    and its document does not.
    """

    def __init__(self, document: Path) -> None:
        contents: JsonObject = json.loads(document.read_text(encoding="utf-8"))
        self._document = SchemaDocument(contents)
        self._operations = dict(_operations(contents))

    def violations(self, calls: Iterable[Call]) -> list[str]:
        """What the client sent and the document does not allow; one sentence each."""
        return [found for call in calls for found in self._request_violations(call)]

    def response_violations(self, calls: Iterable[Call]) -> list[str]:
        """What this Discord answered and the document does not allow; one sentence each.

        Refusals are left out: the document calls their nested codes numbers, where the service writes words, and
        asks a 429 for a code that the service does not send.
        """
        return [found for call in calls for found in self._response_violations(call)]

    def _request_violations(self, call: Call) -> Iterator[str]:
        if call.route is None or call.is_arriving:
            return
        found = self._operations.get(normalized_route(call.route))
        if found is None:
            yield f"{call.route}: the document has no such operation"
            return
        pointer, operation = found
        content = operation.get("requestBody", {}).get("content", {})
        if call.body is None:
            if operation.get("requestBody", {}).get("required"):
                yield f"{call.route}: a body is required"
            return
        media = _JSON if _JSON in content else _MULTIPART
        if media not in content:
            yield f"{call.route}: no body is allowed"
            return
        place = f"{pointer}/requestBody/content/{escaped(media)}/schema"
        yield from self._mismatches(place, _with_text_ids(call.body), f"{call.route} request")

    def _response_violations(self, call: Call) -> Iterator[str]:
        found = self._operations.get(normalized_route(call.route or ""))
        if found is None or call.status is None or call.status >= HTTPStatus.BAD_REQUEST:
            return
        pointer, operation = found
        key = next((key for key in _response_keys(call.status) if key in operation["responses"]), None)
        if key is None:
            yield f"{call.route}: the document knows no answer {call.status}"
            return
        answer = operation["responses"][key]
        if call.response is None or _JSON not in answer.get("content", {}):
            return
        place = f"{pointer}/responses/{key}/content/{escaped(_JSON)}/schema"
        yield from self._mismatches(place, call.response, f"{call.route} {call.status}")

    def _mismatches(self, pointer: str, value: object, what: str) -> Iterator[str]:
        validator = self._document.validator(pointer)
        error = best_match(validator.iter_errors(value))
        if error is None:
            return
        path = "/".join(str(step) for step in error.absolute_path)
        yield f"{what}: {path or '(whole)'}: {error.message[:300]}"


def _operations(contents: JsonObject) -> Iterator[tuple[str, tuple[str, JsonObject]]]:
    for path, methods in contents["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "put", "post", "patch", "delete"):
                key = normalized_route(f"{method.upper()} {path}")
                yield key, (f"/paths/{escaped(path)}/{method}", operation)


def _response_keys(status: int) -> tuple[str, ...]:
    return (str(status), f"{status // 100}XX", "default")


def _with_text_ids(body: object) -> object:
    """The body with the ids of attachments written as text (the known exception)."""
    if not isinstance(body, dict):
        return body
    copied = copy.deepcopy(body)
    data = copied.get("data")
    for holder in (copied, data if isinstance(data, dict) else {}):
        for attachment in holder.get("attachments") or []:
            if isinstance(attachment, dict) and isinstance(attachment.get("id"), int):
                attachment["id"] = str(attachment["id"])
    return copied
