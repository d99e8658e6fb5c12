"""What every test run says about itself."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator

import pytest

from sandbox.spawning import Spawn
from tests.rig import openapi_document
from tests.warm_start.warm_starter import warm_starter


def pytest_report_header() -> str:
    """Say whether the bot's traffic is held against Discord's own document."""
    document = openapi_document()
    if document is None:
        return "Discord's OpenAPI document: not found (set DISCORD_OPENAPI); the bot's traffic is not held against it"
    return f"Discord's OpenAPI document: {document}"


def pytest_collection_finish() -> None:
    """Keep the collected tests and what they imported out of every garbage collection: an eighth of the tests' time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def spawn() -> Iterator[Spawn]:
    """Start processes in a moment; who tests the start itself overrides this with `spawn_interpreter`."""
    with warm_starter() as starter:
        yield starter


@pytest.fixture
def hang_up_counts() -> Iterator[None]:
    """Let what is started here hear SIGHUP, also where this run itself was started with nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
