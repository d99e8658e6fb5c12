"""What the core needs from outside: a store of jobs and the Model API. The docstrings are the contract.

Every implementation passes the same tests (tests/contract).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from services.jobs.card import Card, DueCard
from services.jobs.model import Job, Json, NewJob, Output
from services.jobs.quota import QuotaLimits, Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """Who takes something and for how long, by the database's clock; `worker_id` is random per process start."""

    worker_id: str
    ttl_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """A job that is in the store. `is_new` is False when its interaction had been accepted before."""

    job: Job
    is_new: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class JobPage:
    """A page of one user's jobs, newest first. `page` counts from 0; `total` is the number of all their jobs."""

    jobs: Sequence[Job]
    page: int
    pages: int
    total: int


class JobStore(Protocol):
    """Jobs and their leases, in a database that several processes may share.

    Any method raises StoreUnavailable where the database does not answer; nothing was changed then, or everything.
    """

    async def accept(
        self, new: NewJob, card: Card, *, limits: QuotaLimits, now: datetime, deadline: datetime
    ) -> Accepted:
        """Insert the job as WAITING (version 1), and its card, if its owner has room, counted in the same transaction.

        The limits are stored with it: `claim_waiting` goes by them. An `interaction_id` that is there already, and a
        job that was resubmitted already, give the job that is there, `is_new=False`, whatever the quota says.
        Concurrent calls of one owner are decided one after the other. Where the job that is to be resubmitted was
        reopened meanwhile, this is refused, in the same transaction; else its card is drawn again, to tell of the new.
        Raises: QuotaExceeded, InvalidTransition.
        """
        ...

    async def get(self, job_id: str) -> Job | None:
        """Return the job."""
        ...

    async def get_resubmission(self, job_id: str) -> Job | None:
        """Return the job that was submitted in place of this one; there is one at most."""
        ...

    async def accepted_interactions(self, interaction_ids: Sequence[int]) -> frozenset[int]:
        """Return those of the interactions that have become jobs."""
        ...

    async def replace(self, job: Job, *, before: Job) -> bool:
        """Write the job's changed facts if the row still has the version of `before`; else False.

        The written version is `job.version`, which must be higher. In the same transaction the card has one more change
        to show, due when `card.card_change` says, or with one that is due earlier and not shown yet. A terminal state
        releases the poll lease.
        Raises: RequestTaken where another job has its request id, whatever became of that job.
        """
        ...

    async def claim_waiting(
        self,
        lease: Lease,
        *,
        now: datetime,
        limit: int,
        expired_by: datetime | None = None,
        held_back: Collection[str] = (),
    ) -> Sequence[Job]:
        """Claim up to `limit` WAITING jobs into SUBMITTING under the lease and return them, oldest first.

        No job starts that would be more in flight than it was accepted with (`QuotaLimits.running`), counted in the
        claiming transaction with its owner's row locked. A row whose deadline has passed by `expired_by` (by `now`
        where that is None) is not claimed, nor one of a model that is `held_back`.
        """
        ...

    async def claim_followed(self, lease: Lease, *, limit: int) -> Sequence[Job]:
        """Claim jobs at the API (QUEUED, RUNNING, LATE) that nobody holds, oldest first."""
        ...

    async def claim_orphaned_submits(self, lease: Lease, *, limit: int) -> Sequence[Job]:
        """Claim SUBMITTING jobs whose lease ran out (their process died) and return them."""
        ...

    async def list_overdue_waiting(self, *, now: datetime, limit: int) -> Sequence[Job]:
        """Return WAITING jobs whose deadline has passed."""
        ...

    async def renew(self, lease: Lease) -> Mapping[str, int]:
        """Extend every poll lease of this worker on jobs at the API in one statement; never shortens one.

        Returns these jobs' ids: what the worker holds, also where the answer to the taking was lost. A SUBMITTING job's
        lease is as long as a submit may take, and is never extended.
        """
        ...

    async def release(self, worker_id: str) -> None:
        """Give back every poll lease of this worker, so that others take up its jobs at once."""
        ...

    async def forget_leases(self) -> None:
        """Void all poll leases of all workers; only for a process that knows it is alone (SQLite's file lock)."""
        ...

    async def usage(self, owner_id: int, *, now: datetime) -> Usage:
        """Count what the user has used in the 24 hours before `now`."""
        ...

    async def history(self, owner_id: int, *, page: int, per_page: int) -> JobPage:
        """Return one page of the user's jobs, newest first; a page past the end gives the last one."""
        ...

    async def suggest(self, owner_id: int, *, text: str, only_cancellable: bool, limit: int) -> Sequence[Job]:
        """Return the user's newest jobs whose id or prompt contains `text`, case-insensitively.

        Some hundreds of the newest are looked at, in a time that grows with what is read alone.
        """
        ...


