"""One Chromium for all tests of the page, one sandbox with the real bot, one with a bot of the tests' own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

from sandbox.chromium import HOW_TO_GET_IT, find_chromium
from sandbox.discord.conformance import Conformance
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from sandbox.spawning import Spawn
from sandbox.web.opening import open_page
from tests.rig import assert_clean, items_below, openapi_document
from tests.sandbox.browser.client import Client, OpenClient
from tests.sandbox.browser.stage import FOREIGN_NAME, Stage

HERE = Path(__file__).parent
PICTURE_HOST = "pictures.example.com"
_LOOP: Final = "session"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the tests that share the browser share its event loop too."""
    for item in items_below(HERE, items):
        if isinstance(item, pytest.Function) and iscoroutinefunction(item.function):
            item.add_marker(pytest.mark.asyncio(loop_scope=_LOOP), append=False)


@pytest_asyncio.fixture(loop_scope=_LOOP, scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium without a window; a foreign name leads it to this machine, as DNS rebinding would."""
    path = find_chromium()
    if path is None:
        pytest.skip(f"there is no Chromium here ({HOW_TO_GET_IT})")
    arguments = ["--no-sandbox", f"--host-resolver-rules=MAP {FOREIGN_NAME} 127.0.0.1"]
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, args=arguments)
        yield launched
        await launched.close()


@contextlib.asynccontextmanager
async def opened_stage(folder: Path, *, module: str, spawn: Spawn) -> AsyncIterator[Stage]:
    """Open a sandbox whose bot is `module`, with its page."""
    pictures = folder / "pictures"
    pictures.mkdir()
    (pictures / "cat.png").write_bytes(paint("cat.png").data)
    async with (
        Sandbox.open(data_dir=folder, host_map={PICTURE_HOST: pictures}, spawn=spawn) as sandbox,
        sandbox.bot(module=module) as bot,
        open_page(sandbox, bot, hosts={PICTURE_HOST: pictures}) as page,
    ):
        sandbox.model_api.pace.queue_seconds = sandbox.model_api.pace.run_seconds = 0.2
        await bot.wait_ready()
        yield Stage(sandbox=sandbox, bot=bot, url=page.url)
        document = openapi_document()
        assert_clean(sandbox, Conformance(document) if document else None)


@pytest_asyncio.fixture(loop_scope=_LOOP, scope="session")
async def bot_stage(browser: Browser, tmp_path_factory: pytest.TempPathFactory, spawn: Spawn) -> AsyncIterator[Stage]:
    """The real bot's sandbox."""
    del browser  # without one, nothing need be started
    async with opened_stage(tmp_path_factory.mktemp("bot"), module="bot", spawn=spawn) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope=_LOOP, scope="session")
async def showcase(browser: Browser, tmp_path_factory: pytest.TempPathFactory, spawn: Spawn) -> AsyncIterator[Stage]:
    """The sandbox of the tests' own bot."""
    del browser
    async with opened_stage(
        tmp_path_factory.mktemp("showcase"), module="tests.sandbox.browser.showcase_bot", spawn=spawn
    ) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope=_LOOP, scope="session")
async def profile(browser: Browser) -> AsyncIterator[BrowserContext]:
    """One browser profile: the page's files are loaded once."""
    context = await browser.new_context(locale="en-GB")
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope=_LOOP)
async def open_client(browser: Browser, profile: BrowserContext) -> AsyncIterator[OpenClient]:
    """Opens pages; at the end none of them has met an error, and what they remembered is forgotten."""
    clients: list[Client] = []
    contexts: list[BrowserContext] = []

    async def opened(stage: Stage, person: str = "ada", *, width: int = 1280, height: int = 860) -> Client:
        context = profile
        if clients:  # a page behind another one of the same window would be slowed down
            context = await browser.new_context(locale="en-GB")
            contexts.append(context)
        else:
            stage.clear()
        page = await context.new_page()
        await page.set_viewport_size({"width": width, "height": height})
        clients.append(Client(page, stage))
        return await clients[-1].open(person)

    yield opened
    for client in clients:
        await client.page.evaluate("localStorage.clear()")
        await client.page.close()
    for context in contexts:
        await context.close()
    assert [problem for client in clients for problem in client.problems] == []


@pytest_asyncio.fixture(loop_scope=_LOOP)
async def ada(showcase: Stage, open_client: OpenClient) -> Client:
    """Ada's page in the sandbox of the tests' own bot."""
    return await open_client(showcase)
