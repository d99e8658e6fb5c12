from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.jobs.card import CardFile, DeliveryRoute, FileAddress, card_change
from services.jobs.model import CancelState, JobStatus
from services.jobs.pacing import hold_seconds
from tests.unit.jobs.factories import NOON, make_card, make_job

LATER = NOON + timedelta(minutes=5)
FILE = CardFile(attachment_id=77, filename="abcdefghjk-1.png")


def test_a_file_has_the_address_of_its_message() -> None:
    """At the message that the command made, in the job's channel; or at one that was posted later, wherever that is."""
    job, card = make_job(), make_card(original_message_id=5, files=(FILE,))
    assert card.address_of(FILE.filename, job) == FileAddress(channel_id=6, message_id=5, attachment_id=77)
    posted = replace(card, posted_channel_id=8, posted_message_id=9)
    assert posted.address_of(FILE.filename, job) == FileAddress(channel_id=8, message_id=9, attachment_id=77)


def test_what_hangs_nowhere_has_no_address() -> None:
    """A file that is only linked to, or that hangs at a message whose id was never learned."""
    job, card = make_job(), make_card(files=(FILE,))
    assert card.address_of(FILE.filename, job) is None
    assert replace(card, original_message_id=5).address_of("abcdefghjk-2.png", job) is None


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.SUCCEEDED])
def test_a_change_is_due_after_the_hold_of_its_state(status: JobStatus) -> None:
    """By the moment of the change; what comes within a state may wait for longer than what enters one."""
    before = make_job(status)
    within = replace(before, version=4, changed_at=LATER)
    entered = card_change(within)
    assert entered.is_entered
    assert entered.due_at == LATER + timedelta(seconds=hold_seconds(status))
    kept = card_change(within, before=before)
    assert not kept.is_entered
    assert kept.due_at == LATER + timedelta(seconds=hold_seconds(status, is_entered=False))
    assert card_change(replace(within, cancel=CancelState.REQUESTED), before=before).is_entered


def test_a_token_that_a_press_brought_outlives_an_older_writing() -> None:
    """Only of the same message: where the card was posted anew, the old one's token is of no use."""
    drawn = make_card(original_message_id=5, route=DeliveryRoute.MESSAGE)
    stored = drawn.reached_by("fresh", until=LATER + timedelta(hours=1), message_id=5)
    assert (stored.token, stored.route) == ("fresh", DeliveryRoute.TOKEN)
    assert drawn.over(stored) == stored
    posted = replace(drawn, posted_channel_id=8, posted_message_id=9)
    assert posted.over(stored) == posted