class CardStore(Protocol):
    """The cards of jobs and their leases, in the database that holds the jobs. Each comes into it with its job.

    Any method raises StoreUnavailable where the database does not answer; nothing was changed then, or everything.
    """

    async def get(self, job_ids: Sequence[str]) -> Mapping[str, Card]:
        """Return the cards of these jobs, by the jobs' ids; one that cannot be read is not among them."""
        ...

    async def claim_due(self, lease: Lease, *, now: datetime, limit: int) -> Sequence[DueCard]:
        """Claim cards that have something to show and are due by `now`, the longest due first, with their jobs.

        One that was put off for longer than pacing.LONGEST_PUT_OFF is due: that was before the clock was set back.
        """
        ...

    async def renew(self, lease: Lease, job_ids: Sequence[str]) -> None:
        """Extend the leases of these jobs' cards that nobody else has taken; never shortens one."""
        ...

    async def next_due(self) -> datetime | None:
        """Return when the next card that nobody holds is due; None when there is none."""
        ...

    async def save(self, job_id: str, card: Card, *, worker_id: str) -> bool:
        """Write `card.over` what is stored while `worker_id` holds the lease; else False."""
        ...

    async def acknowledge(self, job_id: str, card: Card, *, worker_id: str) -> bool:
        """Record that the card shows what it had to at `card.version`, write it as `save` does, and free the lease.

        Where `worker_id` holds the lease no longer, nothing is acknowledged: the stored version is raised and the
        rendering forgotten, so that whoever holds it now (or next) draws again; returns False.
        """
        ...

    async def postpone(self, job_id: str, *, worker_id: str, until: datetime) -> None:
        """Free the lease; the card is not due before `until`.

        Where `worker_id` holds the lease no longer, nothing is put off: an edit of its own may have arrived late, so
        the card is drawn again, as after a refused acknowledgement.
        """
        ...

    async def renew_token(self, job_id: str, *, token: str, until: datetime, message_id: int) -> None:
        """A press on the card brought a fresh interaction token: the card is `reached_by` it."""
        ...

    async def forget_tokens(self, *, until: datetime, limit: int) -> int:
        """Blank up to `limit` interaction tokens that ended by `until`, and return how many; no card is drawn again."""
        ...

    async def release(self, worker_id: str) -> None:
        """Give back every lease of this worker, so that others take up its cards at once."""
        ...

    async def forget_leases(self) -> None:
        """Void all leases of all workers; only for a process that knows it is alone (SQLite's file lock)."""
        ...


