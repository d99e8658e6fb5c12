"""A thread is a channel of its own with its parent's permissions; the gateway tells of it."""

from __future__ import annotations

import pytest

from sandbox.clock import SandboxClock
from sandbox.discord import posting
from sandbox.discord.channel_deletion import delete_channel
from sandbox.discord.channels import Channel, Overwrite
from sandbox.discord.drafts import DraftSource, read_draft
from sandbox.discord.payloads import gateway_guild_payload
from sandbox.discord.permission_flags import NO_PERMISSIONS, Permission
from sandbox.discord.population import populated_state
from sandbox.discord.state import DiscordState
from sandbox.discord.threads import archive, open_thread


@pytest.fixture
def state() -> DiscordState:
    """A fresh state."""
    return populated_state(SandboxClock())


@pytest.fixture
def thread(state: DiscordState) -> Channel:
    """A thread of Ada's in the usual channel."""
    return open_thread(state, state.channel("general"), "sketches", owner=state.user("ada"))


def deny(state: DiscordState, permission: Permission) -> None:
    """Deny the bot something in the thread's parent."""
    general = state.channel("general")
    general.overwrites = [Overwrite(target_id=state.bot.id, is_role=False, deny=permission)]


def test_a_thread_has_its_parent_s_permissions(state: DiscordState, thread: Channel) -> None:
    """Whoever does not see the channel does not see the thread."""
    assert Permission.ATTACH_FILES in state.permissions(state.bot.id, thread)
    deny(state, Permission.VIEW_CHANNEL)
    assert state.permissions(state.bot.id, thread) == NO_PERMISSIONS


def test_writing_in_a_thread_is_a_permission_of_its_own(state: DiscordState, thread: Channel) -> None:
    """Send Messages says nothing there; without Send Messages in Threads nothing can be attached."""
    deny(state, Permission.SEND_MESSAGES)
    assert Permission.ATTACH_FILES in state.permissions(state.bot.id, thread)
    assert Permission.ATTACH_FILES not in state.permissions(state.bot.id, state.channel("general"))
    deny(state, Permission.SEND_MESSAGES_IN_THREADS)
    assert Permission.ATTACH_FILES not in state.permissions(state.bot.id, thread)
    assert Permission.ATTACH_FILES in state.permissions(state.bot.id, state.channel("general"))


def test_the_gateway_tells_of_threads(state: DiscordState) -> None:
    """Of each when it is opened and archived, and of the open ones at every login; never of one out of sight."""
    events: list[tuple[str, object]] = []
    state.gateway_listeners.append(lambda name, data, _: events.append((name, data["id"])))
    ada, general = state.user("ada"), state.channel("general")
    (guild,) = state.guilds.values()
    thread = open_thread(state, general, "sketches", owner=ada)
    told = gateway_guild_payload(state, guild)
    assert [found["id"] for found in told["threads"]] == [str(thread.id)]
    assert str(thread.id) not in [found["id"] for found in told["channels"]]
    archive(state, thread)
    assert gateway_guild_payload(state, guild)["threads"] == []
    assert events == [("THREAD_CREATE", str(thread.id)), ("THREAD_UPDATE", str(thread.id))]
    deny(state, Permission.VIEW_CHANNEL)
    open_thread(state, general, "unseen", owner=ada)
    assert len(events) == 2


def test_a_message_takes_its_thread_out_of_the_archive(state: DiscordState, thread: Channel) -> None:
    """As Discord does by itself."""
    archive(state, thread)
    draft = read_draft(DraftSource(body={"content": "Hi"}, uploads={}, upload_limit_bytes=1))
    posting.publish(state, thread, draft, author_id=state.user("ada").id)
    assert thread.thread is not None
    assert not thread.thread.is_archived


def test_a_thread_goes_with_its_parent(state: DiscordState, thread: Channel) -> None:
    """Deleting the channel leaves no thread behind; deleting the thread leaves the channel."""
    general = state.channel("general")
    events: list[str] = []
    state.gateway_listeners.append(lambda name, *_: events.append(name))
    delete_channel(state, thread)
    assert general.id in state.channels
    second = open_thread(state, general, "again", owner=state.user("ada"))
    delete_channel(state, general)
    assert second.id not in state.channels
    assert events == ["THREAD_DELETE", "THREAD_CREATE", "CHANNEL_DELETE"]
