"""Where a card is, and which way comes after one that is closed: pure functions of a job and its delivery."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from discord.utils import snowflake_time

from services.jobs.model import Delivery, DeliveryRoute, Job, JobStatus

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


def message_of(job: Job, delivery: Delivery) -> MessageAddress | None:
    """Return the message that holds the card, as far as the bot itself can edit it; None where none is known.

    A card that was posted anew is that message; a private card's first message is nobody's to edit but the token's.
    """
    if delivery.posted_channel_id is not None and delivery.posted_message_id is not None:
        return MessageAddress(channel_id=delivery.posted_channel_id, message_id=delivery.posted_message_id)
    if delivery.route is DeliveryRoute.MESSAGE and delivery.original_message_id is not None and not job.is_private:
        return MessageAddress(channel_id=job.channel_id, message_id=delivery.original_message_id)
    return None


def needs_new_message(job: Job, delivery: Delivery) -> bool:
    """Whether the next try would post a message instead of editing one."""
    return delivery.route in _NEW_MESSAGE and message_of(job, delivery) is None


def with_next_route(job: Job, delivery: Delivery) -> Delivery:
    """Return the delivery by the next way. What belonged to the message that is given up goes with it.

    A private card's message cannot be edited by the bot itself, and its content never goes into the channel. What hangs
    there already is noted: its owner has it, and gets the rest alone.
    """
    if delivery.route is DeliveryRoute.TOKEN and (delivery.posted_message_id is not None or not job.is_private):
        # The same message, edited by the bot itself.
        return replace(delivery, route=DeliveryRoute.DIRECT if job.is_private else DeliveryRoute.MESSAGE)
    return replace(
        delivery,
        route=DeliveryRoute.DIRECT if delivery.route is DeliveryRoute.TOKEN else _NEXT[delivery.route],
        posted_channel_id=None,
        posted_message_id=None,
        nonce=None,
        nonce_at=None,
        files=(),
        digest=written_digest(FETCHING, "", before=seen) if (seen := _had_privately(job, delivery)) else None,
    )


def _had_privately(job: Job, delivery: Delivery) -> Sequence[int]:
    if not job.is_private or delivery.route is not DeliveryRoute.TOKEN or not _awaits_the_rest(delivery):
        return ()
    return sorted(number_of(file.filename) for file in delivery.files)


def _awaits_the_rest(delivery: Delivery) -> bool:
    return bool(delivery.files) and shown(delivery) == FETCHING


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


# A digest is written as "<what was shown>:<digest of the payload>", then ":<numbers>" of results that were gone,
# ":<numbers>" of those that could not be uploaded, and ":<numbers>" of those that hang at the private card before it.
_NUMBER_LENGTH = 10  # longer ones are none of ours
FETCHING = "fetching"
UNAVAILABLE = "unavailable"


def shown(delivery: Delivery) -> str:
    """Return what the card was last known to show: a state's name, or that its result was on the way; may be empty."""
    return (delivery.digest or "").partition(":")[0]


def written_digest(
    shown: str, digest: str, *, gone: Sequence[int] = (), lost: Sequence[int] = (), before: Sequence[int] = ()
) -> str:
    """Return the digest of a card as it is stored, with what its files do not tell."""
    parts = [shown, digest, *(",".join(map(str, numbers)) for numbers in (gone, lost, before))]
    return ":".join(parts).rstrip(":")


def shown_gone(delivery: Delivery) -> frozenset[int]:
    """Return the numbers of the results that could not be fetched when the card was drawn."""
    return _numbers(delivery, 2)


def shown_lost(delivery: Delivery) -> frozenset[int]:
    """Return the numbers of the results that could not be uploaded when the card was drawn."""
    return _numbers(delivery, 3)


def shown_before(delivery: Delivery) -> frozenset[int]:
    """Return the numbers of the results that hang at the private card before this one."""
    return _numbers(delivery, 4)


def _numbers(delivery: Delivery, part: int) -> frozenset[int]:
    parts = (delivery.digest or "").split(":")
    numbers = parts[part].split(",") if part < len(parts) else []
    return frozenset(int(number) for number in numbers if number.isdecimal() and len(number) < _NUMBER_LENGTH)


def to_be_drawn(delivery: Delivery) -> Delivery:
    """Return the delivery without what its card shows, so that it is drawn in any case."""
    before = sorted(shown_before(delivery))
    return replace(delivery, digest=written_digest("", "", before=before) if before else None)


def is_settled(job: Job, delivery: Delivery) -> bool:
    """Whether the card shows all that there will ever be of the job's result; what was too large then still is."""
    return shown(delivery) == job.status


def has_shown_end(job: Job, delivery: Delivery) -> bool:
    """Whether the job's end stood on its card before: if that is gone since, somebody took it away on purpose.

    Nobody takes a private card away but its token's end: what is still to come has not been shown then.
    """
    if not job.status.is_terminal or (job.is_private and _awaits_the_rest(delivery)):
        return False
    if shown(delivery) == job.status:
        return True
    return job.status is JobStatus.SUCCEEDED and (bool(delivery.files) or shown(delivery) == UNAVAILABLE)