class KeyValueStore(Protocol):
    """Small facts about this installation that outlive a restart (what commands were synced last)."""

    async def get_value(self, key: str) -> str | None:
        """Return what is stored under the key; None where nothing is."""
        ...

    async def put_value(self, key: str, value: str) -> None:
        """Store the value, over an older one."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalEntry:
    """A paid request whose id the database did not take (yet)."""

    job_id: str
    request_id: str
    model_id: str
    answered_at: datetime


class RequestJournal(Protocol):
    """Where request ids are kept while the database takes none: on this machine, synced. Each method raises OSError."""

    async def add(self, entry: JournalEntry) -> None:
        """Keep the entry, once, so that it survives the process and a power cut."""
        ...

    async def entries(self) -> Sequence[JournalEntry]:
        """Return what is kept."""
        ...

    async def remove(self, entry: JournalEntry) -> None:
        """Keep the entry no longer; none there is fine."""
        ...


class Processes(Protocol):
    """The processes that share the database. Each method raises StoreUnavailable where it does not answer."""

    async def beat(self, worker_id: str) -> Sequence[float]:
        """Give a sign of life; return how long ago, in seconds, each other process gave its last.

        One that ended in order is not among them, nor one that has been silent for hours.
        """
        ...

    async def leave(self, worker_id: str) -> None:
        """Take a process off the list that ends in order."""
        ...


class RequestState(StrEnum):
    """What the API says of a request."""

    IN_QUEUE = "in_queue"
    RUNNING = "running"
    FINISHED = "finished"  # /status says it is over; only /result tells how
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"  # a word never seen: polled on


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """One answer of the API about a request. `reason` is its own text of a failure; `cost` is in USD.

    `answers_needed` equal answers in a row make it certain: more than one where an end is told in a doubtful way. An
    UNKNOWN one with outputs is then a success. `is_refusal`: an error that names no known state; it may be about the
    call, and ends nothing while /status does not say that the request is over. `leftovers` are media of a success
    without outputs that stand under other names than a result's: its files, if none come. `has_gaps`: places of a
    result's list are empty, perhaps not for long. `ended_as`: the end that a FINISHED one was called.
    """

    state: RequestState
    queue_position: int | None = None
    outputs: tuple[Output, ...] = ()
    cost: Decimal | None = None
    reason: str = ""
    answers_needed: int = 1
    is_refusal: bool = False
    leftovers: tuple[Output, ...] = ()
    has_gaps: bool = False
    ended_as: RequestState | None = None


class ModelApi(Protocol):
    """The RunComfy Model API. Retries of free calls happen inside; a paid submit is sent once a call."""

    async def submit(self, model_id: str, inputs: Mapping[str, Json]) -> str:
        """Submit a paid request and return its request id.

        Raises: ApiRefused (nothing accepted), ApiNotSent (may be sent again), ApiOutcomeUnknown (never again).
        """
        ...

    async def get_status(self, request_id: str) -> Progress:
        """Ask /status. Terminal words come as FINISHED. Raises: ApiUnavailable, RequestNotFound, ApiRefused."""
        ...

    async def get_result(self, request_id: str) -> Progress:
        """Ask /result with its cost. Raises: ApiUnavailable, RequestNotFound, ApiRefused."""
        ...

    async def cancel(self, request_id: str) -> bool:
        """Ask to cancel; True: the API confirmed it, False: it said that it cannot be.

        Raises: ApiUnavailable (answer lost: read the status before saying anything), RequestNotFound, ApiRefused.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultFile:
    """A result on the local disk, under a name that follows from the job."""

    path: Path
    filename: str
    size_bytes: int
    output: Output


class ResultStorage(Protocol):
    """Where results rest between the API and Discord. Outputs are numbered from 1."""

    @property
    def problem(self) -> str | None:
        """Return why no files can be stored at present, for health; None where they can, as far as is known."""
        ...

    async def find(self, job: Job) -> Mapping[int, ResultFile]:
        """Return the job's files that are there, by the numbers of their outputs (whole files only)."""
        ...

    async def fetch(self, job: Job, number: int, *, most_bytes: int) -> ResultFile:
        """Return one output's file, downloading it if it is not there yet.

        Raises: ResultUnavailable (NOT_POSTABLE where it is larger than `most_bytes`), ResultNotReady (try again),
        ResultNotStored (the same: the local disk does not take it).
        """
        ...

    async def discard(self, job_id: str, *, only: Collection[int] = ()) -> None:
        """Remove the job's files (or those of these outputs only); none there is fine."""
        ...
