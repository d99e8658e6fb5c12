"""What `adopt` says where the job, or RunComfy's answer about the request, stands in its way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.maintenance import CannotDo, adopt
from bot.settings import DatabaseSettings, JobsSettings, RunComfySettings, Settings
from sandbox.clock import SandboxClock
from sandbox.model_api import ModelApiServer
from services.jobs.model import JobStatus
from services.store import migrate
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from tests.contract.store.making import accept, move

REQUEST = "f033d089-3518-49c4-8abb-ef53018f7260"


@pytest.fixture
async def server() -> AsyncIterator[ModelApiServer]:
    """Provide a Model API that has no requests."""
    async with ModelApiServer(clock=SandboxClock(), host_map={}) as server:
        yield server


@pytest.fixture
def settings(server: ModelApiServer, tmp_path: Path) -> Settings:
    """Provide settings with a token that this API refuses."""
    return Settings(
        runcomfy=RunComfySettings(token=SecretStr("another-token"), base_url=server.url),
        database=DatabaseSettings(url=SecretStr(f"sqlite+aiosqlite:///{tmp_path / 'jobs.db'}")),
        jobs=JobsSettings(results_dir=tmp_path / "results"),
    )


async def job_after(settings: Settings, *statuses: JobStatus) -> str:
    """Put a job into the database that went through these states; return its id."""
    async with open_database(settings.database.url.get_secret_value(), alone=True) as database:
        await migrate.upgrade(database)
        store = SqlJobStore(database)
        return (await move(store, await accept(store), *statuses)).job_id


async def test_a_token_that_is_refused_is_named(settings: Settings) -> None:
    """The one line names the setting, without the token and without words of the program's own."""
    job_id = await job_after(settings, JobStatus.SUBMITTING, JobStatus.UNCONFIRMED)
    with pytest.raises(CannotDo) as refused:
        await adopt(settings, job_id, REQUEST)
    said = str(refused.value)
    assert said.startswith("RunComfy refuses runcomfy.token (HTTP 40")
    assert "nothing was changed" in said
    assert "another-token" not in said
    assert "\n" not in said


async def test_a_job_that_there_is_not_is_told_before_the_api_is_asked(
    settings: Settings, server: ModelApiServer
) -> None:
    """A mistyped job is no matter of RunComfy's, whatever its answer would be."""
    await job_after(settings)
    with pytest.raises(CannotDo, match=r"^there is no job nosuchjob1$"):
        await adopt(settings, "nosuchjob1", REQUEST)
    assert not server.traffic.calls


async def test_a_job_that_is_not_unconfirmed_is_told_before_the_api_is_asked(
    settings: Settings, server: ModelApiServer
) -> None:
    """A job that goes on needs no request id."""
    job_id = await job_after(settings, JobStatus.SUBMITTING)
    with pytest.raises(
        CannotDo, match=f"^nothing was changed: {job_id} is submitting, not unconfirmed, late or given up$"
    ):
        await adopt(settings, job_id, REQUEST)
    assert not server.traffic.calls
