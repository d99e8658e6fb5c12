"""Who did not win an acknowledgement does not submit, unless the database shows that the winner died before it did."""

from __future__ import annotations

import asyncio
import logging

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import StoreUnavailable
from services.jobs.copies import KEY, CopyWatch, get_sightings
from services.jobs.failover import DEAD_SECONDS, WATCH_SECONDS, Verdict, judge
from services.jobs.model import NewJob
from services.jobs.quota import QuotaLimits
from services.store.database import Database
from services.store.jobs import SqlJobStore
from services.store.key_values import SqlKeyValueStore
from services.store.processes import SqlProcesses
from services.store.tables import processes
from tests.contract.jobs.core import LIMITS, Core, asked_for
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.store.making import CARD, NOW, PLENTY, make_new
from tests.unit.jobs.hand_clock import HandClock

SIBLING = "sibling"


class Loser:
    """One process that shares a database and has lost an acknowledgement."""

    def __init__(self, database: Database, *, limits: QuotaLimits = LIMITS) -> None:
        self.database = database
        self.clock = HandClock(NOW)
        self.store = SqlJobStore(database)
        self.key_values = SqlKeyValueStore(database)
        self.processes = SqlProcesses(database)
        core = Core(self.store, ScriptedApi(), clock=self.clock, limits=limits, processes=self.processes)
        self.copies, self.failover = core.copies, core.failover

    async def lose(self) -> NewJob:
        """Lose a command, while its own sign of life is given."""
        await self.failover.tick()
        new = make_new()
        self.copies.received(new.interaction_id)
        self.copies.lost(new.interaction_id)
        self.failover.watch(*asked_for(new))
        return new

    async def pass_time(self, seconds: float, *, silent: str = "") -> None:
        """Let time pass for the process, and for the sign of life of one that fell silent."""
        self.clock.move(seconds)
        if silent:
            await self.age(silent, by=seconds)
        await self.failover.tick()

    async def age(self, owner: str, *, by: float) -> None:
        """Let a process's last sign of life be so much older."""

        async def work(connection: AsyncConnection) -> None:
            older = update(processes).where(processes.c.worker_id == owner)
            await connection.execute(older.values(seen_at=processes.c.seen_at - round(by * 1_000_000)))

        await self.database.write(work)

    async def has(self, new: NewJob) -> bool:
        """Whether the command became a job."""
        return new.interaction_id in await self.store.accepted_interactions([new.interaction_id])

    async def copies_seen(self) -> int:
        """Return how often another copy was noted."""
        sightings = await get_sightings(self.key_values)
        return sightings.count if sightings else 0


@pytest.fixture
def loser(database: Database) -> Loser:
    """A process on a database of the test's own."""
    return Loser(database)


async def test_a_winner_that_died_before_its_commit_is_taken_over(loser: Loser) -> None:
    """A sibling that has been silent since is dead: its command is accepted, once, by who lost it."""
    await loser.processes.beat(SIBLING)
    new = await loser.lose()
    await loser.pass_time(DEAD_SECONDS - 1, silent=SIBLING)
    assert not await loser.has(new), "it may still live"
    await loser.pass_time(2, silent=SIBLING)
    assert await loser.has(new)
    assert await loser.copies_seen() == 0


async def test_of_two_losers_one_takes_over(loser: Loser, database: Database) -> None:
    """Both see the death; the interaction's id keeps it one job."""
    other = Loser(database)
    await loser.processes.beat(SIBLING)
    new = await loser.lose()
    await other.failover.tick()
    other.failover.watch(*asked_for(new))
    for one in (loser, other):
        one.clock.move(DEAD_SECONDS + 1)
    await loser.age(SIBLING, by=DEAD_SECONDS + 1)
    await loser.failover.tick()
    await other.failover.tick()
    assert (await loser.store.usage(new.owner_id, now=NOW)).today == 1


async def test_a_winner_that_lives_is_left_alone(loser: Loser) -> None:
    """What a living sibling accepted is its own; nothing is taken for a copy's."""
    await loser.processes.beat(SIBLING)
    new = await loser.lose()
    await loser.store.accept(new, CARD, limits=PLENTY, now=NOW, deadline=NOW)
    await loser.pass_time(1)
    await loser.pass_time(WATCH_SECONDS + 1)
    assert (await loser.store.usage(new.owner_id, now=NOW)).today == 1
    assert await loser.copies_seen() == 0


