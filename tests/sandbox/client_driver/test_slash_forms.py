"""A slash command as Discord's client builds it, and what the client refuses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox.client_driver import ClientRefused, CommandNotFound, InteractionFailed, NotThere
from sandbox.discord.channels import Overwrite
from sandbox.discord.kinds import CallbackType
from sandbox.discord.permission_flags import Permission
from sandbox.pictures import paint
from tests.rig import until
from tests.sandbox.client_driver.scene import Scene, make_scene

PICTURE = paint("my cat.png", width=64, height=48)


def option(name: str, kind: int, **more: object) -> dict[str, Any]:
    """An option's definition."""
    return {"name": name, "description": "An option.", "type": kind, **more}


EDIT = {
    "name": "edit",
    "options": [
        option("prompt", 3, required=True, max_length=20),
        option("image1", 11),
        option("size", 3, choices=[{"name": "Square", "value": "1024x1024"}, {"name": "Wide", "value": "1536x1024"}]),
        option("count", 4, min_value=1, max_value=4),
        option("strength", 10, max_value=1),
        option("private", 5),
        option("friend", 6),
        option("style", 3, autocomplete=True),
    ],
}


@pytest.fixture
def scene() -> Scene:
    """A sandbox where /edit is registered."""
    made = make_scene()
    made.register(EDIT)
    return made


async def test_options_are_typed_and_in_order(scene: Scene) -> None:
    """Each option carries its registered type; a choice may be named or valued."""
    await scene.clients.ada.slash("edit", prompt="a hat", size="Wide", count=2, strength=0.5, private=True)
    command = scene.state.commands.find("edit")
    assert command is not None
    assert scene.interactions[0]["data"] == {
        "id": str(command.id),
        "name": "edit",
        "type": 1,
        "options": [
            {"name": "prompt", "type": 3, "value": "a hat"},
            {"name": "size", "type": 3, "value": "1536x1024"},
            {"name": "count", "type": 4, "value": 2},
            {"name": "strength", "type": 10, "value": 0.5},
            {"name": "private", "type": 5, "value": True},
        ],
    }


async def test_the_interaction_says_who_where_and_what_is_allowed(scene: Scene) -> None:
    """Everything that a client needs beside the data comes with the event."""
    await scene.clients.mod.slash("edit", prompt="a hat")
    sent = scene.interactions[0]
    assert sent["type"] == 2
    assert sent["context"] == 0
    assert sent["member"]["user"]["username"] == "mod"
    assert int(sent["member"]["permissions"]) & Permission.MANAGE_MESSAGES
    assert int(sent["app_permissions"]) & Permission.SEND_MESSAGES
    assert sent["attachment_size_limit"] == 10 * 1024 * 1024
    assert sent["authorizing_integration_owners"] == {"0": sent["guild_id"]}
    assert (sent["entitlements"], sent["locale"], sent["guild_locale"]) == ([], "en-US", "en-US")
    assert sent["channel"]["id"] == sent["channel_id"] == str(scene.channels.general.id)


async def test_a_picture_is_uploaded_first(scene: Scene) -> None:
    """An attachment option is the id of an ephemeral attachment with a signed link and its measures."""
    await scene.clients.ada.slash("edit", prompt="a hat", image1=PICTURE)
    data = scene.interactions[0]["data"]
    attachment_id = data["options"][1]["value"]
    attachment = data["resolved"]["attachments"][attachment_id]
    assert attachment["filename"] == "my_cat.png"
    assert attachment["content_type"] == "image/png"
    assert (attachment["width"], attachment["height"]) == (64, 48)
    assert attachment["size"] == len(PICTURE.data)
    assert "ephemeral-attachments" in attachment["url"]
    assert attachment["url"] == attachment["proxy_url"]
    assert scene.state.files.by_id[int(attachment_id)].data == PICTURE.data


async def test_a_user_option_resolves_the_account(scene: Scene) -> None:
    """A user option is an id; the account stands in `resolved`."""
    ben = scene.clients.ben
    await scene.clients.ada.slash("edit", prompt="a hat", friend=ben.user)
    data = scene.interactions[0]["data"]
    assert data["options"][1] == {"name": "friend", "type": 6, "value": str(ben.id)}
    assert data["resolved"]["users"][str(ben.id)]["username"] == "ben"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "required: prompt"),
        ({"prompt": ""}, "required: prompt"),
        ({"prompt": "x" * 21}, "21 is more than 20"),
        ({"prompt": 5}, "int is no string"),
        ({"prompt": "a", "colour": "red"}, "no option colour"),
        ({"prompt": "a", "size": "huge"}, "none of the choices"),
        ({"prompt": "a", "count": 5}, "5 is more than 4"),
        ({"prompt": "a", "count": 0}, "0 is less than 1"),
        ({"prompt": "a", "count": True}, "bool is no integer"),
        ({"prompt": "a", "image1": "cat.png"}, "str is no attachment"),
    ],
)
async def test_the_client_keeps_the_commands_rules(scene: Scene, options: dict[str, Any], reason: str) -> None:
    """What the definition does not allow does not leave the client."""
    with pytest.raises(ClientRefused, match=reason):
        await scene.clients.ada.slash("edit", **options)
    assert scene.interactions == []


async def test_force_sends_what_the_client_refuses(scene: Scene) -> None:
    """A stale or forged client sends wrong values, unknown options and unregistered commands."""
    await scene.clients.ada.slash("edit", force=True, size="huge", colour="red", count=99)
    assert scene.interactions[0]["data"]["options"] == [
        {"name": "size", "type": 3, "value": "huge"},
        {"name": "colour", "type": 3, "value": "red"},
        {"name": "count", "type": 4, "value": 99},
    ]
    await scene.clients.ada.slash("gone", force=True)
    assert scene.interactions[1]["data"]["name"] == "gone"


