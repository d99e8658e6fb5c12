"""Works on a database as a bot's process does, beside others: `python -m … URL NAME`; says what it got as JSON."""

from __future__ import annotations

import asyncio
import json
import sys

from services.errors import QuotaExceeded
from services.jobs.model import JobStatus
from services.jobs.ports import Lease
from services.jobs.quota import QuotaLimits
from services.store.cards import SqlCardStore
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from tests.contract.store.making import BEN, NOW, accept, at

THREE = QuotaLimits(per_day=3, running=10, waiting=10)
# How many jobs of each kind the test makes beforehand.
WAITING, POLLED = 40, 40


async def _accept(store: SqlJobStore, name: str, number: int) -> bool:
    try:
        interaction_id = int.from_bytes(name.encode()) * 1000 + number
        await accept(store, BEN, limits=THREE, job_id=f"{name}{number}", interaction_id=interaction_id)
    except QuotaExceeded:
        return False
    return True


async def main(url: str, name: str) -> None:
    """Wait for a line, so that the processes begin together; then take what can be had."""
    lease = Lease(worker_id=name, ttl_seconds=60)
    async with open_database(url, alone=False) as database:
        store, cards = SqlJobStore(database), SqlCardStore(database)
        await database.ping()
        _say("ready")
        sys.stdin.readline()
        accepted = asyncio.gather(*(_accept(store, name, number) for number in range(25)))
        started: list[str] = []
        polled: list[str] = []
        shown: list[str] = []
        for _ in range(WAITING):
            claimed = await store.claim_waiting(lease, now=NOW, limit=3)
            started += [job.job_id for job in claimed if job.owner_id != BEN]
            polled += [job.job_id for job in await store.claim_followed(lease, limit=3)]
            taken = await cards.claim_due(lease, now=at(9999), limit=3)
            shown += [
                due.job_id for due in taken if due.job.owner_id != BEN and due.job.status is not JobStatus.WAITING
            ]
        was_accepted = sum(await accepted)
    _say(json.dumps({"accepted": was_accepted, "started": started, "polled": polled, "shown": shown}))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
