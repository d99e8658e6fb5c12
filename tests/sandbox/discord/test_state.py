"""The state tells watchers and the gateway what happens, and its ids carry its time."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.clock import SandboxClock
from sandbox.discord import posting
from sandbox.discord.changes import ChangeKind
from sandbox.discord.channels import Overwrite
from sandbox.discord.drafts import DraftSource, read_draft
from sandbox.discord.interaction_delivery import create_interaction, deliver_interaction
from sandbox.discord.kinds import InteractionType
from sandbox.discord.messages import Message
from sandbox.discord.permission_flags import Permission
from sandbox.discord.population import add_guild, populated_state
from sandbox.discord.snowflakes import Snowflakes, created_at
from sandbox.discord.state import DiscordState
from sandbox.discord.wire import JsonObject

SLASH: JsonObject = {"id": "1", "name": "edit", "type": 1}


@pytest.fixture
def state() -> DiscordState:
    """A fresh state."""
    return populated_state(SandboxClock())


def post(state: DiscordState, content: str, *, name: str = "general") -> Message:
    """A message of Ada's."""
    draft = read_draft(DraftSource(body={"content": content}, uploads={}, upload_limit_bytes=1))
    return posting.publish(state, state.channel(name), draft, author_id=state.user("ada").id)


async def test_ids_grow_and_carry_the_sandbox_s_time() -> None:
    """Also when many are made in one millisecond, and after the clock was moved."""
    clock = SandboxClock()
    ids = Snowflakes(clock)
    many = [ids.next() for _ in range(5000)]
    assert many == sorted(set(many))
    await clock.advance(3600)
    assert abs((created_at(ids.next()) - clock.now()).total_seconds()) < 1


def test_every_event_reaches_the_gateway(state: DiscordState) -> None:
    """Messages and interactions, each with its guild."""
    events: list[tuple[str, int | None]] = []
    state.gateway_listeners.append(lambda name, _, guild_id: events.append((name, guild_id)))
    message = post(state, "Hi")
    posting.remove(state, message)
    create_interaction(
        state, InteractionType.COMMAND, SLASH, user=state.user("ada"), channel=state.direct_channel(state.user("ada"))
    )
    guild_id = message.guild_id
    assert events == [("MESSAGE_CREATE", guild_id), ("MESSAGE_DELETE", guild_id), ("INTERACTION_CREATE", None)]


def test_the_bot_is_not_told_of_what_it_cannot_see(state: DiscordState) -> None:
    """Neither of a message's coming nor of its end; of commands it is told, as Discord does."""
    events: list[str] = []
    state.gateway_listeners.append(lambda name, _, __: events.append(name))
    general = state.channel("general")
    general.overwrites.append(Overwrite(target_id=state.bot.id, is_role=False, deny=Permission.VIEW_CHANNEL))
    posting.remove(state, post(state, "Hi"))
    create_interaction(state, InteractionType.COMMAND, SLASH, user=state.user("ada"), channel=general)
    assert events == ["INTERACTION_CREATE"]


def test_an_interaction_can_be_delivered_twice_or_not_at_all(state: DiscordState) -> None:
    """The same event again, or none."""
    events: list[JsonObject] = []
    state.gateway_listeners.append(lambda _, data, __: events.append(data))
    ada, general = state.user("ada"), state.channel("general")
    interaction = create_interaction(state, InteractionType.COMMAND, SLASH, user=ada, channel=general, deliver=False)
    assert events == []
    deliver_interaction(state, interaction)
    deliver_interaction(state, interaction)
    assert events[0] == events[1]
    for needed in (
        "app_permissions",
        "attachment_size_limit",
        "authorizing_integration_owners",
        "entitlements",
        "context",
        "channel",
        "member",
    ):
        assert needed in events[0]


async def test_watchers_wait_for_a_condition(state: DiscordState) -> None:
    """Asked anew at each change, with a time-out."""
    waiting = asyncio.create_task(state.changes.wait_for(lambda: next(iter(state.messages.values()), None), seconds=5))
    await asyncio.sleep(0)
    message = post(state, "Hi")
    assert await waiting is message
    with pytest.raises(TimeoutError):
        await state.changes.wait_for(lambda: False, seconds=0.01)


def test_watchers_hear_of_each_change(state: DiscordState) -> None:
    """Until they stop listening."""
    heard: list[tuple[ChangeKind, int | None]] = []
    stop = state.changes.listen(lambda change: heard.append((change.kind, change.message_id)))
    message = post(state, "Hi")
    posting.remove(state, message)
    stop()
    post(state, "Ho")
    assert heard == [(ChangeKind.MESSAGE_CREATED, message.id), (ChangeKind.MESSAGE_DELETED, message.id)]


def test_a_second_guild_has_its_own_channels(state: DiscordState) -> None:
    """For tests of a bot that is set up in one guild only."""
    other = add_guild(state, "Elsewhere", owner=state.user("owner"))
    assert sum(channel.guild_id == other.id for channel in state.channels.values()) == 3
    assert len(state.guilds) == 2
