"""Whether the bot may post where it was called."""

from __future__ import annotations

import discord

from services.errors import CannotPost


def missing_to_post(permissions: discord.Permissions, *, is_thread: bool) -> tuple[str, ...]:
    """Return which permissions a public card lacks.

    The interaction's token could edit the card even without them, but not post it anew once the token is dead.
    """
    may_send = permissions.send_messages_in_threads if is_thread else permissions.send_messages
    needed = {
        "View Channel": permissions.view_channel,
        "Send Messages in Threads" if is_thread else "Send Messages": may_send,
        "Attach Files": permissions.attach_files,
    }
    if permissions.administrator:
        return ()
    return tuple(name for name, is_given in needed.items() if not is_given)


def missing_here(interaction: discord.Interaction[discord.Client]) -> tuple[str, ...]:
    """Return which permissions a public card lacks where the interaction happened."""
    if interaction.guild_id is None:
        return ()
    is_thread = isinstance(interaction.channel, discord.Thread)
    return missing_to_post(interaction.app_permissions, is_thread=is_thread)


def require_can_post(interaction: discord.Interaction[discord.Client], *, pressed_for: str | None = None) -> None:
    """Refuse a public card where the bot may not post; in its direct messages it always may.

    Raises: CannotPost.
    """
    missing = missing_here(interaction)
    if missing:
        raise CannotPost(missing, pressed_for=pressed_for)
