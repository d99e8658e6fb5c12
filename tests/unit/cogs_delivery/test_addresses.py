from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from discord.utils import time_snowflake

from cogs.delivery.addresses import (
    MessageAddress,
    has_shown_end,
    is_fresh,
    message_of,
    needs_new_message,
    nonce_of,
    sending_window,
    to_be_drawn,
    with_next_route,
)
from services.jobs.card import Card, CardFile, DeliveryRoute, Rendering, ResultShown
from services.jobs.model import Job, JobStatus
from tests.unit.cogs_ui.samples import NOW, job, sample_card

FILES = (CardFile(attachment_id=1, filename="k7m3qwertz-1.png"),)


RUNNING = Rendering(status=JobStatus.RUNNING, digest="abc")
FETCHING = Rendering(status=JobStatus.SUCCEEDED, digest="abc", result=ResultShown.FETCHING)


def at(route: DeliveryRoute, **also: object) -> Card:
    """Return a card that is reached by this route, with a known message and a file at it."""
    base = sample_card(route=route, original_message_id=55, files=FILES, rendering=RUNNING)
    return replace(base, **also)  # type: ignore[arg-type] # any of Card's fields


def shown(status: JobStatus) -> Rendering:
    """Return what a card shows that shows this state whole."""
    return Rendering(status=status, digest="abc")


def steps_from(start: Job, card: Card) -> list[DeliveryRoute]:
    """Return the ways that follow when each is closed."""
    found = []
    while card.route is not DeliveryRoute.UNDELIVERED:
        card = with_next_route(start, card)
        found.append(card.route)
    return found


def test_the_ways_in_their_order() -> None:
    """Token, the bot's own edit, a new message, a direct message, undelivered; a private card skips what others see."""
    assert steps_from(job(), at(DeliveryRoute.TOKEN)) == [
        DeliveryRoute.MESSAGE,
        DeliveryRoute.CHANNEL,
        DeliveryRoute.DIRECT,
        DeliveryRoute.UNDELIVERED,
    ]
    assert steps_from(job(is_private=True), at(DeliveryRoute.TOKEN)) == [
        DeliveryRoute.DIRECT,
        DeliveryRoute.UNDELIVERED,
    ]


def test_the_bots_own_edit_is_of_the_same_message() -> None:
    """From the token to the bot's own edit nothing is forgotten."""
    after = with_next_route(job(), at(DeliveryRoute.TOKEN))
    assert after == at(DeliveryRoute.MESSAGE)
    assert message_of(job(), after) == MessageAddress(channel_id=8, message_id=55)


def test_what_hung_at_the_old_message_does_not_hang_at_a_new_one() -> None:
    """A new message begins with no files, no nonce and nothing shown."""
    after = with_next_route(job(), at(DeliveryRoute.MESSAGE, nonce="n", nonce_at=NOW))
    assert (after.files, after.rendering, after.nonce, after.nonce_at) == ((), None, None, None)
    assert needs_new_message(job(), after)


@pytest.mark.parametrize("is_private", [False, True])
def test_a_renewed_token_of_a_posted_card_falls_back_to_that_card(is_private: bool) -> None:  # noqa: FBT001 - a parameter
    """When the fresh token dies, the posted message is edited, not posted again."""
    posted = at(DeliveryRoute.TOKEN, posted_channel_id=77, posted_message_id=88)
    after = with_next_route(job(is_private=is_private), posted)
    assert not needs_new_message(job(is_private=is_private), after)
    assert message_of(job(is_private=is_private), after) == MessageAddress(channel_id=77, message_id=88)


def test_a_private_cards_message_is_nobodys_to_edit() -> None:
    """The bot itself cannot see an ephemeral message."""
    assert message_of(job(is_private=True), at(DeliveryRoute.MESSAGE)) is None


def test_an_end_that_was_shown() -> None:
    """Only the same end, or a result that hung there, counts as shown."""
    done = job(JobStatus.SUCCEEDED)
    assert has_shown_end(done, at(DeliveryRoute.TOKEN, files=(), rendering=shown(JobStatus.SUCCEEDED)))
    assert has_shown_end(done, at(DeliveryRoute.TOKEN, rendering=None))
    assert not has_shown_end(done, at(DeliveryRoute.TOKEN, files=(), rendering=FETCHING))
    assert not has_shown_end(done, at(DeliveryRoute.TOKEN, files=(), rendering=shown(JobStatus.UNCONFIRMED)))
    assert not has_shown_end(done, at(DeliveryRoute.TOKEN, files=(), rendering=None))
    assert not has_shown_end(job(JobStatus.RUNNING), at(DeliveryRoute.TOKEN))


def test_what_is_still_to_come_of_a_private_result_was_not_shown() -> None:
    """When its token dies the rest is owed to its owner; what hung at the private card is not sent again."""
    private, partial = job(JobStatus.SUCCEEDED, is_private=True), at(DeliveryRoute.TOKEN, rendering=FETCHING)
    assert not has_shown_end(private, partial)
    assert has_shown_end(job(JobStatus.SUCCEEDED), partial)
    assert has_shown_end(private, at(DeliveryRoute.TOKEN, rendering=shown(JobStatus.SUCCEEDED)))
    after = with_next_route(private, partial)
    assert after.rendering is not None
    assert after.rendering.before == (1,)
    assert to_be_drawn(after).rendering == after.rendering
    assert with_next_route(private, after).rendering is None


def test_nonces_are_short_and_of_one_way() -> None:
    """Discord takes 25 characters; the message in the channel is not the one in direct messages."""
    long = job(job_id="x" * 60)
    nonces = {nonce_of(long, route, is_placeholder=each) for route in DeliveryRoute for each in (False, True)}
    assert len(nonces) == 2 * len(DeliveryRoute)
    assert all(len(nonce) <= 25 for nonce in nonces)


def test_a_nonce_is_relied_upon_for_two_minutes() -> None:
    """After that Discord may have forgotten it."""
    assert is_fresh(NOW, NOW + timedelta(seconds=119))
    assert not is_fresh(NOW, NOW + timedelta(seconds=121))
    assert not is_fresh(None, NOW)
    assert not is_fresh(NOW, NOW - timedelta(seconds=1))


def test_a_message_is_looked_for_by_discords_clock() -> None:
    """A bot's clock that is wrong by hours moves no window."""
    for wrong in (timedelta(), timedelta(hours=5), -timedelta(hours=5)):
        accepted = job(interaction_id=time_snowflake(NOW), created_at=NOW + wrong)
        since, until = sending_window(accepted, NOW + wrong + timedelta(hours=1))
        assert since < NOW + timedelta(hours=1) < until
        assert until - since < timedelta(minutes=20)
