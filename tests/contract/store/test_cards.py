from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from services.clock import SystemClock
from services.jobs.card import CardFile, DeliveryRoute, DueCard, Rendering
from services.jobs.model import Job, JobStatus
from services.jobs.outbox import CardOutbox
from services.jobs.pacing import JobTiming, hold_seconds
from services.jobs.ports import Lease
from services.jobs.signals import JobSignals
from services.store.cards import SqlCardStore
from services.store.jobs import SqlJobStore
from tests.contract.store.making import (
    EXPIRED,
    LEASE,
    NOW,
    OTHER,
    accept,
    at,
    make_card,
    move,
    reload_card,
    start,
)

WAITING_HOLD = hold_seconds(JobStatus.WAITING)
QUEUED_HOLD = hold_seconds(JobStatus.QUEUED)
LATER = at(3600)


def _ids(claimed: Sequence[Job | DueCard]) -> list[str]:
    return [one.job_id for one in claimed]


def _jobs(claimed: Sequence[DueCard]) -> list[Job]:
    return [due.job for due in claimed]


def _drawn(digest: str) -> Rendering:
    return Rendering(status=JobStatus.RUNNING, digest=digest)


async def _shown(cards: SqlCardStore, job: Job, *, lease: Lease = LEASE) -> None:
    """Take the job's card and acknowledge it as it is."""
    [taken] = await cards.claim_due(lease, now=LATER, limit=1)
    assert taken.job_id == job.job_id
    assert await cards.acknowledge(job.job_id, taken.card, worker_id=lease.worker_id)


async def test_an_accepted_job_is_shown_only_when_it_lasts(store: SqlJobStore, cards: SqlCardStore) -> None:
    """A job that has just been accepted is due after the hold of its state, not before."""
    job = await accept(store)
    due = at(WAITING_HOLD)
    assert await cards.next_due() == due
    assert await cards.claim_due(LEASE, now=due - timedelta(microseconds=1), limit=10) == []
    assert _jobs(await cards.claim_due(LEASE, now=due, limit=10)) == [job]


async def test_changes_melt_into_one(store: SqlJobStore, cards: SqlCardStore) -> None:
    """A later change does not put off an earlier one: both are shown at the earlier due time, as the later state."""
    job = await accept(store)
    await start(store, now=at(1))
    assert await cards.next_due() == at(WAITING_HOLD)
    [taken] = await cards.claim_due(LEASE, now=at(WAITING_HOLD), limit=10)
    assert (taken.job_id, taken.job.status) == (job.job_id, JobStatus.SUBMITTING)


async def test_a_change_with_a_shorter_hold_is_due_earlier(store: SqlJobStore, cards: SqlCardStore) -> None:
    """A pending change becomes due as early as any of those that melt into it."""
    await accept(store)
    [job] = await start(store, now=at(0.1))
    await move(store, job, JobStatus.QUEUED, now=at(0.2))
    assert await cards.next_due() == at(0.2 + QUEUED_HOLD)


async def test_the_end_is_due_at_once(store: SqlJobStore, cards: SqlCardStore) -> None:
    """A terminal state is shown without any wait, also when something else was pending."""
    job = await accept(store)
    await move(store, job, JobStatus.CANCELLED, now=at(0.5))
    assert await cards.next_due() == at(0.5)
    assert len(await cards.claim_due(LEASE, now=at(0.5), limit=10)) == 1


async def test_what_is_shown_is_not_due(store: SqlJobStore, cards: SqlCardStore) -> None:
    """After the acknowledgement of its version a card is at rest until the next change."""
    job = await accept(store)
    await _shown(cards, job)
    assert await cards.next_due() is None
    assert await cards.claim_due(LEASE, now=LATER, limit=10) == []
    [started] = await start(store, now=at(100))
    assert await cards.next_due() == at(100 + hold_seconds(JobStatus.SUBMITTING))
    assert _jobs(await cards.claim_due(LEASE, now=LATER, limit=10)) == [started]


async def test_a_late_cost_is_shown_too(store: SqlJobStore, cards: SqlCardStore) -> None:
    """A change without a new state (the cost came in) is one that the card has to show."""
    job = await move(store, await accept(store), JobStatus.SUBMITTING, JobStatus.QUEUED, JobStatus.SUCCEEDED)
    await _shown(cards, job)
    priced = replace(job.bump_version(at=at(60)), cost=Decimal("0.04"))
    assert await store.replace(priced, before=job)
    assert _jobs(await cards.claim_due(LEASE, now=at(60), limit=10)) == [priced]


