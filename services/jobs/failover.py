"""Takes over commands whose acknowledgement another process won, and who died before it could accept them.

Whoever did not win an acknowledgement does not submit: the winner may be a copy of the bot with a database of its own,
and both would be paid for. Only where this database shows that one of its own processes fell silent just then is the
command accepted by those who lost it, once, as any command.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.clock import Clock
from services.errors import ComfycordError, QuotaExceeded, StoreUnavailable
from services.jobs.copies import CopyWatch
from services.jobs.model import NewJob
from services.jobs.ports import Accepted, JobStore, Processes
from services.jobs.quota import QuotaLimits, require_room

log = logging.getLogger(__name__)

# How often a process gives a sign of life, and after how long without one it is dead.
BEAT_SECONDS = 5.0
DEAD_SECONDS = 15.0
# By then an acknowledged command is in the database, or refused, or its process is dead.
WATCH_SECONDS = 30.0
_TICK_SECONDS = 1.0
_MOST_LOST = 1000


class Verdict(StrEnum):
    """Who had acknowledged a command that is not in the database."""

    A_COPY = "a copy"  # none of this database's processes lived then
    THE_DEAD = "the dead"  # one of them has been silent since
    SOMEBODY = "somebody"  # all of them live: a copy, or one of them refused it
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Lost:
    new: NewJob
    at: float


def judge(ages: Sequence[float], *, elapsed: float) -> Verdict:
    """Return who acknowledged a command `elapsed` seconds ago.

    `ages`: how many seconds ago each other process of this database gave its last sign of life.
    """
    lived_then = [age for age in ages if age - elapsed < DEAD_SECONDS]
    if not lived_then:
        return Verdict.A_COPY
    # Its last sign came at most one beat, and a late one, before: it may have died with this command in its hands.
    if any(age > DEAD_SECONDS and age - elapsed < 2 * BEAT_SECONDS for age in lived_then):
        return Verdict.THE_DEAD
    return Verdict.SOMEBODY if elapsed > WATCH_SECONDS else Verdict.UNDECIDED


class Failover:
    """The loop that gives signs of life and watches commands that were lost to somebody else."""

    def __init__(
        self,
        *,
        store: JobStore,
        processes: Processes | None,
        submit: Callable[[NewJob], Awaitable[Accepted]],
        copies: CopyWatch,
        clock: Clock,
        owner: str,
        limits: QuotaLimits,
    ) -> None:
        """`processes` is None where only one can work on the database: there nobody can have won but a copy."""
        self._store = store
        self._processes = processes
        self._submit = submit
        self._copies = copies
        self._clock = clock
        self._owner = owner
        self._limits = limits
        self._lost: dict[int, _Lost] = {}
        self._beat_at: float | None = None

    def watch(self, new: NewJob) -> None:
        """Watch a command that somebody else has acknowledged."""
        if self._processes is not None and len(self._lost) < _MOST_LOST:
            self._lost[new.interaction_id] = _Lost(new=new, at=self._clock.monotonic())

    async def run(self) -> None:
        """Beat and watch until cancelled."""
        while True:
            try:
                await self.tick()
            except StoreUnavailable as error:
                log.info("no sign of life could be given: %s", error)
            await asyncio.sleep(_TICK_SECONDS)

    async def tick(self) -> None:
        """Give a sign of life where one is due, and decide what can be decided. Raises: StoreUnavailable."""
        if self._processes is not None and (self._lost or self._is_beat_due()):
            self._beat_at = self._clock.monotonic()
            ages = await self._processes.beat(self._owner)
            self._copies.has_siblings = any(age < DEAD_SECONDS for age in ages)
            if self._lost:
                await self._decide(ages)
        await self._copies.save()

    def _is_beat_due(self) -> bool:
        return self._beat_at is None or self._clock.monotonic() - self._beat_at >= BEAT_SECONDS

    async def _decide(self, ages: Sequence[float]) -> None:
        now = self._clock.monotonic()
        accepted = await self._store.accepted_interactions(tuple(self._lost))
        for interaction_id, lost in list(self._lost.items()):
            verdict = judge(ages, elapsed=now - lost.at)
            if interaction_id not in accepted:
                if verdict is Verdict.UNDECIDED:
                    continue
                await self._act(lost.new, verdict)
            del self._lost[interaction_id]

    async def _act(self, new: NewJob, verdict: Verdict) -> None:
        if verdict is Verdict.THE_DEAD:
            log.warning("job_id=%s is taken over: who acknowledged it died before it was accepted", new.job_id)
            try:
                await self._submit(new)
            except StoreUnavailable:
                raise
            except ComfycordError as error:
                log.info("interaction=%d refused: %s", new.interaction_id, type(error).__name__)
        elif verdict is Verdict.A_COPY or await self._has_room(new):
            self._copies.saw_copy(new.interaction_id)

    async def _has_room(self, new: NewJob) -> bool:
        """Whether no process of this database would have refused the command."""
        try:
            require_room(await self._store.usage(new.owner_id, now=self._clock.now()), self._limits)
        except QuotaExceeded:
            return False
        return True
