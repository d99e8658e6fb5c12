"""A gateway session: what it wants to hear, what it has heard, and what is kept for a replay."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.discord.gateway.wire import Event, Intent, required_intent

REPLAY_EVENTS = 1000


class Line(Protocol):
    """A connection, as a session uses it."""

    def send(self, text: str) -> None:
        """Queue a text frame; frames leave in this order."""
        ...

    def close(self, code: int) -> None:
        """Close with `code` once the frames before it have left."""
        ...

    def reset(self) -> None:
        """Tear the TCP connection down at once, without a goodbye."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """One of `count` shards."""

    shard_id: int = 0
    count: int = 1

    def covers(self, guild_id: int | None) -> bool:
        """Say whether events of the guild, or of direct messages (None), belong to this shard."""
        return self.shard_id == (0 if guild_id is None else (guild_id >> 22) % self.count)


@dataclass(kw_only=True, slots=True, eq=False)
class Session:
    """One logged-in session; it outlives its connection until it is invalidated or forgotten."""

    session_id: str
    shard: Shard
    intents: Intent
    bot_user_id: str
    line: Line | None = None
    sequence: int = 0
    is_held: bool = False
    disconnected_at_seconds: float | None = None
    kept: deque[Event] = field(default_factory=lambda: deque(maxlen=REPLAY_EVENTS))
    waiting: deque[Event] = field(default_factory=deque)

    def wants(self, event: str, guild_id: int | None) -> bool:
        """Say whether this session is told of `event` in that place."""
        needed = required_intent(event, guild_id)
        return self.shard.covers(guild_id) and needed in self.intents

    def push(self, event: str, data: Mapping[str, object], *, guild_id: int | None = None) -> None:
        """Number the event, keep it for a replay, and send it where a connection is there and nothing is held."""
        self.sequence += 1
        numbered = Event(sequence=self.sequence, name=event, data=self._readable(event, data, guild_id))
        self.kept.append(numbered)
        if self.line is not None:
            self.waiting.append(numbered)
            self.flush()

    def flush(self) -> None:
        """Send what waits, unless events are held."""
        while self.line is not None and not self.is_held and self.waiting:
            self.line.send(self.waiting.popleft().frame())

    def can_replay_from(self, sequence: int) -> bool:
        """Say whether everything after `sequence` is still kept."""
        oldest = self.kept[0].sequence if self.kept else self.sequence + 1
        return oldest - 1 <= sequence

    def attach(self, line: Line) -> None:
        """Speak through `line` from now on."""
        self.line = line
        self.disconnected_at_seconds = None

    def resume(self, line: Line, sequence: int) -> None:
        """Take up the session on a new line: what was missed after `sequence`, then RESUMED."""
        self.attach(line)
        self.waiting = deque(event for event in self.kept if event.sequence > sequence)
        self.push("RESUMED", {"_trace": []})

    def detach(self, *, at_seconds: float) -> None:
        """Go on without a connection; missed events stay in the replay."""
        self.line = None
        self.waiting.clear()
        self.disconnected_at_seconds = at_seconds

    def _readable(self, event: str, data: Mapping[str, object], guild_id: int | None) -> Mapping[str, object]:
        """Blank what a session without the MESSAGE_CONTENT intent may not read: others' words in guilds."""
        if event not in {"MESSAGE_CREATE", "MESSAGE_UPDATE"} or guild_id is None:
            return data
        if Intent.MESSAGE_CONTENT in self.intents or self._is_about_the_bot(data):
            return data
        return {**data, "content": "", "embeds": [], "attachments": [], "components": []}

    def _is_about_the_bot(self, data: Mapping[str, object]) -> bool:
        author, mentions = data.get("author"), data.get("mentions")
        people = [author, *(mentions if isinstance(mentions, list) else [])]
        return any(isinstance(person, dict) and person.get("id") == self.bot_user_id for person in people)
