"""The panel and its switches, with the real bot: each thing that goes wrong is seen, and the job survives it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from sandbox.spawning import Spawn
from sandbox.web.opening import open_page
from tests.rig import SHRINK
from tests.sandbox.web.page_client import Declined, PageClient, open_page_client

PICTURE = paint("cat.png", width=64, height=48)
PICTURES = "pictures.example.com"


@pytest.fixture
async def sandbox(tmp_path: Path, spawn: Spawn) -> AsyncIterator[Sandbox]:
    """A sandbox with quick jobs and one hosted picture; at the end the bot has broken no rule."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "cat.png").write_bytes(PICTURE.data)
    async with Sandbox.open(data_dir=tmp_path, host_map={PICTURES: folder}, spawn=spawn) as opened:
        opened.model_api.pace.queue_seconds = opened.model_api.pace.run_seconds = 0.3
        opened.model_api.pace.shrink = SHRINK
        yield opened
        assert opened.violations == []


@pytest.fixture
async def page(sandbox: Sandbox) -> AsyncIterator[PageClient]:
    """A page open as ada with the real bot online."""
    folder = sandbox.data_dir / "pictures"
    async with (
        sandbox.bot() as bot,
        open_page(sandbox, bot, hosts={PICTURES: folder}) as server,
        open_page_client(server.url) as client,
    ):
        yield await client.until(lambda page: page.view["bot_state"] == "online" and page.view["commands"])


async def edit(page: PageClient) -> None:
    """Let ada run /edit on one picture, and wait for its card."""
    (upload,) = await page.upload(PICTURE)
    await page.ask("slash", command="edit", options={"prompt": "a hat", "image1": upload})
    await page.until(lambda page: "a hat" in read(page))


def read(page: PageClient) -> str:
    """All that stands in the open channel."""
    return json.dumps(page.entries, ensure_ascii=False)


def states(page: PageClient) -> list[str]:
    """The states of all requests, newest first."""
    return [one["state"] for one in page.panel["requests"]]


async def turn(page: PageClient, name: str, value: bool | None = None) -> None:  # noqa: FBT001 - a switch's position
    """Use a switch and see in the panel that it is so."""
    await page.ask("switch", name=name, value=value)
    if value is not None:
        await page.until(lambda page: page.switch(name)["value"] is value)


async def test_the_panel_follows_a_job(page: PageClient, sandbox: Sandbox) -> None:
    """Requests with queue position, polls and cost; calls of all three sides with status and time; tokens left out."""
    await turn(page, "hold_queue", value=True)
    await edit(page)
    await page.until(lambda page: states(page) == ["in_queue"] and page.panel["requests"][0]["polls"] > 1)
    assert page.panel["requests"][0]["queue_position"] is not None
    assert page.panel["requests"][0]["inputs"]["prompt"] == "a hat"
    await turn(page, "hold_queue", value=False)
    await page.until(lambda page: states(page) == ["succeeded"] and "Done" in read(page))
    assert page.panel["requests"][0]["cost"].startswith("$0.")
    rows = page.panel["traffic"]
    assert {row["side"] for row in rows} == {"gateway", "rest", "api"}
    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
    texts = {row["text"]: row for row in rows}
    assert texts["→ INTERACTION_CREATE"]["is_error"] is False
    assert "→ MESSAGE_UPDATE" not in texts, "the bot has no intent for messages in servers"
    submit = next(row for text, row in texts.items() if text.startswith("POST /v1/models/"))
    assert submit["status"] == 200
    assert submit["ms"] is not None
    assert any(text.startswith("PATCH /webhooks/") and "/…/" in text for text in texts)
    tokens = [one.token for one in sandbox.state.interactions.values()] + [sandbox.state.bot_token]
    assert not any(token in row["text"] for row in rows for token in tokens)


async def test_the_bot_killed_in_the_middle_finishes_the_job(page: PageClient, sandbox: Sandbox) -> None:
    """SIGKILL and a new start: another process, the same card, and one paid submit."""
    await turn(page, "hold_queue", value=True)
    await edit(page)
    await page.until(lambda page: states(page) == ["in_queue"])
    before = page.panel["bot"]["pid"]
    await turn(page, "kill_bot")
    await page.until(lambda page: page.view["bot_state"] == "online" and page.panel["bot"]["pid"] not in (None, before))
    await turn(page, "hold_queue", value=False)
    await page.until(lambda page: "Done" in read(page))
    assert len(page.entries) == 1
    assert len(sandbox.model_api.submits) == 1


