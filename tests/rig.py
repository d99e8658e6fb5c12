"""What tests of the running whole share: waiting, the settings of a test's bot, and the check of its traffic."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


ROOT = Path(__file__).resolve().parent.parent
WAIT_SECONDS = 15.0
_POLL_SECONDS = 0.01


async def until(
    condition: Callable[[], object], *, what: str = "the condition", timeout_seconds: float = WAIT_SECONDS
) -> None:
    """Wait until `condition` is true, in real seconds.

    Raises:
        TimeoutError: it was not within `timeout_seconds`.

    """
    try:
        async with asyncio.timeout(timeout_seconds):
            while not condition():  # noqa: ASYNC110 - the condition is of another process or task; nobody can set an event
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as error:
        raise TimeoutError(f"{what} did not come true within {timeout_seconds} s") from error


def openapi_document() -> Path | None:
    """Return Discord's OpenAPI document where it is at hand: named by DISCORD_OPENAPI, or beside the project."""
    named = os.environ.get("DISCORD_OPENAPI")
    path = Path(named) if named else ROOT.parent / "shared" / "data" / "discord-openapi.json"
    return path if path.is_file() else None
