"""Results on their way to the local disk, each output by itself: what is there of a job's, and when there is more."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from weakref import WeakValueDictionary

from services.clock import Clock, DeadlineClock
from services.errors import ResultNotReady, ResultNotStored, ResultProblem, ResultUnavailable
from services.jobs.linked_files import is_only_linked
from services.jobs.model import Job
from services.jobs.pacing import Random, backoff_seconds
from services.jobs.ports import ResultFile, ResultStorage

log = logging.getLogger(__name__)

# For how long after its job's end an answer is not taken for final: a storage shows a new file late, asks to sign in,
# or sends a page instead. A problem that is not named here is final at once.
_PATIENCE: Mapping[ResultProblem, timedelta] = {
    ResultProblem.GONE: timedelta(minutes=10),
    ResultProblem.REDIRECTED: timedelta(minutes=10),
    ResultProblem.NOT_MEDIA: timedelta(minutes=10),
    ResultProblem.EMPTY: timedelta(minutes=10),
    ResultProblem.CUT_SHORT: timedelta(minutes=10),
    # No answer, a server error, half a file, or the local disk; the service's links do not live much longer.
    ResultProblem.UNREACHED: timedelta(hours=24),
}
# After so long the card links to what is still being tried for.
LATE_AFTER = timedelta(minutes=10)

FIRST_RETRY_SECONDS = 2.0
MOST_RETRY_SECONDS = 60.0
# From then on the result is late anyway.
LATE_RETRY_SECONDS = 600.0

# Every download begins in a quick lane. What is not there after so long goes on in the slow lane, if that has room, so
# that files that come never wait for files that do not.
QUICK_SECONDS = 3.0
QUICK_AT_ONCE = 48
SLOW_AT_ONCE = 48
# Of the slow lane's, so that nobody's many slow files hold up another's.
SLOW_SHARE = SLOW_AT_ONCE // 4

# How long the first file of a job waits for the others, so that they come with one edit.
MELT_SECONDS = 1.5
_REMEMBERED = 10_000
# A result that is on its way is looked at again after so long, whatever happens.
_LONGEST_WAIT_SECONDS = 30.0
# Waits are looked at this often by the clock.
_TICK_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How an output stands that is not on the disk: why there is none for good, or that it is on its way.

    One that is on its way is late after a while, held up while the local disk does not take it, and has failed once it
    was tried in vain; it is running, or tried again in `next_seconds`.
    """

    problem: ResultProblem | None = None
    is_late: bool = False
    is_held_up: bool = False
    has_failed: bool = False
    is_running: bool = False
    next_seconds: float = 0.0


@dataclass(slots=True)
class FoundResult:
    """What was found of a job's outputs, by their numbers: on the disk, not to be had, and on their way."""

    files: list[ResultFile] = field(default_factory=list)
    missing: dict[int, ResultProblem] = field(default_factory=dict)
    fetching: dict[int, Look] = field(default_factory=dict)

    @property
    def has_failed(self) -> bool:
        """Whether anything was tried in vain."""
        return bool(self.missing) or any(look.has_failed for look in self.fetching.values())

    @property
    def is_running(self) -> bool:
        """Whether anything is being downloaded just now."""
        return any(look.is_running for look in self.fetching.values())

    @property
    def next_seconds(self) -> float:
        """In how many seconds something can be new; what runs tells that by itself."""
        waits = [look.next_seconds for look in self.fetching.values() if not look.is_running]
        return min([_LONGEST_WAIT_SECONDS, *waits]) if self.is_running else min(waits, default=0.0)


@dataclass(slots=True)
class _Output:
    """What is remembered of one output on its way."""

    task: asyncio.Task[None] | None = None
    tries: int = 0
    next_at: float = 0.0
    is_slow: bool = False
    problem: ResultProblem = ResultProblem.UNREACHED
    is_held_up: bool = False


