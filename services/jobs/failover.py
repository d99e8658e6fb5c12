"""Takes over commands whose acknowledgement another process won, and who died before it could accept them.

Whoever did not win an acknowledgement does not submit: the winner may be a copy of the bot with a database of its own,
and both would be paid for. Only where this database shows that one of its own processes fell silent just then is the
command accepted by those who lost it, once, as any command.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.clock import Clock
from services.errors import ComfycordError, StoreUnavailable
from services.jobs.card import CardOrigin
from services.jobs.copies import CopyWatch
from services.jobs.model import Actor, GenerationRequest
from services.jobs.ports import JobStore, Processes
from services.jobs.service import JobService
from services.jobs.troubles import Troubles

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
    request: GenerationRequest
    actor: Actor
    origin: CardOrigin
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
        jobs: JobService,
        copies: CopyWatch,
        clock: Clock,
        worker_id: str,
    ) -> None:
        """`processes` is None where only one can work on the database: there nobody can have won but a copy."""
        self._store = store
        self._processes = processes
        self._jobs = jobs
        self._copies = copies
        self._clock = clock
        self._worker_id = worker_id
        self._lost: dict[int, _Lost] = {}
        self._beat_at: float | None = None
        self._troubles = Troubles("no sign of life could be given")

    def watch(self, request: GenerationRequest, actor: Actor, origin: CardOrigin) -> None:
        """Watch a command that somebody else has acknowledged."""
        if self._processes is not None and len(self._lost) < _MOST_LOST:
            lost = _Lost(request=request, actor=actor, origin=origin, at=self._clock.monotonic())
            self._lost[origin.interaction_id] = lost

    async def run(self) -> None:
        """Beat and watch until cancelled."""
        while True:
            try:
                await self.tick()
            except Exception as error:  # noqa: BLE001 - told there: whatever it is, the next sign may pass
                self._troubles.tell(error)
            else:
                self._troubles.passed()
            await asyncio.sleep(_TICK_SECONDS)

    async def tick(self) -> None:
        """Give a sign of life where one is due, and decide what can be decided. Raises: StoreUnavailable."""
        if self._processes is not None and (self._lost or self._is_beat_due()):
            self._beat_at = self._clock.monotonic()
            ages = await self._processes.beat(self._worker_id)
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
                await self._act(lost, verdict)
            del self._lost[interaction_id]

    async def _act(self, lost: _Lost, verdict: Verdict) -> None:
        interaction_id = lost.origin.interaction_id
        if verdict is Verdict.THE_DEAD:
            log.warning("interaction=%d is taken over: who acknowledged it died before it was accepted", interaction_id)
            try:
                await self._jobs.submit(lost.request, lost.actor, lost.origin)
            except StoreUnavailable:
                raise
            except ComfycordError as error:
                log.info("interaction=%d refused: %s", interaction_id, type(error).__name__)
            except Exception:
                log.exception("interaction=%d cannot be taken over", interaction_id)
        elif verdict is Verdict.A_COPY or await self._jobs.has_room(lost.actor):
            # No process of this database would have refused it.
            self._copies.saw_copy(interaction_id)
