from __future__ import annotations

import time
from dataclasses import fields, replace
from decimal import Decimal

import pytest

from services.errors import FailureKind
from services.jobs.card import Card, Rendering
from services.jobs.model import CancelState, Job, JobFailure, JobStatus, MediaKind, Output
from services.jobs.ports import JobPage
from services.store.database import Database
from services.store.jobs import SqlJobStore
from services.store.key_values import SqlKeyValueStore
from services.store.mapping import FACTS, card_columns
from services.store.tables import cards
from tests.contract.store.making import ADA, BEN, accept, at, make_card, move, reload

# What a job is from its acceptance on.
FIXED = {
    "job_id",
    "interaction_id",
    "owner_id",
    "guild_id",
    "channel_id",
    "command",
    "model_id",
    "prompt",
    "inputs",
    "media",
    "is_private",
    "parent",
    "running_limit",
    "created_at",
}


def test_every_part_of_a_job_is_stored() -> None:
    """A part of a job is either fixed at its acceptance or written with each change: none is forgotten."""
    assert FIXED | set(FACTS) == {field.name for field in fields(Job)} - {"unreadable"}
    assert not FIXED & set(FACTS)


def test_every_part_of_a_card_is_stored() -> None:
    """Each has its column, but for the rendering, whose parts have theirs."""
    own = {field.name for field in fields(Card)} - {"rendering"}
    shown = {f"shown_{field.name}" for field in fields(Rendering)}
    assert own | shown <= set(cards.c.keys())
    assert own - {"version"} | shown == set(card_columns(make_card()))


async def test_every_fact_of_a_change_is_stored(store: SqlJobStore) -> None:
    """Each fact that a job collects on its way reads back exactly: times, outputs, cost, failure, cancel."""
    job = await accept(store)
    whole = replace(
        job.transition(JobStatus.SUBMITTING, at=at(1)).transition(JobStatus.QUEUED, at=at(2)),
        deadline=at(3600),
        queued_at=at(2.000001),
        started_at=at(3),
        finished_at=at(4),
        request_id="req-ä-1",
        queue_position=7,
        outputs=(
            Output(url="https://example.com/a?b=c&d=%20", kind=MediaKind.IMAGE),
            Output(url="https://example.com/b", kind=MediaKind.VIDEO),
        ),
        cost=Decimal("0.133000001"),
        failure=JobFailure(kind=FailureKind.MODEL_FAILED, reason="no \0 \ud800 'good'"),
        cancel=CancelState.REFUSED,
    )
    assert await store.replace(whole, before=job)
    assert await reload(store, job) == whole


@pytest.mark.parametrize("amount", ["0", "0.04", "40", "1200.5", "0.000000001", "123456.789"])
async def test_money_is_exact(store: SqlJobStore, amount: str) -> None:
    """A cost reads back as the same amount, written without an exponent or trailing zeros."""
    job = await accept(store)
    assert await store.replace(replace(job.bump_version(at=at(1)), cost=Decimal(amount)), before=job)
    cost = (await reload(store, job)).cost
    assert cost == Decimal(amount)
    assert f"{cost:f}" == amount


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e30", "-1e30", "1e999999"])
async def test_garbage_from_outside_does_not_block_a_job(store: SqlJobStore, amount: str) -> None:
    """A figure or text that no database can keep does not keep the job from ending."""
    job = await move(store, await accept(store), JobStatus.SUBMITTING)
    ended = replace(
        job.transition(JobStatus.FAILED, at=at(1)),
        cost=Decimal(amount),
        queue_position=10**30,
        request_id="a\0b\udc00c",
    )
    assert await store.replace(ended, before=job)
    after = await reload(store, job)
    assert (after.status, after.request_id) == (JobStatus.FAILED, "a\ufffdb\ufffdc")


async def test_a_prompt_of_any_characters_is_accepted(store: SqlJobStore) -> None:
    """A prompt with characters that a database refuses is kept with U+FFFD in their place, its inputs as they are."""
    prompt = "NUL \0, half a pair \ud83d, a whole one 🦊"
    job = await accept(store, prompt=prompt, inputs={"prompt": prompt})
    after = await reload(store, job)
    assert after.prompt == "NUL \ufffd, half a pair \ufffd, a whole one 🦊"
    assert after.inputs == {"prompt": prompt}


