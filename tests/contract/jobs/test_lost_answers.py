"""A commit whose answer was lost, and a process that stood still: nothing is sent twice, nothing is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError, NotSupportedError, ProgrammingError

from services.errors import ApiNotSent, ApiRefused, FailureKind, StoreUnavailable
from services.jobs.model import CancelState, Job, JobStatus
from services.jobs.ports import Lease, Progress, RequestState
from services.store.database import Database
from services.store.jobs import SqlJobStore
from tests.contract.jobs.core import BRISK, OWNER, Core, submit
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.store.making import make_new
from tests.rig import until

SHORT = replace(BRISK, submit_seconds=1.0, lease_seconds=0.3)


class LossyStore(SqlJobStore):
    """A store that does what it is told and may lose the answer, or be slow to begin with."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.lost_claims = 0
        self.lost_takings = 0
        self.lost_waits = 0
        self.lost_queued = 0
        self.errors_at_queued: list[Exception] = []
        self.claim_delays: list[float] = []
        self.claimed = asyncio.Event()
        self.after_lost_wait: asyncio.Event = asyncio.Event()

    async def claim_waiting(
        self,
        lease: Lease,
        *,
        now: datetime,
        limit: int,
        expired_by: datetime | None = None,
        held_back: Collection[str] = (),
    ) -> Sequence[Job]:
        """Claim, and lose the answer or be late with it."""
        jobs = await super().claim_waiting(lease, now=now, limit=limit, expired_by=expired_by, held_back=held_back)
        if jobs:
            self.claimed.set()
        if jobs and self.claim_delays:
            await asyncio.sleep(self.claim_delays.pop(0))
        if jobs and self.lost_claims:
            self.lost_claims -= 1
            raise StoreUnavailable("the answer is gone")
        return jobs

    async def claim_followed(self, lease: Lease, *, limit: int) -> Sequence[Job]:
        """Take up, and lose the answer."""
        jobs = await super().claim_followed(lease, limit=limit)
        if jobs and self.lost_takings:
            self.lost_takings -= 1
            raise StoreUnavailable("the answer is gone")
        return jobs

    async def replace(self, job: Job, *, before: Job) -> bool:
        """Write, and lose the answer of a return to WAITING; what comes then waits for `after_lost_wait`."""
        if self.errors_at_queued and job.status is JobStatus.QUEUED:
            raise self.errors_at_queued.pop(0)
        is_written = await super().replace(job, before=before)
        if self.lost_queued and job.status is JobStatus.QUEUED:
            self.lost_queued -= 1
            raise StoreUnavailable("the answer is gone")
        if self.lost_waits and job.status is JobStatus.WAITING:
            self.lost_waits -= 1
            await self.after_lost_wait.wait()
            raise StoreUnavailable("the answer is gone")
        return is_written


@pytest.fixture
def lossy(database: Database) -> LossyStore:
    """The store that loses answers on demand."""
    return LossyStore(database)


async def test_a_lost_return_to_waiting_does_not_undo_somebody_elses_claim(
    lossy: LossyStore, other_store: SqlJobStore, api: ScriptedApi
) -> None:
    """Turned away with 429, put back with the answer lost, claimed by another process: it is sent once, not twice."""
    here, there = Core(lossy, api), Core(other_store, api)
    # The one that was turned away waits as it was told to; so it is the other one that claims the job next.
    api.submit_errors = [ApiNotSent(cause="429", retry_after_seconds=60.0)]
    api.may_submit.clear()
    lossy.lost_waits = 1
    job = await submit(here, make_new())
    async with here.running():
        await until(lambda: lossy.claimed.is_set() and not lossy.lost_waits, what="the return to waiting")
        async with there.running():
            await there.until(job.job_id, JobStatus.SUBMITTING)
            lossy.after_lost_wait.set()
            await asyncio.sleep(1.0)  # the retry of the lost answer, and time enough for everybody to claim again
            api.may_submit.set()
            await there.until(job.job_id, JobStatus.QUEUED)
    assert len(api.requests) == 1


