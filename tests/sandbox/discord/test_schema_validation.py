"""The check against an OpenAPI document, on a small document of our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.clock import SandboxClock
from sandbox.discord.conformance import Conformance
from sandbox.discord.traffic import Call

JSON = "application/json"
BUTTON = {
    "type": "object",
    "properties": {"type": {"type": "integer", "enum": [2]}, "label": {"type": "string", "maxLength": 3}},
    "required": ["type", "label"],
}
ROW = {
    "type": "object",
    "properties": {
        "type": {"type": "integer", "enum": [1]},
        "components": {"type": "array", "items": {"oneOf": [{"$ref": "#/components/schemas/Button"}]}},
    },
    "required": ["type", "components"],
}
MESSAGE = {
    "type": "object",
    "properties": {
        "part": {"oneOf": [{"$ref": "#/components/schemas/Row"}, {"$ref": "#/components/schemas/Button"}]},
        "note": {"oneOf": [{"type": "null"}, {"type": "string"}]},
    },
}
DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {
        "/rooms/{room_id}": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {JSON: {"schema": {"$ref": "#/components/schemas/Message"}}},
                },
                "responses": {
                    "200": {"content": {JSON: {"schema": {"$ref": "#/components/schemas/Message"}}}},
                    "4XX": {"description": "refused"},
                },
            },
            "get": {"responses": {"204": {"description": "nothing"}}},
        }
    },
    "components": {"schemas": {"Button": BUTTON, "Row": ROW, "Message": MESSAGE}},
}


@pytest.fixture
def document(tmp_path: Path) -> Conformance:
    """The checker of the small document."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return Conformance(path)


def call(body: object, *, method: str = "POST", status: int = 200, response: object = None) -> Call:
    """A call of the only path, whose parameter has another name here."""
    return Call(
        method=method,
        path="/rooms/5",
        route=f"{method} /rooms/{{id}}",
        parameters={"id": "5"},
        query={},
        at=SandboxClock().now(),
        body=body,
        status=status,
        response=response,
    )


def test_nested_references_are_followed(document: Conformance) -> None:
    """What is right passes; what is wrong is named by its place, in the branch that was meant."""
    fine = {"part": {"type": 1, "components": [{"type": 2, "label": "abc"}]}, "note": None}
    wrong = {"part": {"type": 1, "components": [{"type": 2, "label": "abcd"}]}}
    assert document.violations([call(fine)]) == []
    assert document.violations([call(wrong)]) == [
        "POST /rooms/{id} request: part/components/0/label: 'abcd' is too long"
    ]


@pytest.mark.parametrize("body", [{"part": {"type": 3}}, {"part": {"label": "a"}}, {"note": 5}, [], {"part": "x"}])
def test_what_fits_no_branch_is_told(document: Conformance, body: object) -> None:
    """An unknown type, a missing one, and plain values."""
    assert len(document.violations([call(body)])) == 1


def test_missing_and_superfluous_bodies_are_told(document: Conformance) -> None:
    """A required body must be there; where none is allowed there must be none."""
    assert document.violations([call(None)]) == ["POST /rooms/{id}: a body is required"]
    assert document.violations([call({}, method="GET")]) == ["GET /rooms/{id}: no body is allowed"]
    assert document.violations([call(None, method="GET")]) == []
    assert document.violations([call(None, method="PUT")]) == ["PUT /rooms/{id}: the document has no such operation"]


def test_answers_are_checked_when_they_are_no_refusals(document: Conformance) -> None:
    """By status; a status that the document does not know is told."""
    assert document.response_violations([call({}, response={"note": "a"})]) == []
    assert document.response_violations([call({}, response={"note": 5})])
    assert document.response_violations([call({}, status=201, response={})])
    assert document.response_violations([call({}, status=404, response={"note": 5})]) == []
    assert document.response_violations([call(None, method="GET", status=204)]) == []
