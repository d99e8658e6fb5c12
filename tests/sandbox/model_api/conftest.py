"""A running Model API and a plain HTTP client that speaks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from sandbox.clock import SandboxClock
from sandbox.model_api import ModelApiServer
from sandbox.pictures import paint
from tests.sandbox.model_api.plain_client import Client


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the folder that stands for https://pictures.example.com."""
    folder = tmp_path_factory.mktemp("gallery")
    for name in ("cat.png", "boat.jpg", "house.webp", "cat.gif"):
        (folder / name).write_bytes(paint(name, width=160, height=120).data)
    (folder / "notes.png").write_bytes(b"not a picture at all")
    (folder / "empty.png").write_bytes(b"")
    with (folder / "huge.png").open("wb") as file:
        file.truncate(50 * 1024 * 1024 + 1)
    return folder


@pytest.fixture
def clock() -> SandboxClock:
    """Provide the sandbox's clock."""
    return SandboxClock()


@pytest.fixture
async def server(clock: SandboxClock, gallery: Path) -> AsyncIterator[ModelApiServer]:
    """Provide a quick server whose jobs wait for nothing."""
    async with ModelApiServer(clock=clock, host_map={"pictures.example.com": gallery}) as server:
        server.pace.queue_seconds = server.pace.run_seconds = 0.0
        yield server


@pytest.fixture
async def client(server: ModelApiServer) -> AsyncIterator[Client]:
    """Provide an HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield Client(session, server)
