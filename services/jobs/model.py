"""What a job is: frozen data, its states, and the one table of what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from services.errors import FailureKind, InvalidTransition

# JSON as Python has it: dict, list, str, int, float, bool, None.
Json = object


class JobStatus(StrEnum):
    """Where a job stands. Members carry what the quota and the loops need to know of them."""

    WAITING = "waiting"
    SUBMITTING = "submitting"
    QUEUED = "queued"
    RUNNING = "running"
    LATE = "late"  # at the API beyond its deadline: followed still, ever more rarely, and nobody's slot or quota
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNCONFIRMED = "unconfirmed"

    @property
    def is_terminal(self) -> bool:
        """Whether the job has ended (an unconfirmed one may be reopened by its request id)."""
        return self in TERMINAL


# What takes one of its owner's places "at once".
IN_FLIGHT = frozenset({JobStatus.SUBMITTING, JobStatus.QUEUED, JobStatus.RUNNING})
LIVE = IN_FLIGHT | {JobStatus.WAITING}
# What the API is asked about.
FOLLOWED = frozenset({JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.LATE})
TERMINAL = frozenset(JobStatus) - LIVE - FOLLOWED
# What counts towards its owner's day; what ended without a result is given back.
COUNTED = LIVE | {JobStatus.SUCCEEDED}
# What a person would call pending: it can still be cancelled.
CANCELLABLE = frozenset({JobStatus.WAITING, JobStatus.SUBMITTING, JobStatus.QUEUED})

# For how long after its deadline a job at the API is asked about. What it may have cost is paid by then, so a result is
# wanted whenever it comes; the API says of no request how long it keeps it, and of its files something like a week.
LATE_FOR = timedelta(days=3)

# Live states may jump ahead (a poll can miss a state); nothing goes back but submitting → waiting (certainly not
# sent), and to queued what `adopt` reopens: unconfirmed (the request id turned up: it was accepted after all), late and
# expired (it is to be followed as closely as at first), and what failed because the API knew its request no more.
TRANSITIONS: Mapping[JobStatus, frozenset[JobStatus]] = {
    JobStatus.WAITING: frozenset({JobStatus.SUBMITTING, JobStatus.CANCELLED, JobStatus.EXPIRED, JobStatus.FAILED}),
    JobStatus.SUBMITTING: frozenset(
        {JobStatus.WAITING, JobStatus.QUEUED, JobStatus.FAILED, JobStatus.UNCONFIRMED},
    ),
    JobStatus.QUEUED: frozenset(
        {JobStatus.RUNNING, JobStatus.LATE, JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED},
    ),
    JobStatus.RUNNING: frozenset(
        {JobStatus.LATE, JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED},
    ),
    JobStatus.LATE: frozenset(
        {JobStatus.QUEUED, JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.EXPIRED},
    ),
    JobStatus.UNCONFIRMED: frozenset({JobStatus.QUEUED}),
    JobStatus.SUCCEEDED: frozenset(),
    JobStatus.FAILED: frozenset({JobStatus.QUEUED}),
    JobStatus.CANCELLED: frozenset(),
    JobStatus.EXPIRED: frozenset({JobStatus.QUEUED}),
}


class CancelState(StrEnum):
    """What became of the wish to cancel; a wish is not a state of the job."""

    NONE = "none"
    REQUESTED = "requested"
    REFUSED = "refused"  # the API said: not cancellable


class MediaKind(StrEnum):
    """What a file is, as the API's output keys and a model's inputs tell."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """One result file at the API: its URL (which expires) and what it is."""

    url: str
    kind: MediaKind


@dataclass(frozen=True, kw_only=True, slots=True)
class JobFailure:
    """Why a job failed: the kind decides our sentence, `reason` is the service's own (unescaped, may be empty)."""

    kind: FailureKind
    reason: str = ""


class MediaSource(StrEnum):
    """Where a job's medium comes from."""

    ATTACHMENT = "attachment"  # uploaded to Discord with the command
    ADDRESS = "address"  # a public https address that somebody wrote
    OUTPUT = "output"  # a file of another job's result


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaRef:
    """One medium that goes into a job: what it is, where the API fetches it, and what people call it."""

    kind: MediaKind
    source: MediaSource
    url: str = field(repr=False)
    name: str = field(repr=False)


class Relation(StrEnum):
    """What a job is to the one it came from."""

    RESUBMISSION = "resubmission"  # in place of one whose submit was never confirmed: there is one at most


@dataclass(frozen=True, kw_only=True, slots=True)
class Parent:
    """The job that another one came from."""

    job_id: str
    relation: Relation


@dataclass(frozen=True, kw_only=True, slots=True)
class GenerationRequest:
    """What a model is asked for, validated. `inputs` is the API's body with the defaults filled in."""

    command: str
    model_id: str
    prompt: str = field(repr=False)
    inputs: Mapping[str, Json] = field(repr=False)
    media: tuple[MediaRef, ...] = ()
    is_private: bool = False
    parent: Parent | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who asks, and where. `may_manage` is Discord's Manage Messages in that channel, so it holds for that channel."""

    user_id: int
    channel_id: int | None = None
    guild_id: int | None = None
    role_ids: frozenset[int] = frozenset()
    may_manage: bool = False

    def may_cancel(self, job: Job) -> bool:
        """Whether this person may cancel the job: its owner, or who keeps order where its card stands."""
        if job.owner_id == self.user_id:
            return True
        return self.may_manage and self.guild_id is not None and job.channel_id == self.channel_id


