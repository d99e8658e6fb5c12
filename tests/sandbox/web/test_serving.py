"""`python -m sandbox` as a process: one run has the folder, and whatever it started ends with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.rig import ROOT

_SECONDS = 30


@dataclass(slots=True)
class Run:
    """A `python -m sandbox` and what it has printed."""

    process: asyncio.subprocess.Process
    printed: str = field(default="")

    async def until_printed(self, pattern: str) -> re.Match[str]:
        """Wait until the pattern was printed."""
        assert self.process.stdout is not None
        async with asyncio.timeout(_SECONDS):
            while not (found := re.search(pattern, self.printed)):
                line = await self.process.stdout.readline()
                assert line, self.printed
                self.printed += line.decode(errors="replace")
        return found

    async def until_ended(self) -> int:
        """Wait until the process has ended, and return its exit code."""
        async with asyncio.timeout(_SECONDS):
            rest, _ = await self.process.communicate()
        self.printed += rest.decode(errors="replace")
        assert self.process.returncode is not None
        return self.process.returncode


@contextlib.asynccontextmanager
async def sandbox_run(data_dir: Path, *command: str, encoding: str = "utf-8") -> AsyncIterator[Run]:
    """Start `python -m sandbox`, behind the words of `command` if there are any."""
    process = await asyncio.create_subprocess_exec(
        *(*command, sys.executable, "-m", "sandbox", "--port", "0", "--data-dir", str(data_dir)),
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Run(process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            async with asyncio.timeout(_SECONDS):
                await process.communicate()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_second_sandbox_leaves_the_first_ones_jobs_alone(tmp_path: Path) -> None:
    """Started twice in one folder, the second says what to do, and the first one's data stay."""
    async with sandbox_run(tmp_path) as first:
        await first.until_printed(r"bot.client: ready")
        config, database = (tmp_path / "config.toml").read_text(), (tmp_path / "jobs.db").stat().st_ino
        async with sandbox_run(tmp_path) as second:
            assert await second.until_ended() == 2
            assert "another sandbox runs" in second.printed
            assert "--data-dir" in second.printed
            assert "Traceback" not in second.printed
        assert (tmp_path / "config.toml").read_text() == config
        assert (tmp_path / "jobs.db").stat().st_ino == database


async def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """A file where the folder should be ends the run with what to do."""
    (tmp_path / "file").write_text("")
    async with sandbox_run(tmp_path / "file" / "data") as run:
        assert await run.until_ended() == 2
        assert "cannot be written" in run.printed
        assert "Traceback" not in run.printed


@pytest.mark.usefixtures("hang_up_counts")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_run_that_is_asked_to_stop_takes_its_bot_along(tmp_path: Path, number: signal.Signals) -> None:
    """Closing the terminal leaves no bot behind that nobody sees."""
    async with sandbox_run(tmp_path) as run:
        bot = int((await run.until_printed(r"Bot +process (\d+)"))[1])
        run.process.send_signal(number)
        assert await run.until_ended() == 0, run.printed
        assert not _is_alive(bot)


async def test_nohup_outlives_its_terminal(tmp_path: Path) -> None:
    """Who asked for SIGHUP to be ignored gets that."""
    async with sandbox_run(tmp_path, "nohup") as run:
        await run.until_printed(r"Bot +process")
        run.process.send_signal(signal.SIGHUP)
        await run.until_printed(r"bot.client: ready")
        assert run.process.returncode is None


async def test_a_terminal_without_unicode_gets_question_marks(tmp_path: Path) -> None:
    """What it cannot show is a sign, not a traceback."""
    async with sandbox_run(tmp_path / "käse", encoding="ascii") as run:
        await run.until_printed(r"data in .*/k\?se\. Ctrl-C")
        run.process.send_signal(signal.SIGINT)
        assert await run.until_ended() == 0, run.printed
