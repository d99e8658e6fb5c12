"""A gateway on a real socket over a small stand-in for the state, and a client that speaks frames by hand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from sandbox.clock import SandboxClock
from sandbox.discord.gateway import Gateway, GatewayPace, Intent

TOKEN = "the-bot"
GUILD_IN_SHARD_0 = 2 << 22
GUILD_IN_SHARD_1 = 3 << 22
SOON_SECONDS = 5.0
NO_INTENTS = Intent(0)

Frame = dict[str, object]


@dataclass(kw_only=True)
class TwoGuilds:
    """A sandbox of two guilds, which fall on different shards when there are two."""

    allowed_intents: Intent = NO_INTENTS
    guild_ids: Sequence[int] = (GUILD_IN_SHARD_0, GUILD_IN_SHARD_1)

    def accepts_token(self, token: str) -> bool:
        """One token is right."""
        return token == TOKEN

    def bot_user(self) -> Mapping[str, object]:
        """The bot is user 1."""
        return {"id": "1", "username": "painter", "bot": True}

    def application(self) -> Mapping[str, object]:
        """The application has the bot's id."""
        return {"id": "1", "flags": 0}

    def guild(self, guild_id: int) -> Mapping[str, object]:
        """A guild of the least size."""
        return {"id": str(guild_id), "name": "a guild"}

    def members(self, guild_id: int) -> Sequence[Mapping[str, object]]:
        """Three members, user0 to user2."""
        return [{"user": {"id": str(guild_id + number), "username": f"user{number}"}} for number in range(3)]


@dataclass(kw_only=True)
class RawClient:
    """A client that says exactly what a test tells it to."""

    socket: aiohttp.ClientWebSocketResponse
    session_id: str = ""
    sequence: int | None = None
    events: list[str] = field(default_factory=list)

    async def say(self, op: int, data: object = None) -> None:
        """Send a frame."""
        await self.socket.send_json({"op": op, "d": data})

    async def hear(self) -> Frame:
        """The next frame; notes sequence and session."""
        message = await self.socket.receive(timeout=SOON_SECONDS)
        assert message.type is aiohttp.WSMsgType.TEXT, f"closed with {self.socket.close_code}"
        frame: Frame = message.json()
        if frame["op"] == 0:
            self.events.append(str(frame["t"]))
            self.sequence = int(str(frame["s"]))
            if frame["t"] == "READY":
                self.session_id = frame["d"]["session_id"]  # type: ignore[index] # READY's data is an object
        return frame

    async def hear_event(self, name: str) -> Frame:
        """The next frame that is event `name`."""
        while (frame := await self.hear())["t"] != name:
            pass
        return frame

    async def hear_op(self, op: int) -> Frame:
        """The next frame with opcode `op`."""
        while (frame := await self.hear())["op"] != op:
            pass
        return frame

    async def close_code(self) -> int | None:
        """Read to the end and return the code with which the gateway closed."""
        async with asyncio.timeout(SOON_SECONDS):
            async for _ in self.socket:
                pass
        return self.socket.close_code

    async def identify(self, *, token: str = TOKEN, intents: int = 1, shard: Sequence[int] = (0, 1)) -> None:
        """Identify; what comes back is not read."""
        await self.say(2, {"token": token, "intents": intents, "shard": list(shard), "properties": {"os": "test"}})

    async def log_in(self, *, intents: int = 1, shard: Sequence[int] = (0, 1), guilds: int = 2) -> None:
        """Identify and hear everything up to the last guild."""
        await self.identify(intents=intents, shard=shard)
        await self.hear_event("READY")
        for _ in range(guilds):
            await self.hear_event("GUILD_CREATE")

    async def resume(self, session_id: str, sequence: int | None, *, token: str = TOKEN) -> None:
        """Resume; what comes back is not read."""
        await self.say(6, {"token": token, "session_id": session_id, "seq": sequence})


@dataclass(kw_only=True)
class GatewayRig:
    """A running gateway."""

    gateway: Gateway
    clock: SandboxClock
    url: str
    http: aiohttp.ClientSession
    open_sockets: contextlib.AsyncExitStack

    async def connect(self, *, version: str = "10") -> RawClient:
        """Connect a new client; it has not read Hello yet."""
        url = f"{self.url}?v={version}&encoding=json&compress=zlib-stream"
        socket = await self.open_sockets.enter_async_context(self.http.ws_connect(url))
        return RawClient(socket=socket)

    async def logged_in(self, *, intents: int = 1) -> RawClient:
        """A new client that has heard its guilds."""
        client = await self.connect()
        await client.log_in(intents=intents)
        return client

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the gateway has noticed something."""
        async with asyncio.timeout(SOON_SECONDS):
            while not condition():  # noqa: ASYNC110 - a condition of another task, polled
                await asyncio.sleep(0.005)

    async def until_disconnected(self) -> None:
        """Wait until the gateway has noticed that no session is connected."""
        await self.until(lambda: not self.gateway.is_connected)


@contextlib.asynccontextmanager
async def running_gateway(
    *, pace: GatewayPace | None = None, source: TwoGuilds | None = None
) -> AsyncIterator[GatewayRig]:
    """Run a gateway over `TwoGuilds` on a free port of loopback."""
    clock = SandboxClock()
    pace = pace or GatewayPace(identify_window_seconds=0)
    urls: list[str] = []
    gateway = Gateway(source or TwoGuilds(), clock=clock, url=lambda: urls[0], pace=pace)
    application = web.Application()
    application.router.add_get("/gateway", gateway.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    urls.append(f"ws://127.0.0.1:{runner.addresses[0][1]}/gateway")
    try:
        async with aiohttp.ClientSession() as http, contextlib.AsyncExitStack() as open_sockets:
            yield GatewayRig(gateway=gateway, clock=clock, url=urls[0], http=http, open_sockets=open_sockets)
    finally:
        await gateway.close()
        await runner.cleanup()
