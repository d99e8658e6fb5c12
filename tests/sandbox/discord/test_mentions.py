"""Who is named and who is notified."""

from __future__ import annotations

import pytest

from sandbox.clock import SandboxClock
from sandbox.discord import posting
from sandbox.discord.answers import answer
from sandbox.discord.drafts import DraftSource, read_draft
from sandbox.discord.guilds import Guild
from sandbox.discord.interaction_delivery import create_interaction
from sandbox.discord.kinds import InteractionType
from sandbox.discord.messages import Message
from sandbox.discord.permission_flags import Permission
from sandbox.discord.population import populated_state
from sandbox.discord.state import DiscordState
from sandbox.discord.wire import JsonObject


@pytest.fixture
def state() -> DiscordState:
    """A fresh state."""
    return populated_state(SandboxClock())


@pytest.fixture
def guild(state: DiscordState) -> Guild:
    """The usual guild."""
    return next(iter(state.guilds.values()))


def post(state: DiscordState, body: JsonObject, *, author: str = "Comfycord") -> Message:
    """A message in general."""
    draft = read_draft(DraftSource(body=body, uploads={}, upload_limit_bytes=1))
    return posting.publish(state, state.channel("general"), draft, author_id=state.user(author).id)


def reply(state: DiscordState, body: JsonObject) -> Message:
    """The bot's answer to a command of Ada's."""
    slash: JsonObject = {"id": "1", "name": "edit", "type": 1}
    interaction = create_interaction(
        state, InteractionType.COMMAND, slash, user=state.user("ada"), channel=state.channel("general")
    )
    answer(state, interaction, {"type": 4, "data": body}, {})
    return state.messages[interaction.original_message_id or 0]


def test_everyone_is_pinged_by_who_may(state: DiscordState, guild: Guild) -> None:
    """The owner may; the bot only with the permission."""
    everybody = set(guild.members)
    owner = state.user("owner").id
    assert post(state, {"content": "@everyone"}, author="owner").pinged == everybody - {owner}
    assert post(state, {"content": "@here"}).pinged == set()
    guild.roles[guild.id].permissions |= Permission.MENTION_EVERYONE
    assert post(state, {"content": "@here"}).pinged == everybody - {state.bot.id}


def test_a_role_pings_its_members_when_it_may_be_mentioned(state: DiscordState, guild: Guild) -> None:
    """Not before the role is mentionable."""
    mod = state.user("mod").id
    role = guild.roles[guild.members[mod].role_ids[0]]
    body = {"content": f"<@&{role.id}>"}
    assert post(state, body).pinged == set()
    role.is_mentionable = True
    message = post(state, body)
    assert (message.pinged, message.mentioned.role_ids) == ({mod}, (role.id,))
    assert post(state, {**body, "allowed_mentions": {"parse": ["users"]}}).pinged == set()


def test_only_listed_people_are_pinged(state: DiscordState) -> None:
    """A list of ids allows those and nobody else."""
    ada, ben = state.user("ada"), state.user("ben")
    body = {"content": f"{ada.mention} {ben.mention}", "allowed_mentions": {"users": [str(ben.id)]}}
    assert post(state, body).pinged == {ben.id}


def test_a_silent_message_pings_nobody(state: DiscordState) -> None:
    """It names people all the same."""
    ada = state.user("ada")
    message = post(state, {"content": ada.mention, "flags": 1 << 12})
    assert (message.pinged, message.mentioned.user_ids) == (set(), (ada.id,))


def test_an_answer_to_an_interaction_pings_people_only(state: DiscordState, guild: Guild) -> None:
    """Roles and everyone need to be allowed expressly there."""
    guild.roles[guild.id].permissions |= Permission.MENTION_EVERYONE
    ben = state.user("ben")
    assert reply(state, {"content": f"@everyone {ben.mention}"}).pinged == {ben.id}
    loud = reply(state, {"content": "@everyone", "allowed_mentions": {"parse": ["everyone"]}})
    assert ben.id in loud.pinged


def test_a_private_answer_pings_its_reader_at_most(state: DiscordState) -> None:
    """Nobody else sees it."""
    ada, ben = state.user("ada"), state.user("ben")
    message = reply(state, {"content": f"{ada.mention} {ben.mention}", "flags": 64})
    assert message.pinged == {ada.id}


def test_filling_a_deferred_message_pings(state: DiscordState) -> None:
    """It is the first time that anybody reads it."""
    ben = state.user("ben")
    slash: JsonObject = {"id": "1", "name": "edit", "type": 1}
    general = state.channel("general")
    interaction = create_interaction(state, InteractionType.COMMAND, slash, user=state.user("ada"), channel=general)
    answer(state, interaction, {"type": 5}, {})
    message = state.messages[interaction.original_message_id or 0]
    source = DraftSource(body={"content": ben.mention}, uploads={}, upload_limit_bytes=1, present=message)
    posting.revise(state, general, message, read_draft(source))
    assert message.pinged == {ben.id}
