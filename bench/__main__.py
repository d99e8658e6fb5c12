"""`python -m bench`: how fast commands are acknowledged beside a bare discord.py bot, and a card's edits."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

from bench.burst import Subject, burst, open_subject
from bench.edits import edits_per_job
from bench.window import windows

ROUNDS = 7
SIZE = 200
WARM_UP = 20


async def measure(rounds: int, size: int) -> dict[str, list[list[float]]]:
    """Return, for each bot, the seconds of each burst. The bots take turns, so that a noisy moment meets both."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            open_subject("bare", "bench.bare_bot", data_dir=Path(folder, "bare"), people=size) as bare,
            open_subject("ours", None, data_dir=Path(folder, "ours"), people=size) as ours,
        ):
            subjects: tuple[Subject, ...] = (bare, ours)
            for subject in subjects:
                await burst(subject, min(WARM_UP, size))
            results: dict[str, list[list[float]]] = {subject.name: [] for subject in subjects}
            for number in range(rounds):
                for subject in subjects if number % 2 else reversed(subjects):
                    results[subject.name].append(await burst(subject, size))
            return results


async def measure_window(rounds: int, size: int) -> list[float]:
    """Return for how long each command of some bursts was acknowledged and not yet accepted, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_subject("ours", None, data_dir=Path(folder), people=size) as ours:
            await burst(ours, min(WARM_UP, size))
            return [seconds for _ in range(rounds) for seconds in await windows(ours, size)]


def quantile(values: list[float], percent: int) -> float:
    """Return a percentile, in seconds."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def report(results: dict[str, list[list[float]]], size: int) -> str:
    """Return a table: the median over the bursts of each burst's p50 and p99, and our ratio to the bare bot."""
    lines = [f"acknowledged after (ms), bursts of {size} commands, median of {len(results['bare'])} bursts each"]
    figures = {
        name: {percent: statistics.median(quantile(one, percent) for one in bursts) for percent in (50, 99)}
        for name, bursts in results.items()
    }
    for name, label in (("bare", "bare discord.py bot that only defers, stock install"), ("ours", "comfycord")):
        lines.append(f"  p50 {figures[name][50] * 1000:7.0f}   p99 {figures[name][99] * 1000:7.0f}   {label}")
    ratios = {percent: figures["ours"][percent] / figures["bare"][percent] for percent in (50, 99)}
    lines.append(f"  p50 {ratios[50]:7.2f}   p99 {ratios[99]:7.2f}   ours / bare (1.00: as fast; less is faster)")
    return "\n".join(lines)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="bursts for each bot (default: %(default)s)")
    parser.add_argument("--size", type=int, default=SIZE, help="commands in a burst (default: %(default)s)")
    options = parser.parse_args()
    print(report(asyncio.run(measure(options.rounds, options.size)), options.size))  # noqa: T201 - the answer
    window = asyncio.run(measure_window(max(1, options.rounds // 2), options.size))
    half, most = (quantile(window, percent) * 1000 for percent in (50, 99))
    print(f"acknowledged, but not accepted yet, for (ms): p50 {half:.0f}, p99 {most:.0f}")  # noqa: T201 - the answer
    with tempfile.TemporaryDirectory() as folder:
        edits = asyncio.run(edits_per_job(Path(folder)))
    mean, most = statistics.mean(edits), max(edits)
    print(f"edits of a card whose job runs straight through: mean {mean:.1f}, most {most}")  # noqa: T201 - the answer
    return 0


if __name__ == "__main__":
    sys.exit(main())
