"""The use cases: what a person may do with jobs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.clock import Clock
from services.errors import InvalidTransition, JobNotFound, NotAllowed, QuotaExceeded
from services.jobs.cancelling import Canceller, CancelOutcome, with_cancel
from services.jobs.card import Card, CardOrigin
from services.jobs.ids import new_job_id
from services.jobs.job_updater import JobUpdater
from services.jobs.model import FOLLOWED, Actor, CancelState, GenerationRequest, Job, JobStatus, NewJob
from services.jobs.pacing import JobTiming
from services.jobs.ports import Accepted, CardStore, JobStore
from services.jobs.quota import QuotaLimits, QuotaPolicy, Usage, require_room
from services.jobs.signals import JobSignals

log = logging.getLogger(__name__)

HISTORY_PAGE = 5
SUGGESTIONS = 25


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryEntry:
    """One of a person's jobs; its card is None where what is stored of it cannot be read."""

    job: Job
    card: Card | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryPage:
    """A page of one person's jobs, newest first. `page` counts from 0; `total` is the number of all their jobs."""

    entries: Sequence[HistoryEntry]
    page: int
    pages: int
    total: int


class JobService:
    """What commands and buttons call. Whose a job is, is asked of the store each time."""

    def __init__(
        self,
        *,
        store: JobStore,
        cards: CardStore,
        updater: JobUpdater,
        canceller: Canceller,
        signals: JobSignals,
        clock: Clock,
        policy: QuotaPolicy,
        timing: JobTiming,
    ) -> None:
        self._store = store
        self._cards = cards
        self._updater = updater
        self._canceller = canceller
        self._signals = signals
        self._clock = clock
        self._timing = timing
        self._policy = policy

    async def submit(self, request: GenerationRequest, actor: Actor, origin: CardOrigin) -> Accepted:
        """Accept a job: when this returns, its row is committed and it will end, whatever happens.

        Of several calls for one interaction one makes the job, and all return it.
        Raises: QuotaExceeded, InvalidTransition (what is to be resubmitted is confirmed by now), StoreUnavailable.
        """
        now = self._clock.now()
        new = _new_job(request, actor, origin)
        deadline = now + self._timing.waiting_deadline
        limits = self._policy.limits_for(actor)
        accepted = await self._store.accept(new, origin.card, limits=limits, now=now, deadline=deadline)
        if accepted.is_new:
            log.info("job_id=%s accepted model=%s owner=%d", new.job_id, new.model_id, new.owner_id)
            self._signals.room.wake()
            self._signals.changed.wake()
        else:
            log.info("job_id=%s its interaction was delivered before", accepted.job.job_id)
        return accepted

    async def cancel(self, job_id: str, actor: Actor) -> CancelOutcome:
        """Cancel the job as far as it can be; a running one cannot (the API's rule).

        Raises: JobNotFound, NotAllowed, StoreUnavailable.
        """
        job = await self._store.get(job_id)
        if job is None:
            raise JobNotFound(job_id)
        if not actor.may_cancel(job):
            raise NotAllowed(job_id)
        wished = await self._updater.update(job_id, self._wish_to_cancel)
        job = wished.job
        if job.status is JobStatus.CANCELLED:
            return CancelOutcome.CANCELLED if wished.is_changed else CancelOutcome.ALREADY_OVER
        if job.status.is_terminal:
            return CancelOutcome.ALREADY_OVER
        if job.is_running or job.cancel is CancelState.REFUSED:
            return CancelOutcome.TOO_LATE
        return await self._canceller.send(job)

    def _wish_to_cancel(self, job: Job) -> Job | None:
        if job.status is JobStatus.WAITING:
            return job.transition(JobStatus.CANCELLED, at=self._clock.now())
        if job.is_cancellable and job.cancel is CancelState.NONE:
            return with_cancel(CancelState.REQUESTED, self._clock.now)(job)
        return None

    async def require_own(self, job_id: str, owner_id: int) -> Job:
        """Return one of this person's own jobs.

        Raises: JobNotFound (also for somebody else's), StoreUnavailable.
        """
        job = await self._store.get(job_id)
        if job is None or job.owner_id != owner_id:
            raise JobNotFound(job_id)
        return job

    async def require_unconfirmed(self, job_id: str, actor_id: int) -> Job:
        """Return a job that this person may submit anew.

        Raises: JobNotFound, NotAllowed (somebody else's), InvalidTransition (it is not unconfirmed).
        """
        job = await self._store.get(job_id)
        if job is None:
            raise JobNotFound(job_id)
        if job.owner_id != actor_id:
            raise NotAllowed(job_id)
        if job.status is not JobStatus.UNCONFIRMED:
            msg = f"{job_id} is {job.status}"
            raise InvalidTransition(msg)
        return job

    async def get_resubmission(self, job_id: str) -> Job | None:
        """Return the job that was submitted in place of this one, if it was resubmitted."""
        return await self._store.get_resubmission(job_id)

    async def history(self, owner_id: int, *, page: int) -> HistoryPage:
        """Return one page of this person's jobs, newest first."""
        found = await self._store.history(owner_id, page=max(page, 0), per_page=HISTORY_PAGE)
        cards = await self._cards.get([job.job_id for job in found.jobs])
        entries = [HistoryEntry(job=job, card=cards.get(job.job_id)) for job in found.jobs]
        return HistoryPage(entries=entries, page=found.page, pages=found.pages, total=found.total)

    async def get_card(self, job_id: str) -> Card | None:
        """Return the job's card; None where what is stored of it cannot be read."""
        return (await self._cards.get([job_id])).get(job_id)

    async def suggest(self, owner_id: int, text: str, *, only_cancellable: bool = False) -> Sequence[Job]:
        """Return this person's jobs that fit what they have typed so far."""
        return await self._store.suggest(
            owner_id, text=text.strip(), only_cancellable=only_cancellable, limit=SUGGESTIONS
        )

    async def quota(self, actor: Actor) -> tuple[Usage, QuotaLimits]:
        """Return what this person has used, and their limits."""
        return await self._store.usage(actor.user_id, now=self._clock.now()), self._policy.limits_for(actor)

    async def has_room(self, actor: Actor) -> bool:
        """Whether a job of this person's would be accepted now. Raises: StoreUnavailable."""
        try:
            require_room(*await self.quota(actor))
        except QuotaExceeded:
            return False
        return True

    async def renew_token(self, job_id: str, *, token: str, until: datetime, message_id: int) -> None:
        """Use the fresh interaction token that a press on the card brought."""
        await self._cards.renew_token(job_id, token=token, until=until, message_id=message_id)

    async def adopt(self, job_id: str, request_id: str) -> Job:
        """Have a job followed by this request id as closely as at first: it goes on as queued.

        For an unconfirmed job, whose id turned up, and for one that is late or was given up, by its own id; one that is
        followed by that id already stays as it is (the answer to an earlier call may have been lost). The API gets its
        whole deadline from now: what counts is that the result is still there to be fetched.
        Raises: JobNotFound, InvalidTransition (RequestTaken where another job has that request), StoreUnavailable.
        """

        def change(job: Job) -> Job | None:
            if not job.is_reopenable or job.request_id not in {None, request_id}:
                return None
            now = self._clock.now()
            queued = job.confirmed(request_id, at=now, within=self._timing.deadline)
            return replace(queued, deadline=now + self._timing.deadline)

        changed = await self._updater.update(job_id, change)
        job = changed.job
        if not changed.is_changed and not (job.request_id == request_id and job.status in FOLLOWED):
            own = f" with the request {job.request_id}" if job.request_id else ""
            msg = f"{job_id} is {job.status}{own}, so it cannot take the request {request_id}"
            raise InvalidTransition(msg)
        self._signals.polls.wake()
        return job


def _new_job(request: GenerationRequest, actor: Actor, origin: CardOrigin) -> NewJob:
    return NewJob(
        job_id=new_job_id(),
        interaction_id=origin.interaction_id,
        owner_id=actor.user_id,
        guild_id=actor.guild_id,
        channel_id=origin.channel_id,
        command=request.command,
        model_id=request.model_id,
        prompt=request.prompt,
        inputs=request.inputs,
        media=request.media,
        is_private=request.is_private,
        parent=request.parent,
    )
