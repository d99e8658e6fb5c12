"""Answers as the transport hands them on."""

from __future__ import annotations

import json

from services.runcomfy.transport import Answer

ID = "f033d089-3518-49c4-8abb-ef53018f7260"


def answer(status: int, body: object = None, *, retry_after: float | None = None, location: str = "") -> Answer:
    """Make an answer; bytes stand as they are, None is a body of which nothing arrived."""
    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, raw=raw, retry_after_seconds=retry_after, location=location)