async def test_the_longest_due_come_first(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Cards are given out in the order of their due times, no more than asked for."""
    made = [await accept(store, now=at(-n)) for n in range(4)]
    first = await cards.claim_due(LEASE, now=LATER, limit=3)
    assert _ids(first) == _ids(made[::-1][:3])
    assert _ids(await cards.claim_due(LEASE, now=LATER, limit=3)) == [made[0].job_id]


async def test_a_clock_that_is_set_back_holds_up_no_card(store: SqlJobStore, cards: SqlCardStore) -> None:
    """What was due by a clock that went hours ahead is due at once; what is held back for a moment still is."""
    ahead = await accept(store, now=LATER)
    held = await accept(store, now=at(1))
    assert _ids(await cards.claim_due(LEASE, now=at(2), limit=10)) == [ahead.job_id]
    assert _ids(await cards.claim_due(LEASE, now=at(5), limit=10)) == [held.job_id]


async def test_a_lease_keeps_other_announcers_away(
    store: SqlJobStore, cards: SqlCardStore, other_cards: SqlCardStore
) -> None:
    """A card is drawn by one at a time, whatever changes meanwhile, and is nobody's next due time."""
    job = await accept(store)
    await cards.claim_due(LEASE, now=LATER, limit=10)
    await move(store, job, JobStatus.CANCELLED)
    assert await other_cards.claim_due(OTHER, now=LATER, limit=10) == []
    assert await cards.claim_due(LEASE, now=LATER, limit=10) == []
    assert await cards.next_due() is None


async def test_renewed_cards_stay_with_their_holder(
    store: SqlJobStore, cards: SqlCardStore, other_cards: SqlCardStore
) -> None:
    """Renewing extends the named cards that nobody else has taken, also one whose lease ran out unnoticed."""
    gone = Lease(worker_id=LEASE.worker_id, ttl_seconds=0)
    lost, kept, left = [await accept(store, now=at(-number)) for number in (3, 2, 1)]
    await cards.claim_due(gone, now=LATER, limit=3)
    assert _ids(await other_cards.claim_due(OTHER, now=LATER, limit=1)) == [lost.job_id]
    await cards.renew(LEASE, [kept.job_id, lost.job_id])
    await cards.renew(gone, [kept.job_id])  # never shortens
    assert _ids(await other_cards.claim_due(OTHER, now=LATER, limit=10)) == [left.job_id]
    assert await cards.save(kept.job_id, make_card(), worker_id=LEASE.worker_id)
    assert not await cards.save(lost.job_id, make_card(), worker_id=LEASE.worker_id)


async def test_concurrent_announcers_share_the_cards(
    store: SqlJobStore, cards: SqlCardStore, other_cards: SqlCardStore
) -> None:
    """Announcers that take at once get each card once."""
    made = [await accept(store) for _ in range(12)]
    batches = await asyncio.gather(
        *(
            one.claim_due(Lease(worker_id=f"p{n}", ttl_seconds=60), now=LATER, limit=2)
            for n, one in enumerate([cards, other_cards] * 10)
        ),
    )
    taken = [due for batch in batches for due in batch]
    taken += await cards.claim_due(LEASE, now=LATER, limit=100)  # who met a locked row went without it
    assert sorted(_ids(taken)) == sorted(_ids(made))


async def test_a_dead_announcer_s_card_is_taken_over(
    store: SqlJobStore, cards: SqlCardStore, other_cards: SqlCardStore
) -> None:
    """A card whose announcer died in the middle of an edit is drawn again by the next."""
    job = await accept(store)
    await cards.claim_due(EXPIRED, now=LATER, limit=10)
    assert _jobs(await other_cards.claim_due(OTHER, now=LATER, limit=10)) == [job]


async def test_a_change_during_the_edit_is_shown_next(store: SqlJobStore, cards: SqlCardStore) -> None:
    """What is acknowledged is the version that was rendered: a newer one is due again, held from its own time on."""
    await accept(store)
    [taken] = await cards.claim_due(LEASE, now=LATER, limit=10)
    [claimed] = await start(store, now=LATER)
    assert await cards.acknowledge(taken.job_id, taken.card, worker_id=LEASE.worker_id)
    assert await cards.next_due() == LATER + timedelta(seconds=hold_seconds(JobStatus.SUBMITTING))
    assert await cards.claim_due(LEASE, now=LATER, limit=10) == []
    assert _jobs(await cards.claim_due(LEASE, now=LATER + timedelta(minutes=1), limit=10)) == [claimed]


async def test_an_acknowledgement_writes_where_the_card_is(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Each part of the card's address is stored with the acknowledgement, and reads back as it was."""
    job = await accept(store)
    await cards.claim_due(LEASE, now=LATER, limit=10)
    delivery = make_card(
        route=DeliveryRoute.CHANNEL,
        posted_channel_id=7,
        posted_message_id=8,
        nonce="nonce",
        nonce_at=at(9),
        files=(CardFile(attachment_id=2**62, filename="a.png"), CardFile(attachment_id=2, filename="ü b.png")),
        rendering=_drawn("0123abcd"),
    )
    assert await cards.acknowledge(job.job_id, delivery, worker_id=LEASE.worker_id)
    assert await reload_card(cards, job) == delivery


async def test_the_address_is_saved_during_the_edit(store: SqlJobStore, cards: SqlCardStore) -> None:
    """A nonce is committed before its message is sent; the card stays leased and due."""
    job = await accept(store)
    await cards.claim_due(LEASE, now=LATER, limit=10)
    saved = make_card(nonce="nonce", nonce_at=NOW)
    assert await cards.save(job.job_id, saved, worker_id=LEASE.worker_id)
    assert await reload_card(cards, job) == saved
    assert await cards.claim_due(OTHER, now=LATER, limit=10) == []


async def test_without_the_lease_nothing_is_saved(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Who does not hold the card's lease, or no longer, cannot write its address."""
    job = await accept(store)
    other = make_card(rendering=_drawn("other"))
    assert not await cards.save(job.job_id, other, worker_id=LEASE.worker_id)
    await cards.claim_due(EXPIRED, now=LATER, limit=10)
    assert not await cards.save(job.job_id, other, worker_id=EXPIRED.worker_id)
    assert not await cards.save("nothing", other, worker_id=LEASE.worker_id)
    assert await reload_card(cards, job) == make_card()


async def test_a_lost_lease_s_acknowledgement_is_refused(
    store: SqlJobStore, cards: SqlCardStore, other_cards: SqlCardStore
) -> None:
    """A late edit may have overwritten a newer one: its acknowledgement raises the version, so a right one follows."""
    job = await accept(store)
    [taken] = await cards.claim_due(EXPIRED, now=LATER, limit=10)
    [again] = await other_cards.claim_due(OTHER, now=LATER, limit=10)
    shown = replace(again.card, rendering=_drawn("shown"))
    assert await other_cards.save(job.job_id, shown, worker_id=OTHER.worker_id)
    late = replace(taken.card, rendering=_drawn("late"))
    assert not await cards.acknowledge(job.job_id, late, worker_id=EXPIRED.worker_id)
    assert await reload_card(cards, job) == replace(shown, rendering=None, version=taken.card.version + 1)
    # Who holds the card now acknowledges what it rendered, and gets the card once more.
    assert await other_cards.acknowledge(job.job_id, shown, worker_id=OTHER.worker_id)
    [more] = await other_cards.claim_due(OTHER, now=LATER, limit=10)
    assert more.card.version == taken.card.version + 1


async def test_what_hangs_at_the_private_card_before_is_not_forgotten(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Also where all that this one shows is uncertain: its owner has those files, and does not get them again."""
    job = await accept(store)
    [taken] = await cards.claim_due(LEASE, now=LATER, limit=10)
    shown = Rendering(status=JobStatus.SUCCEEDED, digest="some", lost=(3,), before=(1, 2))
    assert await cards.save(job.job_id, replace(taken.card, rendering=shown), worker_id=LEASE.worker_id)
    await cards.postpone(job.job_id, worker_id=OTHER.worker_id, until=at(60))
    assert (await reload_card(cards, job)).rendering == Rendering(status=None, before=(1, 2))


async def test_a_late_edit_of_a_shown_card_has_it_rendered_again(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Also where the right card had been shown already, a late old edit is followed by a right one."""
    job = await accept(store)
    [taken] = await cards.claim_due(EXPIRED, now=LATER, limit=10)
    await _shown(cards, job, lease=OTHER)
    assert not await cards.acknowledge(job.job_id, taken.card, worker_id=EXPIRED.worker_id)
    [again] = await cards.claim_due(OTHER, now=LATER, limit=10)
    assert (again.card.version, again.card.rendering) == (taken.card.version + 1, None)


async def test_a_lease_that_ran_out_is_lost(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Time alone loses a lease, before anybody else takes it: its holder may be in the middle of a late edit."""
    job = await accept(store)
    [taken] = await cards.claim_due(EXPIRED, now=LATER, limit=10)
    assert not await cards.acknowledge(job.job_id, taken.card, worker_id=EXPIRED.worker_id)
    assert (await reload_card(cards, job)).version == 2


async def test_an_unknown_card_is_not_acknowledged(cards: SqlCardStore) -> None:
    """There is nothing to acknowledge about a job that does not exist."""
    assert not await cards.acknowledge("nothing", make_card(), worker_id=LEASE.worker_id)


async def test_a_postponed_card_rests(store: SqlJobStore, cards: SqlCardStore) -> None:
    """A postponed card is free but not due before its time; then it is due for anybody."""
    job = await accept(store)
    await cards.claim_due(LEASE, now=at(10), limit=10)
    await cards.postpone(job.job_id, worker_id=LEASE.worker_id, until=at(60))
    assert await cards.next_due() == at(60)
    assert await cards.claim_due(OTHER, now=at(59.9), limit=10) == []
    assert _jobs(await cards.claim_due(OTHER, now=at(60), limit=10)) == [job]


async def test_not_even_the_end_shortens_a_wait(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Discord's Retry-After holds for every later change of the card; after the next acknowledgement it is gone."""
    job = await accept(store)
    await cards.claim_due(LEASE, now=at(10), limit=10)
    await cards.postpone(job.job_id, worker_id=LEASE.worker_id, until=at(60))
    ended = await move(store, job, JobStatus.CANCELLED, now=at(20))
    assert await cards.next_due() == at(60)
    assert await cards.claim_due(LEASE, now=at(30), limit=10) == []
    [taken] = await cards.claim_due(LEASE, now=at(60), limit=10)
    assert taken.job == ended
    assert await cards.acknowledge(job.job_id, taken.card, worker_id=LEASE.worker_id)
    assert await store.replace(ended.bump_version(at=at(30)), before=ended)
    assert await cards.next_due() == at(30)


async def test_only_the_holder_postpones(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Who does not hold the card neither frees it nor puts it off; its own late edit is followed by a right one."""
    job = await accept(store)
    await cards.claim_due(LEASE, now=at(10), limit=10)
    await cards.postpone(job.job_id, worker_id=OTHER.worker_id, until=at(60))
    assert await cards.claim_due(OTHER, now=LATER, limit=10) == []
    assert await cards.acknowledge(
        job.job_id, replace(make_card(), rendering=_drawn("seen")), worker_id=LEASE.worker_id
    )
    again = await cards.claim_due(OTHER, now=LATER, limit=10)
    assert [(one.job_id, one.card.version, one.card.rendering) for one in again] == [(job.job_id, 2, _drawn("seen"))]


async def test_a_late_edit_is_followed_by_a_right_one(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Who gives up on an edit after losing the card has it drawn again, though it was acknowledged meanwhile."""
    job = await accept(store)
    await cards.claim_due(EXPIRED, now=at(10), limit=10)
    await cards.claim_due(LEASE, now=at(10), limit=10)
    shown = replace(make_card(), rendering=_drawn("right"))
    assert await cards.acknowledge(job.job_id, shown, worker_id=LEASE.worker_id)
    await cards.postpone(job.job_id, worker_id=EXPIRED.worker_id, until=at(60))
    again = await cards.claim_due(OTHER, now=LATER, limit=10)
    assert [(one.job_id, one.card.version, one.card.rendering) for one in again] == [(job.job_id, 2, None)]


async def test_the_next_due_is_the_earliest(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Of several unshown changes the earliest due time is told, with put-off ones counted by their later time."""
    late = await accept(store, now=at(100))
    early = await accept(store, now=at(50))
    assert await cards.next_due() == at(50 + WAITING_HOLD)
    await cards.claim_due(LEASE, now=at(60), limit=10)
    await cards.postpone(early.job_id, worker_id=LEASE.worker_id, until=at(5000))
    assert await cards.next_due() == at(100 + WAITING_HOLD)
    await cards.claim_due(LEASE, now=at(200), limit=10)
    await cards.acknowledge(late.job_id, make_card(), worker_id=LEASE.worker_id)
    assert await cards.next_due() == at(5000)


@pytest.mark.parametrize(("hours", "is_tried"), [(0.9, False), (5, True)])
async def test_a_card_put_off_before_the_clock_was_set_back_is_tried(
    store: SqlJobStore, cards: SqlCardStore, hours: float, *, is_tried: bool
) -> None:
    """Nothing is put off for longer than two hours, so that was written by a clock that was ahead."""
    await accept(store)
    [taken] = await cards.claim_due(LEASE, now=LATER, limit=10)
    await cards.postpone(taken.job_id, worker_id=LEASE.worker_id, until=LATER + timedelta(hours=hours))
    assert bool(await cards.claim_due(LEASE, now=LATER, limit=10)) is is_tried


async def test_nothing_is_put_off_for_longer_than_two_hours(store: SqlJobStore, cards: SqlCardStore) -> None:
    """However long Discord asks to wait: then it is asked again."""
    clock = SystemClock()
    outbox = CardOutbox(
        store=store, cards=cards, signals=JobSignals(), clock=clock, worker_id="one", timing=JobTiming()
    )
    await accept(store)
    [taken] = await outbox.take(10)
    await outbox.postpone(taken.job, seconds=10.0**6)
    assert await outbox.take(10) == []
    assert len(await cards.claim_due(LEASE, now=clock.now() + timedelta(minutes=121), limit=10)) == 1
