"""What the housekeeper does besides ending jobs."""

from __future__ import annotations

from datetime import timedelta

from services.jobs.housekeeper import TOKEN_MARGIN
from services.store.jobs import SqlJobStore
from tests.contract.jobs.core import Core
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.store.making import accept, make_card, reload_card

SECOND = timedelta(seconds=1)


async def test_spent_tokens_are_blanked_when_no_clock_could_still_use_them(store: SqlJobStore) -> None:
    """Some minutes after its time a token is gone; before, another process with a slower clock may use it."""
    core = Core(store, ScriptedApi())
    now = core.clock.now()
    spent = await accept(store, now=now, card=make_card(token_until=now - TOKEN_MARGIN - SECOND))
    fresh = await accept(store, now=now, card=make_card(token_until=now - TOKEN_MARGIN + 60 * SECOND))
    await core.housekeeper.tidy()
    assert (await reload_card(core.cards, spent)).token == ""
    assert (await reload_card(core.cards, fresh)).token == make_card().token
    assert timedelta(minutes=5) <= TOKEN_MARGIN <= timedelta(hours=1)
