"""An interaction's token is a secret: it is kept no longer than it is of use."""

from __future__ import annotations

from dataclasses import replace

from services.jobs.model import DeliveryRoute
from services.store.database import Database
from services.store.jobs import SqlJobStore
from tests.contract.store.making import LEASE, accept, at, make_delivery, reload, stored


async def test_spent_tokens_are_blanked(store: SqlJobStore, database: Database) -> None:
    """What ended by that moment is gone from the row, and nothing else of it changes; what lives on stays."""
    spent = await accept(store)
    living = await accept(store, delivery=make_delivery(token_until=at(900.000001)))
    assert await store.forget_tokens(until=at(899), most=10) == 0
    assert await store.forget_tokens(until=at(900), most=10) == 1
    assert await stored(database, spent, "card_token") == ""
    assert await reload(store, spent) == replace(spent, delivery=replace(spent.delivery, token=""))
    assert await reload(store, living) == living
    assert await store.forget_tokens(until=at(900), most=10) == 0


async def test_many_spent_tokens_are_blanked_in_portions(store: SqlJobStore) -> None:
    """A database of many months is not rewritten in one transaction."""
    for _ in range(5):
        await accept(store)
    assert [await store.forget_tokens(until=at(900), most=2) for _ in range(4)] == [2, 2, 1, 0]


async def test_a_press_brings_a_token_to_a_blanked_card(store: SqlJobStore) -> None:
    """The card is reached by its fresh token as before."""
    job = await accept(store, delivery=make_delivery(route=DeliveryRoute.MESSAGE))
    await store.forget_tokens(until=at(900), most=10)
    await store.renew_token(job.job_id, token="fresh", until=at(2000), message_id=555)
    card = (await reload(store, job)).delivery
    assert (card.token, card.route) == ("fresh", DeliveryRoute.TOKEN)
    assert await store.forget_tokens(until=at(1999), most=10) == 0


async def test_an_edit_under_way_does_not_bring_a_token_back_for_long(store: SqlJobStore) -> None:
    """Who draws the card writes the address as it was taken; the next turn blanks it again."""
    job = await accept(store)
    [taken] = await store.claim_due_cards(LEASE, now=at(3600), most=1)
    await store.forget_tokens(until=at(900), most=10)
    assert await store.acknowledge(job.job_id, taken.delivery, worker_id=LEASE.worker_id, version=taken.version)
    await store.forget_tokens(until=at(900), most=10)
    assert (await reload(store, job)).delivery.token == ""
