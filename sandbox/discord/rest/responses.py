"""What goes back for a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True, frozen=True)
class Answer:
    """What goes back: `body` None is an empty 204-like body, `text` stands in for JSON."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None


NO_CONTENT = Answer(status=204)
