"""The JSON shapes of messages, their attachments and components."""

from __future__ import annotations

from sandbox.discord.files import Attachment
from sandbox.discord.kinds import ComponentType, InteractionType
from sandbox.discord.messages import Message, Origin
from sandbox.discord.payloads import member_payload, user_payload
from sandbox.discord.state import DiscordState
from sandbox.discord.wire import JsonObject, optional_timestamp, timestamp

_LOCAL_FILE = "attachment://"


def attachment_payload(state: DiscordState, attachment: Attachment) -> JsonObject:
    """A file with a fresh link."""
    url = state.files.url(attachment)
    payload: JsonObject = {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": attachment.size,
        "url": url,
        "proxy_url": url,
    }
    if attachment.width is not None and attachment.height is not None:
        payload |= {"width": attachment.width, "height": attachment.height}
    if attachment.content_type is not None:
        payload["content_type"] = attachment.content_type
    if attachment.description is not None:
        payload["description"] = attachment.description
    if attachment.is_ephemeral:
        payload["ephemeral"] = True
    return payload


def message_payload(state: DiscordState, message: Message, *, for_gateway: bool = False) -> JsonObject:
    """A message. In a gateway event a guild's message also carries the guild's id and its author's membership."""
    payload: JsonObject = {
        "id": str(message.id),
        "type": message.type.value,
        "channel_id": str(message.channel_id),
        "author": user_payload(state.users[message.author_id]),
        "content": message.content,
        "timestamp": timestamp(message.created_at),
        "edited_timestamp": optional_timestamp(message.edited_at),
        "tts": message.tts,
        "mention_everyone": message.mentioned.everyone,
        "mentions": [user_payload(state.users[user_id]) for user_id in message.mentioned.user_ids],
        "mention_roles": [str(role_id) for role_id in message.mentioned.role_ids],
        "attachments": [attachment_payload(state, attachment) for attachment in message.attachments],
        "embeds": message.embeds,
        "components": [component_payload(state, message, component) for component in message.components],
        "pinned": False,
        "flags": message.flags.value,
    }
    if message.nonce is not None:
        payload["nonce"] = message.nonce
    if message.reference is not None:
        payload |= _reference_payload(state, message.reference)
    if message.origin is not None:
        payload |= _origin_payload(state, message, message.origin)
    if for_gateway:
        payload |= _gateway_part(state, message)
    return payload


def _gateway_part(state: DiscordState, message: Message) -> JsonObject:
    """An ephemeral message goes to its reader directly, so it names no guild (Discord's note on Message Create)."""
    guild = state.guilds.get(message.guild_id or 0)
    if guild is None or message.is_ephemeral:
        return {}
    member = guild.members.get(message.author_id)
    part: JsonObject = {"guild_id": str(guild.id)}
    if member is not None:
        part["member"] = member_payload(member, user=None)
    return part


def _reference_payload(state: DiscordState, reference: JsonObject) -> JsonObject:
    referenced = state.messages.get(int(reference.get("message_id") or 0))
    gone = referenced is None or referenced.is_deleted
    return {
        "message_reference": reference,
        "referenced_message": None if gone or referenced is None else message_payload(state, referenced),
    }


def _origin_payload(state: DiscordState, message: Message, origin: Origin) -> JsonObject:
    payload: JsonObject = {
        "webhook_id": str(state.application.id),
        "application_id": str(state.application.id),
        "interaction_metadata": _metadata(state, message, origin),
    }
    if origin.type is InteractionType.COMMAND and origin.command_name is not None:
        payload["interaction"] = {
            "id": str(origin.interaction_id),
            "type": origin.type.value,
            "name": origin.command_name,
            "user": user_payload(state.users[origin.user_id]),
        }
    return payload


def _metadata(state: DiscordState, message: Message, origin: Origin) -> JsonObject:
    metadata: JsonObject = {
        "id": str(origin.interaction_id),
        "type": origin.type.value,
        "user": user_payload(state.users[origin.user_id]),
        "authorizing_integration_owners": integration_owners(message.guild_id),
    }
    if origin.command_name is not None:
        metadata["name"] = origin.command_name
        metadata["command_type"] = origin.command_type
    if origin.original_response_id not in (None, message.id):
        metadata["original_response_message_id"] = str(origin.original_response_id)
    if origin.interacted_message_id is not None and origin.type is InteractionType.COMPONENT:
        metadata["interacted_message_id"] = str(origin.interacted_message_id)
    if origin.trigger is not None:
        metadata["triggering_interaction_metadata"] = _metadata(state, message, origin.trigger)
    return metadata


def integration_owners(guild_id: int | None) -> JsonObject:
    """Who installed the application: the guild; "0" stands for a bot's direct conversation."""
    return {"0": str(guild_id or 0)}


def component_payload(state: DiscordState, message: Message, component: JsonObject) -> JsonObject:
    """A component as Discord answers it: files resolved to links, defaults written out."""
    match component["type"]:
        case ComponentType.CONTAINER | ComponentType.ACTION_ROW | ComponentType.SECTION:
            return _nested_payload(state, message, component)
        case ComponentType.MEDIA_GALLERY:
            items = [_described_media(state, message, item) for item in component["items"]]
            return {**component, "items": items}
        case ComponentType.THUMBNAIL:
            return {**component, **_described_media(state, message, component)}
        case ComponentType.FILE:
            media = media_payload(state, message, component["file"]["url"])
            name, size = media.pop("_name", None), media.pop("_size", None)
            spoiler = bool(component.get("spoiler"))
            return {**component, "file": media, "name": name, "size": size, "spoiler": spoiler}
        case ComponentType.SEPARATOR:
            divider = component.get("divider")
            return {**component, "spacing": component.get("spacing") or 1, "divider": divider is not False}
        case _:
            return dict(component)


def _nested_payload(state: DiscordState, message: Message, component: JsonObject) -> JsonObject:
    children = [component_payload(state, message, child) for child in component["components"]]
    payload = {**component, "components": children}
    if component["type"] == ComponentType.SECTION:
        payload["accessory"] = component_payload(state, message, component["accessory"])
    if component["type"] == ComponentType.CONTAINER:
        payload["accent_color"] = component.get("accent_color")
        payload["spoiler"] = bool(component.get("spoiler"))
    return payload


def _described_media(state: DiscordState, message: Message, holder: JsonObject) -> JsonObject:
    media = media_payload(state, message, holder["media"]["url"])
    media.pop("_name", None)
    media.pop("_size", None)
    return {
        "media": media,
        "description": holder.get("description"),
        "spoiler": bool(holder.get("spoiler")),
    }


def attachment_named(message: Message, url: str) -> Attachment | None:
    """The message's file that an `attachment://` reference means."""
    if not url.startswith(_LOCAL_FILE):
        return None
    name = url.removeprefix(_LOCAL_FILE)
    return next((found for found in message.attachments if found.filename == name), None)


def media_payload(state: DiscordState, message: Message, url: str) -> JsonObject:
    """A medium shown by a component: one of the message's own files, or a link to elsewhere."""
    attachment = attachment_named(message, url)
    if attachment is None:
        return {"id": str(message.id), "url": url, "proxy_url": url, "width": None, "height": None}
    link = state.files.url(attachment)
    return {
        "id": str(attachment.id),
        "url": link,
        "proxy_url": link,
        "width": attachment.width,
        "height": attachment.height,
        "content_type": attachment.content_type,
        "attachment_id": str(attachment.id),
        "_name": attachment.filename,
        "_size": attachment.size,
    }
