"""What is asked of Discord about one card: where it stands, and whether it does."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar

from cogs.delivery.calls import Calls
from cogs.delivery.outcomes import Closed, TryLater
from cogs.delivery.setbacks import Setbacks
from cogs.delivery.verdicts import Verdict
from cogs.delivery.ways import Posted, Ways
from services.jobs.model import DeliveryStep, Job

T = TypeVar("T")


class Questions:
    """Asks about one job's card. Every method raises Closed for a definite no, and TryLater for anything else."""

    def __init__(self, job: Job, *, ways: Ways, calls: Calls, setbacks: Setbacks) -> None:
        self._job = job
        self._ways = ways
        self._calls = calls
        self._setbacks = setbacks

    async def ask(self, question: Coroutine[Any, Any, T], *, is_long: bool = False) -> T:
        """Return the answer. A no that nobody knows is definite once it was heard too often."""
        try:
            return await self._calls.ask(question, is_long=is_long)
        except TryLater as later:
            trouble = later.trouble
            if trouble is not None and trouble.verdict is Verdict.UNKNOWN and self._setbacks.is_certain(trouble):
                raise Closed(trouble.words) from later
            raise

    async def find(self, channel_id: int, *, since: datetime, until: datetime) -> Posted | None:
        """Return the card among the channel's messages of this time, by Discord's clock."""
        return await self.ask(self._ways.find(channel_id, self._job.job_id, since=since, until=until), is_long=True)

    async def open_new_channel(self, step: DeliveryStep) -> int:
        """Return the channel in which a new message of this way is posted."""
        if step is DeliveryStep.CHANNEL:
            return self._job.channel_id
        return await self.ask(self._ways.open_direct(self._job.owner_id))

    async def is_readable(self, step: DeliveryStep, channel_id: int) -> bool:
        """Return whether a message that is sent there could be found again."""
        if step is DeliveryStep.DIRECT or self._job.guild_id is None:
            return True
        known = self._ways.may_read_history(channel_id)
        if known is not None:
            return known
        try:
            return await self.ask(self._ways.has_history(channel_id))
        except Closed:
            return False
