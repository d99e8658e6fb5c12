"""Whom a message names and whom it notifies, after `allowed_mentions`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.discord.channels import Channel
from sandbox.discord.kinds import ComponentType
from sandbox.discord.messages import MentionedParties
from sandbox.discord.permission_flags import Permission
from sandbox.discord.rules.fields import Fields
from sandbox.discord.state import DiscordState
from sandbox.discord.wire import JsonObject

_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(?:everyone|here)\b")
_MOST_IDS = 100


@dataclass(slots=True, kw_only=True, frozen=True)
class AllowedMentions:
    """What a body allows; `user_ids` and `role_ids` None mean all that the text names."""

    users: bool = True
    roles: bool = True
    everyone: bool = True
    user_ids: frozenset[int] = frozenset()
    role_ids: frozenset[int] = frozenset()
    replied_user: bool = True


EVERYBODY = AllowedMentions()
USERS_ONLY = AllowedMentions(roles=False, everyone=False)


def read_allowed_mentions(body: Fields, *, default: AllowedMentions) -> AllowedMentions:
    """The body's `allowed_mentions`; where it has none, `default` (for interactions: users only)."""
    allowed = body.child("allowed_mentions", required=False)
    if allowed is None:
        return default
    parse = allowed.scalars("parse")
    ids = {name: _ids(allowed, name) for name in ("users", "roles")}
    for name, found in ids.items():
        if name in parse and found:
            message = f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.'
            allowed.complain(name, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
        if len(found) > _MOST_IDS:
            allowed.complain(name, "BASE_TYPE_MAX_LENGTH", f"Must be {_MOST_IDS} or fewer in length.")
    return AllowedMentions(
        users="users" in parse,
        roles="roles" in parse,
        everyone="everyone" in parse,
        user_ids=ids["users"],
        role_ids=ids["roles"],
        replied_user=allowed.flag("replied_user"),
    )


def _ids(allowed: Fields, name: str) -> frozenset[int]:
    return frozenset(int(found) for found in allowed.scalars(name) if str(found).isdecimal())


def readable_texts(content: str, components: Iterable[JsonObject]) -> Iterator[str]:
    """Every text in which a mention counts: the content and all text displays, in reading order."""
    if content:
        yield content
    for component in components:
        if component["type"] == ComponentType.TEXT_DISPLAY:
            yield component["content"]
        yield from readable_texts("", component.get("components", []))


def mentioned_parties(
    state: DiscordState, channel: Channel, *, author_id: int, texts: Iterable[str], allowed: AllowedMentions
) -> MentionedParties:
    """Whom the texts name, as far as it is allowed and as the author may."""
    text = "\n".join(texts)
    guild = state.guild_of(channel)
    may_name_all = Permission.MENTION_EVERYONE in state.permissions(author_id, channel)
    users = [int(found) for found in _USER.findall(text)]
    roles = [int(found) for found in _ROLE.findall(text)] if guild is not None else []
    known_roles = guild.roles if guild is not None else {}
    return MentionedParties(
        user_ids=tuple(
            dict.fromkeys(
                user_id
                for user_id in users
                if user_id in state.users and (allowed.users or user_id in allowed.user_ids)
            )
        ),
        role_ids=tuple(
            dict.fromkeys(
                role_id
                for role_id in roles
                if role_id in known_roles
                and (allowed.roles or role_id in allowed.role_ids)
                and (known_roles[role_id].is_mentionable or may_name_all)
            )
        ),
        everyone=bool(_EVERYONE.search(text)) and allowed.everyone and may_name_all and guild is not None,
    )


def notified_user_ids(state: DiscordState, channel: Channel, parties: MentionedParties) -> set[int]:
    """The accounts that get a notification."""
    guild = state.guild_of(channel)
    notified = set(parties.user_ids)
    if guild is not None:
        for member in guild.members.values():
            if parties.everyone or set(member.role_ids) & set(parties.role_ids):
                notified.add(member.user_id)
    return notified
