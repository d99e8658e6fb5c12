"""The announcer's loop: take cards that are behind, show several at once, and never stop for one of them."""

from __future__ import annotations

import asyncio
import functools
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from cogs.delivery.card_delivery import CardDelivery, DeliveryContext
from cogs.delivery.outcomes import FilesPending, LeaseLost, RetryLater
from cogs.delivery.setbacks import SetbacksByJob
from services.errors import StoreUnavailable
from services.jobs.card import DueCard
from services.jobs.model import Job
from services.jobs.pacing import Random, backoff_seconds

log = logging.getLogger(__name__)

# Cards that are worked on at once: enough that some that wait for Discord hold up nobody.
AT_ONCE = 16
# Uploads go beside them. Big ones share the line among themselves.
UPLOADS_AT_ONCE = 12
BIG_UPLOADS_AT_ONCE = 4
BIG_UPLOAD_BYTES = 8 * 1024 * 1024
FIRST_BACKOFF_SECONDS = 1.0
MOST_BACKOFF_SECONDS = 300.0
# Only a guard: what is due and cannot be taken must not make the loop spin.
_PAUSE_SECONDS = 0.05


class _Slot:
    """A card's place among those that are worked on at once; given back once."""

    def __init__(self, give_back: Callable[[], None]) -> None:
        self._give_back: Callable[[], None] | None = give_back

    def leave(self) -> None:
        if self._give_back is not None:
            self._give_back()
        self._give_back = None


class AnnounceLoop:
    """Shows what changed, until cancelled."""

    def __init__(self, context: DeliveryContext, *, at_once: int = AT_ONCE, chance: Random = random.random) -> None:
        self._context = context
        self._at_once = at_once
        self._chance = chance
        self._setbacks = SetbacksByJob()
        self._uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)
        self._big_uploads = asyncio.Semaphore(BIG_UPLOADS_AT_ONCE)
        self._room = asyncio.Semaphore(at_once)
        self._busy = 0

    async def run(self) -> None:
        """Take and show, until cancelled; then nothing of it is left running."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._context.outbox.keep_leases(), name="cards: leases")
            while True:
                try:
                    await self._take(group)
                except Exception:
                    log.exception("the announcer's loop goes on after")
                    await asyncio.sleep(1.0)

    async def _take(self, group: asyncio.TaskGroup) -> None:
        async with self._room:
            # There is room for one at least.
            await self._context.outbox.wait()
        claimed = await self._context.outbox.take(self._at_once - self._busy)
        for due in claimed:
            await self._room.acquire()
            self._busy += 1
            group.create_task(self._show(due), name=f"card-{due.job.job_id}")
        if not claimed:
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _show(self, due: DueCard) -> None:
        try:
            await self._show_until_there(due)
        finally:
            self._context.outbox.let_go(due.job)

    async def _show_until_there(self, due: DueCard) -> None:
        job = due.job
        # A card that waits for files is looked at anew from time to time: more may have changed meanwhile.
        wait_until = asyncio.get_running_loop().time() + self._context.outbox.longest_edit_seconds / 2
        try:
            coming = await self._with_slot(due)
            seconds = wait_until - asyncio.get_running_loop().time()
            if coming is not None and coming.is_running and seconds > 0:
                coming = await self._when_there(due, coming, seconds=min(coming.seconds, seconds))
            if coming is not None:
                await self._context.outbox.postpone(job, seconds=0.0 if coming.is_running else coming.seconds)
        # The lease runs out by itself; somebody takes the card up again then.
        except StoreUnavailable as error:
            log.info("job_id=%s its card is left for later: %s", job.job_id, error)
        except Exception:
            log.exception("job_id=%s its card is left for later", job.job_id)

    async def _when_there(self, due: DueCard, coming: FilesPending, *, seconds: float) -> FilesPending | None:
        """Wait for more of a result without a place: files that do not come hold up nobody's card. Then show it."""
        await self._context.downloads.wait(due.job.job_id, seconds=seconds)
        await self._room.acquire()
        self._busy += 1
        return await self._with_slot(replace(due, card=coming.card or due.card))

    async def _with_slot(self, due: DueCard) -> FilesPending | None:
        slot = _Slot(self._give_back)
        try:
            return await self.show(due, slot)
        finally:
            slot.leave()

    def _give_back(self) -> None:
        self._busy -= 1
        self._room.release()

    @asynccontextmanager
    async def _upload(self, slot: _Slot, limit: asyncio.Timeout, size_bytes: int) -> AsyncIterator[None]:
        """Upload without a place among the cards: those without files do not wait for what is slow.

        Waiting for a turn takes none of the edit's time; the lease is renewed meanwhile.
        """
        slot.leave()
        limit.reschedule(None)
        async with self._big_uploads if size_bytes > BIG_UPLOAD_BYTES else self._uploads:
            limit.reschedule(asyncio.get_running_loop().time() + self._context.outbox.longest_edit_seconds)
            yield

    async def show(self, due: DueCard, slot: _Slot) -> FilesPending | None:
        """Bring one card up to date, or see that it is tried again; return when more of its result is on its way."""
        job = due.job
        try:
            async with asyncio.timeout(self._context.outbox.longest_edit_seconds) as limit:
                uploading = functools.partial(self._upload, slot, limit)
                await CardDelivery(due, self._context, self._setbacks.of(job.job_id), uploading).run()
        except FilesPending as coming:
            self._setbacks.of(job.job_id).succeed()
            return coming
        except RetryLater as later:
            await self._postpone(job, str(later), at_least=later.seconds)
        except LeaseLost:
            log.warning("job_id=%s somebody else shows its card now", job.job_id)
            await self._context.outbox.postpone(job, seconds=0.0)  # what was sent before may have arrived late
        except StoreUnavailable as error:
            await self._postpone(job, f"database: {error}")
        except TimeoutError:
            await self._postpone(job, "took too long")
        except Exception:
            log.exception("job_id=%s its card met something unforeseen", job.job_id)
            await self._postpone(job, "unforeseen")
        return None

    async def _postpone(self, job: Job, why: str, *, at_least: float = 0.0) -> None:
        setbacks = self._setbacks.of(job.job_id)
        setbacks.failures += 1
        backoff = backoff_seconds(
            setbacks.failures, first=FIRST_BACKOFF_SECONDS, longest=MOST_BACKOFF_SECONDS, random=self._chance
        )
        seconds = max(at_least, backoff)
        log.info("job_id=%s its card is tried again in %.1f s: %s", job.job_id, seconds, why)
        await self._context.outbox.postpone(job, seconds=seconds)
