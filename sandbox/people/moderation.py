"""What a moderator's hand does to the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.discord.changes import ChangeKind

if TYPE_CHECKING:
    from sandbox.discord.messages import Message
    from sandbox.discord.world import World


def take_away(world: World, message: Message) -> None:
    """Delete a message that everybody could see, and tell the gateway and whoever watches."""
    now = world.clock.now()
    message.deleted_at = now
    message.record_revision(now)
    data = {"id": str(message.id), "channel_id": str(message.channel_id)}
    if message.guild_id is not None:
        data["guild_id"] = str(message.guild_id)
    world.dispatch("MESSAGE_DELETE", data, guild_id=message.guild_id)
    world.tell(ChangeKind.MESSAGE_DELETED, message_id=message.id, channel_id=message.channel_id)
