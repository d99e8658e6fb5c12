"""What a newcomer types first: the demo, and the sandbox that runs until it is stopped."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]


async def _start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End what still runs, in the way that lets it end its bot."""
    if process.returncode is None:
        process.terminate()
        await process.wait()


async def test_the_demo_shows_a_job_from_end_to_end_and_leaves_its_picture(tmp_path: Path) -> None:
    """It exits 0, has printed every state in order, and the result is a real picture."""
    demo = await _start("demo", "--output", str(tmp_path / "out"))
    try:
        async with asyncio.timeout(50):
            printed = (await demo.communicate())[0].decode()
    finally:
        await _stop(demo)
    assert demo.returncode == 0, printed
    places = [printed.find(word) for word in ("is thinking", "In queue", "Done", "presses [Cancel]", "Cancelled")]
    assert -1 not in places, printed
    assert places == sorted(places)
    for word in ("[Cancel]", "Queue position", "$0.16", "Your jobs", "Your quota", "All went well"):
        assert word in printed
    (result,) = (tmp_path / "out").iterdir()
    with Image.open(io.BytesIO(result.read_bytes())) as picture:
        assert (picture.format, picture.size) == ("PNG", (1536, 1024))


async def test_the_sandbox_runs_the_bot_until_it_is_interrupted(tmp_path: Path) -> None:
    """It prints its addresses, the bot comes online, and Ctrl-C ends everything with exit code 0."""
    sandbox = await _start("--data-dir", str(tmp_path))
    seen: list[str] = []
    assert sandbox.stdout is not None
    try:
        async with asyncio.timeout(40):
            while not any("ready as" in line for line in seen):
                line = (await sandbox.stdout.readline()).decode()
                assert line, "".join(seen)
                seen.append(line)
            sandbox.send_signal(signal.SIGINT)
            rest = (await sandbox.stdout.read()).decode()
            assert await sandbox.wait() == 0, rest
    finally:
        await _stop(sandbox)
    text = "".join(seen)
    assert "Discord    http://127.0.0.1:" in text
    assert "Model API  http://127.0.0.1:" in text
    assert "https://pictures.example.com/cat.png" in text


async def test_a_demo_that_is_stopped_leaves_no_bot_behind(tmp_path: Path) -> None:
    """SIGTERM in the middle ends the demo with its own exit code, and the bot's process with it."""
    demo = await _start("demo", "--output", str(tmp_path / "out"))
    assert demo.stdout is not None
    try:
        async with asyncio.timeout(40):
            online = None
            while online is None:
                line = (await demo.stdout.readline()).decode()
                assert line
                online = re.search(r"process (\d+)\) is online", line)
            demo.terminate()
            assert await demo.wait() == 130
    finally:
        await _stop(demo)
    with pytest.raises(ProcessLookupError):
        os.kill(int(online[1]), 0)