async def test_without_siblings_it_was_a_copy(loser: Loser, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody of this database lived then: nothing is submitted, and the log says loudly what to do."""
    with caplog.at_level(logging.ERROR):
        new = await loser.lose()
        await loser.pass_time(1)
    assert not await loser.has(new)
    assert await loser.copies_seen() >= 1
    assert "another copy of this bot" in caplog.text
    assert await CopyWatch(loser.key_values, loser.clock).is_copy_around(), "the next start knows of it too"


async def test_beside_living_siblings_it_was_a_copy_if_nobody_accepted_it(loser: Loser) -> None:
    """All of them live on and there is no job: a copy has it, since none of them would have refused it."""
    await loser.processes.beat(SIBLING)
    new = await loser.lose()
    await loser.pass_time(WATCH_SECONDS + 1)
    assert not await loser.has(new)
    assert await loser.copies_seen() == 1


async def test_what_a_sibling_refused_is_no_sign_of_a_copy(database: Database) -> None:
    """Where the quota is used up, the sibling that won has said so to its person."""
    loser = Loser(database, limits=QuotaLimits(per_day=0, running=0, waiting=0))
    await loser.processes.beat(SIBLING)
    await loser.lose()
    await loser.pass_time(WATCH_SECONDS + 1)
    assert await loser.copies_seen() == 0


async def test_who_died_long_before_did_not_win(loser: Loser) -> None:
    """A process that was silent already when the command came has not acknowledged it."""
    await loser.processes.beat(SIBLING)
    await loser.age(SIBLING, by=DEAD_SECONDS + 5)
    new = await loser.lose()
    await loser.pass_time(1)
    assert not await loser.has(new)
    assert await loser.copies_seen() >= 1


async def test_who_left_in_order_had_accepted_what_it_won(loser: Loser) -> None:
    """A clean stop takes its process off the list; what it won is in the database."""
    await loser.processes.beat(SIBLING)
    new = await loser.lose()
    await loser.store.accept(new, CARD, limits=PLENTY, now=NOW, deadline=NOW)
    await loser.processes.leave(SIBLING)
    await loser.pass_time(1)
    assert await loser.copies_seen() == 0


async def test_the_same_event_twice_is_no_sign_of_a_copy(loser: Loser) -> None:
    """The gateway may deliver an event again: who won was this process itself."""
    loser.copies.received(7)
    loser.copies.received(7)
    loser.copies.lost(7)
    await loser.copies.save()
    assert await loser.copies_seen() == 0


@pytest.mark.parametrize(
    "note", ["3 2026-01-01T00:00:00 2026-01-01T00:00:00", "~", "1 0001-01-01 9999-12-31", "1 2 3 4"]
)
async def test_a_note_that_cannot_be_read_is_none(loser: Loser, note: str) -> None:
    """What somebody else wrote about copies does not end the loop that gives signs of life."""
    await loser.key_values.put_value(KEY, note)
    await loser.lose()
    await loser.pass_time(1.0)
    assert await loser.copies_seen() >= 1


@pytest.mark.parametrize("error", [StoreUnavailable("away"), RuntimeError("a fault of the driver's")], ids=repr)
async def test_a_taking_over_outlives_a_database_that_is_away(
    loser: Loser, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """What could not be accepted just now is at the next look, and the loop that looks goes on."""
    monkeypatch.setattr("services.jobs.failover._TICK_SECONDS", 0.02)
    await loser.processes.beat(SIBLING)
    new = await loser.lose()
    loser.clock.move(DEAD_SECONDS + 1)
    await loser.age(SIBLING, by=DEAD_SECONDS + 1)
    broken = "accept" if isinstance(error, StoreUnavailable) else "accepted_interactions"
    call, errors = getattr(loser.store, broken), [error] * 2

    async def away(*args: object, **named: object) -> object:
        if errors:
            raise errors.pop()
        return await call(*args, **named)

    monkeypatch.setattr(loser.store, broken, away)
    loop = asyncio.create_task(loser.failover.run())
    try:
        async with asyncio.timeout(3):
            while errors or not await loser.has(new):  # noqa: ASYNC110 - the loop's doing
                await asyncio.sleep(0.02)
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


@pytest.mark.parametrize(
    ("ages", "elapsed", "verdict"),
    [
        ([], 1, Verdict.A_COPY),
        ([DEAD_SECONDS + 2], 1, Verdict.A_COPY),  # silent for long when the command came
        ([DEAD_SECONDS + 9], 10, Verdict.UNDECIDED),  # it missed a beat before: too long for who acknowledged
        ([DEAD_SECONDS + 1], 10, Verdict.THE_DEAD),
        ([1, DEAD_SECONDS + 1], 10, Verdict.THE_DEAD),
        ([1], 10, Verdict.UNDECIDED),
        ([1], WATCH_SECONDS + 1, Verdict.SOMEBODY),
    ],
)
def test_the_signs_of_life_tell_who_had_acknowledged(ages: list[float], elapsed: float, verdict: Verdict) -> None:
    """Only who lived when the command came, and fell silent with it in hand, can have died over it."""
    assert judge(ages, elapsed=elapsed) is verdict
