"""Removes result files that nobody came for."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from services.clock import Clock
from services.runcomfy.result_folder import ResultFolder

log = logging.getLogger(__name__)

# A file leaves the folder once it hangs at its card. What is still there after a week belongs to a card that could
# not be reached by any way, or to a process that died in between.
KEPT = timedelta(days=7)
EVERY_SECONDS = 3600.0


async def sweep_results(results: ResultFolder, clock: Clock) -> None:
    """Sweep every hour until cancelled."""
    while True:
        try:
            removed = await results.sweep(keep=(), older_than=clock.now() - KEPT)
        except OSError as error:
            log.warning("the folder of results cannot be swept: %s", error.strerror)
        else:
            if removed:
                log.info("removed %d result files that nobody came for", removed)
        await asyncio.sleep(EVERY_SECONDS)
