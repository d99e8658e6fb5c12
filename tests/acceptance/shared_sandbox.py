"""What the folders share whose tests have one sandbox and one bot for all of them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from sandbox.discord.conformance import Conformance
from sandbox.sandbox import Sandbox
from sandbox.spawning import Spawn
from tests.acceptance.conftest import PICTURE_HOST
from tests.rig import SHRINK, assert_clean, items_below


def run_in_one_loop(items: Iterable[pytest.Item], folder: Path) -> None:
    """Run the folder's tests in the one event loop that the shared sandbox lives in."""
    for item in items_below(folder, items):
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@contextlib.asynccontextmanager
async def opened_sandbox(
    data_dir: Path, *, pictures: Path, conformance: Conformance | None, spawn: Spawn
) -> AsyncIterator[Sandbox]:
    """Open a sandbox for many tests; at the end the bot has broken no rule of either wire."""
    async with Sandbox.open(data_dir=data_dir, host_map={PICTURE_HOST: pictures}, spawn=spawn) as opened:
        opened.model_api.pace.shrink = SHRINK
        yield opened
        assert_clean(opened, conformance)
