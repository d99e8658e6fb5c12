"""Makes a scripted fault happen on the real socket."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable

from aiohttp import web

from sandbox.model_api.faults import Fault, FaultOrder
from sandbox.model_api.json_values import JsonObject, parse_object

_PAGE = (
    "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr><center>nginx</center></body></html>"
)
_HANGS = frozenset({Fault.HANG_BEFORE, Fault.HANG_AFTER})
_CUTS = frozenset({Fault.HANG_UP_BEFORE, Fault.HANG_UP_AFTER})
_RESETS = frozenset({Fault.RESET_BEFORE, Fault.RESET_AFTER})
_GATEWAY_STATUSES = range(502, 505)
_DROP_SECONDS = 0.1
_CHUNK = bytes(1 << 16)
_OVERSIZE_BYTES = 600 * 1024 * 1024
_HUGE_BYTES = 80 * 1024 * 1024


class FaultDelivery:
    """Delivers faults. `closing` ends every hanging answer; `elsewhere` is where redirects lead by default."""

    def __init__(self, *, closing: asyncio.Event, elsewhere: Callable[[], str]) -> None:
        self._closing = closing
        self._elsewhere = elsewhere

    async def deliver(self, order: FaultOrder, request: web.Request, answer: web.Response | None) -> web.StreamResponse:
        """Answer a call wrongly, or not at all. `answer` is the right one, when the effect has happened."""
        fault = order.fault
        if fault in _HANGS:
            await self._closing.wait()
        if fault in _HANGS | _CUTS | _RESETS:
            return _cut(request, resets=fault in _RESETS)
        if fault is Fault.DRIP:
            return await self._drip(request)
        if fault is Fault.TRUNCATED_FILE and answer is not None:
            return await _truncate(request, answer)
        if fault in {Fault.OVERSIZE, Fault.HUGE_BODY}:
            return await self._flood(request, order, answer)
        return self._spoil(order, answer) if answer is not None else self._refuse(order)

    def _refuse(self, order: FaultOrder) -> web.Response:
        """Make a whole, wrong answer to a call that had no effect."""
        makers: dict[Fault, Callable[[], web.Response]] = {
            Fault.TOO_MANY_REQUESTS: lambda: _json(order, 429, {"message": "Too Many Requests"}),
            Fault.FORBIDDEN: lambda: _json(order, 403, {"message": "Forbidden"}),
            Fault.ERROR_UNDER_200: lambda: _json(
                order, 200, {"error_code": order.error_code or 500001, "error_message": "Internal Server Error"}
            ),
            Fault.REQUEST_GONE: lambda: _json(
                order, 404, {"error_code": 404001, "error_message": "ResourceNotFound: no such request"}
            ),
            Fault.FILE_GONE: lambda: web.Response(
                status=order.status or 404, text="<Code>NoSuchKey</Code>", content_type="application/xml"
            ),
            Fault.REDIRECT: lambda: web.Response(
                status=order.status or 307, headers={"Location": order.location or self._elsewhere()}
            ),
            Fault.ERROR_BEFORE: lambda: _error(order),
        }
        return makers[order.fault]()

    def _spoil(self, order: FaultOrder, answer: web.Response) -> web.Response:
        """Spoil the right answer of a call whose effect has happened."""
        right = answer.body if isinstance(answer.body, bytes) else b""
        body = parse_object(right) or {}
        makers: dict[Fault, Callable[[], web.Response]] = {
            Fault.ERROR_AFTER: lambda: _error(order),
            Fault.HTML: lambda: _page(order.status or 200),
            Fault.TRUNCATED_JSON: lambda: _json_text(right[: max(1, len(right) // 2)]),
            Fault.WRONG_TYPES: lambda: web.json_response(_with_wrong_types(body)),
            Fault.NOT_AN_OBJECT: lambda: web.json_response([body]),
            Fault.EMPTY_BODY: lambda: _json_text(b""),
            Fault.REQUEST_ID_MISSING: lambda: web.json_response({k: v for k, v in body.items() if k != "request_id"}),
            Fault.REQUEST_ID_UNUSABLE: lambda: web.json_response({**body, "request_id": "../models?x=1#"}),
            Fault.UNKNOWN_STATE: lambda: web.json_response({**body, "status": order.word or "hibernating"}),
            Fault.WRONG_CONTENT_TYPE: lambda: web.Response(body=right, content_type="text/html"),
            Fault.NOT_A_PICTURE: lambda: web.Response(body=_PAGE.format("Sign in").encode(), content_type="image/png"),
            Fault.EMPTY_FILE: lambda: web.Response(body=b"", content_type=answer.content_type),
        }
        return makers[order.fault]()

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        """Send blanks, one at a time, which are valid JSON so far: only a limit on the whole call ends this."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        while not self._closing.is_set():
            await response.write(b" ")
            try:
                await asyncio.wait_for(self._closing.wait(), _DROP_SECONDS)
            except TimeoutError:
                continue
        return _cut(request, resets=False)

    async def _flood(self, request: web.Request, order: FaultOrder, answer: web.Response | None) -> web.StreamResponse:
        """Send far more than anybody asked for, without telling its length."""
        is_file = order.fault is Fault.OVERSIZE
        content_type = answer.content_type if answer is not None and is_file else "application/json"
        left = order.byte_count or (_OVERSIZE_BYTES if is_file else _HUGE_BYTES)
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        filling = _CHUNK if is_file else b" " * len(_CHUNK)
        while left > 0 and not self._closing.is_set():
            await response.write(filling[:left])
            left -= len(filling)
        await response.write_eof()
        return response


async def _truncate(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Promise the whole file's length, send half of it, and close the connection."""
    data = answer.body if isinstance(answer.body, bytes) else b""
    response = web.StreamResponse(headers={"Content-Type": answer.content_type, "Content-Length": str(len(data))})
    await response.prepare(request)
    await response.write(data[: len(data) // 2])
    return _cut(request, resets=False)


def _cut(request: web.Request, *, resets: bool) -> web.Response:
    """Close the connection under the call; with `resets` as a TCP reset, at once and without what was unsent."""
    transport = request.transport
    if transport is not None:
        if resets:
            connection = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()
    return web.Response()


def _error(order: FaultOrder) -> web.Response:
    status = order.status or 500
    if status in _GATEWAY_STATUSES:
        return _page(status)
    return _json(order, 500, {"error_code": status * 1000 + 1, "error_message": "Internal Server Error"})


def _json(order: FaultOrder, status: int, body: JsonObject) -> web.Response:
    headers = {} if order.retry_after is None else {"Retry-After": order.retry_after}
    return web.json_response(body, status=order.status or status, headers=headers)


def _page(status: int) -> web.Response:
    return web.Response(status=status, text=_PAGE.format(f"{status} from the gateway"), content_type="text/html")


def _json_text(data: bytes) -> web.Response:
    return web.Response(body=data, content_type="application/json")


def _with_wrong_types(body: JsonObject) -> JsonObject:
    """Turn every value into one of another type."""
    return {name: [len(json.dumps(value))] if isinstance(value, str) else str(value) for name, value in body.items()}
