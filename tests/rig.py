"""What tests of the running whole share: waiting, the settings of a test's bot, and the check of its traffic."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from sandbox.bot_config import Overrides
from sandbox.bot_process import BotProcess
from sandbox.discord.conformance import Conformance
from sandbox.sandbox import Sandbox

ROOT = Path(__file__).resolve().parent.parent
WAIT_SECONDS = 15.0
# Nobody looks at a test's pictures: painted in full they were a third of the acceptance tests' time.
SHRINK = 8
_POLL_SECONDS = 0.01


async def until(
    condition: Callable[[], object], *, what: str = "the condition", timeout_seconds: float = WAIT_SECONDS
) -> None:
    """Wait until `condition` is true, in real seconds.

    Raises: TimeoutError where it was not within `timeout_seconds`.
    """
    try:
        async with asyncio.timeout(timeout_seconds):
            while not condition():  # noqa: ASYNC110 - the condition is of another process or task; nobody can set an event
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as error:
        raise TimeoutError(f"{what} did not come true within {timeout_seconds} s") from error


def items_below(folder: Path, items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Yield the tests of the folder and of those in it.

    Texts are compared: each worker asks this of all tests, and with `Path.parents` that was a twelfth of collecting.
    """
    beginning = f"{folder}{os.sep}"
    return (item for item in items if str(item.path).startswith(beginning))


def openapi_document() -> Path | None:
    """Return Discord's OpenAPI document where it is at hand: named by DISCORD_OPENAPI, or beside the project."""
    named = os.environ.get("DISCORD_OPENAPI")
    path = Path(named) if named else ROOT.parent / "shared" / "data" / "discord-openapi.json"
    return path if path.is_file() else None


def assert_clean(sandbox: Sandbox, conformance: Conformance | None) -> None:
    """Fail where the bot called an unknown route, sent its token astray, or wrote what Discord's document forbids."""
    found = sandbox.violations
    if conformance is not None:
        found += [f"document: {one}" for one in conformance.violations(sandbox.discord.traffic)]
    assert not found, "\n".join(found)


class StartBot(Protocol):
    """Starts the bot with settings of its own and waits until it is ready (or not: `wait=False`)."""

    async def __call__(
        self,
        *,
        overrides: Overrides | None = None,
        database_url: str | None = None,
        config: Path | None = None,
        module: str = "bot",
        arguments: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
        wait: bool = True,
    ) -> BotProcess:
        """Return the started process; the fixture that gave this stops it."""
        ...
