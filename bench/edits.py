"""How many edits a card takes from its command to its result."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench.burst import CAT
from sandbox.client_driver.driver import ClientDriver
from sandbox.client_driver.reply import Card
from sandbox.sandbox import Sandbox

JOBS = 12
# A job that runs straight through: a little while at the head of the queue, a little longer at work.
QUEUE_SECONDS, RUN_SECONDS = 2.0, 4.0
END_SECONDS = 90.0


async def edits_per_job(folder: Path) -> list[int]:
    """Run jobs of as many people, one each, to their ends; return how often each card was edited."""
    async with Sandbox.open(data_dir=folder) as sandbox:
        sandbox.model_api.pace.queue_seconds = QUEUE_SECONDS
        sandbox.model_api.pace.run_seconds = RUN_SECONDS
        sandbox.model_api.pace.positions = 1
        async with sandbox.bot(config=sandbox.write_config(overrides={"log": {"level": "WARNING"}})) as bot:
            await bot.wait_ready()
            people = [sandbox.clients.join(f"editor-{number}") for number in range(JOBS)]
            cards = await asyncio.gather(*(_run_one(person) for person in people))
            return [card.edits for card in cards]


async def _run_one(person: ClientDriver) -> Card:
    reply = await person.slash("edit", prompt="a fox in the snow", image1=CAT)
    card = await reply.message()
    return await card.until(lambda seen: seen.attachments, timeout_seconds=END_SECONDS)
