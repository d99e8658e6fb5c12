"""How a try to show a card can end without showing it."""

from __future__ import annotations

from cogs.delivery.failures import DeliveryFailure
from services.jobs.card import Card


class RetryLater(Exception):
    """The same way is to be tried again, in `seconds` at the earliest; `failure` is the answer that says so."""

    def __init__(self, why: str, *, seconds: float = 0.0, failure: DeliveryFailure | None = None) -> None:
        super().__init__(why)
        self.seconds = seconds
        self.failure = failure


class FilesPending(Exception):
    """The card shows what there is of the result; more may be there in `seconds`, or as soon as a download ends."""

    def __init__(self, *, is_running: bool, seconds: float) -> None:
        super().__init__("the result is on its way")
        self.is_running = is_running
        self.seconds = seconds
        self.card: Card | None = None  # as it is stored by then


class RouteClosed(Exception):
    """This way to the card is closed for good."""


class LeaseLost(Exception):
    """Somebody else shows this card now."""
