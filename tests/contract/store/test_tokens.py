from __future__ import annotations

from dataclasses import replace

import pytest

from services.jobs.model import Delivery, DeliveryRoute, Job
from services.store.jobs import SqlJobStore
from tests.contract.store.making import LEASE, accept, at, make_delivery, reload

LATER = at(3600)


async def _press(store: SqlJobStore, job: Job, *, message_id: int, until: float = 2000) -> Delivery:
    """Press a button on this message and return where the card is then."""
    await store.renew_token(job.job_id, token="fresh", until=at(until), message_id=message_id)
    return (await reload(store, job)).delivery


async def test_a_press_on_the_card_makes_it_reachable_again(store: SqlJobStore) -> None:
    """A fresh token of the card's own message is used from now on, whatever way had been left."""
    job = await accept(store, delivery=make_delivery(route=DeliveryRoute.MESSAGE))
    card = await _press(store, job, message_id=555)
    assert card == replace(job.delivery, token="fresh", token_until=at(2000), route=DeliveryRoute.TOKEN)
    assert (await reload(store, job)).version == job.version


async def test_a_press_on_an_old_card_changes_nothing(store: SqlJobStore) -> None:
    """Where the card was posted anew, a press on the old message brings no token for it."""
    moved = make_delivery(route=DeliveryRoute.CHANNEL, posted_channel_id=1, posted_message_id=777)
    job = await accept(store, delivery=moved)
    assert await _press(store, job, message_id=555) == moved
    assert (await _press(store, job, message_id=777)).token == "fresh"


async def test_a_press_tells_a_message_never_learned(store: SqlJobStore) -> None:
    """Where the card's message was never learned, the press tells it."""
    job = await accept(store, delivery=make_delivery(original_message_id=None))
    card = await _press(store, job, message_id=888)
    assert (card.original_message_id, card.token) == (888, "fresh")


async def test_a_press_does_not_guess_between_two_messages(store: SqlJobStore) -> None:
    """Where a new message may have been sent just now, a press on an unknown one changes nothing."""
    unsure = make_delivery(original_message_id=None, nonce="nonce", nonce_at=at(1))
    job = await accept(store, delivery=unsure)
    assert await _press(store, job, message_id=888) == unsure


async def test_an_older_token_is_not_used(store: SqlJobStore) -> None:
    """Presses may be handled out of order: the token that lives longest stays."""
    job = await accept(store)
    assert (await _press(store, job, message_id=555, until=800)).token == job.delivery.token


async def test_a_press_on_nothing_is_harmless(store: SqlJobStore) -> None:
    """A token for a job that does not exist is dropped."""
    await store.renew_token("nothing", token="fresh", until=at(1), message_id=1)
    assert await store.get("nothing") is None


@pytest.mark.parametrize("route", [DeliveryRoute.TOKEN, DeliveryRoute.MESSAGE])
@pytest.mark.parametrize("is_last", [False, True], ids=["save", "acknowledge"])
async def test_a_token_renewed_during_an_edit_is_kept(
    store: SqlJobStore, route: DeliveryRoute, *, is_last: bool
) -> None:
    """An edit under way does not know of the press: what it writes does not bring the old token back."""
    job = await accept(store)
    [taken] = await store.claim_due_cards(LEASE, now=LATER, most=1)
    await _press(store, job, message_id=555)
    card = replace(taken.delivery, route=route, digest="drawn")
    if is_last:
        assert await store.acknowledge(job.job_id, card, worker_id=LEASE.worker_id, version=taken.version)
    else:
        assert await store.save_delivery(job.job_id, card, worker_id=LEASE.worker_id)
    stored = (await reload(store, job)).delivery
    assert stored == replace(card, token="fresh", token_until=at(2000), route=DeliveryRoute.TOKEN)


async def test_a_card_posted_anew_wins_over_a_renewed_token(store: SqlJobStore) -> None:
    """Where the edit under way ends as a new message, a token of the old one is of no use."""
    job = await accept(store)
    [taken] = await store.claim_due_cards(LEASE, now=LATER, most=1)
    await _press(store, job, message_id=555)
    posted = replace(taken.delivery, route=DeliveryRoute.CHANNEL, posted_channel_id=1, posted_message_id=777)
    assert await store.acknowledge(job.job_id, posted, worker_id=LEASE.worker_id, version=taken.version)
    assert (await reload(store, job)).delivery == posted


async def test_a_learned_message_is_not_forgotten(store: SqlJobStore) -> None:
    """An edit that began before the card's message was learned does not forget it."""
    job = await accept(store, delivery=make_delivery(original_message_id=None))
    [taken] = await store.claim_due_cards(LEASE, now=LATER, most=1)
    await _press(store, job, message_id=888)
    assert await store.acknowledge(job.job_id, taken.delivery, worker_id=LEASE.worker_id, version=taken.version)
    card = (await reload(store, job)).delivery
    assert (card.original_message_id, card.token) == (888, "fresh")
