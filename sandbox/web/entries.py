"""What stands in a channel for one person: messages with what a client knows of them, and unanswered commands."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass

from sandbox.client_driver import DID_NOT_RESPOND, ClientDriver
from sandbox.discord.channels import Channel
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import CommandType, InteractionType
from sandbox.discord.message_payloads import message_payload
from sandbox.discord.messages import Message
from sandbox.discord.permission_flags import Permission
from sandbox.discord.state import DiscordState
from sandbox.discord.wire import JsonObject, timestamp
from sandbox.web.links import Links
from sandbox.web.screens import Screens

MOST_ENTRIES = 100
INTERACTION_FAILED = "This interaction failed"
SENDING = "Sending command…"
_EXCERPT_CHARACTERS = 120
_KINDS = {CommandType.CHAT_INPUT: "slash", CommandType.MESSAGE: "message", CommandType.USER: "user"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """One person reading one channel."""

    state: DiscordState
    screens: Screens
    links: Links
    member: ClientDriver
    channel: Channel

    def entries(self) -> list[JsonObject]:
        """Return what the person sees here, oldest first."""
        dismissed = self.screens.of(self.member.id).dismissed
        own = [one for one in self.screens.interactions(self.member.id) if one.channel_id == self.channel.id]
        messages = self.state.seen_by(self.member.id, self.channel)[-MOST_ENTRIES:]
        found = [(one.id, self._message(one, own)) for one in messages if one.id not in dismissed]
        found += [(one.id, self._command(one)) for one in own if self._is_bare(one) and one.id not in dismissed]
        return [_with_revision(entry) for _, entry in sorted(found, key=lambda pair: pair[0])[-MOST_ENTRIES:]]

    def _is_bare(self, interaction: Interaction) -> bool:
        """Say whether a command stands there by itself: sent or failed, and nothing came of it."""
        return interaction.type is InteractionType.COMMAND and interaction.responded_at is None

    def _command(self, interaction: Interaction) -> JsonObject:
        has_failed = self.screens.has_failed(interaction)
        return {
            "kind": "command",
            "id": str(interaction.id),
            "at": timestamp(interaction.created_at),
            "used": {
                "user": str(interaction.user_id),
                "name": _command_name(interaction),
                "kind": _KINDS[CommandType(interaction.data.get("type", 1))],
            },
            "state": "failed" if has_failed else "sending",
            "text": DID_NOT_RESPOND if has_failed else SENDING,
        }

    def _message(self, message: Message, own: list[Interaction]) -> JsonObject:
        payload = copy.deepcopy(message_payload(self.state, message))
        payload.pop("referenced_message", None)
        used_here = [one for one in own if one.message_id == message.id and one.type is InteractionType.COMPONENT]
        has_failed = bool(used_here) and self.screens.has_failed(used_here[-1])
        return {
            "kind": "message",
            "id": str(message.id),
            "message": self.links.settle(message, payload),
            "is_loading": message.is_loading,
            "is_ephemeral": message.is_ephemeral,
            "used": self._used(message),
            "is_edited": message.edited_at is not None,
            "reply_to": self._reply_to(message),
            "can_delete": self._can_delete(message),
            "pending": [one.data["custom_id"] for one in used_here if self.screens.is_pending(one)],
            "failure": INTERACTION_FAILED if has_failed else None,
        }

    def _used(self, message: Message) -> JsonObject | None:
        origin = message.origin
        if origin is None or origin.command_name is None:
            return None
        interaction = self.state.interactions[origin.interaction_id]
        return {
            "user": str(origin.user_id),
            "name": _command_name(interaction),
            "kind": _KINDS[CommandType(origin.command_type or 1)],
        }

    def _reply_to(self, message: Message) -> JsonObject | None:
        """Return what is answered: the message that a reply names, or the one that a followup follows."""
        answered_id = int((message.reference or {}).get("message_id") or 0)
        if message.origin is not None and message.origin.original_response_id not in (None, message.id):
            answered_id = message.origin.original_response_id or 0
        answered = self.state.messages.get(answered_id)
        if not answered_id:
            return None
        if answered is None or not self.member.sees(answered):
            return {"message": str(answered_id), "user": None, "text": "Original message was deleted"}
        return {"message": str(answered.id), "user": str(answered.author_id), "text": _excerpt(answered)}

    def _can_delete(self, message: Message) -> bool:
        if message.is_ephemeral:
            return False
        is_own = message.author_id == self.member.id
        return is_own or Permission.MANAGE_MESSAGES in self.state.permissions(self.member.id, self.channel)


def _command_name(interaction: Interaction) -> str:
    """Return the command's name with those of its subcommands."""
    names, options = [str(interaction.data.get("name"))], interaction.data.get("options") or []
    while options and options[0].get("type") in (1, 2):
        names.append(str(options[0]["name"]))
        options = options[0].get("options") or []
    return " ".join(names)


def _excerpt(message: Message) -> str:
    text = message.content or ("Click to see attachment" if message.attachments or message.components else "")
    return text[:_EXCERPT_CHARACTERS]


def _with_revision(entry: JsonObject) -> JsonObject:
    written = json.dumps(entry, sort_keys=True, default=str).encode()
    return {**entry, "revision": hashlib.blake2b(written, digest_size=8).hexdigest()}
