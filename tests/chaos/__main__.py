"""`python -m tests.chaos`: random kills and faults, an episode a seed; exit code 1 where a promise was broken.

What happens and when is drawn from the seed. What meets what is up to the machine's clock: a seed repeats the attack,
not every interleaving, so a breach may need a few tries to be seen again.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from pprint import pformat

from sandbox.spawning import Spawn
from tests.chaos.episode import Outcome, play
from tests.chaos.judge import breaches
from tests.chaos.plan import Plan, planned
from tests.chaos.report import counted, table
from tests.contract.store.databases import PostgresServer, postgres_server
from tests.warm_start.warm_starter import warm_starter

EPISODE_SECONDS = 180.0


@dataclass(kw_only=True, slots=True)
class Run:
    """What all episodes share."""

    spawn: Spawn
    postgres: PostgresServer
    keep: Path
    total: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


def main() -> int:
    """Play the seeds that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Random kills and faults.")
    parser.add_argument("--seeds", type=int, default=20, help="how many episodes")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="episodes at once")
    parser.add_argument(
        "--keep", type=Path, default=Path(tempfile.gettempdir()) / "comfycord-chaos", help="for breaches"
    )
    arguments = parser.parse_args()
    with warm_starter() as spawn, postgres_server() as postgres:
        run = Run(spawn=spawn, postgres=postgres, keep=arguments.keep)
        seeds = range(arguments.first, arguments.first + arguments.seeds)
        asyncio.run(_play_all(run, seeds, at_once=arguments.jobs))
    _say(table(run.total))
    for line in run.broken:
        _say(line)
    return 1 if run.broken else 0


async def _play_all(run: Run, seeds: range, *, at_once: int) -> None:
    places = asyncio.Semaphore(at_once)

    async def one(seed: int) -> None:
        async with places:
            await _play_one(run, planned(seed))

    await asyncio.gather(*(one(seed) for seed in seeds))


async def _play_one(run: Run, plan: Plan) -> None:
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{plan.seed}-"))
    began = time.monotonic()
    try:
        async with asyncio.timeout(EPISODE_SECONDS):
            outcome = await play(plan, folder=folder, spawn=run.spawn, postgres=run.postgres)
    except Exception:  # noqa: BLE001 - an episode that cannot be judged is told, and the others go on
        await asyncio.to_thread(_break, run, plan, folder, [f"could not be judged: {traceback.format_exc()}"], None)
        return
    found = breaches(outcome.books)
    run.total += counted(plan, outcome)
    seconds = time.monotonic() - began
    kind = f"PostgreSQL x{plan.processes}" if plan.is_postgres else "SQLite"
    kills, jobs = outcome.counts["kills"], len(outcome.books.jobs)
    _say(f"seed {plan.seed}: {kind}, {kills} kills, {jobs} jobs, {len(found)} breaches, {seconds:.1f} s")
    if found:
        await asyncio.to_thread(_break, run, plan, folder, found, outcome)
    else:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _break(run: Run, plan: Plan, folder: Path, found: list[str], outcome: Outcome | None) -> None:
    """Keep what tells of a breach, and remember it."""
    kept = run.keep / f"seed-{plan.seed}"
    shutil.rmtree(kept, ignore_errors=True)
    run.keep.mkdir(parents=True, exist_ok=True)
    shutil.move(folder, kept)
    if outcome is not None:
        for name, text in outcome.logs.items():
            (kept / name).write_text(text, encoding="utf-8")
        (kept / "books.txt").write_text(pformat(outcome.books, width=180), encoding="utf-8")
    (kept / "plan.txt").write_text(pformat(plan, width=180), encoding="utf-8")
    run.total["breaches"] += len(found)
    for line in found:
        run.broken.append(f"seed {plan.seed}: {line}")
        _say(f"seed {plan.seed}: BREACH: {line}")
    run.broken.append(f"  kept in {kept}; again: make chaos SEEDS=1 FIRST={plan.seed}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
