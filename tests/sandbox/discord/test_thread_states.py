"""A thread is a channel of its own with its parent's permissions; the gateway tells of it."""

from __future__ import annotations

import pytest

from sandbox.clock import WorldClock
from sandbox.discord import posting
from sandbox.discord.channel_deletion import delete_channel
from sandbox.discord.channels import Channel, Overwrite
from sandbox.discord.drafts import DraftSource, read_draft
from sandbox.discord.payloads import gateway_guild_payload
from sandbox.discord.permission_flags import NO_PERMISSIONS, Permission
from sandbox.discord.population import populated_world
from sandbox.discord.threads import archive, open_thread
from sandbox.discord.world import World


@pytest.fixture
def world() -> World:
    """A fresh world."""
    return populated_world(WorldClock())


@pytest.fixture
def thread(world: World) -> Channel:
    """A thread of Ada's in the usual channel."""
    return open_thread(world, world.channel("general"), "sketches", owner=world.user("ada"))


def deny(world: World, permission: Permission) -> None:
    """Deny the bot something in the thread's parent."""
    general = world.channel("general")
    general.overwrites = [Overwrite(target_id=world.bot.id, is_role=False, deny=permission)]


def test_a_thread_has_its_parent_s_permissions(world: World, thread: Channel) -> None:
    """Whoever does not see the channel does not see the thread."""
    assert Permission.ATTACH_FILES in world.permissions(world.bot.id, thread)
    deny(world, Permission.VIEW_CHANNEL)
    assert world.permissions(world.bot.id, thread) == NO_PERMISSIONS


def test_writing_in_a_thread_is_a_permission_of_its_own(world: World, thread: Channel) -> None:
    """Send Messages says nothing there; without Send Messages in Threads nothing can be attached."""
    deny(world, Permission.SEND_MESSAGES)
    assert Permission.ATTACH_FILES in world.permissions(world.bot.id, thread)
    assert Permission.ATTACH_FILES not in world.permissions(world.bot.id, world.channel("general"))
    deny(world, Permission.SEND_MESSAGES_IN_THREADS)
    assert Permission.ATTACH_FILES not in world.permissions(world.bot.id, thread)
    assert Permission.ATTACH_FILES in world.permissions(world.bot.id, world.channel("general"))


def test_the_gateway_tells_of_threads(world: World) -> None:
    """Of each when it is opened and archived, and of the open ones at every login; never of one out of sight."""
    events: list[tuple[str, object]] = []
    world.gateway_listeners.append(lambda name, data, _: events.append((name, data["id"])))
    ada, general = world.user("ada"), world.channel("general")
    (guild,) = world.guilds.values()
    thread = open_thread(world, general, "sketches", owner=ada)
    told = gateway_guild_payload(world, guild)
    assert [found["id"] for found in told["threads"]] == [str(thread.id)]
    assert str(thread.id) not in [found["id"] for found in told["channels"]]
    archive(world, thread)
    assert gateway_guild_payload(world, guild)["threads"] == []
    assert events == [("THREAD_CREATE", str(thread.id)), ("THREAD_UPDATE", str(thread.id))]
    deny(world, Permission.VIEW_CHANNEL)
    open_thread(world, general, "unseen", owner=ada)
    assert len(events) == 2


def test_a_message_takes_its_thread_out_of_the_archive(world: World, thread: Channel) -> None:
    """As Discord does by itself."""
    archive(world, thread)
    draft = read_draft(DraftSource(body={"content": "Hi"}, uploads={}, upload_limit_bytes=1))
    posting.publish(world, thread, draft, author_id=world.user("ada").id)
    assert thread.thread is not None
    assert not thread.thread.is_archived


def test_a_thread_goes_with_its_parent(world: World, thread: Channel) -> None:
    """Deleting the channel leaves no thread behind; deleting the thread leaves the channel."""
    general = world.channel("general")
    events: list[str] = []
    world.gateway_listeners.append(lambda name, *_: events.append(name))
    delete_channel(world, thread)
    assert general.id in world.channels
    second = open_thread(world, general, "again", owner=world.user("ada"))
    delete_channel(world, general)
    assert second.id not in world.channels
    assert events == ["THREAD_DELETE", "THREAD_CREATE", "CHANNEL_DELETE"]
