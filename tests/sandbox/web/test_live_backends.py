"""One backend of the sandbox live: second local servers stand in for RunComfy and for Discord."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from sandbox.clock import SandboxClock
from sandbox.model_api import Authorization, ModelApiServer
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.rig import ROOT
from tests.sandbox.web.page_client import Declined, PageClient, open_page_client

PICTURE = paint("cat.png", width=64, height=48)
HOSTED = "pictures.example.org"
TOKEN = "the-operators-own-token"


@contextlib.asynccontextmanager
async def sandbox_process(
    *arguments: str, folder: Path, env: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[str, list[str]]]:
    """Run `python -m sandbox` with the arguments; yields the page's address and what was printed so far."""
    printed: list[str] = []
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "sandbox", "--port", "0", "--data-dir", str(folder / "data"), *arguments),
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            while not (found := re.match(r"Open +(\S+)", printed[-1] if printed else "")):
                line = (await process.stdout.readline()).decode()
                assert line, "".join(printed)
                printed.append(line)
        reading = asyncio.create_task(_read(process.stdout, printed))
        yield found[1], printed
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(20):
            assert await process.wait() == 0, "".join(printed)
            await reading
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _read(stream: asyncio.StreamReader, printed: list[str]) -> None:
    while line := await stream.readline():
        printed.append(line.decode())


@pytest.fixture
async def runcomfy(tmp_path: Path) -> AsyncIterator[ModelApiServer]:
    """Stands in for the real RunComfy; it reaches hosted pictures and nothing of this computer's Discord."""
    folder = tmp_path / "hosted"
    folder.mkdir()
    (folder / "cat.png").write_bytes(PICTURE.data)
    async with ModelApiServer(clock=SandboxClock(), host_map={HOSTED: folder}, token=TOKEN) as server:
        server.pace.queue_seconds = server.pace.run_seconds = 0.2
        yield server


def read(page: PageClient) -> str:
    """All that stands in the open channel."""
    return json.dumps(page.entries, ensure_ascii=False)


@pytest.mark.parametrize("in_environment", [True, False])
async def test_the_real_runcomfy_behind_the_local_discord(
    runcomfy: ModelApiServer,
    tmp_path: Path,
    in_environment: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """The operator's token and address are used, local files are refused in plain words, hosted ones work."""
    config = tmp_path / "operator.toml"
    token = "" if in_environment else TOKEN
    config.write_text(
        f'[runcomfy]\ntoken = "{token}"\nbase_url = "{runcomfy.url}"\nresult_hosts = ["127.0.0.1"]\n'
        '[discord]\ntoken = "not-used"\n'
    )
    env = {"RUNCOMFY_API_TOKEN": TOKEN} if in_environment else {}
    started = sandbox_process("--model-api", "real", "--config", str(config), folder=tmp_path, env=env)
    async with started as (url, printed), open_page_client(url) as page:
        await page.until(lambda page: page.view["bot_state"] == "online" and page.view["commands"])
        assert page.view["model_api"] == "real"
        assert page.view["accepts_files"] is False
        assert any("cannot fetch a file from this computer" in notice for notice in page.view["notices"])
        assert "api_away" not in {one["name"] for one in page.panel["switches"]}
        (upload,) = await page.upload(PICTURE)
        with pytest.raises(Declined, match="cannot fetch a file from this computer"):
            await page.ask("slash", command="edit", options={"prompt": "a hat", "image1": upload})
        assert not runcomfy.submits
        options = {"prompt": "a hat", "image_urls": f"https://{HOSTED}/cat.png"}
        await page.ask("slash", command="edit", options=options)
        await page.until(lambda page: "Done" in read(page))
    assert len(runcomfy.submits) == 1
    with_token = [call for call in runcomfy.traffic.calls if call.authorization is Authorization.RIGHT]
    assert with_token
    assert runcomfy.violations == []
    assert TOKEN not in "".join(printed)
    kept = [path for path in (tmp_path / "data").rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]
    assert kept == []


async def test_the_real_discord_before_the_local_api(tmp_path: Path) -> None:
    """The bot works at the operator's Discord with jobs of the local API; the page shows the panel alone."""
    async with Sandbox.open(data_dir=tmp_path / "real") as real:
        config = tmp_path / "operator.toml"
        config.write_text(
            f'[discord]\ntoken = "{real.state.bot_token}"\napi_url = "{real.discord.api_url}"\n'
            f'gateway_url = "{real.discord.gateway_url}"\ncdn_url = "{real.discord.cdn_url}"\n'
        )
        started = sandbox_process("--discord", "real", "--config", str(config), folder=tmp_path)
        async with started as (url, printed), open_page_client(url) as page:
            await page.until(lambda page: page.view["bot_state"] == "online")
            assert page.view["discord"] == "real"
            assert page.view["channels"] == page.view["entries"] == []
            assert any("real Discord" in notice for notice in page.view["notices"])
            assert "discord_429" not in {one["name"] for one in page.panel["switches"]}
            with pytest.raises(Declined, match="real Discord"):
                await page.ask("write", content="hello")
            reply = await real.clients.ada.slash("edit", prompt="a hat", image1=PICTURE)
            card = await reply.message()
            await page.until(lambda page: [one["state"] for one in page.panel["requests"]] == ["succeeded"])
            await card.until_text("Done")
        assert real.violations == []
        assert real.state.bot_token not in "".join(printed)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--model-api", "real"), "no token: set runcomfy.token in none.toml, or the variable RUNCOMFY_API_TOKEN"),
        (("--discord", "real"), "no token: set discord.token in none.toml, or the variable DISCORD_TOKEN"),
        (("--discord", "real", "--model-api", "real"), "make run"),
        (("--discord", "fake"), "say real or local"),
    ],
)
async def test_what_is_missing_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    """Nothing starts without a token, and nobody gets a traceback."""
    clean = {name: value for name, value in os.environ.items() if "TOKEN" not in name}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", *arguments, "--config", str(tmp_path / "none.toml")),
        *("--data-dir", str(tmp_path / "data")),
        cwd=ROOT,
        env=clean,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(20):
        printed = (await process.communicate())[0].decode()
    assert process.returncode == 2
    assert sentence in printed
    assert "Traceback" not in printed


async def test_a_port_that_is_taken_is_one_sentence(runcomfy: ModelApiServer, tmp_path: Path) -> None:
    """The page's own port is looked for elsewhere unless it was asked for."""
    port = runcomfy.url.rpartition(":")[2]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--port", port, "--data-dir", str(tmp_path / "data")),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(20):
        printed = (await process.communicate())[0].decode()
    assert process.returncode == 2
    assert "is taken" in printed
    assert "Traceback" not in printed
