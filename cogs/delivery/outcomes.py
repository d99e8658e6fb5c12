"""How a try to show a card can end without showing it."""

from __future__ import annotations


class TryLater(Exception):
    """The same way is to be tried again, in `seconds` at the earliest."""

    def __init__(self, why: str, *, seconds: float = 0.0) -> None:
        super().__init__(why)
        self.seconds = seconds


class Closed(Exception):
    """This way to the card is closed for good."""


class LeaseLost(Exception):
    """Somebody else shows this card now."""
