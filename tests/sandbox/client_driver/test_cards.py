"""Messages as people see and use them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox.client_driver import Card, ClientRefused, InteractionFailed, NotThere, PrivateReply
from sandbox.discord.changes import ChangeKind
from sandbox.discord.kinds import CallbackType, MessageFlag
from tests.sandbox.client_driver.scene import Scene, make_scene

CANCEL = {"type": 2, "style": 4, "label": "Cancel", "custom_id": "job:cancel", "id": 7}
DEAD = {"type": 2, "style": 2, "label": "Again", "custom_id": "job:again", "disabled": True}
LINK = {"type": 2, "style": 5, "label": "Open", "url": "https://example.com"}
V2: list[dict[str, Any]] = [
    {
        "type": 17,
        "components": [
            {"type": 10, "content": "first"},
            {
                "type": 9,
                "components": [{"type": 10, "content": "second"}],
                "accessory": {"type": 11, "media": {"url": "https://example.com/small.png"}},
            },
            {"type": 12, "items": [{"media": {"url": "https://example.com/a.png"}, "description": "a hat"}]},
            {"type": 1, "components": [CANCEL, DEAD, LINK]},
        ],
    },
    {"type": 10, "content": "third"},
]


@pytest.fixture
def scene() -> Scene:
    """A sandbox."""
    return make_scene()


def test_a_v2_card_is_read_from_top_to_bottom(scene: Scene) -> None:
    """Texts, buttons and pictures in the order in which a person meets them."""
    card = Card(scene.post(components=V2, flags=MessageFlag.IS_COMPONENTS_V2), viewer=scene.clients.ada)
    assert card.text == "first\nsecond\nthird"
    assert [(button.label, button.is_disabled) for button in card.buttons] == [
        ("Cancel", False),
        ("Again", True),
        ("Open", False),
    ]
    assert card.labels == ("Cancel", "Open")
    assert card.gallery == ("https://example.com/small.png", "https://example.com/a.png")
    assert card.media[1].description == "a hat"


def test_content_and_embeds_are_read_too(scene: Scene) -> None:
    """The older kind of message: content, then each embed's parts."""
    embed = {
        "title": "Jobs",
        "description": "two",
        "fields": [{"name": "One", "value": "done"}],
        "footer": {"text": "p1"},
    }
    card = Card(scene.post(content="hello", embeds=[embed]), viewer=scene.clients.ada)
    assert card.text == "hello\nJobs\ntwo\nOne: done\np1"


async def test_a_click_carries_the_message(scene: Scene) -> None:
    """A component interaction names the button and embeds the message that holds it."""
    message = scene.post(components=V2, flags=MessageFlag.IS_COMPONENTS_V2)
    await scene.clients.ben.click(Card(message, viewer=scene.clients.ada), "Cancel")
    sent = scene.interactions[0]
    assert sent["type"] == 3
    assert sent["data"] == {"component_type": 2, "custom_id": "job:cancel", "id": 7}
    assert sent["message"]["id"] == str(message.id)
    assert sent["member"]["user"]["username"] == "ben"


@pytest.mark.parametrize(("label", "error"), [("Again", ClientRefused), ("Open", ClientRefused), ("Delete", NotThere)])
async def test_what_cannot_be_pressed(scene: Scene, label: str, error: type[Exception]) -> None:
    """Disabled buttons, links and buttons that are not there send nothing."""
    card = Card(scene.post(components=V2), viewer=scene.clients.ada)
    with pytest.raises(error):
        await card.click(label)
    assert scene.interactions == []


async def test_others_ephemeral_messages_and_deleted_ones_are_out_of_reach(scene: Scene) -> None:
    """Nobody presses a button that they do not see."""
    ada, ben = scene.clients.ada, scene.clients.ben
    private = scene.post(components=V2, flags=MessageFlag.EPHEMERAL, visible_to=ada.id)
    card = Card(private, viewer=ada)
    with pytest.raises(NotThere):
        await ben.click(card, "Cancel")
    assert scene.channels.general.seen_by(ben) == []
    assert [type(one) for one in scene.channels.general.seen_by(ada)] == [PrivateReply]
    await ada.click(card, "Cancel")
    private.deleted_at = scene.state.clock.now()
    with pytest.raises(NotThere):
        await ada.click(card, "Cancel")


