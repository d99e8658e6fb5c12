"""Apps menus, menus of users, roles and channels, and written messages, as a real discord.py client takes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.client_driver.command_form import OptionValue
from sandbox.client_driver.form import FieldValue
from sandbox.discord.conformance import Conformance
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from sandbox.spawning import Spawn
from tests.rig import assert_clean, openapi_document

MODULE = "tests.sandbox.gateway.apps_bot"
PICTURE = paint("cat.png", width=32, height=24)


@pytest.fixture
async def sandbox(tmp_path: Path, spawn: Spawn) -> AsyncIterator[Sandbox]:
    """A sandbox with the bot logged in; at the end nobody has broken a rule."""
    document = openapi_document()
    async with Sandbox.open(data_dir=tmp_path, spawn=spawn) as opened, opened.bot(module=MODULE) as bot:
        await bot.wait_ready()
        yield opened
        assert_clean(opened, Conformance(document) if document else None)


def role_id(sandbox: Sandbox) -> str:
    """The moderators' role."""
    (guild,) = sandbox.state.guilds.values()
    return next(str(role.id) for role in guild.roles.values() if role.name == "moderators")


async def test_a_messages_apps_menu_sends_the_whole_message(sandbox: Sandbox) -> None:
    """The bot reads text and files of the message on which its command was used, though it may not read the channel."""
    written = await sandbox.clients.ben.write("look at this", files=[PICTURE])
    card = await (await sandbox.clients.ada.message_command("Inspect", written)).message()
    assert card.text == "ben: look at this (1 files)"


async def test_a_users_apps_menu_sends_the_member(sandbox: Sandbox) -> None:
    """The bot gets the person as a member of the server; the answer says which command it answers."""
    reply = await sandbox.clients.ada.user_command("Greet", sandbox.clients.mod.user)
    card = await reply.message()
    assert card.text == "hello mod since True"
    assert card.message.origin is not None
    assert (card.message.origin.command_name, card.message.origin.command_type) == ("Greet", 2)
    assert card.message.type.name == "CONTEXT_MENU_COMMAND"


async def test_menus_of_users_roles_and_channels_name_things(sandbox: Sandbox) -> None:
    """Each arrives as discord.py's own type of it."""
    ada, ben = sandbox.clients.ada, sandbox.clients.ben
    card = await (await ada.slash("menus")).message()
    for menu, values, read in (
        ("Who", [str(ben.id), str(ada.id)], {"Member ada", "Member ben"}),
        ("Role", [role_id(sandbox)], {"Role moderators"}),
        ("Anybody", [str(ben.id), role_id(sandbox)], {"Member ben", "Role moderators"}),
        ("Where", [str(sandbox.channels.adults.id)], {"AppCommandChannel adults"}),
    ):
        answer = await (await ada.select(card, menu, values)).message()
        assert set(answer.text.split(", ")) == read


async def test_options_name_users_roles_and_channels(sandbox: Sandbox) -> None:
    """Each arrives as discord.py's own type of it."""
    (guild,) = sandbox.state.guilds.values()
    options: dict[str, OptionValue] = {
        "user": sandbox.clients.ben.user,
        "role": guild.roles[int(role_id(sandbox))],
        "channel": sandbox.channels.adults.channel,
        "anybody": guild.roles[int(role_id(sandbox))],
    }
    card = await (await sandbox.clients.ada.send_command("name", options)).message()
    assert card.text == "Member ben, Role moderators, TextChannel adults, Role moderators"


async def test_a_form_takes_files_people_and_ticks(sandbox: Sandbox) -> None:
    """Files are uploaded with the form, people named by it, a tick is a tick."""
    ada = sandbox.clients.ada
    form = await (await ada.slash("ask")).form()
    values: dict[str, FieldValue] = {"Files": [PICTURE], "Person": [str(sandbox.clients.ben.id)], "Agreed": True}
    card = await (await ada.submit(form, values)).message()
    assert card.text == f"cat.png {len(PICTURE.data)}; Member ben; True"
