"""Databases of the release before, in which a card was a part of its job: forth and back, each is where it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.jobs.card import CardFile, DeliveryRoute, Rendering, ResultShown
from services.jobs.model import JobStatus, MediaKind, Output
from services.jobs.ports import Progress, RequestState
from services.store import migrate
from services.store.cards import SqlCardStore
from services.store.database import Database
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from tests.contract.jobs.core import Core, submit
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.store.databases import PostgresServer, SqliteFiles
from tests.contract.store.making import LEASE, OTHER, accept, at, make_card, make_new, move, reload, reload_card

BEFORE = "0006"
OLD = text(
    "SELECT job_id, card_digest, card_route, announced_version < version, announce_worker FROM jobs ORDER BY number"
)
SUCCESS = Progress(
    state=RequestState.SUCCEEDED, outputs=(Output(url="https://example.com/1.png", kind=MediaKind.IMAGE),)
)
RENDERINGS = (
    (Rendering(status=JobStatus.RUNNING, digest="ab1"), "running:ab1"),
    (
        Rendering(
            status=JobStatus.SUCCEEDED, digest="ab2", result=ResultShown.FETCHING, gone=(1,), lost=(2, 3), before=(4,)
        ),
        "fetching:ab2:1:2,3:4",
    ),
    (Rendering(status=JobStatus.SUCCEEDED, digest="ab3", result=ResultShown.UNAVAILABLE), "unavailable:ab3"),
    (Rendering(status=None, before=(1, 2)), "::::1,2"),
    (None, None),
)


async def _go_back(database: Database) -> list[tuple[object, ...]]:
    """Make it a database of the release before; return what that one sees."""

    def downgrade(connection: Connection) -> None:
        command.downgrade(migrate._config(connection), BEFORE)  # noqa: SLF001 - as an operator would

    async def work(connection: AsyncConnection) -> list[tuple[object, ...]]:
        await connection.run_sync(downgrade)
        return [tuple(row) for row in await connection.execute(OLD)]

    return await database.write(work)


async def test_cards_survive_the_step_in_both_directions(databases: SqliteFiles | PostgresServer) -> None:
    """What each shows, where it is, who draws it and what is behind are the same after the way back and forth."""
    async with open_database(await databases.new(is_empty=True), alone=False) as database:
        await migrate.upgrade(database)
        store, cards = SqlJobStore(database), SqlCardStore(database)
        made = []
        for number in range(len(RENDERINGS)):
            job = await accept(store, now=at(number))
            made.append(job)
            [due] = await cards.claim_due(LEASE, now=at(60), limit=9)
            shown = replace(
                due.card,
                rendering=RENDERINGS[number][0],
                route=DeliveryRoute.CHANNEL,
                posted_channel_id=7,
                posted_message_id=number + 1,
                nonce=f"n{number}",
                nonce_at=at(1),
                files=(CardFile(attachment_id=2**62, filename="ü.png"),),
            )
            assert await cards.acknowledge(job.job_id, shown, worker_id=LEASE.worker_id)
        behind = await move(store, made[0], JobStatus.SUBMITTING, now=at(70))
        [drawn] = await cards.claim_due(OTHER, now=at(80), limit=9)
        before = {job.job_id: await reload_card(cards, job) for job in made}

        seen = await _go_back(database)
        assert [row[1] for row in seen] == [text for _, text in RENDERINGS]
        assert {row[2] for row in seen} == {"channel"}
        assert [bool(row[3]) for row in seen] == [True, False, False, False, False]
        assert [row[4] for row in seen] == [OTHER.worker_id, None, None, None, None]
        assert await migrate.upgrade(database)

        for job in made[1:]:
            assert replace(await reload_card(cards, job), version=0) == replace(before[job.job_id], version=0)
            assert await reload(store, job) == job
        assert drawn.job == await reload(store, behind) == behind
        assert await cards.claim_due(LEASE, now=at(90), limit=9) == [], "somebody draws the one that is behind"
        assert await cards.acknowledge(behind.job_id, await reload_card(cards, behind), worker_id=OTHER.worker_id)
        assert await cards.next_due() is None


async def test_live_jobs_of_the_release_before_end(databases: SqliteFiles | PostgresServer) -> None:
    """A database of that release with a job that waits and one at the API: each is paid once, ends, and is due."""
    api = ScriptedApi()
    async with open_database(await databases.new(is_empty=True), alone=False) as database:
        await migrate.upgrade(database)
        store = SqlJobStore(database)
        core = Core(store, api)
        submitting = await move(store, await accept(store), JobStatus.SUBMITTING, now=core.clock.now())
        request_id = await api.submit(submitting.model_id, submitting.inputs)
        queued = submitting.confirmed(request_id, at=core.clock.now(), within=timedelta(hours=1))
        assert await store.replace(queued, before=submitting)
        waiting = await submit(core, make_new())
        await _go_back(database)
        assert await migrate.upgrade(database)

        async with core.running():
            started = await core.until(waiting.job_id, JobStatus.QUEUED)
            for job in (queued, started):
                assert job.request_id is not None
                api.becomes(SUCCESS, job.request_id)
                await core.until(job.job_id, JobStatus.SUCCEEDED)
        assert api.submits_begun == 2
        due = await core.outbox.take(9)
        assert {each.job_id for each in due} == {queued.job_id, waiting.job_id}
        assert {replace(each.card, version=1, token="") for each in due} == {make_card(token="")}
