"""The gateway itself: takes connections, keeps sessions, hands out events, and breaks on request."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from sandbox.clock import SandboxClock
from sandbox.discord.gateway.connection import Connection
from sandbox.discord.gateway.login import IdentifyWindow, RefusedError, parse_identify, parse_resume
from sandbox.discord.gateway.members import members_chunk
from sandbox.discord.gateway.session import Session, Shard
from sandbox.discord.gateway.source import EventSource
from sandbox.discord.gateway.wire import GATEWAY_VERSION, CloseCode, Intent, Op, frame

_POLL_SECONDS = 0.01
_REPEATABLE = frozenset({"INTERACTION_CREATE"})
_ONLY_WHEN_LOGGED_IN = frozenset({Op.PRESENCE_UPDATE, Op.VOICE_STATE_UPDATE, Op.REQUEST_GUILD_MEMBERS})


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayPace:
    """The gateway's times, in seconds; the defaults are Discord's."""

    heartbeat_seconds: float = 41.25
    identify_window_seconds: float = 5.0
    max_concurrency: int = 1
    resume_seconds: float = 180.0
    """For how long a session without a connection is kept, by the sandbox's clock."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identified:
    """A login, fresh or resumed, that the gateway accepted."""

    session_id: str
    shard: Shard
    intents: Intent
    is_resumed: bool
    at: datetime


