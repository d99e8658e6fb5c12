"""What one person reads in a channel, entry by entry."""

from __future__ import annotations

from typing import Any

from sandbox.discord.files import Upload
from sandbox.discord.kinds import CallbackType, InteractionType
from sandbox.discord.messages import Origin
from sandbox.web.entries import Reader
from sandbox.web.links import Links
from sandbox.web.screens import Screens
from tests.sandbox.client_driver.scene import Scene, make_scene

BUTTON: list[dict[str, Any]] = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}]


def reader(scene: Scene, screens: Screens, person: str = "ada") -> Reader:
    """One person reading #general."""
    links = Links(scene.state, hosts=["pictures.example.com"], own_origins=["http://cdn.invalid"])
    channel = scene.channels.general.channel
    return Reader(state=scene.state, screens=screens, links=links, member=scene.clients[person], channel=channel)


async def test_a_subcommand_is_named_whole() -> None:
    """`/jobs list` reads so while it is being sent."""
    scene = make_scene()
    screens = Screens(scene.state)
    scene.register({"name": "jobs", "options": [{"type": 1, "name": "list", "description": "All."}]})
    await scene.clients.ada.slash("jobs list")
    (entry,) = reader(scene, screens).entries()
    assert entry["used"]["name"] == "jobs list"
    assert entry["state"] == "sending"


async def test_a_used_button_is_busy_for_its_user_alone() -> None:
    """Until the bot has answered; then it is free."""
    scene = make_scene()
    screens = Screens(scene.state)
    message = scene.post(components=BUTTON)
    (card,) = scene.channels.general.seen_by(scene.clients.ada)
    reply = await card.click("Go")
    (entry,) = reader(scene, screens).entries()
    assert (entry["pending"], entry["failure"]) == (["go"], None)
    (others,) = reader(scene, screens, "ben").entries()
    assert others["pending"] == []
    assert others["id"] == str(message.id)
    scene.answer(reply.interaction, CallbackType.DEFERRED_UPDATE)
    (entry,) = reader(scene, screens).entries()
    assert (entry["pending"], entry["failure"]) == ([], None)


async def test_a_failure_stands_until_the_next_use() -> None:
    """Three seconds without an answer are a failure below the message; a new press takes it away."""
    scene = make_scene()
    screens = Screens(scene.state)
    scene.post(components=BUTTON)
    (card,) = scene.channels.general.seen_by(scene.clients.ada)
    await card.click("Go")
    await scene.state.clock.advance(3.1)
    (entry,) = reader(scene, screens).entries()
    assert (entry["pending"], entry["failure"]) == ([], "This interaction failed")
    await card.click("Go")
    (entry,) = reader(scene, screens).entries()
    assert (entry["pending"], entry["failure"]) == (["go"], None)


async def test_a_followup_hangs_at_the_first_answer() -> None:
    """It reads as a reply to it."""
    scene = make_scene()
    first = scene.post(content="done")
    followup = scene.post(content="more")
    followup.origin = Origin(
        interaction_id=1, type=InteractionType.COMMAND, user_id=scene.clients.ada.id, original_response_id=first.id
    )
    entries = reader(scene, Screens(scene.state)).entries()
    assert entries[1]["reply_to"] == {"message": str(first.id), "user": str(first.author_id), "text": "done"}
    assert entries[1]["used"] is None


async def test_a_revision_changes_with_what_is_seen_and_only_then() -> None:
    """The same message is the same entry; a new word is another revision."""
    scene = make_scene()
    screens = Screens(scene.state)
    message = scene.post(content="one")
    (before,) = reader(scene, screens).entries()
    assert reader(scene, screens).entries() == [before]
    message.content = "two"
    (after,) = reader(scene, screens).entries()
    assert after["revision"] != before["revision"]


async def test_pictures_of_embeds_are_files_of_the_message_and_shown_once() -> None:
    """`attachment://` becomes a link, its file leaves the list; a host of the sandbox is served by the page itself."""
    scene = make_scene()
    upload = Upload(filename="a.png", data=b"no picture")
    kept = scene.state.files.keep(upload, attachment_id=5, folder_id=6)
    message = scene.post(
        embeds=[
            {"image": {"url": "attachment://a.png"}, "thumbnail": {"url": "https://pictures.example.com/cat 1.png"}},
            {
                "image": {"url": "https://elsewhere.example/x.png"},
                "footer": {"text": "x", "icon_url": "data:text/html,x"},
            },
        ]
    )
    message.attachments = [kept]
    (entry,) = reader(scene, Screens(scene.state)).entries()
    assert entry["message"]["attachments"] == []
    first, second = entry["message"]["embeds"]
    assert first["image"]["proxy_url"].startswith("http://cdn.invalid/attachments/6/5/a.png?")
    assert first["thumbnail"]["proxy_url"] == "/hosted/pictures.example.com/cat%201.png"
    assert second["image"]["proxy_url"] is None
    assert second["footer"]["proxy_icon_url"] is None
    assert message.embeds[0]["image"] == {"url": "attachment://a.png"}


def test_the_view_is_of_the_newest_hundred() -> None:
    """Older messages are not sent."""
    scene = make_scene()
    for number in range(120):
        scene.post(content=str(number))
    entries = reader(scene, Screens(scene.state)).entries()
    assert [entries[0]["message"]["content"], entries[-1]["message"]["content"]] == ["20", "119"]
    assert len(entries) == 100
