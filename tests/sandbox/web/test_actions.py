"""What a person does on the page reaches a real client, and what it answers is seen."""

from __future__ import annotations

import json

import pytest

from sandbox.pictures import Picture, paint
from sandbox.sandbox import Sandbox
from tests.sandbox.web.page_client import Declined, PageClient, open_page_client

PICTURE = paint("cat.png", width=64, height=48)


async def painted(page: PageClient, **options: object) -> dict[str, object]:
    """Let ada paint; returns the entry of the card."""
    (upload,) = await page.upload(PICTURE)
    await page.ask("slash", command="paint", options={"prompt": "a hat", "image": upload, **options})
    await page.until(lambda page: page.entries and page.entries[-1]["kind"] == "message" and "a hat" in read(page))
    entry: dict[str, object] = page.entries[-1]
    return entry


def read(page: PageClient) -> str:
    """All that stands in the open channel."""
    return json.dumps(page.entries, ensure_ascii=False)


async def test_commands_are_offered_as_registered(live: PageClient) -> None:
    """Name, options, limits, choices and required marks are the registered ones; a DM offers no server-only command."""
    commands = {one["name"]: one for one in live.view["commands"]}
    assert set(commands) == {"paint", "find", "sulk", "whoami"}
    options = {one["name"]: one for one in commands["paint"]["options"]}
    assert options["prompt"]["required"]
    assert options["prompt"]["max_length"] == 40
    assert [choice["value"] for choice in options["style"]["choices"]] == ["oil", "ink"]
    direct = next(one for one in live.view["channels"] if one["kind"] == "dm")
    await live.ask("open_channel", channel=direct["id"])
    await live.until(lambda page: page.view["channel"]["kind"] == "dm")
    assert "whoami" not in {one["name"] for one in live.view["commands"]}


async def test_a_command_with_a_file_becomes_its_card(live: PageClient) -> None:
    """The file arrives whole, the card says who used what, and is seen by everybody."""
    entry = await painted(live, style="ink", count=3)
    assert f"a hat: ink x3 cat.png image/png 64x48 {len(PICTURE.data)}" in read(live)
    assert entry["used"] == {"user": live.view["person"]["id"], "name": "paint", "kind": "slash"}
    assert entry["is_loading"] is False
    assert entry["is_ephemeral"] is False
    async with open_page_client(live.url, person="ben") as other:
        assert other.entries[-1]["id"] == entry["id"]
        assert other.entries[-1]["can_delete"] is False


async def test_what_the_client_refuses_is_a_sentence(live: PageClient) -> None:
    """Missing and wrong options never leave the page."""
    (upload,) = await live.upload(PICTURE)
    for options, reason in (
        ({"prompt": "a hat"}, "required: image"),
        ({"prompt": "x" * 41, "image": upload}, "more than 40"),
        ({"prompt": "a hat", "image": upload, "style": "chalk"}, "none of the choices"),
        ({"prompt": "a hat", "image": "never uploaded"}, "attach it again"),
        ({"prompt": ["a", "hat"], "image": upload}, "no value"),
    ):
        with pytest.raises(Declined, match=reason):
            await live.ask("slash", command="paint", options=options)
    assert live.entries == []


async def test_a_private_card_is_seen_by_one_and_dismissed(live: PageClient) -> None:
    """Another member sees nothing of it; its reader may put it away, and it stays away after a reload."""
    entry = await painted(live, private=True)
    assert entry["is_ephemeral"] is True
    async with open_page_client(live.url, person="ben") as other:
        assert other.entries == []
        with pytest.raises(Declined):
            await other.ask("dismiss", entry=entry["id"])
    await live.ask("dismiss", entry=entry["id"])
    await live.until(lambda page: page.entries == [])
    async with open_page_client(live.url) as again:
        assert again.entries == []


async def test_a_public_message_cannot_be_dismissed(live: PageClient) -> None:
    """It is everybody's."""
    entry = await painted(live)
    with pytest.raises(Declined, match="alone"):
        await live.ask("dismiss", entry=entry["id"])


async def test_typing_brings_suggestions(live: PageClient) -> None:
    """The bot's own choices, for what is typed."""
    found = await live.ask("autocomplete", command="find", option="name", text="ha", options={})
    assert found["choices"] == [{"name": "ha 0", "value": "ha0"}, {"name": "ha 1", "value": "ha1"}]


async def test_buttons_change_their_message(live: PageClient) -> None:
    """A click is answered in the same message, whose revision changes."""
    entry = await painted(live)
    await live.ask("click", message=entry["id"], custom_id="again:1")
    await live.until(lambda page: "painted 1 times" in read(page))
    assert live.entries[-1]["id"] == entry["id"]
    assert live.entries[-1]["revision"] != entry["revision"]
    assert live.entries[-1]["is_edited"] is True
    with pytest.raises(Declined, match="disabled"):
        await live.ask("click", message=entry["id"], custom_id="dead")


