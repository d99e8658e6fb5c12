"""The announcer's loop: take changed jobs, show several at once, and never stop for one of them."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import OrderedDict
from dataclasses import replace

from cogs.delivery.attempt import Attempt, Tools
from cogs.delivery.outcomes import LeaseLost, OnItsWay, TryLater
from services.errors import StoreUnavailable
from services.jobs.model import Job
from services.jobs.pacing import Random, backoff_seconds

log = logging.getLogger(__name__)

# Cards that are worked on at once: enough that some that wait for Discord hold up nobody.
AT_ONCE = 16
FIRST_BACKOFF_SECONDS = 1.0
MOST_BACKOFF_SECONDS = 300.0
# Only a guard: what is due and cannot be taken must not make the loop spin.
_PAUSE_SECONDS = 0.05
_REMEMBERED = 10_000


class AnnounceLoop:
    """Shows what changed, until cancelled."""

    def __init__(self, tools: Tools, *, at_once: int = AT_ONCE, chance: Random = random.random) -> None:
        self._tools = tools
        self._at_once = at_once
        self._chance = chance
        self._failures: OrderedDict[str, int] = OrderedDict()
        self._room = asyncio.Semaphore(at_once)
        self._busy = 0

    async def run(self) -> None:
        """Take and show, until cancelled; then nothing of it is left running."""
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    await self._take(group)
                except Exception:
                    log.exception("the announcer's loop goes on after")
                    await asyncio.sleep(1.0)

    async def _take(self, group: asyncio.TaskGroup) -> None:
        async with self._room:
            # There is room for one at least.
            await self._tools.updates.wait()
        jobs = await self._tools.updates.take(self._at_once - self._busy)
        for job in jobs:
            await self._room.acquire()
            self._busy += 1
            group.create_task(self._show(job), name=f"card-{job.job_id}")
        if not jobs:
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _show(self, job: Job) -> None:
        try:
            coming = await self._with_place(job)
            if coming is not None and coming.is_running:
                coming = await self._when_there(job, coming)
            if coming is not None:
                await self._tools.updates.postpone(job, seconds=0.0 if coming.is_running else coming.seconds)
        except Exception:
            # The lease runs out by itself; somebody takes the card up again then.
            log.exception("job_id=%s its card is left for later", job.job_id)

    async def _when_there(self, job: Job, coming: OnItsWay) -> OnItsWay | None:
        """Wait for more of a result without a place, since files that do not come hold up nobody's card; then show it.

        The lease lasts for a wait of half the longest edit and one edit more.
        """
        seconds = min(coming.seconds, self._tools.updates.longest_edit_seconds / 2)
        await self._tools.downloads.wait(job.job_id, seconds=seconds)
        await self._room.acquire()
        self._busy += 1
        return await self._with_place(replace(job, delivery=coming.delivery or job.delivery))

    async def _with_place(self, job: Job) -> OnItsWay | None:
        try:
            return await self.show(job)
        finally:
            self._busy -= 1
            self._room.release()

    async def show(self, job: Job) -> OnItsWay | None:
        """Bring one card up to date, or see that it is tried again; return when more of its result is on its way."""
        try:
            async with asyncio.timeout(self._tools.updates.longest_edit_seconds):
                await Attempt(job, self._tools).run()
        except OnItsWay as coming:
            self._failures.pop(job.job_id, None)
            return coming
        except TryLater as later:
            await self._postpone(job, str(later), at_least=later.seconds)
        except LeaseLost:
            log.warning("job_id=%s somebody else shows its card now", job.job_id)
            await self._tools.updates.postpone(job, seconds=0.0)  # what was sent before may have arrived late
        except StoreUnavailable as error:
            await self._postpone(job, f"database: {error}")
        except TimeoutError:
            await self._postpone(job, "took too long")
        except Exception:
            log.exception("job_id=%s its card met something unforeseen", job.job_id)
            await self._postpone(job, "unforeseen")
        else:
            self._failures.pop(job.job_id, None)
        return None

    async def _postpone(self, job: Job, why: str, *, at_least: float = 0.0) -> None:
        failures = self._failures.pop(job.job_id, 0) + 1
        self._failures[job.job_id] = failures
        if len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)
        backoff = backoff_seconds(failures, first=FIRST_BACKOFF_SECONDS, most=MOST_BACKOFF_SECONDS, random=self._chance)
        seconds = max(at_least, backoff)
        log.info("job_id=%s its card is tried again in %.1f s: %s", job.job_id, seconds, why)
        await self._tools.updates.postpone(job, seconds=seconds)
