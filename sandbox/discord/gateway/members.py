"""Answers to op 8, Request Guild Members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sandbox.discord.gateway.login import RefusedError
from sandbox.discord.gateway.source import EventSource
from sandbox.discord.gateway.wire import CloseCode

_CHUNK_SIZE = 1000


def members_chunk(data: object, source: EventSource) -> Iterator[Mapping[str, object]]:
    """Yield GUILD_MEMBERS_CHUNK data for a request by name or by ids, a thousand members each.

    Raises: RefusedError where the request is unreadable (4002).
    """
    if not isinstance(data, dict) or not str(data.get("guild_id", "")).isdigit():
        raise RefusedError(CloseCode.DECODE_ERROR)
    guild_id = int(data["guild_id"])
    found = [member for member in _members(guild_id, source) if _matches(member, data)]
    limit = data.get("limit")
    if isinstance(limit, int) and limit:
        found = found[:limit]
    count = max(1, -(-len(found) // _CHUNK_SIZE))
    for index in range(count):
        yield {
            "guild_id": str(guild_id),
            "members": found[index * _CHUNK_SIZE : (index + 1) * _CHUNK_SIZE],
            "chunk_index": index,
            "chunk_count": count,
            "nonce": data.get("nonce"),
        }


def _members(guild_id: int, source: EventSource) -> list[Mapping[str, object]]:
    return list(source.members(guild_id)) if guild_id in source.guild_ids else []


def _matches(member: Mapping[str, object], request: Mapping[str, object]) -> bool:
    user = member.get("user")
    if not isinstance(user, dict):
        return False
    ids = request.get("user_ids")
    if isinstance(ids, list):
        return str(user["id"]) in {str(one) for one in ids}
    return str(user["username"]).startswith(str(request.get("query") or ""))
