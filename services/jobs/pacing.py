"""When to do things: how long a change may wait to melt with the next, when to ask the API again, when to submit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from services.clock import Clock
from services.jobs.model import JobStatus

# A random number in [0, 1): passed in, so that tests choose it.
Random = Callable[[], float]

# How long a change may wait for the next one, so that both become one edit of the card. A job that has just been
# accepted is normally queued within a second or two, so waiting and submitting are shown only when they last.
_HOLD_SECONDS = {
    JobStatus.WAITING: 2.5,
    JobStatus.SUBMITTING: 2.5,
    JobStatus.QUEUED: 1.0,
    JobStatus.RUNNING: 1.0,
    JobStatus.LATE: 1.0,
}
# Within QUEUED only the position counts down. Discord takes five edits in five seconds of a whole channel, so one long
# queue shown step by step would hold up other people's results.
_COUNTDOWN_SECONDS = {JobStatus.QUEUED: 5.0}


LATE_POLL_MAX_SECONDS = 1800.0


# No card is put off for longer, whatever Discord's Retry-After says: what is put off beyond that was put off before the
# clock was set back.
LONGEST_PUT_OFF = timedelta(hours=2)


def hold_seconds(status: JobStatus, *, is_entered: bool = True) -> float:
    """Return for how many seconds a change may melt with later ones; an end is shown at once.

    `is_entered`: the change led to this state, or to a wish to cancel; otherwise it happened within the state.
    """
    held = _HOLD_SECONDS.get(status, 0.0)
    return held if is_entered else _COUNTDOWN_SECONDS.get(status, held)


@dataclass(frozen=True, kw_only=True, slots=True)
class JobTiming:
    """The waits of the job loops, from the settings."""

    deadline: timedelta = timedelta(minutes=60)  # at the API, from the submission
    waiting_deadline: timedelta = timedelta(days=1)  # for a place
    poll_min_seconds: float = 2.0
    poll_max_seconds: float = 10.0
    # When a success whose files are not there (yet) is asked about again; after the last time it has none.
    empty_result_seconds: tuple[float, ...] = (2.0, 3.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
    scan_seconds: float = 5.0  # how often the database is looked through for what no wake-up told
    lease_seconds: float = 30.0
    submit_seconds: float = 120.0  # longer than the API client's time-out of a submit
    edit_seconds: float = 90.0  # the longest edit of a card, upload included
    stop_seconds: float = 8.0  # what running submits get at a clean stop


def poll_seconds(unchanged: int, timing: JobTiming, random: Random) -> float:
    """Return the seconds until the next poll after `unchanged` polls that told nothing new (±10 %)."""
    # Capped exponent: 1.25^64 is far past every maximum and far from overflowing.
    grown = timing.poll_min_seconds * 1.25 ** min(unchanged, 64)
    return min(grown, timing.poll_max_seconds) * (0.9 + 0.2 * random())


def late_poll_seconds(overdue: timedelta, timing: JobTiming, random: Random) -> float:
    """Return the seconds until a job so long past its deadline is asked about again: an eighth of that, half an hour at
    most (±10 %). It follows from the times alone, so a restart does not make it frequent again.
    """  # noqa: D205 - one sentence
    grown = max(overdue.total_seconds() / 8, timing.poll_max_seconds)
    return min(grown, LATE_POLL_MAX_SECONDS) * (0.9 + 0.2 * random())


def backoff_seconds(failures: int, *, first: float, longest: float, random: Random) -> float:
    """Return a capped exponential wait after `failures` failures in a row, with half of it random."""
    return min(first * 2.0 ** min(failures - 1, 32), longest) * (0.5 + 0.5 * random())


class RequestBudget:
    """A process-wide limit of free API calls: an even spacing, with a burst of one second's worth."""

    def __init__(self, clock: Clock, *, per_second: float) -> None:
        self._clock = clock
        self._spacing = 1.0 / per_second
        self._next_at = clock.monotonic()

    def reserve(self) -> float:
        """Take the next place and return the seconds to wait for it."""
        now = self._clock.monotonic()
        self._next_at = max(self._next_at, now - 1.0) + self._spacing
        return max(0.0, self._next_at - now)


@dataclass(slots=True)
class _Doubt:
    """Submits in a row whose outcome is unknown, and until when (monotonic) no further one may leave."""

    unknown: int = 0
    closed_until: float = 0.0


class SubmitGate:
    """Whether submits may leave: closed for a while after 429, after no connection, and after several unknown outcomes.

    A submit whose outcome is unknown may have been paid. Several in a row mean that something is wrong with its model,
    or with the way to the API where two models have them, and each further one would be another unconfirmed job; so the
    gate closes for that model, or for all, then lets one through.
    """

    UNKNOWN_IN_A_ROW = 3
    MODELS_IN_DOUBT = 2

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._closed_until = 0.0
        self._not_sent = 0
        self._doubts: dict[str, _Doubt] = {}

    def closed_seconds(self, model_id: str | None = None) -> float:
        """Return the seconds until the gate opens, for this model or for all; 0 when it is open."""
        until = self._closed_until if model_id is None else self._doubt(model_id).closed_until
        return max(0.0, until - self._clock.monotonic())

    @property
    def closed_models(self) -> frozenset[str]:
        """The models for which it is closed."""
        return frozenset(model_id for model_id in self._doubts if self.closed_seconds(model_id) > 0)

    @property
    def is_trying(self) -> bool:
        """Whether the last outcomes were bad, so that only one submit should go at a time."""
        return self._not_sent > 0 or self._models_in_doubt() >= self.MODELS_IN_DOUBT

    def is_in_doubt(self, model_id: str) -> bool:
        """Whether only one submit of this model should go at a time."""
        return self._doubt(model_id).unknown >= self.UNKNOWN_IN_A_ROW

    def answered(self, model_id: str) -> None:
        """The API answered a submit, with yes or a definite no."""
        self._not_sent = 0
        self._doubts.pop(model_id, None)

    def not_sent(self, retry_after_seconds: float | None) -> None:
        """A submit was turned away (429) or never left."""
        # Those that were under way together when the gate closed count as one.
        self._not_sent += self._not_sent == 0 or self.closed_seconds() == 0
        wait = backoff_seconds(self._not_sent, first=1.0, longest=60.0, random=self._random)
        self._close(max(wait, retry_after_seconds or 0.0))

    def unknown(self, model_id: str) -> None:
        """A submit's outcome is unknown."""
        doubt = self._doubts.setdefault(model_id, _Doubt())
        doubt.unknown += doubt.unknown < self.UNKNOWN_IN_A_ROW or self.closed_seconds(model_id) == 0
        if doubt.unknown < self.UNKNOWN_IN_A_ROW:
            return
        over = doubt.unknown - self.UNKNOWN_IN_A_ROW + 1
        wait = backoff_seconds(over, first=30.0, longest=600.0, random=self._random)
        doubt.closed_until = max(doubt.closed_until, self._clock.monotonic() + wait)
        if self._models_in_doubt() >= self.MODELS_IN_DOUBT:
            self._close(wait)

    def _doubt(self, model_id: str) -> _Doubt:
        return self._doubts.get(model_id, _Doubt())

    def _models_in_doubt(self) -> int:
        return sum(self.is_in_doubt(model_id) for model_id in self._doubts)

    def _close(self, seconds: float) -> None:
        self._closed_until = max(self._closed_until, self._clock.monotonic() + seconds)
