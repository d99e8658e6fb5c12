"""What is asked of Discord about one card: where it stands, and whether it does."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar

from cogs.delivery.calls import Calls
from cogs.delivery.card_client import CardClient, Posted
from cogs.delivery.failures import FailureCategory
from cogs.delivery.outcomes import RetryLater, RouteClosed
from cogs.delivery.setbacks import Setbacks
from services.jobs.card import DeliveryRoute
from services.jobs.model import Job

T = TypeVar("T")


class CardLookup:
    """Asks about one job's card. Every method raises RouteClosed for a definite no, else RetryLater."""

    def __init__(self, job: Job, *, card_client: CardClient, calls: Calls, setbacks: Setbacks) -> None:
        self._job = job
        self._card_client = card_client
        self._calls = calls
        self._setbacks = setbacks

    async def ask(self, question: Coroutine[Any, Any, T], *, is_long: bool = False) -> T:
        """Return the answer. A no that nobody knows is definite once it was heard too often."""
        try:
            return await self._calls.ask(question, is_long=is_long)
        except RetryLater as later:
            failure = later.failure
            if (
                failure is not None
                and failure.category is FailureCategory.UNKNOWN
                and self._setbacks.is_certain(failure)
            ):
                raise RouteClosed(failure.words) from later
            raise

    async def find(self, channel_id: int, *, since: datetime, until: datetime) -> Posted | None:
        """Return the card among the channel's messages of this time, by Discord's clock."""
        return await self.ask(
            self._card_client.find(channel_id, self._job.job_id, since=since, until=until), is_long=True
        )

    async def find_latest(self, channel_id: int, *, since: datetime) -> Posted | None:
        """Return the card among the channel's newest messages since then, by Discord's clock."""
        return await self.ask(self._card_client.find_latest(channel_id, self._job.job_id, since=since), is_long=True)

    async def open_new_channel(self, route: DeliveryRoute) -> int:
        """Return the channel in which a new message of this way is posted."""
        if route is DeliveryRoute.CHANNEL:
            return self._job.channel_id
        return await self.ask(self._card_client.open_direct(self._job.owner_id))

    async def is_readable(self, route: DeliveryRoute, channel_id: int) -> bool:
        """Return whether a message that is sent there could be found again."""
        if route is DeliveryRoute.DIRECT or self._job.guild_id is None:
            return True
        known = self._card_client.may_read_history(channel_id)
        if known is not None:
            return known
        try:
            return await self.ask(self._card_client.has_history(channel_id))
        except RouteClosed:
            return False
