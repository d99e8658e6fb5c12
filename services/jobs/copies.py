"""Notices another copy of the bot: the same token, another database, and so no way to agree on who pays."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from services.clock import Clock
from services.errors import StoreUnavailable
from services.jobs.ports import KeyValueStore

log = logging.getLogger(__name__)

KEY = "another_copy"
# For how long a copy that was seen is reckoned with, and how often at most the log tells of it.
REMEMBERED = timedelta(days=1)
_TELL_EVERY_SECONDS = 600.0
# Interactions of far more than the quarter of an hour in which an event can come again.
_MOST_RECEIVED = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Sightings:
    """How often another copy answered for our token, since when, and when last."""

    count: int
    first_at: datetime
    last_at: datetime

    def is_recent(self, now: datetime) -> bool:
        """Whether that copy may still be running."""
        return now - self.last_at < REMEMBERED


async def get_sightings(key_values: KeyValueStore) -> Sightings | None:
    """Return what this installation has noted of another copy; None: nothing. Raises: StoreUnavailable."""
    words = (await key_values.get_value(KEY) or "").split()
    try:
        count, first_at, last_at = words
        return Sightings(count=int(count), first_at=_moment(first_at), last_at=_moment(last_at))
    except (ValueError, OverflowError):
        return None


def _moment(written: str) -> datetime:
    # One without its zone, which we do not write, could not be compared.
    return datetime.fromisoformat(written).astimezone(UTC)


class CopyWatch:
    """Counts interactions that were answered, and by nobody on this database.

    `has_siblings`: other processes work on this database, and what they answered is no sign of a copy.
    """

    def __init__(self, key_values: KeyValueStore, clock: Clock) -> None:
        self._key_values = key_values
        self._clock = clock
        self._received: OrderedDict[int, int] = OrderedDict()
        self._unsaved = 0
        self._told_at: float | None = None
        self.has_siblings = False

    def received(self, interaction_id: int) -> None:
        """Count a delivery of an interaction to this process."""
        self._received[interaction_id] = self._received.get(interaction_id, 0) + 1
        if len(self._received) > _MOST_RECEIVED:
            self._received.popitem(last=False)

    def lost(self, interaction_id: int) -> None:
        """Take in that somebody else had acknowledged an interaction.

        That tells of a copy unless this process was given the same event twice, or one of its siblings answered.
        """
        if not self.has_siblings and self._received.get(interaction_id, 0) <= 1:
            self.saw_copy(interaction_id)

    def saw_copy(self, interaction_id: int) -> None:
        """Count an interaction that another copy has answered, and say so loudly, though not each time."""
        self._unsaved += 1
        now = self._clock.monotonic()
        if self._told_at is None or now - self._told_at >= _TELL_EVERY_SECONDS:
            self._told_at = now
            log.error(
                "interaction=%d another copy of this bot answers commands with the same token, and has a database of "
                "its own: stop it, or make a new token in the developer portal and use that here alone",
                interaction_id,
            )

    async def is_copy_around(self) -> bool:
        """Whether another copy has been seen lately, in this process or one before it.

        Raises: StoreUnavailable.
        """
        if self._unsaved:
            return True
        sightings = await get_sightings(self._key_values)
        return sightings is not None and sightings.is_recent(self._clock.now())

    async def save(self) -> None:
        """Note what was seen since the last time; a database that is away has it tried again at the next."""
        if not self._unsaved:
            return
        seen, now = self._unsaved, self._clock.now()
        try:
            before = await get_sightings(self._key_values)
            if before is None or not before.is_recent(now):
                before = Sightings(count=0, first_at=now, last_at=now)
            after = replace(before, count=before.count + seen, last_at=now)
            words = f"{after.count} {after.first_at.isoformat()} {after.last_at.isoformat()}"
            await self._key_values.put_value(KEY, words)
        except StoreUnavailable as error:
            log.info("another copy's answers are not noted yet: %s", error)
            return
        self._unsaved -= seen
