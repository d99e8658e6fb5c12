"""One episode: a sandbox, one or two processes of the bot, people, kills and faults; then quiet, and the books."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.bot_config import Overrides
from sandbox.bot_process import BotProcess
from sandbox.client_driver import Card, ClientDriver, ClientRefused, CommandNotFound, InteractionFailed, NotThere, Reply
from sandbox.discord import posting
from sandbox.discord.channels import Overwrite
from sandbox.discord.permission_flags import Permission
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from sandbox.spawning import Spawn
from tests.chaos.books import Books, JobRow, asked_commands, job_rows, paid_requests, posted_messages
from tests.chaos.judge import END_WORDS
from tests.chaos.plan import Action, Plan, Step
from tests.chaos.trouble import KILL_POINTS, strike_api, strike_discord
from tests.contract.store.databases import PostgresServer
from tests.rig import SHRINK

QUIET_SECONDS = 90.0
_LOOK_SECONDS = 0.25
_PATIENCE_SECONDS = 4.0  # of somebody who waits for a button
_OVERRIDES: Overrides = {
    "runcomfy": {"submit_timeout_seconds": 3.0, "timeout_seconds": 3.0},
    "jobs": {"scan_seconds": 0.5, "lease_seconds": 3.0},
    "quota": {"jobs_per_day": 1000, "running_per_user": 2, "waiting_per_user": 100},
}
_MISSED = (ClientRefused, CommandNotFound, InteractionFailed, NotThere, TimeoutError)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What an episode left: its books, counts, and logs by name."""

    books: Books
    counts: Counter[str]
    logs: dict[str, str]