async def test_the_api_away_and_back(page: PageClient, sandbox: Sandbox) -> None:
    """While it is away the job waits; when it is back the card finishes."""
    await turn(page, "hold_queue", value=True)
    await edit(page)
    await page.until(lambda page: states(page) == ["in_queue"])
    await turn(page, "api_away", value=True)
    calls = len(sandbox.model_api.traffic.calls)
    await turn(page, "hold_queue", value=False)
    await page.until(lambda page: states(page) == ["succeeded"])
    assert len(sandbox.model_api.traffic.calls) == calls
    await turn(page, "api_away", value=False)
    await page.until(lambda page: "Done" in read(page))


async def test_too_many_requests_on_both_sides(page: PageClient) -> None:
    """429 of the API and of Discord are seen in the traffic, and the card finishes when they are over."""
    await turn(page, "hold_queue", value=True)
    await edit(page)
    await turn(page, "api_429", value=True)
    await turn(page, "discord_429", value=True)
    await turn(page, "hold_queue", value=False)
    await page.until(lambda page: any(row["side"] == "api" and row["status"] == 429 for row in page.panel["traffic"]))
    await turn(page, "api_429", value=False)
    await page.until(lambda page: any(row["side"] == "rest" and row["status"] == 429 for row in page.panel["traffic"]))
    await turn(page, "discord_429", value=False)
    await page.until(lambda page: "Done" in read(page))


async def test_a_model_that_fails(page: PageClient) -> None:
    """The card says why, the panel too."""
    await turn(page, "model_fails", value=True)
    await edit(page)
    await page.until(lambda page: states(page) == ["failed"] and "Failed" in read(page))
    assert "content filter" in page.panel["requests"][0]["error"]
    await turn(page, "model_fails", value=False)


async def test_the_card_deleted_in_the_middle(page: PageClient) -> None:
    """A moderator deletes it; the button says so where there is none."""
    await turn(page, "hold_queue", value=True)
    await edit(page)
    await page.until(lambda page: "In queue" in read(page))
    await turn(page, "delete_card")
    await page.until(lambda page: page.entries == [])
    with pytest.raises(Declined, match="no message of the bot"):
        await turn(page, "delete_card")
    await turn(page, "hold_queue", value=False)
    await page.until(lambda page: states(page) == ["succeeded"])


async def test_the_tokens_time_passed(page: PageClient, sandbox: Sandbox) -> None:
    """After 15 minutes by the sandbox's clock the interaction's token is dead, and the card finishes all the same."""
    await turn(page, "hold_queue", value=True)
    await edit(page)
    await page.until(lambda page: "In queue" in read(page))
    before = sandbox.clock.now()
    await turn(page, "pass_token")
    assert (sandbox.clock.now() - before).total_seconds() > 900
    await page.until(lambda page: "15 minutes ahead" in json.dumps(page.panel["switches"]))
    await turn(page, "hold_queue", value=False)
    await page.until(lambda page: "Done" in read(page))


async def test_the_gateway_dropped(page: PageClient) -> None:
    """The bot comes back by a resume, and takes the next command."""
    await turn(page, "drop_gateway")
    await page.until(lambda page: any(row["text"] == "← RESUME" for row in page.panel["traffic"]))
    await page.ask("slash", command="quota", options={})
    await page.until(lambda page: "Your quota" in read(page))


async def test_a_slow_queue_shows_many_positions(page: PageClient) -> None:
    """Jobs made while it is on wait behind others; off, later ones do not."""
    await turn(page, "slow_queue", value=True)
    await edit(page)
    await page.until(lambda page: page.panel["requests"] and (page.panel["requests"][0]["queue_position"] or 0) > 5)
    await turn(page, "slow_queue", value=False)
    await edit(page)
    await page.until(lambda page: states(page) == ["succeeded", "in_queue"])


async def test_a_hosted_picture_is_shown_from_the_page_itself(page: PageClient) -> None:
    """A link to a host of the sandbox alone works as an input, and its picture is under the page's own address."""
    url = f"https://{PICTURES}/cat.png"
    await page.ask("slash", command="edit", options={"prompt": "a hat", "image_urls": url})
    await page.until(lambda page: "Done" in read(page))
    async with page.http.get(f"{page.origin}/hosted/{PICTURES}/cat.png") as answer:
        assert await answer.read() == PICTURE.data
