"""Rate limits: buckets by route and major parameter, the global one, and that of old messages' edits."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from sandbox.clock import SandboxClock
from sandbox.discord.messages import Message
from sandbox.discord.rest.errors import ApiError
from sandbox.discord.rest.responses import Answer
from sandbox.discord.traffic import Call, normalized_route

GLOBAL_PER_SECOND = 50
OLD_MESSAGE_SECONDS = 3600
_MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token")


@dataclass(slots=True, kw_only=True, frozen=True)
class Limit:
    """So many calls within so many seconds."""

    calls: int
    seconds: float


@dataclass(slots=True, kw_only=True)
class _Window:
    ends_at: float
    used: int = 0


class RateLimits:
    """Counts calls by the sandbox's clock. `enabled` off lets everything pass and sends no headers.

    `by_route` (keys as `normalized_route` writes them) and `old_edits` may be changed by a test; routes that are not
    in it have no bucket of their own.
    """

    def __init__(self, clock: SandboxClock) -> None:
        self.clock = clock
        self.enabled = True
        self.by_route = dict(_DEFAULTS)
        self.old_edits = Limit(calls=3, seconds=60)
        self._windows: dict[str, _Window] = {}

    def admit(self, call: Call, template: str, *, counts_globally: bool) -> tuple[dict[str, str], Answer | None]:
        """Count a call of a route. Returns the headers for its answer, and the 429 when it is one too many."""
        if not self.enabled:
            return {}, None
        if counts_globally:
            window = self._window("global", seconds=1)
            if window.used >= GLOBAL_PER_SECOND:
                return {}, self._refusal(window, {}, scope="global")
            window.used += 1
        limit = self.by_route.get(_bucket_route(template))
        if limit is None:
            return {}, None
        window = self._window(_bucket_key(call, template), seconds=limit.seconds)
        if window.used >= limit.calls:
            return {}, self._refusal(window, self._headers(template, limit, window), scope="user")
        window.used += 1
        return self._headers(template, limit, window), None

    def admit_old_edit(self, message: Message) -> None:
        """Raises: ApiError 429 / 30046 (without retry_after) when too many messages older than an hour were edited."""
        age = self.clock.now() - message.created_at
        if not self.enabled or age.total_seconds() <= OLD_MESSAGE_SECONDS:
            return
        window = self._window(f"old edits {message.channel_id}", seconds=self.old_edits.seconds)
        if window.used >= self.old_edits.calls:
            sentence = "Maximum number of edits to messages older than 1 hour reached. Try again later"
            raise ApiError(429, 30046, sentence)
        window.used += 1

    def _window(self, key: str, *, seconds: float) -> _Window:
        now = self.clock.monotonic()
        window = self._windows.get(key)
        if window is None or window.ends_at <= now:
            window = self._windows[key] = _Window(ends_at=now + seconds)
        return window

    def _left(self, window: _Window) -> float:
        return max(0.0, window.ends_at - self.clock.monotonic())

    def _headers(self, template: str, limit: Limit, window: _Window) -> dict[str, str]:
        left = self._left(window)
        return {
            "X-RateLimit-Limit": str(limit.calls),
            "X-RateLimit-Remaining": str(max(0, limit.calls - window.used)),
            "X-RateLimit-Reset": f"{self.clock.now().timestamp() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(_bucket_route(template).encode()).hexdigest()[:32],
        }

    def _refusal(self, window: _Window, headers: dict[str, str], *, scope: str) -> Answer:
        left = max(0.001, round(self._left(window), 3))
        more = {"Retry-After": str(math.ceil(left)), "X-RateLimit-Scope": scope}
        if scope == "global":
            more["X-RateLimit-Global"] = "true"
        body = {"message": "You are being rate limited.", "retry_after": left, "global": scope == "global"}
        return Answer(status=429, body=body, headers=headers | more)


def _bucket_route(template: str) -> str:
    """`@original` is but another name of a message, so both share a bucket."""
    return normalized_route(template).replace("@original", "{}")


def _bucket_key(call: Call, template: str) -> str:
    major = [call.parameters[name] for name in _MAJOR if name in call.parameters]
    return " ".join([_bucket_route(template), *major])


_DEFAULTS = {
    normalized_route(route): limit
    for route, limit in {
        "POST /channels/{channel_id}/messages": Limit(calls=5, seconds=5),
        "PATCH /channels/{channel_id}/messages/{message_id}": Limit(calls=5, seconds=5),
        "DELETE /channels/{channel_id}/messages/{message_id}": Limit(calls=5, seconds=1),
        "GET /channels/{channel_id}/messages": Limit(calls=5, seconds=1),
        "GET /channels/{channel_id}/messages/{message_id}": Limit(calls=5, seconds=1),
        "POST /channels/{channel_id}/typing": Limit(calls=5, seconds=5),
        "POST /users/@me/channels": Limit(calls=10, seconds=10),
        "POST /webhooks/{webhook_id}/{webhook_token}": Limit(calls=5, seconds=2),
        "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}": Limit(calls=5, seconds=2),
        "GET /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}": Limit(calls=5, seconds=2),
        "DELETE /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}": Limit(calls=5, seconds=2),
        "PUT /applications/{application_id}/commands": Limit(calls=5, seconds=20),
        "PUT /applications/{application_id}/guilds/{guild_id}/commands": Limit(calls=5, seconds=20),
    }.items()
}