@dataclass(frozen=True, kw_only=True, slots=True)
class NewJob:
    """A request on its way into the store."""

    job_id: str
    interaction_id: int
    owner_id: int
    guild_id: int | None
    channel_id: int
    command: str
    model_id: str
    prompt: str
    inputs: Mapping[str, Json]  # the request's body, defaults filled in
    media: tuple[MediaRef, ...]
    is_private: bool
    parent: Parent | None = None

    @property
    def resubmits(self) -> str | None:
        """The unconfirmed job that this one is submitted in place of."""
        return resubmitted(self.parent)


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """An accepted job.

    `version` rises with every change; `deadline` ends its present phase (waiting, or at the API).
    """

    job_id: str
    interaction_id: int
    owner_id: int
    guild_id: int | None
    channel_id: int
    command: str
    model_id: str
    prompt: str = field(repr=False)
    inputs: Mapping[str, Json] = field(repr=False)
    media: tuple[MediaRef, ...] = field(repr=False)
    is_private: bool
    parent: Parent | None
    status: JobStatus
    version: int
    created_at: datetime
    changed_at: datetime
    deadline: datetime
    running_limit: int  # how many of its owner's jobs may be in flight with it, by what held when it was accepted
    submitted_at: datetime | None = None  # when the POST was about to leave
    queued_at: datetime | None = None  # when the request id came
    started_at: datetime | None = None
    finished_at: datetime | None = None
    request_id: str | None = None
    queue_position: int | None = None
    outputs: tuple[Output, ...] = field(default=(), repr=False)
    cost: Decimal | None = None  # USD
    failure: JobFailure | None = field(default=None, repr=False)
    cancel: CancelState = CancelState.NONE
    # The fields whose stored values cannot be read: what stands in them is none of the job's.
    unreadable: frozenset[str] = frozenset()

    @property
    def is_sendable(self) -> bool:
        """Whether it is known what would be asked of the API."""
        return "inputs" not in self.unreadable

    @property
    def resubmits(self) -> str | None:
        """The unconfirmed job that this one was submitted in place of."""
        return resubmitted(self.parent)

    @property
    def is_cancellable(self) -> bool:
        """Whether the API may still cancel it: what is late counts as queued until it was seen running."""
        return self.status in CANCELLABLE or (self.status is JobStatus.LATE and self.started_at is None)

    @property
    def is_running(self) -> bool:
        """Whether it was seen running at the API and has not ended."""
        return self.status is JobStatus.RUNNING or (self.status is JobStatus.LATE and self.started_at is not None)

    @property
    def is_reopenable(self) -> bool:
        """Whether a request id can have it followed anew: it was sent, and has no end that the API told."""
        is_given_up = self.status in {JobStatus.LATE, JobStatus.EXPIRED} and self.submitted_at is not None
        is_gone = self.failure is not None and self.failure.kind is FailureKind.REQUEST_GONE
        return is_given_up or is_gone or self.status is JobStatus.UNCONFIRMED

    @property
    def followed_until(self) -> datetime:
        """When a late job is given up."""
        return self.deadline + LATE_FOR

    def transition(self, status: JobStatus, *, at: datetime) -> Job:
        """Return the job in its next state, with the step's time and without what no longer holds.

        Raises: InvalidTransition where the table does not have this step.
        """
        if status not in TRANSITIONS[self.status] or (self.status is JobStatus.FAILED and not self.is_reopenable):
            msg = f"{self.job_id}: {self.status} → {status}"
            raise InvalidTransition(msg)
        return replace(
            self,
            status=status,
            version=self.version + 1,
            changed_at=at,
            queue_position=self.queue_position if status is JobStatus.QUEUED else None,
            submitted_at=at if status is JobStatus.SUBMITTING else self.submitted_at,
            started_at=at if status is JobStatus.RUNNING else self.started_at,
            finished_at=at if status.is_terminal else None,
        )

    def confirmed(self, request_id: str, *, at: datetime, within: timedelta) -> Job:
        """Return the job with the API's request id, queued; also reopens an unconfirmed one.

        `within` is the time the API has, counted from the submission.
        Raises: InvalidTransition.
        """
        queued = self.transition(JobStatus.QUEUED, at=at)
        deadline = (self.submitted_at or at) + within
        return replace(queued, request_id=request_id, queued_at=at, deadline=deadline, failure=None)

    def bump_version(self, *, at: datetime) -> Job:
        """Return the job with a higher version and nothing else changed: its card is rendered again."""
        return replace(self, version=self.version + 1, changed_at=at)


def resubmitted(parent: Parent | None) -> str | None:
    """Return the job that is submitted once more, if that is what the parent is."""
    return parent.job_id if parent is not None and parent.relation is Relation.RESUBMISSION else None
