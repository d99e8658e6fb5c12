"""One bot in a sandbox of its own, and bursts of commands at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.bot_process import BotProcess
from sandbox.client_driver.driver import ClientDriver
from sandbox.client_driver.reply import Reply
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox

CALLBACK = "POST /interactions/{id}/{token}/callback"
CAT = paint("cat.png", width=64, height=64)
QUIET_SECONDS = 1.0
SETTLE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A bot under measurement and the sandbox that it runs in."""

    name: str
    sandbox: Sandbox
    bot: BotProcess
    people: Sequence[ClientDriver]


@asynccontextmanager
async def open_subject(name: str, module: str | None, *, data_dir: Path, people: int) -> AsyncIterator[Subject]:
    """Start a bot: the real one, or that of `module`.

    Jobs stay in the queue and are hardly polled, so that a burst meets no work of the one before.
    """
    async with Sandbox.open(data_dir=data_dir) as sandbox:
        sandbox.model_api.pace.queue_seconds = 3600.0
        config = sandbox.write_config(
            overrides={
                "jobs": {"poll_min_seconds": 600, "poll_max_seconds": 600},
                "quota": {"jobs_per_day": 1000, "running_per_user": 1000},
                "log": {"level": "WARNING"},
            }
        )
        members = [sandbox.clients.join(f"{name}-{number}") for number in range(people)]
        bot = (
            sandbox.bot(config=config)
            if module is None
            else sandbox.bot(config=config, module=module, arguments=["--config", str(config)])
        )
        async with bot:
            await bot.wait_ready()
            yield Subject(name=name, sandbox=sandbox, bot=bot, people=members)


async def burst(subject: Subject, size: int) -> list[float]:
    """Have `size` people send the command at the same moment; return each one's seconds until the callback arrived.

    The gateway holds the events back until all are there, so that the bot gets them in one go.
    """
    sandbox = subject.sandbox
    sandbox.gateway.hold()
    replies = [await person.slash("edit", prompt="a fox in the snow", image1=CAT) for person in subject.people[:size]]
    since = sandbox.clock.now()
    sandbox.gateway.release()
    for reply in replies:
        await reply.acknowledged()
    seconds = [_arrival(subject, reply) - since.timestamp() for reply in replies]
    await _settle(subject)
    return seconds


def _arrival(subject: Subject, reply: Reply) -> float:
    """Return when the callback's request reached the local Discord, before it was worked on."""
    interaction_id = str(reply.interaction.id)
    calls = subject.sandbox.discord.traffic.to(CALLBACK)
    return next(call.at for call in reversed(calls) if interaction_id in call.path).timestamp()


async def _settle(subject: Subject) -> None:
    """Wait until the bot has called nobody for a moment: its work for this burst is done."""
    async with asyncio.timeout(SETTLE_SECONDS):
        before = -1
        while (now := _calls(subject)) != before:
            before = now
            await asyncio.sleep(QUIET_SECONDS)


def _calls(subject: Subject) -> int:
    return len(subject.sandbox.discord.traffic) + len(subject.sandbox.model_api.traffic.calls)
