"""A result's files: what hangs at the card, what is on the local disk, what is on its way, and why the rest is not."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Sequence

from cogs.delivery.addresses import is_settled, number_of
from cogs.delivery.card_payload import OVERHEAD_BYTES, ResultFiles
from cogs.delivery.outcomes import FilesPending
from cogs.delivery.setbacks import Setbacks
from cogs.ui.text import ATTACHMENTS_MAX
from services.errors import ResultProblem
from services.jobs.card import Card, CardFile
from services.jobs.model import Job, JobStatus
from services.jobs.result_downloads import Downloads, FoundResult

log = logging.getLogger(__name__)

# How long a result may be on its way before its card says so: an edit that is mostly not needed.
QUIET_SECONDS = 8.0

# Reads what hangs at the card now, by the way that is in use; None where it cannot be read.
ReadFiles = Callable[[], Awaitable[Sequence[CardFile] | None]]


async def collect_result_files(
    job: Job, card: Card, *, downloads: Downloads, setbacks: Setbacks, read_files: ReadFiles, limit_bytes: int
) -> ResultFiles:
    """Return what a card can show of its job's result.

    Raises: FilesPending while that is nothing, and the card need not say so yet.
    """
    if job.status is not JobStatus.SUCCEEDED:
        return ResultFiles()
    kept, shown = card.files, card.rendering
    before = frozenset(shown.before if shown else ())
    if shown is not None and is_settled(job, card):
        gone = dict.fromkeys(shown.gone, ResultProblem.GONE)
        return ResultFiles(kept=kept, missing=gone, lost=frozenset(shown.lost), before=before)
    found = await _find(job, kept, before, downloads, limit_bytes)
    if found.has_failed and not setbacks.has_read_card:
        # A process that died may have uploaded files: before a card is overwritten with bad news, it is read.
        hanging = await read_files()
        setbacks.has_read_card = True
        if hanging is not None and tuple(hanging) != kept:
            log.info("job_id=%s %d of its files hang at the card already", job.job_id, len(hanging))
            kept = tuple(hanging)
            found = await _find(job, kept, before, downloads, limit_bytes)
    quiet_seconds = QUIET_SECONDS - downloads.waited_seconds(job)
    if found.fetching and not (found.files or kept or found.missing) and quiet_seconds > 0:
        raise FilesPending(is_running=found.is_running, seconds=min(found.next_seconds, quiet_seconds))
    return ResultFiles(
        kept=kept,
        files=tuple(found.files),
        missing=found.missing,
        fetching=frozenset(found.fetching),
        before=before,
        late=frozenset(number for number, look in found.fetching.items() if look.is_late),
        is_held_up=any(look.is_held_up for look in found.fetching.values()),
        is_running=found.is_running,
        next_seconds=found.next_seconds,
    )


async def _find(
    job: Job, kept: Sequence[CardFile], before: Collection[int], downloads: Downloads, limit_bytes: int
) -> FoundResult:
    there = {number_of(file.filename) for file in kept}.union(before)
    places = ATTACHMENTS_MAX - len(kept)
    return await downloads.collect(job, but=there, places=places, limit_bytes=limit_bytes - OVERHEAD_BYTES)
