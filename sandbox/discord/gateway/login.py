"""What a client says to log in, held against the gateway's rules."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.discord.gateway.session import Shard
from sandbox.discord.gateway.source import EventSource
from sandbox.discord.gateway.wire import KNOWN_INTENTS, PRIVILEGED, CloseCode, Intent

_SHARD_PARTS = 2


class RefusedError(Exception):
    """The gateway closes the connection with `code`."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass(frozen=True, kw_only=True, slots=True)
class Identify:
    """A valid Identify."""

    shard: Shard
    intents: Intent
    properties: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Resume:
    """A readable Resume whose token is the bot's."""

    session_id: str
    sequence: int


@dataclass(kw_only=True, slots=True)
class IdentifyWindow:
    """How many Identifies each bucket of shards may send: `max_concurrency` buckets, one Identify each per window."""

    max_concurrency: int
    window_seconds: float
    _last: dict[int, deque[float]] = field(default_factory=dict)

    def admits(self, shard: Shard, *, at_seconds: float) -> bool:
        """Count an Identify of `shard`; false where its bucket has had its one."""
        bucket = self._last.setdefault(shard.shard_id % self.max_concurrency, deque(maxlen=1))
        if bucket and at_seconds - bucket[0] < self.window_seconds:
            return False
        bucket.append(at_seconds)
        return True


def parse_identify(data: object, source: EventSource) -> Identify:
    """Read an Identify's data.

    Raises: RefusedError 4002 unreadable, 4004 wrong token, 4010 impossible shard, 4013 unknown intents, 4014
    privileged intents that are not switched on.
    """
    if not isinstance(data, dict) or not isinstance(data.get("properties"), dict):
        raise RefusedError(CloseCode.DECODE_ERROR)
    _check_token(data, source)
    return Identify(
        shard=_shard(data.get("shard", [0, 1])),
        intents=_intents(data.get("intents"), source),
        properties=data["properties"],
    )


def parse_resume(data: object, source: EventSource) -> Resume:
    """Read a Resume's data.

    Raises: RefusedError 4002 unreadable, 4004 wrong token.
    """
    if not isinstance(data, dict):
        raise RefusedError(CloseCode.DECODE_ERROR)
    _check_token(data, source)
    session_id, sequence = data.get("session_id"), data.get("seq")
    if not isinstance(session_id, str) or not isinstance(sequence, int):
        raise RefusedError(CloseCode.DECODE_ERROR)
    return Resume(session_id=session_id, sequence=sequence)


def _check_token(data: Mapping[str, object], source: EventSource) -> None:
    token = data.get("token")
    if not isinstance(token, str) or not source.accepts_token(token.removeprefix("Bot ")):
        raise RefusedError(CloseCode.AUTHENTICATION_FAILED)


def _shard(given: object) -> Shard:
    if isinstance(given, list) and len(given) == _SHARD_PARTS:
        shard_id, count = given
        if isinstance(shard_id, int) and isinstance(count, int) and 0 <= shard_id < count:
            return Shard(shard_id=shard_id, count=count)
    raise RefusedError(CloseCode.INVALID_SHARD)


def _intents(given: object, source: EventSource) -> Intent:
    if not isinstance(given, int) or given < 0 or given & ~KNOWN_INTENTS:
        raise RefusedError(CloseCode.INVALID_INTENTS)
    wanted = Intent(given)
    if wanted & PRIVILEGED & ~source.allowed_intents:
        raise RefusedError(CloseCode.DISALLOWED_INTENTS)
    return wanted