async def test_a_menu_takes_labels_or_values(scene: Scene) -> None:
    """A choice in a menu is sent by value; counts and unknown options are refused."""
    options = [{"label": "One", "value": "1"}, {"label": "Two", "value": "2"}]
    menu = {"type": 3, "custom_id": "pick", "placeholder": "Pick", "options": options}
    card = Card(scene.post(components=[{"type": 1, "components": [menu]}]), viewer=scene.clients.ada)
    await scene.clients.ada.select(card, "Pick", ["Two"])
    assert scene.interactions[0]["data"] == {"component_type": 3, "custom_id": "pick", "values": ["2"]}
    with pytest.raises(ClientRefused):
        await scene.clients.ada.select(card, "Pick", ["One", "Two"])
    with pytest.raises(NotThere):
        await scene.clients.ada.select(card, "Pick", ["Three"])


async def test_who_may_delete(scene: Scene) -> None:
    """The author and those with Manage Messages delete; ephemeral messages nobody; the gateway is told."""
    people = scene.clients
    message = scene.post(content="a card")
    with pytest.raises(ClientRefused):
        await people.ada.delete(Card(message, viewer=people.ada))
    await people.mod.delete(Card(message, viewer=people.mod))
    assert message.is_deleted
    assert scene.channels.general.seen_by(people.ada) == []
    private = scene.post(flags=MessageFlag.EPHEMERAL, visible_to=people.mod.id)
    with pytest.raises(ClientRefused):
        await people.mod.delete(Card(private, viewer=people.mod))
    await people.ben.delete(Card(scene.post(author_id=people.ben.id), viewer=people.ben))


async def test_until_waits_for_a_change_and_tells_what_stood_there(scene: Scene) -> None:
    """`until` returns once the condition holds; on a time-out it says what can be read instead."""
    message = scene.post(content="Running")
    card = Card(message, viewer=scene.clients.ada)
    waiting = asyncio.create_task(card.until_text("Done"))
    await asyncio.sleep(0)
    message.content = "Done"
    message.record_revision(scene.state.clock.now())
    scene.state.tell(ChangeKind.MESSAGE_EDITED, message_id=message.id)
    assert await waiting is card
    assert [state.text for state in card.history] == ["Running", "Done"]
    assert card.edits == 1
    with pytest.raises(TimeoutError, match="Done"):
        await card.until_text("Failed", timeout_seconds=0.01)


async def test_a_reply_is_the_original_once_it_has_words(scene: Scene) -> None:
    """A deferred message counts only when it no longer thinks; a deleted one gives way to the followup."""
    scene.register({"name": "quota"})
    ada = scene.clients.ada
    reply = await ada.slash("quota")
    original = scene.post(flags=MessageFlag.LOADING)
    reply.interaction.original_message_id = original.id
    scene.answer(reply.interaction, CallbackType.DEFERRED_MESSAGE)
    with pytest.raises(TimeoutError):
        await reply.message(timeout_seconds=0.01)
    original.flags = MessageFlag(0)
    assert (await reply.message()).id == original.id
    original.deleted_at = scene.state.clock.now()
    followup = scene.post(content="no", flags=MessageFlag.EPHEMERAL, visible_to=ada.id)
    reply.interaction.followup_ids.append(followup.id)
    assert (await reply.message()).text == "no"
    assert (await reply.message()).is_ephemeral


async def test_a_button_that_changes_its_own_message_replies_with_it(scene: Scene) -> None:
    """An update answers with the message itself, a deferred update only with a followup."""
    card = Card(scene.post(components=V2), viewer=scene.clients.ada)
    updating = await card.click("Cancel")
    scene.answer(updating.interaction, CallbackType.UPDATE_MESSAGE)
    assert await updating.message() == card
    deferring = await card.click("Cancel")
    deferring.interaction.original_message_id = card.id
    scene.answer(deferring.interaction, CallbackType.DEFERRED_UPDATE)
    with pytest.raises(TimeoutError):
        await deferring.message(timeout_seconds=0.01)


async def test_a_reply_that_never_comes_raises(scene: Scene) -> None:
    """Waiting for a message ends as soon as the interaction has failed."""
    scene.register({"name": "quota"})
    reply = await scene.clients.ada.slash("quota")
    await scene.state.clock.advance(3.1)
    with pytest.raises(InteractionFailed, match="did not respond"):
        await reply.message()
