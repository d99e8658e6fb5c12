"""/healthz and /readyz over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot import health
from bot.health import HealthChecks, serve_health
from services.errors import StartupError, StoreUnavailable


class Parts:
    """The parts that are asked after, each of which a test can break."""

    def __init__(self) -> None:
        self.is_connected = True
        self.ping: Callable[[], Awaitable[None]] = self._answer

    async def _answer(self) -> None:
        """Be a database that answers."""

    async def fail(self) -> None:
        """Be a database that says no."""
        raise StoreUnavailable("locked")

    async def hang(self) -> None:
        """Be a database that never answers."""
        await asyncio.Event().wait()


@asynccontextmanager
async def served(parts: Parts) -> AsyncIterator[str]:
    """Serve health for the parts and give the address."""
    checks = HealthChecks(require_database=lambda: parts.ping(), is_connected=lambda: parts.is_connected)  # noqa: PLW0108 - looked up at each call
    async with serve_health(("127.0.0.1", 0), checks) as port:
        yield f"http://127.0.0.1:{port}"


async def ask(url: str) -> tuple[int, dict[str, str]]:
    """Return status and body."""
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, json.loads(await response.read())


async def test_all_well_is_200() -> None:
    """A process whose parts all answer is alive and ready."""
    async with served(Parts()) as url:
        assert await ask(f"{url}/healthz") == (200, {"status": "ok", "database": "ok"})
        assert await ask(f"{url}/readyz") == (200, {"status": "ok", "database": "ok", "gateway": "ok"})


async def test_without_the_gateway_it_is_alive_but_not_ready() -> None:
    """A dropped gateway is no reason to restart the process, but nobody is served."""
    parts = Parts()
    parts.is_connected = False
    async with served(parts) as url:
        assert (await ask(f"{url}/healthz"))[0] == 200
        status, body = await ask(f"{url}/readyz")
        assert (status, body["gateway"], body["database"]) == (503, "unavailable", "ok")


@pytest.mark.parametrize("how", ["fail", "hang"])
async def test_a_database_that_does_not_answer_is_503(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """A database that fails or hangs is told within its time, on both."""
    monkeypatch.setattr(health, "DATABASE_SECONDS", 0.1)
    parts = Parts()
    parts.ping = getattr(parts, how)
    async with served(parts) as url:
        assert await ask(f"{url}/healthz") == (503, {"status": "unavailable", "database": "unavailable"})
        assert (await ask(f"{url}/readyz"))[0] == 503


async def test_nowhere_is_possible() -> None:
    """Without an address nothing listens."""
    parts = Parts()
    checks = HealthChecks(require_database=parts.ping, is_connected=lambda: True)
    async with serve_health(None, checks) as port:
        assert port is None


async def test_a_taken_port_is_a_clear_sentence() -> None:
    """Where something else listens already, the start says which setting to change."""
    async with served(Parts()) as url:
        taken = int(url.rpartition(":")[2])
        parts = Parts()
        checks = HealthChecks(require_database=parts.ping, is_connected=lambda: True)
        with pytest.raises(StartupError, match=r"health\.listen"):
            async with serve_health(("127.0.0.1", taken), checks):
                pass


async def test_results_that_cannot_be_stored_are_told() -> None:
    """A folder that is full or gone keeps every result from its owner: whoever supervises the bot sees it."""
    parts = Parts()
    problems: list[str | None] = ["the folder of results takes no files: No space left on device", None]
    checks = HealthChecks(require_database=parts.ping, is_connected=lambda: True, results_problem=problems.pop)
    async with serve_health(("127.0.0.1", 0), checks) as port:
        url = f"http://127.0.0.1:{port}/healthz"
        assert await ask(url) == (200, {"status": "ok", "database": "ok"})
        assert await ask(url) == (503, {"status": "unavailable", "database": "ok", "results": "unavailable"})