async def test_history_is_in_pages_newest_first(store: SqlJobStore) -> None:
    """Pages hold the owner's jobs only, newest first, without gaps or repeats, also within one microsecond."""
    made = [await accept(store, now=at(n // 3)) for n in range(7)]
    await accept(store, BEN)
    newest = made[::-1]
    assert await store.history(ADA, page=0, per_page=3) == JobPage(jobs=newest[:3], page=0, pages=3, total=7)
    assert await store.history(ADA, page=1, per_page=3) == JobPage(jobs=newest[3:6], page=1, pages=3, total=7)
    last = JobPage(jobs=newest[6:], page=2, pages=3, total=7)
    assert await store.history(ADA, page=2, per_page=3) == last
    assert await store.history(ADA, page=99, per_page=3) == last


async def test_a_newcomer_s_history_is_one_empty_page(store: SqlJobStore) -> None:
    """Who has no jobs sees one page without any."""
    assert await store.history(ADA, page=4, per_page=5) == JobPage(jobs=[], page=0, pages=1, total=0)


async def test_a_full_last_page_is_the_last(store: SqlJobStore) -> None:
    """Jobs that fill their pages exactly make no empty page behind them."""
    for _ in range(4):
        await accept(store)
    assert (await store.history(ADA, page=9, per_page=2)).pages == 2


async def _suggested(store: SqlJobStore, text: str) -> list[str]:
    found = await store.suggest(ADA, text=text, only_cancellable=False, limit=25)
    return [job.job_id for job in found]


async def test_suggestions_fit_what_was_typed(store: SqlJobStore) -> None:
    """Suggestions are the owner's jobs whose id or prompt contains the text in any case, newest first."""
    fox = await accept(store, prompt="A FOX in the snow", now=at(1))
    cat = await accept(store, prompt="Ein Kätzchen, GROß", now=at(2))
    await accept(store, BEN, prompt="a fox of Ben's")
    assert await _suggested(store, "") == [cat.job_id, fox.job_id]
    assert await _suggested(store, "fOx") == [fox.job_id]
    assert await _suggested(store, "KÄTZ") == [cat.job_id]
    assert await _suggested(store, "gross") == [cat.job_id]
    assert await _suggested(store, fox.job_id.upper()[2:]) == [fox.job_id]
    assert await _suggested(store, "dog") == []


async def test_wildcards_are_plain_characters(store: SqlJobStore) -> None:
    """Percent signs, underscores and backslashes in what was typed stand for themselves."""
    job = await accept(store, prompt=r"100% of_all \ slashes")
    await accept(store, prompt="nothing of that kind, 1000 times all")
    for text in ("100%", "of_a", "\\", r"\ s", "% of_all"):
        assert await _suggested(store, text) == [job.job_id], text
    for text in ("%%", "__", "a%s", "o_f", r"\%", "\0", "\ud800"):
        assert await _suggested(store, text) == [], text


async def test_no_text_makes_suggestions_slow(store: SqlJobStore) -> None:
    """The worst text for the longest prompts costs little more than a short one: nobody's typing stops the readers."""
    for number in range(150):
        await accept(store, prompt="a" * 6000, now=at(number))

    async def seconds(text: str) -> float:
        began = time.perf_counter()
        assert await _suggested(store, text) == []
        return time.perf_counter() - began

    plain = min([await seconds("é") for _ in range(3)])
    assert min([await seconds("a" * 99 + "é") for _ in range(3)]) < 30 * plain


async def test_only_so_many_are_suggested(store: SqlJobStore) -> None:
    """Of many jobs that fit, the newest are suggested."""
    made = [await accept(store, now=at(n)) for n in range(5)]
    found = await store.suggest(ADA, text="fox", only_cancellable=False, limit=2)
    assert list(found) == [made[4], made[3]]


async def test_only_what_can_be_cancelled_is_suggested_for_it(store: SqlJobStore) -> None:
    """For a cancel, jobs that RunComfy has not begun are suggested, late ones too; running and ended ones are not."""
    submitting, queued, running, late = JobStatus.SUBMITTING, JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.LATE
    ways = [(), (submitting,), (submitting, queued), (submitting, queued, running), (submitting, queued, late)]
    ways += [(submitting, queued, running, late), (submitting, queued, running, JobStatus.SUCCEEDED)]
    made = [await move(store, await accept(store, now=at(n)), *way) for n, way in enumerate(ways)]
    found = await store.suggest(ADA, text="", only_cancellable=True, limit=25)
    assert list(found) == [job for job in reversed(made) if job.is_cancellable] == [made[4], made[2], made[1], made[0]]


async def test_notes_outlive_the_process(database: Database) -> None:
    """A note is none until it is written, then what was written last."""
    key_values = SqlKeyValueStore(database)
    assert await key_values.get_value("commands") is None
    await key_values.put_value("commands", "first")
    await key_values.put_value("other", "its own")
    await key_values.put_value("commands", "ünïcode 🦊 \0")
    assert await SqlKeyValueStore(database).get_value("commands") == "ünïcode 🦊 \ufffd"
    assert await key_values.get_value("other") == "its own"