class Episode:
    """Plays a plan in an open sandbox."""

    def __init__(self, plan: Plan, sandbox: Sandbox, *, url: str, postgres: PostgresServer | None) -> None:
        self._plan = plan
        self._sandbox = sandbox
        self._url = url
        self._postgres = postgres
        self._bots: list[BotProcess] = []
        self._busy: set[int] = set()  # processes whose end or start is somebody's work just now
        self._replies: list[Reply] = []
        self._kills: list[datetime] = []
        self._outages: list[tuple[datetime, datetime]] = []
        self._undelivered: set[int] = set()
        self._diary: list[str] = []
        self.counts: Counter[str] = Counter()

    async def play(self) -> Outcome:
        """Play it to its end and return what is left."""
        async with contextlib.AsyncExitStack() as stack:
            for number in range(self._plan.processes):
                results = str(self._sandbox.data_dir / f"results-{number}")
                overrides: Overrides = {**_OVERRIDES, "jobs": {**_OVERRIDES["jobs"], "results_dir": results}}  # type: ignore[dict-item]  # a table
                config = self._sandbox.write_config(
                    f"config-{number}.toml", database_url=self._url, overrides=overrides
                )
                bot = await stack.enter_async_context(self._sandbox.bot(config=config))
                self._bots.append(await bot.wait_ready())
            keeper = asyncio.create_task(self._keep_running())
            try:
                await self._perform()
                self._end_trouble()
                await self._quiet()
            finally:
                keeper.cancel()
                await asyncio.gather(keeper, return_exceptions=True)
            return await self._outcome()

    async def _perform(self) -> None:
        began = time.monotonic()
        async with asyncio.TaskGroup() as actions:
            for number, step in enumerate(self._plan.steps):
                await asyncio.sleep(max(0.0, began + step.at - time.monotonic()))
                self._note(f"{step.action} {step.choice}")
                actions.create_task(self._do(step, number))

    async def _do(self, step: Step, number: int) -> None:
        doers: dict[Action, Callable[[], Awaitable[None]]] = {
            Action.EDIT: lambda: self._edit(step, number),
            Action.CANCEL: lambda: self._press(step, "Cancel"),
            Action.ANEW: lambda: self._press(step, "Submit anew", is_confirmed=True),
            Action.HISTORY: lambda: self._history(step),
            Action.DELETE: lambda: self._delete(step),
            Action.KILL: lambda: self._kill(step.choice % len(self._bots)),
            Action.KILL_AT: lambda: self._kill_at(step),
            Action.STOP: lambda: self._stop(step.choice % len(self._bots)),
            Action.API_FAULT: lambda: self._strike(strike_api, step),
            Action.DISCORD_FAULT: lambda: self._strike(strike_discord, step),
            Action.GATEWAY_DROP: lambda: self._drop_gateway(step),
            Action.NO_PERMISSION: lambda: self._take_permission(step),
            Action.DATABASE_AWAY: lambda: self._take_database(step),
        }
        with contextlib.suppress(*_MISSED):
            await doers[step.action]()

    # People

    def _member(self, step: Step) -> ClientDriver:
        people = self._sandbox.clients
        return (people.ada, people.ben, people.mod)[step.choice % 3]

    async def _edit(self, step: Step, number: int) -> None:
        self.counts["commands"] += 1
        prompt = f"wish {number} of seed {self._plan.seed}"
        try:
            reply = await self._member(step).slash(
                "edit",
                prompt=prompt,
                image1=paint("cat.png", width=64, height=48),
                private=step.is_private,
                twice=step.choice % 11 == 0,
            )
        except CommandNotFound:
            self.counts["commands"] -= 1
            raise
        self._replies.append(reply)
        if not reply.is_delivered:
            self._undelivered.add(reply.interaction.id)

    def _chosen(self, step: Step, label: str | None = None) -> Card | None:
        cards = [card for reply in self._replies for card in reply.messages]
        cards = [card for card in cards if label is None or label in card.labels]
        return cards[step.choice % len(cards)] if cards else None

    async def _press(self, step: Step, label: str, *, is_confirmed: bool = False) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while (card := self._chosen(step, label)) is None:
            if time.monotonic() > until:
                return
            await asyncio.sleep(_LOOK_SECONDS)
        self.counts[f"presses on {label}"] += 1
        reply = await card.click(label, twice=step.choice % 5 == 0)
        if is_confirmed:
            warning = await reply.message(timeout_seconds=3)
            self._replies.append(await warning.click(label, twice=step.choice % 2 == 0))

    async def _history(self, step: Step) -> None:
        await (await self._member(step).slash("history")).message(timeout_seconds=3)

    async def _delete(self, step: Step) -> None:
        card = self._chosen(step)
        if card is not None and not card.is_ephemeral:
            posting.remove(self._sandbox.state, card.message)

    # Trouble

    async def _strike(self, strike: Callable[[Sandbox, int], str], step: Step) -> None:
        self._note(strike(self._sandbox, step.choice))

    async def _kill(self, number: int) -> None:
        if number in self._busy or not self._bots[number].is_running:
            return
        self._busy.add(number)
        try:
            self._kills.append(self._sandbox.clock.now())
            await self._bots[number].kill()
            self._kills.append(self._sandbox.clock.now())
            self.counts["kills"] += 1
            self._note(f"killed {number}")
        finally:
            self._busy.discard(number)

    async def _kill_at(self, step: Step) -> None:
        route, is_applied = KILL_POINTS[step.choice % len(KILL_POINTS)]

        async def kill(_: object) -> None:
            await self._kill(step.choice % len(self._bots))

        if route is None:
            self._sandbox.model_api.hooks.after("submit", kill)
        elif is_applied:
            self._sandbox.discord.faults.hook(route, after=kill, times=1)
        else:
            self._sandbox.discord.faults.hook(route, before=kill, times=1)

    async def _stop(self, number: int) -> None:
        if number in self._busy or not self._bots[number].is_running:
            return
        self._busy.add(number)
        try:
            ended = await self._bots[number].terminate()
            self.counts["SIGTERMs"] += 1
            self._note(f"stopped {number}: {ended}")
        finally:
            self._busy.discard(number)

    async def _drop_gateway(self, step: Step) -> None:
        if step.choice % 2:
            self._sandbox.gateway.drop()
        else:
            self._sandbox.gateway.invalidate(resumable=False)

    async def _take_permission(self, step: Step) -> None:
        state = self._sandbox.state
        denied = Overwrite(target_id=state.bot.id, is_role=False, deny=Permission.SEND_MESSAGES)
        overwrites = state.channel("general").overwrites
        overwrites.append(denied)
        await asyncio.sleep(step.seconds)
        overwrites.remove(denied)

    async def _take_database(self, step: Step) -> None:
        began = self._sandbox.clock.now()
        if self._postgres is None:
            await self._lock_sqlite(step.seconds)
        else:
            name = urlsplit(self._url).path.removeprefix("/")
            end_all = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
            if step.choice % 2:
                await self._postgres.execute(end_all)
            else:
                await self._postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", end_all)
                await asyncio.sleep(step.seconds)
                await self._postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        self._outages.append((began, self._sandbox.clock.now()))

    async def _lock_sqlite(self, seconds: float) -> None:
        path = Path(self._url.partition(":///")[2])
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other:
            with contextlib.suppress(sqlite3.OperationalError):
                other.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(seconds)

    # The end

    async def _keep_running(self) -> None:
        """Start again what has ended, as a supervisor does."""
        while True:
            for number, bot in enumerate(self._bots):
                if number not in self._busy and not bot.is_running:
                    self._note(f"start {number} after exit {bot.exit_code}")
                    if bot.exit_code not in {0, -9}:
                        self.counts["ended by itself"] += 1
                    await bot.start()
            await asyncio.sleep(_LOOK_SECONDS)

    def _end_trouble(self) -> None:
        self._sandbox.model_api.faults.clear()
        self._sandbox.model_api.hooks.clear()
        self._sandbox.discord.faults.clear()
        self._note("trouble ended")

    async def _quiet(self) -> None:
        """Wait until every job has ended and is shown, and stays so for a moment; the judge sees what is not."""
        end = time.monotonic() + QUIET_SECONDS
        calm = 0
        while calm < 4 and time.monotonic() < end:
            await asyncio.sleep(_LOOK_SECONDS)
            are_up = all(bot.is_running for bot in self._bots)
            calm = calm + 1 if are_up and _are_settled(await job_rows(self._url)) else 0

    async def _outcome(self) -> Outcome:
        books = Books(
            jobs=tuple(await job_rows(self._url)),
            paid=paid_requests(self._sandbox),
            posted=posted_messages(self._sandbox),
            asked=asked_commands(self._sandbox, undelivered=frozenset(self._undelivered)),
            kills=tuple(self._kills),
            outages=tuple(self._outages),
            violations=tuple(self._sandbox.violations),
        )
        logs = {f"bot-{number}.log": bot.log for number, bot in enumerate(self._bots)}
        return Outcome(books=books, counts=self.counts, logs={**logs, "diary.log": "\n".join(self._diary)})

    def _note(self, line: str) -> None:
        self._diary.append(f"{self._sandbox.clock.now():%H:%M:%S.%f} {line}")


def _are_settled(jobs: list[JobRow]) -> bool:
    return all(job.status in END_WORDS and job.is_shown for job in jobs)


async def play(plan: Plan, *, folder: Path, spawn: Spawn, postgres: PostgresServer | None) -> Outcome:
    """Play a plan in a sandbox of its own; what the bot writes goes into `folder`."""
    url = f"sqlite+aiosqlite:///{folder / 'jobs.db'}"
    if plan.is_postgres and postgres is not None:
        url = await postgres.new(is_empty=True)
    async with Sandbox.open(data_dir=folder, spawn=spawn) as sandbox:
        sandbox.model_api.pace.queue_seconds = plan.queue_seconds
        sandbox.model_api.pace.run_seconds = plan.run_seconds
        sandbox.model_api.pace.shrink = SHRINK
        return await Episode(plan, sandbox, url=url, postgres=postgres if plan.is_postgres else None).play()
