"""Stops serving: what people asked for is answered first, and a connection that does not end is left."""

from __future__ import annotations

import asyncio
import logging

import discord

log = logging.getLogger(__name__)

# What a clean stop gives the connection to Discord; submits under way get 8 s at the same time, all of it 10 s.
CLOSE_SECONDS = 5.0
CANCEL_SECONDS = 0.5
# What commands and presses under way get to be accepted or refused: otherwise their people would see "thinking" stay.
ANSWER_SECONDS = 2.0
# How discord.py 2.7.1 names the tasks that it starts for a command, a press or a modal.
_ANSWERS = ("CommandTree-invoker", "discord-ui-")


async def close_client(client: discord.Client, serving: asyncio.Task[None]) -> None:
    """Stop serving and close the client.

    discord.py 2.7.1 swallows a cancellation that meets it while it connects a shard again: then it serves on, and only
    the close ends it.
    """
    serving.cancel()
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await asyncio.wait({serving}, timeout=CANCEL_SECONDS)
            await _let_answers_out()
            await client.close()
            await asyncio.wait({serving})
    except TimeoutError:
        log.warning("the connection to Discord did not close within %.0f s", CLOSE_SECONDS)


async def _let_answers_out() -> None:
    """Let what people asked for before the stop be answered while the connection and the database are still there."""
    answering = {task for task in asyncio.all_tasks() if task.get_name().startswith(_ANSWERS)}
    if answering:
        await asyncio.wait(answering, timeout=ANSWER_SECONDS)
