from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from discord.http import Route

from sandbox.clock import SandboxClock
from sandbox.discord.conformance import Conformance
from sandbox.discord.server import DiscordServer
from services.store.engine import open_database
from tests.contract.announcer.results_folder import ResultsFolder
from tests.contract.announcer.scene import Scene
from tests.contract.store.databases import SqliteFiles
from tests.rig import openapi_document


@pytest.fixture(scope="session")
def document() -> Conformance | None:
    """Discord's own document, where it is at hand."""
    path = openapi_document()
    return Conformance(path) if path else None


@pytest.fixture
async def scene_url(sqlite_files: SqliteFiles) -> str:
    """The scene's database: SQLite; who depends on the database's own clock and locks overrides this."""
    return await sqlite_files.new()


@pytest.fixture
async def scene(
    scene_url: str, tmp_path: Path, document: Conformance | None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    """A scene with quick edits; afterwards everything that was sent is held against Discord's document."""
    async with (
        DiscordServer(clock=SandboxClock()) as server,
        open_database(scene_url, alone=False) as database,
    ):
        monkeypatch.setattr(Route, "BASE", server.api_url)
        yield Scene(server, database, ResultsFolder(tmp_path), edit_seconds=5.0)
        assert server.violations == []
        if document is not None:
            assert document.violations(server.traffic) == []
