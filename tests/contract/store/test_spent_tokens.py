"""An interaction's token is a secret: it is kept no longer than it is of use."""

from __future__ import annotations

from services.jobs.card import DeliveryRoute
from services.store.cards import SqlCardStore
from services.store.database import Database
from services.store.jobs import SqlJobStore
from tests.contract.store.making import LEASE, accept, at, make_card, reload_card, stored_card


async def test_spent_tokens_are_blanked(store: SqlJobStore, cards: SqlCardStore, database: Database) -> None:
    """What ended by that moment is gone from the row, and nothing else of it changes; what lives on stays."""
    spent = await accept(store)
    living = await accept(store, card=make_card(token_until=at(900.000001)))
    assert await cards.forget_tokens(until=at(899), limit=10) == 0
    assert await cards.forget_tokens(until=at(900), limit=10) == 1
    assert await stored_card(database, spent, "token") == ""
    assert await reload_card(cards, spent) == make_card(token="")
    assert await reload_card(cards, living) == make_card(token_until=at(900.000001))
    assert await cards.forget_tokens(until=at(900), limit=10) == 0


async def test_many_spent_tokens_are_blanked_in_portions(store: SqlJobStore, cards: SqlCardStore) -> None:
    """A database of many months is not rewritten in one transaction."""
    for _ in range(5):
        await accept(store)
    assert [await cards.forget_tokens(until=at(900), limit=2) for _ in range(4)] == [2, 2, 1, 0]


async def test_a_press_brings_a_token_to_a_blanked_card(store: SqlJobStore, cards: SqlCardStore) -> None:
    """The card is reached by its fresh token as before."""
    job = await accept(store, card=make_card(route=DeliveryRoute.MESSAGE))
    await cards.forget_tokens(until=at(900), limit=10)
    await cards.renew_token(job.job_id, token="fresh", until=at(2000), message_id=555)
    card = await reload_card(cards, job)
    assert (card.token, card.route) == ("fresh", DeliveryRoute.TOKEN)
    assert await cards.forget_tokens(until=at(1999), limit=10) == 0


async def test_an_edit_under_way_does_not_bring_a_token_back_for_long(store: SqlJobStore, cards: SqlCardStore) -> None:
    """Who draws the card writes the address as it was taken; the next turn blanks it again."""
    job = await accept(store)
    [taken] = await cards.claim_due(LEASE, now=at(3600), limit=1)
    await cards.forget_tokens(until=at(900), limit=10)
    assert await cards.acknowledge(job.job_id, taken.card, worker_id=LEASE.worker_id)
    await cards.forget_tokens(until=at(900), limit=10)
    assert (await reload_card(cards, job)).token == ""