async def test_a_lost_taking_up_is_followed_all_the_same(lossy: LossyStore, api: ScriptedApi) -> None:
    """A job whose lease this process holds without knowing it comes to its end."""
    first = Core(lossy, api)
    job = await submit(first, make_new())
    async with first.running():
        await first.until(job.job_id, JobStatus.QUEUED)
    api.becomes(Progress(state=RequestState.SUCCEEDED))
    lossy.lost_takings = 1
    second = Core(lossy, api, timing=SHORT)
    async with second.running():
        await second.until(job.job_id, JobStatus.SUCCEEDED, seconds=3)
    assert not lossy.lost_takings


async def test_a_request_id_whose_writing_was_not_answered_is_followed_at_once(
    lossy: LossyStore, api: ScriptedApi
) -> None:
    """It is stored, and this process knows it: nobody waits for the next renewal of the leases to find that out."""
    core = Core(lossy, api, timing=replace(BRISK, lease_seconds=60.0))
    lossy.lost_queued = 1
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        api.becomes(Progress(state=RequestState.SUCCEEDED))
        await core.until(job.job_id, JobStatus.SUCCEEDED, seconds=4)
    assert not lossy.lost_queued


async def test_a_lost_claim_ends_when_its_lease_has_run_out(lossy: LossyStore, api: ScriptedApi) -> None:
    """Nobody knows what became of its submit, so it says so; it does not stay in SUBMITTING while the process lives."""
    core = Core(lossy, api, timing=SHORT)
    lossy.lost_claims = 1
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.UNCONFIRMED, seconds=4)
    assert api.submits_begun == 0


async def test_a_process_that_stood_still_after_its_claim_does_not_send(lossy: LossyStore, api: ScriptedApi) -> None:
    """By the time it goes on somebody may have called the job unconfirmed: it is claimed anew before it is sent."""
    core = Core(lossy, api, timing=replace(SHORT, submit_seconds=8.0))
    lossy.claim_delays = [1.0]  # longer than the share of the lease that may pass before the POST
    job = await submit(core, make_new())
    async with core.running():
        queued = await core.until(job.job_id, JobStatus.QUEUED)
    assert api.submits_begun == 1
    assert queued.version > 4, "back to waiting and claimed once more"


async def test_a_stop_in_the_middle_of_a_claim_leaves_the_job_waiting(lossy: LossyStore, api: ScriptedApi) -> None:
    """What was certainly not sent is not called unconfirmed."""
    core = Core(lossy, api)
    lossy.claim_delays = [0.3]
    job = await submit(core, make_new())
    async with core.running():
        await lossy.claimed.wait()
    after = await lossy.get(job.job_id)
    assert after is not None
    assert (after.status, api.submits_begun) == (JobStatus.WAITING, 0)


