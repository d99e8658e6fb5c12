"""The world tells watchers and the gateway what happens, and its ids carry its time."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.clock import WorldClock
from sandbox.discord import posting
from sandbox.discord.changes import ChangeKind
from sandbox.discord.channels import Overwrite
from sandbox.discord.drafts import DraftSource, read_draft
from sandbox.discord.interaction_delivery import create_interaction, deliver_interaction
from sandbox.discord.kinds import InteractionType
from sandbox.discord.messages import Message
from sandbox.discord.permission_flags import Permission
from sandbox.discord.population import add_guild, populated_world
from sandbox.discord.snowflakes import Snowflakes, created_at
from sandbox.discord.wire import JsonObject
from sandbox.discord.world import World

SLASH: JsonObject = {"id": "1", "name": "edit", "type": 1}


@pytest.fixture
def world() -> World:
    """A fresh world."""
    return populated_world(WorldClock())


def post(world: World, content: str, *, name: str = "general") -> Message:
    """A message of Ada's."""
    draft = read_draft(DraftSource(body={"content": content}, uploads={}, upload_limit_bytes=1))
    return posting.publish(world, world.channel(name), draft, author_id=world.user("ada").id)


async def test_ids_grow_and_carry_the_world_s_time() -> None:
    """Also when many are made in one millisecond, and after the clock was moved."""
    clock = WorldClock()
    ids = Snowflakes(clock)
    many = [ids.next() for _ in range(5000)]
    assert many == sorted(set(many))
    await clock.advance(3600)
    assert abs((created_at(ids.next()) - clock.now()).total_seconds()) < 1


def test_every_event_reaches_the_gateway(world: World) -> None:
    """Messages and interactions, each with its guild."""
    events: list[tuple[str, int | None]] = []
    world.gateway_listeners.append(lambda name, _, guild_id: events.append((name, guild_id)))
    message = post(world, "Hi")
    posting.remove(world, message)
    create_interaction(
        world, InteractionType.COMMAND, SLASH, user=world.user("ada"), channel=world.direct_channel(world.user("ada"))
    )
    guild_id = message.guild_id
    assert events == [("MESSAGE_CREATE", guild_id), ("MESSAGE_DELETE", guild_id), ("INTERACTION_CREATE", None)]


def test_the_bot_is_not_told_of_what_it_cannot_see(world: World) -> None:
    """Neither of a message's coming nor of its end; of commands it is told, as Discord does."""
    events: list[str] = []
    world.gateway_listeners.append(lambda name, _, __: events.append(name))
    general = world.channel("general")
    general.overwrites.append(Overwrite(target_id=world.bot.id, is_role=False, deny=Permission.VIEW_CHANNEL))
    posting.remove(world, post(world, "Hi"))
    create_interaction(world, InteractionType.COMMAND, SLASH, user=world.user("ada"), channel=general)
    assert events == ["INTERACTION_CREATE"]


def test_an_interaction_can_be_delivered_twice_or_not_at_all(world: World) -> None:
    """The same event again, or none."""
    events: list[JsonObject] = []
    world.gateway_listeners.append(lambda _, data, __: events.append(data))
    ada, general = world.user("ada"), world.channel("general")
    interaction = create_interaction(world, InteractionType.COMMAND, SLASH, user=ada, channel=general, deliver=False)
    assert events == []
    deliver_interaction(world, interaction)
    deliver_interaction(world, interaction)
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


async def test_watchers_wait_for_a_condition(world: World) -> None:
    """Asked anew at each change, with a time-out."""
    waiting = asyncio.create_task(world.changes.wait_for(lambda: next(iter(world.messages.values()), None), seconds=5))
    await asyncio.sleep(0)
    message = post(world, "Hi")
    assert await waiting is message
    with pytest.raises(TimeoutError):
        await world.changes.wait_for(lambda: False, seconds=0.01)


def test_watchers_hear_of_each_change(world: World) -> None:
    """Until they stop listening."""
    heard: list[tuple[ChangeKind, int | None]] = []
    stop = world.changes.listen(lambda change: heard.append((change.kind, change.message_id)))
    message = post(world, "Hi")
    posting.remove(world, message)
    stop()
    post(world, "Ho")
    assert heard == [(ChangeKind.MESSAGE_CREATED, message.id), (ChangeKind.MESSAGE_DELETED, message.id)]


def test_a_second_guild_has_its_own_channels(world: World) -> None:
    """For tests of a bot that is set up in one guild only."""
    other = add_guild(world, "Elsewhere", owner=world.user("owner"))
    assert sum(channel.guild_id == other.id for channel in world.channels.values()) == 3
    assert len(world.guilds) == 2
