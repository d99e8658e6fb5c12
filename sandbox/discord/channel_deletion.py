"""How a channel goes away, and its threads with it."""

from __future__ import annotations

from sandbox.discord.changes import ChangeKind
from sandbox.discord.channels import Channel
from sandbox.discord.payloads import channel_payload
from sandbox.discord.world import World


def delete_channel(world: World, channel: Channel) -> None:
    """Delete a channel with all its messages and threads."""
    for thread in [one for one in world.channels.values() if one.thread and one.thread.parent_id == channel.id]:
        _remove(world, thread)
    _remove(world, channel)
    name = "CHANNEL_DELETE" if channel.thread is None else "THREAD_DELETE"
    world.dispatch(name, channel_payload(world, channel), guild_id=channel.guild_id)


def _remove(world: World, channel: Channel) -> None:
    channel.is_deleted = True
    del world.channels[channel.id]
    world.tell(ChangeKind.CHANNEL_DELETED, channel_id=channel.id)
