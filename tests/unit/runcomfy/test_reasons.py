"""The service's words about a failure become one sentence that a person can read."""

from __future__ import annotations

import json

import pytest

from services.runcomfy.reasons import REASON_MAX_LENGTH, read_reason


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("The picture was flagged.", "The picture was flagged."),
        ("  two\n lines\t\x00 ", "two lines"),
        ({"type": "ModelError", "message": "Out of memory"}, "Out of memory"),
        ({"error_message": "first", "message": "second", "error": "third"}, "first"),
        ({"message": "", "error": {"message": "inner"}}, "inner"),
        ([{"errorCode": 500001, "error": "Worker lost", "debugInfo": "worker-7"}], "Worker lost"),
        (["a", "b", "a", "c", "d"], "a; b; c"),
        ({"detail": [{"loc": ["body", "image_urls", 0], "msg": "too small"}]}, "image_urls.0: too small"),
        ({"detail": [{"loc": ["body"], "msg": "no object"}]}, "no object"),
        ({"detail": [{"field": "prompt", "message": "is required"}]}, "prompt: is required"),
        ({"detail": "plain"}, "plain"),
        ('{"message": "JSON in a string"}', "JSON in a string"),
        ('["JSON list"]', "JSON list"),
        ("[fal] worker lost", "[fal] worker lost"),
        ("Traceback (most recent call last):\n  File x\nValueError: bad seed", "ValueError: bad seed"),
        ("safe\u202egnp.exe", "safe gnp.exe"),
        # nothing that a person could read
        ('{"message": "cut o', ""),
        ('{"code": 7}', ""),
        ({"code": 7, "debugInfo": "x"}, ""),
        ("<html><head><title>502</title>", ""),
        ("<!DOCTYPE html><p>x", ""),
        (7, ""),
        (None, ""),
        (True, ""),
        ([], ""),
        ({}, ""),
    ],
)
def test_any_shape_becomes_a_sentence(value: object, sentence: str) -> None:
    """Strings, objects, lists and validators' details are read; JSON and HTML never show."""
    assert read_reason(value) == sentence


def test_a_reason_is_short() -> None:
    """500 characters at most, the cut marked."""
    assert read_reason("x" * REASON_MAX_LENGTH) == "x" * REASON_MAX_LENGTH
    cut = read_reason({"error": ["word " * 200] * 3})
    assert len(cut) <= REASON_MAX_LENGTH
    assert cut.endswith("…")


def test_depth_has_a_bound() -> None:
    """A body nested without end says nothing and breaks nothing."""
    value: object = "deep"
    for _ in range(500):
        value = [value]
    assert read_reason(value) == ""
    assert read_reason(json.dumps({"message": "x"})[:-1] * 50) == ""
