"""What JSON looks like on Discord's wire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]  # a body as an outside program wrote it: anything may stand in it
Path: TypeAlias = tuple[str | int, ...]


def timestamp(at: datetime) -> str:
    """ISO 8601 with microseconds and an explicit zone, as Discord writes times."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


def optional_timestamp(at: datetime | None) -> str | None:
    """As `timestamp`; None stays None."""
    return None if at is None else timestamp(at)