async def test_a_stop_does_not_wait_for_a_database_that_is_away(
    lossy: LossyStore, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A POST without an answer and a database without one: the process stops; the next start ends the job."""
    api.may_submit.clear()
    core = Core(lossy, api)
    job = await submit(core, make_new())
    loops = asyncio.create_task(core.submitter.run())
    await core.until(job.job_id, JobStatus.SUBMITTING)

    async def away(_: Job, *, before: Job) -> bool:  # noqa: ARG001 - the store's
        raise StoreUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(lossy, "replace", away)
        loops.cancel()
        done, _ = await asyncio.wait({loops}, timeout=BRISK.stop_seconds + 2.5)
    assert done
    await core.store.release(core.worker_id)
    await core.housekeeper.tidy()
    await core.until(job.job_id, JobStatus.UNCONFIRMED)


async def test_an_unsent_job_that_is_unwanted_is_not_sent_again(lossy: LossyStore, api: ScriptedApi) -> None:
    """Cancelled during a POST that was turned away: cancelled at once, and never paid for."""
    core = Core(lossy, api)
    api.may_submit.clear()
    api.lost_answers = [ApiNotSent(cause="429")]
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.SUBMITTING)
        await core.jobs.cancel(job.job_id, OWNER)
        wished = await core.until(job.job_id, JobStatus.SUBMITTING)
        assert wished.cancel is CancelState.REQUESTED
        api.may_submit.set()
        await core.until(job.job_id, JobStatus.CANCELLED)
    assert (api.submits_begun, api.cancels) == (1, 0)


@pytest.mark.parametrize(
    "error",
    [
        ProgrammingError("UPDATE jobs", {}, Exception('column "cost" does not exist')),
        NotSupportedError("UPDATE jobs", {}, Exception("cached statement plan is invalid")),
        IntegrityError("UPDATE jobs", {}, Exception("a constraint of somebody else's")),
        RuntimeError("unable to perform operation on <TCPTransport closed=True>"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_request_id_outlives_whatever_the_database_says(
    lossy: LossyStore, api: ScriptedApi, error: Exception
) -> None:
    """An answered submit is stored once the database takes it, also after an error that nobody has on a list."""
    core = Core(lossy, api)
    lossy.errors_at_queued = [error, error]
    job = await submit(core, make_new())
    async with core.running():
        queued = await core.until(job.job_id, JobStatus.QUEUED, JobStatus.UNCONFIRMED)
    assert (queued.status, queued.request_id) == (JobStatus.QUEUED, "req-1")
    assert not lossy.errors_at_queued


class BreakingStore(SqlJobStore):
    """A store that answers calls with an error that nobody has on a list."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.broken = dict.fromkeys(("claim_waiting", "claim_followed", "renew", "claim_orphaned_submits"), 2)

    def _break(self, call: str) -> None:
        if self.broken[call]:
            self.broken[call] -= 1
            raise ProgrammingError("UPDATE jobs", {}, Exception("the plan is gone"))

    async def claim_waiting(
        self,
        lease: Lease,
        *,
        now: datetime,
        limit: int,
        expired_by: datetime | None = None,
        held_back: Collection[str] = (),
    ) -> Sequence[Job]:
        """Break, then claim."""
        self._break("claim_waiting")
        return await super().claim_waiting(lease, now=now, limit=limit, expired_by=expired_by, held_back=held_back)

    async def claim_followed(self, lease: Lease, *, limit: int) -> Sequence[Job]:
        """Break, then take up."""
        self._break("claim_followed")
        return await super().claim_followed(lease, limit=limit)

    async def renew(self, lease: Lease) -> Mapping[str, int]:
        """Break, then renew."""
        self._break("renew")
        return await super().renew(lease)

    async def claim_orphaned_submits(self, lease: Lease, *, limit: int) -> Sequence[Job]:
        """Break, then claim."""
        self._break("claim_orphaned_submits")
        return await super().claim_orphaned_submits(lease, limit=limit)


async def test_no_loop_dies_of_an_error_that_passes(database: Database, api: ScriptedApi) -> None:
    """Whatever the database says once or twice, the loops go on, and the job comes to its end."""
    store = BreakingStore(database)
    core = Core(store, api, timing=SHORT)
    job = await submit(core, make_new())
    async with core.running():
        await until(lambda: not any(store.broken.values()), what="all the errors")
        await core.until(job.job_id, JobStatus.QUEUED)
        api.becomes(Progress(state=RequestState.SUCCEEDED))
        await core.until(job.job_id, JobStatus.SUCCEEDED)


@pytest.mark.parametrize("refusal", [None, ApiRefused(kind=FailureKind.BAD_INPUT, http_status=422)])
async def test_an_answer_that_comes_after_an_adoption_changes_nothing(
    core: Core, api: ScriptedApi, refusal: ApiRefused | None
) -> None:
    """Given up as unconfirmed while its POST hung, adopted, late by now: it keeps the id that it is followed by."""
    api.may_submit.clear()
    api.lost_answers = [refusal] if refusal else []
    job = await submit(core, make_new())
    async with core.running():
        claimed = await core.until(job.job_id, JobStatus.SUBMITTING)
        lost = claimed.transition(JobStatus.UNCONFIRMED, at=core.clock.now())
        assert await core.store.replace(lost, before=claimed)
        adopted = await core.jobs.adopt(job.job_id, "req-adopted")
        late = adopted.transition(JobStatus.LATE, at=core.clock.now())
        assert await core.store.replace(late, before=adopted)
        api.may_submit.set()
        await until(lambda: not core.submitter._running, what="the answer")  # noqa: SLF001 - nothing else tells
        after = await core.until(job.job_id, JobStatus.LATE)
    assert after.request_id == "req-adopted"
