"""Where a card is, and which way comes after one that is closed: pure functions of a job and its card."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from discord.utils import snowflake_time

from services.jobs.card import Card, DeliveryRoute, Rendering, ResultShown
from services.jobs.model import Job, JobStatus

# Discord remembers a nonce for a few minutes; after this long it is not relied upon any more.
NONCE_LIFE = timedelta(minutes=2)
# How long a message may take to be sent, and how far the clocks may have moved apart since the job was accepted.
_LONGEST_SENDING = timedelta(minutes=10)
_MARGIN = timedelta(minutes=3)

_NEXT = {
    DeliveryRoute.MESSAGE: DeliveryRoute.CHANNEL,
    DeliveryRoute.CHANNEL: DeliveryRoute.DIRECT,
    DeliveryRoute.DIRECT: DeliveryRoute.UNDELIVERED,
    DeliveryRoute.UNDELIVERED: DeliveryRoute.UNDELIVERED,
}

_NEW_MESSAGE = frozenset({DeliveryRoute.CHANNEL, DeliveryRoute.DIRECT})

_NUMBER = re.compile(r"-(\d+)\.[^.]*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageAddress:
    """A message that the bot itself can edit."""

    channel_id: int
    message_id: int


def message_of(job: Job, card: Card) -> MessageAddress | None:
    """Return the message that holds the card, as far as the bot itself can edit it; None where none is known.

    A card that was posted anew is that message; a private card's first message is nobody's to edit but the token's.
    """
    if card.posted_channel_id is not None and card.posted_message_id is not None:
        return MessageAddress(channel_id=card.posted_channel_id, message_id=card.posted_message_id)
    if card.route is DeliveryRoute.MESSAGE and card.original_message_id is not None and not job.is_private:
        return MessageAddress(channel_id=job.channel_id, message_id=card.original_message_id)
    return None


def needs_new_message(job: Job, card: Card) -> bool:
    """Whether the next try would post a message instead of editing one."""
    return card.route in _NEW_MESSAGE and message_of(job, card) is None


def with_next_route(job: Job, card: Card) -> Card:
    """Return the card by the next way. What belonged to the message that is given up goes with it.

    A private card's message cannot be edited by the bot itself, and its content never goes into the channel. What hangs
    there already is noted: its owner has it, and gets the rest alone.
    """
    if card.route is DeliveryRoute.TOKEN and (card.posted_message_id is not None or not job.is_private):
        # The same message, edited by the bot itself.
        return replace(card, route=DeliveryRoute.DIRECT if job.is_private else DeliveryRoute.MESSAGE)
    return replace(
        card,
        route=DeliveryRoute.DIRECT if card.route is DeliveryRoute.TOKEN else _NEXT[card.route],
        posted_channel_id=None,
        posted_message_id=None,
        nonce=None,
        nonce_at=None,
        files=(),
        rendering=Rendering(status=None, before=seen) if (seen := _had_privately(job, card)) else None,
    )


def _had_privately(job: Job, card: Card) -> tuple[int, ...]:
    if not job.is_private or card.route is not DeliveryRoute.TOKEN or not _awaits_the_rest(card):
        return ()
    return tuple(sorted(number_of(file.filename) for file in card.files))


def _awaits_the_rest(card: Card) -> bool:
    return bool(card.files) and card.rendering is not None and card.rendering.result is ResultShown.FETCHING


def number_of(filename: str) -> int:
    """Return the output's number, counted from 1, out of a result file's name; 0 where it has none."""
    match = _NUMBER.search(filename)
    return int(match[1]) if match else 0


def nonce_of(job: Job, route: DeliveryRoute, *, is_placeholder: bool = False) -> str:
    """Return the nonce of the job's new message by this way, or of its placeholder; Discord takes 25 characters."""
    return f"{job.job_id[:16]}-{route}"[:24] + ("+" if is_placeholder else "")


def is_fresh(nonce_at: datetime | None, now: datetime) -> bool:
    """Whether Discord still remembers a nonce that was committed then. A clock that went back knows nothing of it."""
    return nonce_at is not None and timedelta() <= now - nonce_at <= NONCE_LIFE


def sending_window(job: Job, nonce_at: datetime) -> tuple[datetime, datetime]:
    """Return from when to when, by Discord's clock, a message may have been made whose nonce was committed then.

    How far the clocks differ, the job's interaction tells: its id holds Discord's time of it, and the job was accepted
    right then. The rest is a margin, and the time that the last repetition may have taken.
    """
    ahead = snowflake_time(job.interaction_id) - job.created_at
    return nonce_at + ahead - _MARGIN, nonce_at + ahead + NONCE_LIFE + _LONGEST_SENDING + _MARGIN


def to_be_drawn(card: Card) -> Card:
    """Return the card without what it shows, so that it is drawn in any case."""
    before = card.rendering.before if card.rendering else ()
    return replace(card, rendering=Rendering(status=None, before=before) if before else None)


def _shows_whole(job: Job, card: Card) -> bool:
    shown = card.rendering
    return shown is not None and shown.status is job.status and shown.result is ResultShown.WHOLE


def is_settled(job: Job, card: Card) -> bool:
    """Whether the card shows all that there will ever be of the job's result; what was too large then still is."""
    return _shows_whole(job, card)


def has_shown_end(job: Job, card: Card) -> bool:
    """Whether the job's end stood on its card before: if that is gone since, somebody took it away on purpose.

    Nobody takes a private card away but its token's end: what is still to come has not been shown then.
    """
    if not job.status.is_terminal or (job.is_private and _awaits_the_rest(card)):
        return False
    if _shows_whole(job, card):
        return True
    is_told_as_gone = card.rendering is not None and card.rendering.result is ResultShown.UNAVAILABLE
    return job.status is JobStatus.SUCCEEDED and (bool(card.files) or is_told_as_gone)