class Gateway:
    """The WebSocket side of the local Discord: `handle` takes connections, `dispatch` feeds it.

    `url` tells READY's `resume_gateway_url`, once the port is known.
    """

    def __init__(
        self, source: EventSource, *, clock: SandboxClock, url: Callable[[], str], pace: GatewayPace | None = None
    ) -> None:
        self.pace = pace or GatewayPace()
        self.refuse_resume = False
        """While true every Resume is answered with op 9, not resumable."""
        self.is_away = False
        """While true new connections are refused with 503; `drop` ends those that are there."""
        self.logins: list[Identified] = []
        self.sessions: list[Session] = []
        self._source = source
        self._clock = clock
        self._is_held = False
        self._is_closed = False
        self._repeat_next: list[int] = []
        self._connections: set[Connection] = set()
        self._window = IdentifyWindow(
            max_concurrency=self.pace.max_concurrency, window_seconds=self.pace.identify_window_seconds
        )
        self._url = url

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Speak with one client until its connection ends."""
        if self._is_closed or self.is_away:
            return web.Response(status=503)
        connection = Connection(request, self, heartbeat_seconds=self.pace.heartbeat_seconds)
        self._connections.add(connection)
        try:
            if request.query.get("v") != str(GATEWAY_VERSION):
                connection.close(CloseCode.INVALID_VERSION)
            return await connection.run()
        finally:
            self._connections.discard(connection)
            self._hung_up(connection)

    # What the state reports

    def dispatch(self, event: str, data: Mapping[str, object], *, guild_id: int | None, times: int = 1) -> int:
        """Hand an event to every session that wants it, `times` over; return how many sessions took it.

        An interaction too: of several bots with one token each gets it, and who answers first has it.
        """
        self._forget_the_dead()
        takers = [session for session in self.sessions if session.wants(event, guild_id)]
        if event in _REPEATABLE and self._repeat_next and takers:
            times = self._repeat_next.pop(0)
        for session in takers:
            for _ in range(times):
                session.push(event, data, guild_id=guild_id)
        return len(takers)

    def has_session_for(self, guild_id: int | None) -> bool:
        """Say whether anybody would take an interaction from that guild, or from a direct conversation."""
        self._forget_the_dead()
        return any(session.wants("INTERACTION_CREATE", guild_id) for session in self.sessions)

    @property
    def is_connected(self) -> bool:
        """Say whether a logged-in session is connected now."""
        return any(session.line is not None for session in self.sessions)

    async def wait_for_login(self, *, after: int = 0, timeout_seconds: float = 15.0) -> Identified:
        """Wait until more than `after` logins were accepted and return the newest.

        Raises: TimeoutError where nobody logged in within `timeout_seconds` of real time.
        """
        async with asyncio.timeout(timeout_seconds):
            while len(self.logins) <= after or not self.is_connected:  # noqa: ASYNC110 - polled like everything else here
                await asyncio.sleep(_POLL_SECONDS)
        return self.logins[-1]

    # Switches for what goes wrong

    def drop(self, *, code: int | None = None) -> None:
        """Cut every connection: reset without a goodbye, or close with `code`. Sessions stay resumable."""
        for connection in tuple(self._connections):
            if code is None:
                connection.reset()
            else:
                connection.close(code)

    def ask_reconnect(self) -> None:
        """Send op 7: clients reconnect and resume."""
        for connection in self._connections:
            connection.send(frame(Op.RECONNECT))

    def invalidate(self, *, resumable: bool) -> None:
        """Send op 9 to every connected session; those that are not `resumable` are gone."""
        for session in tuple(self.sessions):
            if session.line is not None:
                session.line.send(frame(Op.INVALID_SESSION, resumable))
                if not resumable:
                    self.sessions.remove(session)

    def hold(self) -> None:
        """Let events queue up instead of delivering them; heartbeats go on."""
        self._is_held = True
        for session in self.sessions:
            session.is_held = True

    def release(self) -> None:
        """Deliver what was held, in order, and everything after it at once."""
        self._is_held = False
        for session in self.sessions:
            session.is_held = False
            session.flush()

    def repeat_next_interaction(self, *, times: int = 2) -> None:
        """Deliver the next interaction `times` over, as Discord may after a hiccup."""
        self._repeat_next.append(times)

    # What clients say

    def said(self, connection: Connection, op: Op, data: object) -> None:
        """Act on a client's frame other than a heartbeat; what breaks the rules closes the connection."""
        try:
            self._obey(connection, op, data)
        except RefusedError as refused:
            connection.close(refused.code)

    def _obey(self, connection: Connection, op: Op, data: object) -> None:
        session = self._session_of(connection)
        if op in {Op.IDENTIFY, Op.RESUME} and session is not None:
            raise RefusedError(CloseCode.ALREADY_AUTHENTICATED)
        if op is Op.IDENTIFY:
            self._identify(connection, data)
        elif op is Op.RESUME:
            self._resume(connection, data)
        elif op not in _ONLY_WHEN_LOGGED_IN:
            raise RefusedError(CloseCode.UNKNOWN_OPCODE)
        elif session is None:
            raise RefusedError(CloseCode.NOT_AUTHENTICATED)
        elif op is Op.REQUEST_GUILD_MEMBERS:
            for chunk in members_chunk(data, self._source):
                session.push("GUILD_MEMBERS_CHUNK", chunk)

    def _identify(self, connection: Connection, data: object) -> None:
        identify = parse_identify(data, self._source)
        if not self._window.admits(identify.shard, at_seconds=self._clock.monotonic()):
            connection.send(frame(Op.INVALID_SESSION, data=False))
            return
        session = Session(
            session_id=secrets.token_hex(16),
            shard=identify.shard,
            intents=identify.intents,
            bot_user_id=str(self._source.bot_user()["id"]),
            line=connection,
        )
        self.sessions.append(session)
        self._greet(session)
        session.is_held = self._is_held
        self._log(session, is_resumed=False)

    def _greet(self, session: Session) -> None:
        """Send READY with every guild unavailable, then each guild whole."""
        guild_ids = [guild_id for guild_id in self._source.guild_ids if session.shard.covers(guild_id)]
        ready = {
            "v": GATEWAY_VERSION,
            "user": self._source.bot_user(),
            "guilds": [{"id": str(guild_id), "unavailable": True} for guild_id in guild_ids],
            "session_id": session.session_id,
            "session_type": "normal",
            "resume_gateway_url": self._url(),
            "shard": [session.shard.shard_id, session.shard.count],
            "application": self._source.application(),
            "private_channels": [],
            "relationships": [],
            "presences": [],
            "user_settings": {},
            "_trace": [],
        }
        session.push("READY", ready)
        if Intent.GUILDS in session.intents:
            for guild_id in guild_ids:
                session.push("GUILD_CREATE", self._source.guild(guild_id), guild_id=guild_id)

    def _resume(self, connection: Connection, data: object) -> None:
        self._forget_the_dead()
        wish = parse_resume(data, self._source)
        session = next((one for one in self.sessions if one.session_id == wish.session_id), None)
        if self.refuse_resume or session is None or not session.can_replay_from(wish.sequence):
            connection.send(frame(Op.INVALID_SESSION, data=False))
            return
        if wish.sequence > session.sequence:
            raise RefusedError(CloseCode.INVALID_SEQUENCE)
        if session.line is not None:  # the client was faster than the end of its old connection
            session.line.close(CloseCode.UNKNOWN_ERROR)
        session.is_held = self._is_held
        session.resume(connection, wish.sequence)
        self._log(session, is_resumed=True)

    def _log(self, session: Session, *, is_resumed: bool) -> None:
        login = Identified(
            session_id=session.session_id,
            shard=session.shard,
            intents=session.intents,
            is_resumed=is_resumed,
            at=self._clock.now(),
        )
        self.logins.append(login)

    # Ends

    def _session_of(self, connection: Connection) -> Session | None:
        return next((session for session in self.sessions if session.line is connection), None)

    def _hung_up(self, connection: Connection) -> None:
        """Keep the session for a resume, unless the client said goodbye (1000, 1001) or it had fallen silent."""
        session = self._session_of(connection)
        if session is None:
            return
        if connection.ended_session:
            self.sessions.remove(session)
        else:
            session.detach(at_seconds=self._clock.monotonic())

    def _forget_the_dead(self) -> None:
        now = self._clock.monotonic()
        self.sessions = [
            session
            for session in self.sessions
            if session.disconnected_at_seconds is None
            or now - session.disconnected_at_seconds < self.pace.resume_seconds
        ]

    async def close(self) -> None:
        """Close every connection with 1001, wait until it is gone, and take no more."""
        self._is_closed = True
        self.drop(code=CloseCode.GOING_AWAY)
        while self._connections:  # noqa: ASYNC110 - each ends by itself within the goodbye's time
            await asyncio.sleep(_POLL_SECONDS)
