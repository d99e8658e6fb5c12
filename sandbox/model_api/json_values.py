"""The type of what JSON can say, and careful reading of it."""

from __future__ import annotations

import json
from typing import TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]


def parse_object(data: bytes | str) -> JsonObject | None:
    """Read a JSON object; None when it is not JSON or not an object."""
    try:
        value = json.loads(data)
    except ValueError:  # UnicodeDecodeError is one too
        return None
    return value if isinstance(value, dict) else None
