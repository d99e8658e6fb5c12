"""What Discord's client refuses in Apps menus, menus of people and places, and when a person writes."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.client_driver import ClientRefused, CommandNotFound, NotThere
from sandbox.client_driver.offering import offered_commands
from sandbox.client_driver.reply import card_of
from sandbox.discord.channels import Overwrite
from sandbox.discord.kinds import CommandType, MessageFlag, MessageType
from sandbox.discord.permission_flags import Permission
from sandbox.pictures import paint
from tests.sandbox.client_driver.scene import Scene, make_scene

WHO: dict[str, Any] = {"type": 5, "id": 7, "custom_id": "who", "placeholder": "Who", "max_values": 2}


def menu(**changes: object) -> list[dict[str, Any]]:
    """A message's components: one menu of users."""
    return [{"type": 1, "components": [{**WHO, **changes}]}]


async def test_a_choice_of_users_carries_them_whole() -> None:
    """Ids are sent, with the accounts and memberships behind them."""
    scene = make_scene()
    ada, ben = scene.clients.ada, scene.clients.ben
    card = card_of(scene.post(components=menu()), viewer=ada)
    await ada.select(card, "Who", [str(ben.id)])
    (sent,) = scene.interactions
    assert sent["data"]["values"] == [str(ben.id)]
    assert sent["data"]["id"] == 7
    assert sent["data"]["resolved"]["users"][str(ben.id)]["username"] == "ben"
    assert "permissions" in sent["data"]["resolved"]["members"][str(ben.id)]


@pytest.mark.parametrize("values", [["nobody"], ["1"], []])
async def test_who_is_not_there_cannot_be_chosen(values: list[str]) -> None:
    """No names, no strangers, no empty choice; nothing is sent."""
    scene = make_scene()
    card = card_of(scene.post(components=menu()), viewer=scene.clients.ada)
    with pytest.raises(ClientRefused):
        await scene.clients.ada.select(card, "Who", values)
    assert scene.interactions == []


async def test_a_menu_of_users_takes_no_channel() -> None:
    """What exists but is of another kind is not offered."""
    scene = make_scene()
    card = card_of(scene.post(components=menu()), viewer=scene.clients.ada)
    with pytest.raises(NotThere, match="does not offer"):
        await scene.clients.ada.select(card, "Who", [str(scene.channels.general.id)])


async def test_an_ephemeral_message_has_no_apps_menu() -> None:
    """Discord's client shows none there."""
    scene = make_scene()
    scene.register({"name": "Inspect", "type": CommandType.MESSAGE.value})
    ada = scene.clients.ada
    private = scene.post(content="psst", flags=MessageFlag.EPHEMERAL, visible_to=ada.id)
    with pytest.raises(ClientRefused, match="ephemeral"):
        await ada.message_command("Inspect", card_of(private, viewer=ada))


async def test_the_three_kinds_of_commands_do_not_stand_in_for_each_other() -> None:
    """A slash command is not in an Apps menu, and all that is offered is listed."""
    scene = make_scene()
    scene.register({"name": "edit"}, {"name": "Greet", "type": CommandType.USER.value})
    ada = scene.clients.ada
    with pytest.raises(CommandNotFound):
        await ada.user_command("edit", scene.clients.ben.user)
    with pytest.raises(CommandNotFound):
        await ada.slash("Greet")
    offered = offered_commands(scene.state, ada.user, scene.channels.general.channel)
    assert [command.name for command in offered] == ["edit", "Greet"]


async def test_what_a_person_writes_stands_in_the_channel() -> None:
    """With its files, as an answer to another message where it is one."""
    scene = make_scene()
    first = await scene.clients.ada.write("hello", files=[paint("cat.png", width=16, height=16)])
    second = await scene.clients.ben.write("hi", reply_to=first)
    assert [card.text for card in scene.channels.general.seen_by(scene.clients.mod)] == ["hello", "hi"]
    assert first.attachments[0].filename == "cat.png"
    assert second.message.type is MessageType.REPLY
    assert second.message.reference is not None
    assert second.message.reference["message_id"] == str(first.id)


@pytest.mark.parametrize(("text", "reason"), [("", "empty"), ("x" * 2001, "Invalid Form Body")])
async def test_what_discord_does_not_take_is_not_written(text: str, reason: str) -> None:
    """The limits are those of every message."""
    scene = make_scene()
    with pytest.raises(ClientRefused, match=reason):
        await scene.clients.ada.write(text)
    assert scene.channels.general.seen_by(scene.clients.ada) == []


async def test_who_may_not_write_does_not() -> None:
    """The channel's permissions hold for people as for the bot."""
    scene: Scene = make_scene()
    ada, channel = scene.clients.ada, scene.channels.general.channel
    channel.overwrites.append(Overwrite(target_id=ada.id, is_role=False, deny=Permission.SEND_MESSAGES))
    with pytest.raises(ClientRefused, match="may not write"):
        await ada.write("hello")