@dataclass(slots=True)
class _JobOutputs:
    """What is remembered of a job whose result is on its way."""

    since: float
    outputs: dict[int, _Output] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def is_running(self) -> bool:
        return any(output.task is not None for output in self.outputs.values())


class Downloads:
    """Fetches outputs in the background, again and again until what became of each is certain."""

    def __init__(self, results: ResultStorage, clock: Clock, *, chance: Random = random.random) -> None:
        self._results = results
        self._clock = clock
        # A clock that steps forward makes no file old.
        self._steady = {span: DeadlineClock(clock, longest=span) for span in {LATE_AFTER, *_PATIENCE.values()}}
        self._chance = chance
        self._quick = asyncio.Semaphore(QUICK_AT_ONCE)
        self._slow = asyncio.Semaphore(SLOW_AT_ONCE)
        self._shares: WeakValueDictionary[int, asyncio.Semaphore] = WeakValueDictionary()  # by the jobs' owners
        self._jobs: dict[str, _JobOutputs] = {}

    async def collect(self, job: Job, *, but: Collection[int], places: int, limit_bytes: int) -> FoundResult:
        """Look at as many outputs as there are places for, but not at these; what is not there begins to come.

        What cannot be had leaves its place to the next; what is larger than `limit_bytes` cannot.
        """
        found = FoundResult()
        if not job.outputs:
            is_damaged = "outputs" in job.unreadable
            found.missing[0] = ResultProblem.UNREADABLE if is_damaged else ResultProblem.NO_OUTPUT
            return found
        on_disk = await self._results.find(job)
        for number, output in enumerate(job.outputs, start=1):
            if len(found.files) + len(found.fetching) >= places:
                break
            if number in but or is_only_linked(output):
                continue
            file = on_disk.get(number)
            if file is None:
                self._note_look(found, number, self.look(job, number, most_bytes=limit_bytes))
            elif file.size_bytes > limit_bytes:
                found.missing[number] = ResultProblem.NOT_POSTABLE
            else:
                found.files.append(file)
        return found

    @staticmethod
    def _note_look(found: FoundResult, number: int, look: Look) -> None:
        if look.problem is not None:
            found.missing[number] = look.problem
        else:
            found.fetching[number] = look

    def look(self, job: Job, number: int, *, most_bytes: int) -> Look:
        """Return how an output that is not on the disk stands; this begins its download when it is time."""
        known = self._known(job.job_id)
        output = known.outputs.setdefault(number, _Output())
        patience = _PATIENCE.get(output.problem, timedelta())
        if output.task is None and output.tries and self._has_had(job, patience):
            return Look(problem=output.problem)
        if output.task is None and self._clock.monotonic() >= output.next_at:
            fetching = self._fetch(job, number, known, most_bytes)
            output.task = asyncio.create_task(fetching, name=f"download-{job.job_id}-{number}")
        return Look(
            is_late=bool(output.tries) and self._has_had(job, LATE_AFTER),
            is_held_up=output.is_held_up,
            has_failed=output.tries > 0,
            is_running=output.task is not None,
            next_seconds=max(0.0, output.next_at - self._clock.monotonic()),
        )

    def waited_seconds(self, job: Job) -> float:
        """Return for how long the job's result has been on its way."""
        known = self._jobs.get(job.job_id)
        return self._clock.monotonic() - known.since if known else 0.0

    async def wait(self, job_id: str, *, seconds: float) -> None:
        """Return when something of the job has come or failed (and what runs beside it had a moment), or after that."""
        known = self._jobs.get(job_id)
        if known is None:
            return
        end = self._clock.monotonic() + seconds
        while not known.news.is_set() and self._clock.monotonic() < end:
            await _set_within(known.news, min(_TICK_SECONDS, seconds))
        melted = asyncio.get_running_loop().time() + MELT_SECONDS
        while known.is_running() and asyncio.get_running_loop().time() < melted:
            known.news.clear()
            await _set_within(known.news, MELT_SECONDS)
        known.news.clear()

    async def make_room(self, job_id: str, *, hanging: Collection[int]) -> None:
        """Remove the files of outputs that hang at the card, while others are on their way."""
        if hanging:
            await self._results.discard(job_id, only=hanging)

    async def forget(self, job_id: str) -> None:
        """Stop the job's downloads; its files stay on the disk."""
        known = self._jobs.pop(job_id, None)
        if known is not None:
            await _stop([output.task for output in known.outputs.values() if output.task is not None])

    async def discard(self, job_id: str) -> None:
        """Remove what lies on the local disk, once it hangs at the card or never will."""
        await self.forget(job_id)
        await self._results.discard(job_id)

    async def close(self) -> None:
        """Stop every download and wait until all have stopped."""
        for job_id in list(self._jobs):
            await self.forget(job_id)

    def _has_had(self, job: Job, span: timedelta) -> bool:
        """Whether so much time has run since the job's end."""
        return not span or self._steady[span].now() - (job.finished_at or job.changed_at) >= span

    def _known(self, job_id: str) -> _JobOutputs:
        known = self._jobs.pop(job_id, None) or _JobOutputs(since=self._clock.monotonic())
        self._jobs[job_id] = known  # the last one asked for is the last one forgotten
        if len(self._jobs) > _REMEMBERED:
            # Somebody else's by now: what runs goes on, and tells nobody.
            del self._jobs[next(iter(self._jobs))]
        return known

    async def _fetch(self, job: Job, number: int, known: _JobOutputs, most_bytes: int) -> None:
        output = known.outputs[number]
        try:
            await self._in_its_lane(job, number, output, most_bytes)
        except ResultUnavailable as error:
            log.info("job_id=%s output %d cannot be had: %s", job.job_id, number, error)
            output.problem, output.is_held_up = error.problem, False
        except ResultNotReady as error:
            log.info("job_id=%s output %d is not there yet: %s", job.job_id, number, error)
            output.problem, output.is_held_up = ResultProblem.UNREACHED, isinstance(error, ResultNotStored)
        except Exception:
            log.exception("job_id=%s output %d met something unforeseen", job.job_id, number)
            output.problem, output.is_held_up = ResultProblem.UNREACHED, False
        else:
            known.outputs.pop(number, None)
        finally:
            most = LATE_RETRY_SECONDS if self._has_had(job, LATE_AFTER) else MOST_RETRY_SECONDS
            output.tries += 1
            wait = backoff_seconds(output.tries, first=FIRST_RETRY_SECONDS, longest=most, random=self._chance)
            output.next_at = self._clock.monotonic() + wait
            output.task = None
            known.news.set()

    async def _in_its_lane(self, job: Job, number: int, output: _Output, most_bytes: int) -> None:
        """Fetch the output. Raises: what the results raise; ResultNotReady where there is no room for what is slow."""
        share = self._shares.setdefault(job.owner_id, asyncio.Semaphore(SLOW_SHARE))
        if output.is_slow:
            async with share, self._slow:
                await self._results.fetch(job, number, most_bytes=most_bytes)
            return
        async with self._quick:
            task = asyncio.create_task(self._results.fetch(job, number, most_bytes=most_bytes))
            try:
                await asyncio.wait({task}, timeout=QUICK_SECONDS)
            except asyncio.CancelledError:
                await _stop([task])
                raise
            output.is_slow = not task.done()
            if output.is_slow and (self._slow.locked() or share.locked()):
                await _stop([task])
                raise ResultNotReady("slow, as are many others")
            if output.is_slow:
                await share.acquire()  # at once: both have room
                await self._slow.acquire()
        try:
            await task
        finally:
            if output.is_slow:
                self._slow.release()
                share.release()
            await _stop([task])


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def _stop(tasks: list[asyncio.Task[None]] | list[asyncio.Task[ResultFile]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
