from __future__ import annotations

from dataclasses import replace

import pytest

from services.jobs.card import Card, DeliveryRoute, Rendering
from services.jobs.model import Job, JobStatus
from services.store.cards import SqlCardStore
from services.store.jobs import SqlJobStore
from tests.contract.store.making import LEASE, accept, at, make_card, reload_card

LATER = at(3600)
DRAWN = Rendering(status=JobStatus.WAITING, digest="drawn")


async def _press(cards: SqlCardStore, job: Job, *, message_id: int, until: float = 2000) -> Card:
    """Press a button on this message and return where the card is then."""
    await cards.renew_token(job.job_id, token="fresh", until=at(until), message_id=message_id)
    return await reload_card(cards, job)


async def test_a_press_on_the_card_makes_it_reachable_again(store: SqlJobStore, cards: SqlCardStore) -> None:
    """A fresh token of the card's own message is used from now on, whatever way had been left."""
    job = await accept(store, card=make_card(route=DeliveryRoute.MESSAGE))
    card = await _press(cards, job, message_id=555)
    assert card == make_card(token="fresh", token_until=at(2000), route=DeliveryRoute.TOKEN)


async def test_a_press_on_an_old_card_changes_nothing(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Where the card was posted anew, a press on the old message brings no token for it."""
    moved = make_card(route=DeliveryRoute.CHANNEL, posted_channel_id=1, posted_message_id=777)
    job = await accept(store, card=moved)
    assert await _press(cards, job, message_id=555) == moved
    assert (await _press(cards, job, message_id=777)).token == "fresh"


async def test_a_press_tells_a_message_never_learned(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Where the card's message was never learned, the press tells it."""
    job = await accept(store, card=make_card(original_message_id=None))
    card = await _press(cards, job, message_id=888)
    assert (card.original_message_id, card.token) == (888, "fresh")


async def test_a_press_does_not_guess_between_two_messages(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Where a new message may have been sent just now, a press on an unknown one changes nothing."""
    unsure = make_card(original_message_id=None, nonce="nonce", nonce_at=at(1))
    job = await accept(store, card=unsure)
    assert await _press(cards, job, message_id=888) == unsure


async def test_an_older_token_is_not_used(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Presses may be handled out of order: the token that lives longest stays."""
    job = await accept(store)
    assert (await _press(cards, job, message_id=555, until=800)).token == make_card().token


async def test_a_press_on_nothing_is_harmless(store: SqlJobStore, cards: SqlCardStore) -> None:
    """A token for a job that does not exist is dropped."""
    await cards.renew_token("nothing", token="fresh", until=at(1), message_id=1)
    assert await store.get("nothing") is None


@pytest.mark.parametrize("route", [DeliveryRoute.TOKEN, DeliveryRoute.MESSAGE])
@pytest.mark.parametrize("is_last", [False, True], ids=["save", "acknowledge"])
async def test_a_token_renewed_during_an_edit_is_kept(
    store: SqlJobStore, cards: SqlCardStore, route: DeliveryRoute, *, is_last: bool
) -> None:
    """An edit under way does not know of the press: what it writes does not bring the old token back."""
    job = await accept(store)
    [taken] = await cards.claim_due(LEASE, now=LATER, limit=1)
    await _press(cards, job, message_id=555)
    card = replace(taken.card, route=route, rendering=DRAWN)
    if is_last:
        assert await cards.acknowledge(job.job_id, card, worker_id=LEASE.worker_id)
    else:
        assert await cards.save(job.job_id, card, worker_id=LEASE.worker_id)
    stored = await reload_card(cards, job)
    assert stored == replace(card, token="fresh", token_until=at(2000), route=DeliveryRoute.TOKEN)


async def test_a_reposted_card_wins_over_a_renewed_token(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Where the edit under way ends as a new message, a token of the old one is of no use."""
    job = await accept(store)
    [taken] = await cards.claim_due(LEASE, now=LATER, limit=1)
    await _press(cards, job, message_id=555)
    posted = replace(taken.card, route=DeliveryRoute.CHANNEL, posted_channel_id=1, posted_message_id=777)
    assert await cards.acknowledge(job.job_id, posted, worker_id=LEASE.worker_id)
    assert await reload_card(cards, job) == posted


async def test_a_learned_message_is_not_forgotten(store: SqlJobStore, cards: SqlCardStore) -> None:
    """An edit that began before the card's message was learned does not forget it."""
    job = await accept(store, card=make_card(original_message_id=None))
    [taken] = await cards.claim_due(LEASE, now=LATER, limit=1)
    await _press(cards, job, message_id=888)
    assert await cards.acknowledge(job.job_id, taken.card, worker_id=LEASE.worker_id)
    card = await reload_card(cards, job)
    assert (card.original_message_id, card.token) == (888, "fresh")
