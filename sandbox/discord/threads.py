"""Public threads: a channel inside a channel, which can be archived and locked."""

from __future__ import annotations

from dataclasses import replace

from sandbox.discord import payloads
from sandbox.discord.channels import Channel, Thread
from sandbox.discord.kinds import ChannelType
from sandbox.discord.messages import Message
from sandbox.discord.permission_flags import Permission
from sandbox.discord.rest.errors import archived_thread
from sandbox.discord.state import DiscordState
from sandbox.discord.users import User


def open_thread(state: DiscordState, parent: Channel, name: str, *, owner: User) -> Channel:
    """Let `owner` start a public thread in a text channel; it stands right after its parent."""
    now = state.clock.now()
    channel = Channel(
        id=state.snowflakes.next(),
        type=ChannelType.PUBLIC_THREAD,
        name=name,
        guild_id=parent.guild_id,
        position=parent.position,
        is_age_restricted=parent.is_age_restricted,
        thread=Thread(parent_id=parent.id, owner_id=owner.id, created_at=now, archive_changed_at=now),
    )
    state.channels[channel.id] = channel
    _tell_gateway(state, channel, "THREAD_CREATE")
    return channel


def archive(state: DiscordState, channel: Channel, *, is_locked: bool = False) -> None:
    """Archive a thread: its messages stay as they are until somebody writes, and nobody does where it is locked."""
    _change(state, channel, is_archived=True, is_locked=is_locked)


def awaken(state: DiscordState, channel: Channel) -> None:
    """Take a thread out of the archive, as Discord does by itself when a message is posted there."""
    if channel.thread is not None and channel.thread.is_archived:
        _change(state, channel, is_archived=False, is_locked=channel.thread.is_locked)


def check_editable(channel: Channel, message: Message) -> None:
    """Raises: ApiError 50083 for what stands in an archived thread; an ephemeral message does not stand there."""
    if channel.thread is not None and channel.thread.is_archived and not message.is_ephemeral:
        raise archived_thread()


def _change(state: DiscordState, channel: Channel, *, is_archived: bool, is_locked: bool) -> None:
    if channel.thread is None:
        raise ValueError(channel)
    channel.thread = replace(
        channel.thread, is_archived=is_archived, is_locked=is_locked, archive_changed_at=state.clock.now()
    )
    _tell_gateway(state, channel, "THREAD_UPDATE")


def _tell_gateway(state: DiscordState, channel: Channel, event_name: str) -> None:
    if Permission.VIEW_CHANNEL not in state.permissions(state.bot.id, channel):
        return
    payload = payloads.channel_payload(state, channel)
    if event_name == "THREAD_CREATE":
        payload["newly_created"] = True
    state.dispatch(event_name, payload, guild_id=channel.guild_id)
