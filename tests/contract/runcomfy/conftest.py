"""A local Model API on a real socket, and our client and result folder pointed at it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sandbox.clock import SandboxClock
from sandbox.model_api import ModelApiServer, ModelRequest
from sandbox.pictures import paint
from services.clock import SystemClock
from services.runcomfy.client import RunComfyClient
from services.runcomfy.limits import ApiTimeouts, DownloadLimits
from services.runcomfy.result_folder import ResultFolder
from services.runcomfy.retry import RetryPolicy
from tests.contract.runcomfy.file_host import FileHost
from tests.rig import SHRINK

MODEL = "openai/gpt-image-1-5/image-to-image"
INPUTS = {"prompt": "a fox in the snow", "image_urls": ["https://pictures.example.com/cat.png"], "quality": "low"}


@dataclass(slots=True)
class Naps:
    """The waits between tries, remembered instead of slept."""

    seconds: list[float] = field(default_factory=list)

    async def take(self, seconds: float) -> None:
        """Note a wait."""
        self.seconds.append(seconds)


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the folder that stands for https://pictures.example.com."""
    folder = tmp_path_factory.mktemp("gallery")
    (folder / "cat.png").write_bytes(paint("cat.png", width=160, height=120).data)
    return folder


@pytest.fixture
def state() -> SandboxClock:
    """Provide the Model API's clock."""
    return SandboxClock()


@pytest.fixture
async def server(state: SandboxClock, gallery: Path) -> AsyncIterator[ModelApiServer]:
    """Provide a Model API whose jobs wait for nothing; a violation of its rules fails the test."""
    async with ModelApiServer(clock=state, host_map={"pictures.example.com": gallery}) as server:
        server.pace.queue_seconds = server.pace.run_seconds = 0.0
        server.pace.shrink = SHRINK
        yield server
    assert server.violations == []


@pytest.fixture
def naps() -> Naps:
    """Provide the record of the client's waits."""
    return Naps()


def client_of(
    server: ModelApiServer,
    naps: Naps,
    *,
    token: str | None = None,
    tries: int = 4,
    submit_seconds: float = 5.0,
    connect_seconds: float = 2.0,
) -> RunComfyClient:
    """Make a client with short time-outs and waits that take no time."""
    return RunComfyClient(
        token or server.token,
        clock=SystemClock(),
        base_url=server.url,
        timeouts=ApiTimeouts(connect_seconds=connect_seconds, free_seconds=0.5, submit_seconds=submit_seconds),
        policy=RetryPolicy(tries=tries, first_seconds=1.0, longest_seconds=4.0, budget_seconds=30.0),
        sleep=naps.take,
        chance=lambda: 1.0,
    )


@pytest.fixture
async def client(server: ModelApiServer, naps: Naps) -> AsyncIterator[RunComfyClient]:
    """Provide the client."""
    async with client_of(server, naps) as client:
        yield client


@pytest.fixture
async def finished(server: ModelApiServer, client: RunComfyClient) -> ModelRequest:
    """Provide a request that has succeeded."""
    request = server.requests[await client.submit(MODEL, INPUTS)]
    await request.ended()
    return request


@pytest.fixture
async def results(server: ModelApiServer, tmp_path: Path) -> AsyncIterator[ResultFolder]:
    """Provide a result folder that may fetch from the local Model API, by its exact port."""
    limits = DownloadLimits(largest_bytes=2_000_000, connect_seconds=1.0, stall_seconds=0.5, whole_seconds=5.0)
    hosts = ["*.runcomfy.net", server.url.removeprefix("http://")]
    async with ResultFolder(tmp_path / "results", result_hosts=hosts, limits=limits) as results:
        yield results


@pytest.fixture
async def host() -> AsyncIterator[FileHost]:
    """Provide a host of files."""
    async with FileHost() as host:
        yield host


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Provide the place of a result folder."""
    return tmp_path / "data" / "results"
