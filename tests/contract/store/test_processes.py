from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from services.jobs.model import JobStatus
from services.jobs.ports import Lease
from services.store.jobs import SqlJobStore
from tests.contract.store.making import BEN, NOW, OTHER, accept, at, move
from tests.contract.store.working_process import POLLED, WAITING


async def _start_process(url: str, name: str) -> Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.contract.store.working_process",
        url,
        name,
        stdin=PIPE,
        stdout=PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


@pytest.mark.timeout(150)
async def test_two_processes_share_the_work(store: SqlJobStore, url: str) -> None:
    """Two processes at once: three of fifty commands pass a quota of three; each job is started, polled, shown once."""
    polled = []
    for n in range(POLLED):
        await accept(store, now=at(n))
        [job] = await store.claim_waiting(Lease(worker_id="dead", ttl_seconds=0), now=NOW, limit=1)
        polled.append((await move(store, job, JobStatus.QUEUED)).job_id)
    waiting = [(await accept(store, n)).job_id for n in range(WAITING)]
    async with asyncio.timeout(120):
        processes = [await _start_process(url, name) for name in ("one", "two")]
        answers = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    said = [json.loads(out) for out, _ in answers]
    assert sum(one["accepted"] for one in said) == 3
    assert (await store.usage(BEN, now=NOW)).today == 3
    for work, expected in {"started": waiting, "polled": polled}.items():
        done = [job_id for one in said for job_id in one[work]]
        assert sorted(done) == sorted(expected), work
    shown = [job_id for one in said for job_id in one["shown"]]
    assert len(shown) == len(set(shown))
    assert set(polled) <= set(shown)
    assert await store.claim_followed(OTHER, limit=1) == []
