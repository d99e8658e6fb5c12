"""A message that a person writes, as Discord's client checks and sends it."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.client_driver.refusals import ClientRefused
from sandbox.discord import posting
from sandbox.discord.channels import Channel
from sandbox.discord.drafts import DraftSource, read_draft
from sandbox.discord.files import Upload
from sandbox.discord.messages import Message
from sandbox.discord.permission_flags import Permission
from sandbox.discord.rest.errors import ApiError
from sandbox.discord.state import DiscordState
from sandbox.discord.users import User
from sandbox.discord.wire import JsonObject
from sandbox.pictures import Picture


def written(
    state: DiscordState, user: User, channel: Channel, text: str, files: Sequence[Picture], answered: Message | None
) -> Message:
    """Post a message of `user`.

    Raises: ClientRefused where the person may not write there, or the message is empty, too long, or a file too
    large.
    """
    needed = channel.speaking | (Permission.ATTACH_FILES if files else channel.speaking)
    if channel.thread is not None and channel.thread.is_locked:
        needed |= Permission.MANAGE_THREADS
    if needed not in state.permissions(user.id, channel):
        raise ClientRefused(f"{user.username} may not write this here")
    body: JsonObject = {"content": text}
    if answered is not None:
        body["message_reference"] = {"message_id": str(answered.id), "channel_id": str(channel.id)}
    uploads = {
        number: Upload(filename=file.name, data=file.data, content_type=file.content_type)
        for number, file in enumerate(files)
    }
    source = DraftSource(body=body, uploads=uploads, upload_limit_bytes=state.upload_limit_bytes(channel))
    try:
        draft = read_draft(source)
    except ApiError as error:
        raise ClientRefused(f"Discord does not take this message: {error.message}") from error
    return posting.publish(state, channel, draft, author_id=user.id)
