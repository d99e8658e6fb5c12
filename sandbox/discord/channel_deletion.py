"""How a channel goes away, and its threads with it."""

from __future__ import annotations

from sandbox.discord.changes import ChangeKind
from sandbox.discord.channels import Channel
from sandbox.discord.payloads import channel_payload
from sandbox.discord.state import DiscordState


def delete_channel(state: DiscordState, channel: Channel) -> None:
    """Delete a channel with all its messages and threads."""
    for thread in [one for one in state.channels.values() if one.thread and one.thread.parent_id == channel.id]:
        _remove(state, thread)
    _remove(state, channel)
    name = "CHANNEL_DELETE" if channel.thread is None else "THREAD_DELETE"
    state.dispatch(name, channel_payload(state, channel), guild_id=channel.guild_id)


def _remove(state: DiscordState, channel: Channel) -> None:
    channel.is_deleted = True
    del state.channels[channel.id]
    state.tell(ChangeKind.CHANNEL_DELETED, channel_id=channel.id)