async def test_commands_exist_only_after_they_were_registered(scene: Scene) -> None:
    """An unregistered command, and a guild's command elsewhere, are not found."""
    with pytest.raises(CommandNotFound):
        await scene.clients.ada.slash("quota")
    scene.register({"name": "local"}, guild_id=scene.channels.general.guild_id)
    await scene.clients.ada.slash("local")
    assert scene.interactions[0]["data"]["guild_id"] == str(scene.channels.general.guild_id)
    with pytest.raises(CommandNotFound):
        await scene.clients.ada.slash("local", channel=scene.channels.direct(scene.clients.ada))


async def test_contexts_ages_and_permissions_decide_what_is_offered() -> None:
    """A command is offered only in its contexts, age-restricted ones only there, others' only to those who may."""
    scene = make_scene()
    scene.register(
        {"name": "here", "contexts": [0]},
        {"name": "alone", "contexts": [1]},
        {"name": "adult", "nsfw": True},
        {"name": "staff", "default_member_permissions": str(Permission.MANAGE_MESSAGES.value)},
        {"name": "nobody", "default_member_permissions": "0"},
    )
    people, channels = scene.clients, scene.channels
    direct = channels.direct(people.ada)
    await people.ada.slash("here")
    await people.ada.slash("alone", channel=direct)
    await people.ada.slash("adult", channel=channels.adults)
    await people.mod.slash("staff")
    await people.owner.slash("nobody")
    for command, place in (("here", direct), ("alone", None), ("adult", None), ("staff", None), ("nobody", None)):
        with pytest.raises(CommandNotFound):
            await people.ada.slash(command, channel=place)
    assert len(scene.interactions) == 5


async def test_a_direct_interaction_has_a_user_instead_of_a_member(scene: Scene) -> None:
    """In a conversation with the bot: context 1, no guild, the bare account."""
    ada = scene.clients.ada
    await ada.slash("edit", prompt="a hat", channel=scene.channels.direct(ada))
    sent = scene.interactions[0]
    assert sent["context"] == 1
    assert sent["user"]["username"] == "ada"
    assert "member" not in sent
    assert "guild_id" not in sent


async def test_who_does_not_see_the_channel_cannot_type_there(scene: Scene) -> None:
    """Nobody sends a command in a channel that is hidden from them."""
    ada, general = scene.clients.ada, scene.channels.general
    general.channel.overwrites.append(Overwrite(target_id=ada.id, is_role=False, deny=Permission.VIEW_CHANNEL))
    with pytest.raises(NotThere):
        await ada.slash("edit", prompt="a hat")


async def test_subcommands_are_nested() -> None:
    """A subcommand's options stand inside it; the bare command cannot be sent."""
    scene = make_scene()
    scene.register({"name": "jobs", "options": [option("show", 1, options=[option("page", 4)])]})
    await scene.clients.ada.slash("jobs show", page=2)
    assert scene.interactions[0]["data"]["options"] == [
        {"name": "show", "type": 1, "options": [{"name": "page", "type": 4, "value": 2}]}
    ]
    for wrong in ("jobs", "jobs hide"):
        with pytest.raises(CommandNotFound):
            await scene.clients.ada.slash(wrong)


async def test_twice_delivers_the_same_interaction_two_times(scene: Scene) -> None:
    """`twice` repeats the event with the same id and token."""
    await scene.clients.ada.slash("edit", prompt="a hat", twice=True)
    first, second = scene.interactions
    assert first == second
    assert len(scene.state.interactions) == 1


async def test_autocomplete_marks_the_focused_option(scene: Scene) -> None:
    """The typed text goes out as the focused option's value; the suggestions come back."""
    asking = asyncio.create_task(scene.clients.ada.autocomplete("edit", "style", "oi", prompt="a hat"))
    await until(lambda: scene.interactions)
    sent = scene.interactions[0]
    assert sent["type"] == 4
    assert sent["data"]["options"] == [
        {"name": "prompt", "type": 3, "value": "a hat"},
        {"name": "style", "type": 3, "value": "oi", "focused": True},
    ]
    interaction = next(iter(scene.state.interactions.values()))
    interaction.choices = [{"name": "Oil", "value": "oil"}]
    scene.answer(interaction, CallbackType.AUTOCOMPLETE_RESULT)
    assert [(choice.name, choice.value) for choice in await asking] == [("Oil", "oil")]


async def test_an_option_without_suggestions_suggests_nothing(scene: Scene) -> None:
    """Autocomplete exists only where the definition has it."""
    with pytest.raises(ClientRefused, match="suggests nothing"):
        await scene.clients.ada.autocomplete("edit", "prompt", "a")


async def test_without_a_session_the_interaction_fails_at_once() -> None:
    """With no bot connected a person reads that the application did not respond."""
    scene = make_scene(is_connected=False)
    scene.register(EDIT)
    reply = await scene.clients.ada.slash("edit", prompt="a hat")
    assert reply.failed == "The application did not respond"
    with pytest.raises(InteractionFailed):
        await reply.message()


async def test_after_three_seconds_of_silence_it_has_failed(scene: Scene) -> None:
    """A bot that does not answer within 3 s by the sandbox's clock has failed; an answer in time stays good."""
    silent = await scene.clients.ada.slash("edit", prompt="a hat")
    answered = await scene.clients.ada.slash("edit", prompt="a hat")
    assert silent.failed is None
    scene.answer(answered.interaction, CallbackType.DEFERRED_MESSAGE)
    await scene.state.clock.advance(3.1)
    assert await silent.failure() == "The application did not respond"
    assert answered.failed is None
