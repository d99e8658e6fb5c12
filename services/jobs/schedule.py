"""Which job is to be asked about next: times in memory only, since they can be lost at any moment."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.jobs.ports import Progress


@dataclass(slots=True)
class Watched:
    """What the poller remembers of a job between polls. Everything else is read from the database."""

    job_id: str
    unchanged: int = 0  # polls in a row that told nothing new
    failures: int = 0  # polls in a row without a usable answer
    not_found: int = 0  # answers in a row that the API does not know the request
    cost_checks: int = 0  # looks for the cost of a job that has ended without one
    empty_results: int = 0  # answers in a row that the job succeeded, without any file
    doubtful: Progress | None = None  # what counts of the last answer, where it has to be repeated
    doubtful_answers: int = 0  # how often it came in a row
    deadline: datetime | None = None  # the job's
    since: float = 0.0  # monotonic seconds: since when it is followed here with that deadline
    late_version: int | None = None  # the version of a job that is late, as it was left
    is_over: bool = False  # it has ended, and only its cost is looked for


class Schedule:
    """A heap of (due, job), due in monotonic seconds; a job is in it once."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Watched]] = []
        self._jobs: set[str] = set()
        self._current: dict[str, int] = {}  # the number of each waiting job's entry: older ones are void
        self._count = 0

    def __contains__(self, job_id: str) -> bool:
        """Whether the job is watched, also while it is being asked about."""
        return job_id in self._jobs

    def __len__(self) -> int:
        """How many jobs are watched."""
        return len(self._jobs)

    def add(self, watched: Watched, due: float) -> None:
        """Put the job in, or back in, for `due`; a time that it had before is void."""
        self._jobs.add(watched.job_id)
        self._count += 1
        self._current[watched.job_id] = self._count
        heapq.heappush(self._heap, (due, self._count, watched))

    def forget(self, job_id: str) -> None:
        """Watch the job no longer; it must not be in the heap (it was popped)."""
        self._jobs.discard(job_id)

    def pop_due(self, now: float) -> Watched | None:
        """Take out the job that is due first, if one is; it stays watched until forgotten."""
        self._drop_void()
        if not self._heap or self._heap[0][0] > now:
            return None
        watched = heapq.heappop(self._heap)[2]
        del self._current[watched.job_id]
        return watched

    def waiting(self) -> Sequence[Watched]:
        """Return the jobs that are not being asked about just now."""
        return [watched for _, count, watched in self._heap if self._current.get(watched.job_id) == count]

    def drop(self, job_id: str) -> None:
        """Watch a waiting job no longer."""
        del self._current[job_id]
        self._jobs.discard(job_id)

    def seconds_to_next(self, now: float) -> float | None:
        """Return the seconds until the next one is due (not negative); None when there is none."""
        self._drop_void()
        return max(0.0, self._heap[0][0] - now) if self._heap else None

    def _drop_void(self) -> None:
        while self._heap and self._current.get(self._heap[0][2].job_id) != self._heap[0][1]:
            heapq.heappop(self._heap)
