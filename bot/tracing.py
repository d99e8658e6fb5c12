"""Sees each HTTP request of the connection to Discord leave and be answered, and by which clock."""

from __future__ import annotations

import aiohttp

from bot.clock_check import ClockWatch
from cogs.tries import tries_of_this_task


def request_trace(clock: ClockWatch) -> aiohttp.TraceConfig:
    """Return what discord.py's client is to be made with (`http_trace`); `clock` sees each answer's date."""

    async def seen(_: aiohttp.ClientSession, __: object, end: aiohttp.TraceRequestEndParams) -> None:
        clock.see(end.response.headers.get("Date"))

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(seen)
    trace.on_request_start.append(_begun)
    trace.on_request_headers_sent.append(_left)
    trace.on_request_end.append(_answered)
    return trace


async def _begun(_: aiohttp.ClientSession, __: object, ___: aiohttp.TraceRequestStartParams) -> None:
    if tries := tries_of_this_task():
        tries.begin()


async def _left(_: aiohttp.ClientSession, __: object, ___: aiohttp.TraceRequestHeadersSentParams) -> None:
    if tries := tries_of_this_task():
        tries.leave()


async def _answered(_: aiohttp.ClientSession, __: object, end: aiohttp.TraceRequestEndParams) -> None:
    if tries := tries_of_this_task():
        tries.answer(end.response.status)
