"""One WebSocket connection of a gateway client: frames in order, heartbeats, closings and resets."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from aiohttp import ClientConnectionError, WSMsgType, web

from sandbox.discord.gateway.wire import MAX_CLIENT_FRAME_BYTES, CloseCode, Op, frame

_FRAMES_PER_MINUTE = 120
_MINUTE_SECONDS = 60.0
_GOODBYE_SECONDS = 1.0
_GOODBYE_CODES = frozenset({1000, 1001})
ACK_SECONDS = 0.05
"""How long a heartbeat's acknowledgement is on its way.

discord.py's keep-alive thread notes when it sent a heartbeat only after it has left. An answer that is faster than
that thread counts from the heartbeat before, and the bot warns that it is a whole interval behind.
"""


class Handler(Protocol):
    """Who answers what a client says."""

    def said(self, connection: Connection, op: Op, data: object) -> None:
        """Act on a frame other than a heartbeat."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class _Close:
    code: int


class Connection:
    """One client's WebSocket. `run` returns when it is gone, whoever ended it."""

    def __init__(self, request: web.Request, handler: Handler, *, heartbeat_seconds: float) -> None:
        self._request = request
        self._handler = handler
        self._heartbeat_seconds = heartbeat_seconds
        self._socket = web.WebSocketResponse(timeout=_GOODBYE_SECONDS, max_msg_size=1 << 20)
        self._out: asyncio.Queue[str | _Close] = asyncio.Queue()
        self._heard = asyncio.Event()
        self._recent: deque[float] = deque(maxlen=_FRAMES_PER_MINUTE)
        self.ended_session = False
        """The client said goodbye with 1000 or 1001, or fell silent: its session cannot be resumed."""
        self.is_closing = False
        self._says_goodbye = False

    def send(self, text: str) -> None:
        """Queue a text frame; frames leave in this order, none after a `close`."""
        self._out.put_nowait(text)

    def close(self, code: int) -> None:
        """Close with `code` once the frames before it have left; nothing more is read."""
        self.is_closing = self._says_goodbye = True
        self._out.put_nowait(_Close(code=code))

    def reset(self) -> None:
        """Reset the TCP connection: the client sees no close frame, and what is under way is lost."""
        self.is_closing = True
        transport = self._request.transport
        if transport is None:
            return
        linger_not = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not)
        transport.abort()

    async def run(self) -> web.WebSocketResponse:
        """Speak with the client until the connection ends."""
        await self._socket.prepare(self._request)
        interval = round(self._heartbeat_seconds * 1000)
        self.send(frame(Op.HELLO, {"heartbeat_interval": interval, "_trace": []}))
        async with asyncio.TaskGroup() as tasks:
            writer = tasks.create_task(self._write())
            watch = tasks.create_task(self._watch_heartbeats())
            await self._read()
            watch.cancel()
            if not self._says_goodbye:  # else the writer ends by itself, once the client has answered the close frame
                writer.cancel()
        return self._socket

    async def _write(self) -> None:
        while True:
            item = await self._out.get()
            try:
                if isinstance(item, _Close):
                    await self._socket.close(code=item.code)
                    return
                await self._socket.send_str(item)
            except ClientConnectionError:  # the client is gone; the reader notices and ends
                return

    async def _watch_heartbeats(self) -> None:
        """Close with 4009 a client that lets more than one and a half intervals pass without a heartbeat."""
        while True:
            try:
                async with asyncio.timeout(self._heartbeat_seconds * 1.5):
                    await self._heard.wait()
            except TimeoutError:
                self.ended_session = True
                self.close(CloseCode.SESSION_TIMED_OUT)
                return
            self._heard.clear()

    async def _read(self) -> None:
        async for message in self._socket:
            if self.is_closing:
                continue
            if message.type is not WSMsgType.TEXT:
                self.close(CloseCode.DECODE_ERROR)
                continue
            self._take(message.data)
        if not self.is_closing and self._socket.close_code in _GOODBYE_CODES:
            self.ended_session = True

    def _take(self, text: str) -> None:
        now = asyncio.get_running_loop().time()
        if len(self._recent) == _FRAMES_PER_MINUTE and now - self._recent[0] < _MINUTE_SECONDS:
            self.close(CloseCode.RATE_LIMITED)
            return
        self._recent.append(now)
        message = _parsed(text)
        if message is None:
            self.close(CloseCode.DECODE_ERROR)
            return
        code = message.get("op")
        op = Op(code) if isinstance(code, int) and code in set(Op) else None
        if op is None:
            self.close(CloseCode.UNKNOWN_OPCODE)
        elif op is Op.HEARTBEAT:
            self._heard.set()
            asyncio.get_running_loop().call_later(ACK_SECONDS, self.send, frame(Op.HEARTBEAT_ACK))
        else:
            self._handler.said(self, op, message.get("d"))


def _parsed(text: str) -> Mapping[str, object] | None:
    if len(text.encode()) > MAX_CLIENT_FRAME_BYTES:
        return None
    try:
        message = json.loads(text)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
