"""What goes over the wires, from all three sides in one list."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sandbox.discord.traffic import Call as RestCall
from sandbox.discord.wire import JsonObject, timestamp
from sandbox.model_api import Call as ApiCall
from sandbox.sandbox import Sandbox

MOST_ROWS = 200
_KEPT_CALLS = 2_000
_LONGEST_TEXT = 300
_FIRST_BAD_STATUS = 400
_SECRET_PARAMETERS = ("interaction_token", "webhook_token")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Event:
    """Something that the gateway told the bot, or the bot the gateway."""

    at: datetime
    text: str


class TrafficLog:
    """Follows the calls of both services and the gateway's events; the oldest calls are let go."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._rows: deque[tuple[int, RestCall | ApiCall | _Event]] = deque(maxlen=MOST_ROWS)
        self._count = self._rest_seen = self._api_seen = self._logins_seen = 0
        sandbox.state.gateway_listeners.append(self._listen)

    def close(self) -> None:
        """Stop listening."""
        self._sandbox.state.gateway_listeners.remove(self._listen)

    def rows(self) -> list[JsonObject]:
        """Return the newest rows, newest first."""
        self._take_in()
        return [_row(number, entry) for number, entry in reversed(self._rows)]

    def _listen(self, name: str, _: JsonObject, guild_id: int | None) -> None:
        """Note an event that somebody gets; what the bot has no intent for is not sent."""
        if any(session.wants(name, guild_id) for session in self._sandbox.gateway.sessions):
            self._take_in()
            self._add(_Event(at=self._sandbox.clock.now(), text=f"→ {name}"))

    def _take_in(self) -> None:
        """Take in what came since the last look, in the order of its times."""
        for entry in sorted(self._new(), key=lambda one: one.at):
            self._add(entry)

    def _new(self) -> Iterator[RestCall | ApiCall | _Event]:
        rest, api = self._sandbox.discord.traffic, self._sandbox.model_api.traffic.calls
        yield from rest[self._rest_seen :]
        yield from api[self._api_seen :]
        for login in self._sandbox.gateway.logins[self._logins_seen :]:
            yield _Event(at=login.at, text="← RESUME" if login.is_resumed else "← IDENTIFY")
        for calls in (rest, api):
            del calls[:-_KEPT_CALLS]
        self._rest_seen, self._api_seen = len(rest), len(api)
        self._logins_seen = len(self._sandbox.gateway.logins)

    def _add(self, entry: RestCall | ApiCall | _Event) -> None:
        self._count += 1
        self._rows.append((self._count, entry))


def _row(number: int, entry: RestCall | ApiCall | _Event) -> JsonObject:
    if isinstance(entry, _Event):
        side, text, note, status, answered_at, is_error = "gateway", entry.text, None, None, None, False
    else:
        side, text, note = _told(entry)
        status, answered_at = entry.status, entry.answered_at
        is_error = (status is None and note is not None) or (status or 0) >= _FIRST_BAD_STATUS
    took = None if answered_at is None else round((answered_at - entry.at).total_seconds() * 1000)
    return {
        "id": number,
        "at": timestamp(entry.at),
        "side": side,
        "text": text[:_LONGEST_TEXT],
        "status": status,
        "ms": took,
        "note": note,
        "is_error": is_error,
    }


def _told(call: RestCall | ApiCall) -> tuple[str, str, str | None]:
    """Return side, text and note of a call; tokens in addresses are left out."""
    if not isinstance(call, RestCall):
        return "api", f"{call.method} {call.path}", call.fault
    path = call.path
    for name in _SECRET_PARAMETERS:
        token = call.parameters.get(name)
        path = path.replace(token, "…") if token else path
    body = call.response
    code = body.get("code") if isinstance(body, dict) and (call.status or 0) >= _FIRST_BAD_STATUS else None
    return "rest", f"{call.method} {path}", f"code {code}" if code else None