async def test_a_form_opens_stays_over_a_reload_and_is_answered(live: PageClient) -> None:
    """It is open until the answer is there, with its rules kept; then it is gone for every page of this person."""
    entry = await painted(live)
    await live.ask("click", message=entry["id"], custom_id="why")
    await live.until(lambda page: page.view["modal"])
    assert live.view["modal"]["title"] == "Why?"
    async with open_page_client(live.url) as again:
        modal = again.view["modal"]
        field = modal["components"][0]["component"]
        assert field["value"] == "because"
        with pytest.raises(Declined, match="not between"):
            await again.ask("submit_modal", modal=modal["id"], values={field["custom_id"]: "x" * 21})
        await again.ask("submit_modal", modal=modal["id"], values={field["custom_id"]: "I like hats"})
    await live.until(lambda page: page.view["modal"] is None and "reason: I like hats" in read(page))
    with pytest.raises(Declined, match="not open"):
        await live.ask("submit_modal", modal=modal["id"], values={})


async def test_a_form_can_be_closed(live: PageClient) -> None:
    """Nothing is sent; another click opens it anew."""
    entry = await painted(live)
    await live.ask("click", message=entry["id"], custom_id="why")
    await live.until(lambda page: page.view["modal"])
    await live.ask("close_modal", modal=live.view["modal"]["id"])
    await live.until(lambda page: page.view["modal"] is None)
    await live.ask("click", message=entry["id"], custom_id="why")
    await live.until(lambda page: page.view["modal"])


async def test_people_write_reply_and_delete(live: PageClient) -> None:
    """A message stands with its files for everybody; its author deletes it, a moderator anybody's, others not."""
    (upload,) = await live.upload(Picture(name="notes.txt", data=b"hats", content_type="text/plain"))
    first = (await live.ask("write", content="hello", uploads=[upload]))["message"]
    async with open_page_client(live.url, person="ben") as ben:
        assert ben.entries[0]["message"]["attachments"][0]["filename"] == "notes.txt"
        second = (await ben.ask("write", content="hi", reply_to=first))["message"]
        await ben.until(lambda page: page.entries[-1]["id"] == second)
        assert ben.entries[-1]["reply_to"] == {"message": first, "user": live.view["person"]["id"], "text": "hello"}
        with pytest.raises(Declined, match="may not delete"):
            await ben.ask("delete_message", message=first)
    async with open_page_client(live.url, person="mod") as mod:
        await mod.ask("delete_message", message=first)
    await live.until(lambda page: [one["id"] for one in page.entries] == [second])
    assert live.entries[0]["reply_to"]["text"] == "Original message was deleted"


async def test_what_is_not_answered_fails_as_at_discord(live: PageClient, sandbox: Sandbox) -> None:
    """A command is being sent, has failed after three seconds, and can be put away; others see nothing of it."""
    await live.ask("slash", command="sulk", options={})
    await live.until(lambda page: page.entries)
    assert (live.entries[0]["kind"], live.entries[0]["state"]) == ("command", "sending")
    await sandbox.clock.advance(3)
    await live.until(lambda page: page.entries[0]["state"] == "failed")
    assert live.entries[0]["text"] == "The application did not respond"
    async with open_page_client(live.url, person="ben") as other:
        assert other.entries == []
    await live.ask("dismiss", entry=live.entries[0]["id"])
    await live.until(lambda page: page.entries == [])


async def test_without_any_bot_a_command_fails_at_once(page: PageClient, sandbox: Sandbox) -> None:
    """Nobody waits three seconds for one who is not there."""
    sandbox.state.commands.overwrite(None, [{"type": 1, "name": "edit", "description": "Edit."}])
    await page.ask("slash", command="edit", options={})
    await page.until(lambda page: page.entries and page.entries[0]["state"] == "failed")
    (sent,) = sandbox.state.interactions.values()
    assert sandbox.clock.now() < sent.respond_until


async def test_a_bot_that_is_away_fails_each_action(live: PageClient) -> None:
    """A button shows its failure below its message, until it is used with success."""
    entry = await painted(live)
    await live.ask("switch", name="run_bot", value=False)
    await live.until(lambda page: page.view["bot_state"] == "stopped")
    await live.ask("click", message=entry["id"], custom_id="again:1")
    await live.until(lambda page: page.entries[-1]["failure"])
    assert live.entries[-1]["failure"] == "This interaction failed"
    await live.ask("switch", name="run_bot", value=True)
    await live.until(lambda page: page.view["bot_state"] == "online")
    await live.ask("click", message=entry["id"], custom_id="again:1")
    await live.until(lambda page: "painted 1 times" in read(page) and page.entries[-1]["failure"] is None)
