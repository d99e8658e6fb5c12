"""What the page says, read strictly: a field of the wrong type is a sentence, never a crash."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sandbox.discord.wire import JsonObject

LARGEST_MESSAGE_BYTES = 256 * 1024


class Refused(Exception):
    """An action that does not happen; the sentence is for the person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One message of the page: what to `do`, its fields, and the number that its answer carries."""

    number: int
    do: str
    fields: JsonObject

    def text(self, name: str) -> str:
        """Return a field that is a string. Raises: Refused."""
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise Refused(f"{self.do}: {name} must be a string")
        return value

    def optional_text(self, name: str) -> str | None:
        """Return a field that is a string, None or missing. Raises: Refused."""
        return None if self.fields.get(name) is None else self.text(name)

    def identity(self, name: str) -> int:
        """Return a field that is an id. Raises: Refused."""
        return snowflake(self.text(name), f"{self.do}: {name}")

    def texts(self, name: str) -> list[str]:
        """Return a field that is a list of strings; missing means none. Raises: Refused."""
        value = self.fields.get(name) or []
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Refused(f"{self.do}: {name} must be a list of strings")
        return value

    def mapping(self, name: str) -> JsonObject:
        """Return a field that is an object; missing means an empty one. Raises: Refused."""
        value = self.fields.get(name) or {}
        if not isinstance(value, dict):
            raise Refused(f"{self.do}: {name} must be an object")
        return value


def read_order(text: str) -> Order | None:
    """Read a message; None for one that has not even a number to be answered by."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    number, do = fields.get("id"), fields.get("do")
    if not isinstance(number, int) or isinstance(number, bool) or not isinstance(do, str):
        return None
    return Order(number=number, do=do, fields=fields)


def snowflake(text: object, what: str) -> int:
    """Read an id. Raises: Refused."""
    if not isinstance(text, str) or not text.isascii() or not text.isdecimal() or len(text) > 20:  # noqa: PLR2004 - 64 bits
        raise Refused(f"{what} must be an id")
    return int(text)
