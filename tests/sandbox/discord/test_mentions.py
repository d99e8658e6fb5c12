"""Who is named and who is notified."""

from __future__ import annotations

import pytest

from sandbox.clock import WorldClock
from sandbox.discord import posting
from sandbox.discord.answers import answer
from sandbox.discord.drafts import DraftSource, read_draft
from sandbox.discord.guilds import Guild
from sandbox.discord.interaction_delivery import create_interaction
from sandbox.discord.kinds import InteractionType
from sandbox.discord.messages import Message
from sandbox.discord.permission_flags import Permission
from sandbox.discord.population import populated_world
from sandbox.discord.wire import JsonObject
from sandbox.discord.world import World


@pytest.fixture
def world() -> World:
    """A fresh world."""
    return populated_world(WorldClock())


@pytest.fixture
def guild(world: World) -> Guild:
    """The usual guild."""
    return next(iter(world.guilds.values()))


def post(world: World, body: JsonObject, *, author: str = "Comfycord") -> Message:
    """A message in general."""
    draft = read_draft(DraftSource(body=body, uploads={}, upload_limit_bytes=1))
    return posting.publish(world, world.channel("general"), draft, author_id=world.user(author).id)


def reply(world: World, body: JsonObject) -> Message:
    """The bot's answer to a command of Ada's."""
    slash: JsonObject = {"id": "1", "name": "edit", "type": 1}
    interaction = create_interaction(
        world, InteractionType.COMMAND, slash, user=world.user("ada"), channel=world.channel("general")
    )
    answer(world, interaction, {"type": 4, "data": body}, {})
    return world.messages[interaction.original_message_id or 0]


def test_everyone_is_pinged_by_who_may(world: World, guild: Guild) -> None:
    """The owner may; the bot only with the permission."""
    everybody = set(guild.members)
    owner = world.user("owner").id
    assert post(world, {"content": "@everyone"}, author="owner").pinged == everybody - {owner}
    assert post(world, {"content": "@here"}).pinged == set()
    guild.roles[guild.id].permissions |= Permission.MENTION_EVERYONE
    assert post(world, {"content": "@here"}).pinged == everybody - {world.bot.id}


def test_a_role_pings_its_members_when_it_may_be_mentioned(world: World, guild: Guild) -> None:
    """Not before the role is mentionable."""
    mod = world.user("mod").id
    role = guild.roles[guild.members[mod].role_ids[0]]
    body = {"content": f"<@&{role.id}>"}
    assert post(world, body).pinged == set()
    role.is_mentionable = True
    message = post(world, body)
    assert (message.pinged, message.mentioned.role_ids) == ({mod}, (role.id,))
    assert post(world, {**body, "allowed_mentions": {"parse": ["users"]}}).pinged == set()


def test_only_listed_people_are_pinged(world: World) -> None:
    """A list of ids allows those and nobody else."""
    ada, ben = world.user("ada"), world.user("ben")
    body = {"content": f"{ada.mention} {ben.mention}", "allowed_mentions": {"users": [str(ben.id)]}}
    assert post(world, body).pinged == {ben.id}


def test_a_silent_message_pings_nobody(world: World) -> None:
    """It names people all the same."""
    ada = world.user("ada")
    message = post(world, {"content": ada.mention, "flags": 1 << 12})
    assert (message.pinged, message.mentioned.user_ids) == (set(), (ada.id,))


def test_an_answer_to_an_interaction_pings_people_only(world: World, guild: Guild) -> None:
    """Roles and everyone need to be allowed expressly there."""
    guild.roles[guild.id].permissions |= Permission.MENTION_EVERYONE
    ben = world.user("ben")
    assert reply(world, {"content": f"@everyone {ben.mention}"}).pinged == {ben.id}
    loud = reply(world, {"content": "@everyone", "allowed_mentions": {"parse": ["everyone"]}})
    assert ben.id in loud.pinged


def test_a_private_answer_pings_its_reader_at_most(world: World) -> None:
    """Nobody else sees it."""
    ada, ben = world.user("ada"), world.user("ben")
    message = reply(world, {"content": f"{ada.mention} {ben.mention}", "flags": 64})
    assert message.pinged == {ada.id}


def test_filling_a_deferred_message_pings(world: World) -> None:
    """It is the first time that anybody reads it."""
    ben = world.user("ben")
    slash: JsonObject = {"id": "1", "name": "edit", "type": 1}
    general = world.channel("general")
    interaction = create_interaction(world, InteractionType.COMMAND, slash, user=world.user("ada"), channel=general)
    answer(world, interaction, {"type": 5}, {})
    message = world.messages[interaction.original_message_id or 0]
    source = DraftSource(body={"content": ben.mention}, uploads={}, upload_limit_bytes=1, present=message)
    posting.revise(world, general, message, read_draft(source))
    assert message.pinged == {ben.id}
