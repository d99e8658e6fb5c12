"""One process's core on a store of its own, before an API that takes everything."""

from __future__ import annotations

import pytest

from services.store.jobs import SqlJobStore
from tests.contract.jobs.core import Core
from tests.contract.jobs.scripted_api import ScriptedApi


@pytest.fixture
def api() -> ScriptedApi:
    """An API that accepts everything."""
    return ScriptedApi()


@pytest.fixture
def core(store: SqlJobStore, api: ScriptedApi) -> Core:
    """One process."""
    return Core(store, api)
