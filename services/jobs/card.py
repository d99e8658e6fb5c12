"""A job's card: the message that shows the job, how it is reached, and what it shows. A job knows nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.jobs.model import Job, JobStatus
from services.jobs.pacing import hold_seconds


class DeliveryRoute(StrEnum):
    """The way by which a card is reached, in the order in which ways are given up."""

    TOKEN = "token"  # noqa: S105 - a word, not a secret: the interaction's webhook
    MESSAGE = "message"  # the bot's own edit of the same message
    CHANNEL = "channel"  # a new message in the channel
    DIRECT = "direct"  # a direct message to the owner
    UNDELIVERED = "undelivered"  # kept, shown by /history and /job


@dataclass(frozen=True, kw_only=True, slots=True)
class CardFile:
    """A file that hangs at the card's message: Discord's attachment id and its name."""

    attachment_id: int
    filename: str


class ResultShown(StrEnum):
    """How much of a job's result a card shows."""

    WHOLE = "whole"  # all that there will ever be of it
    FETCHING = "fetching"  # some of it was still on its way
    UNAVAILABLE = "unavailable"  # that there is none to be had


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendering:
    """What a card shows: an equal one needs no edit.

    `status` is None where only `before` is known. Outputs are numbered from 1: those that were `gone` when it was
    drawn, those that were `lost` on their way to Discord, and those that hang at the private card `before` this one.
    """

    status: JobStatus | None
    digest: str = ""
    result: ResultShown = ResultShown.WHOLE
    gone: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()
    before: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FileAddress:
    """Where a result's file hangs in Discord: what names it, refreshes its link, and lets it be used as an input."""

    channel_id: int
    message_id: int
    attachment_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """Where a job's card is, how it is reached, and what it shows. Changed only by who holds its lease.

    `version` counts what it has had to show so far; it is the store's to raise.
    """

    application_id: int
    token: str = field(repr=False)  # empty some time after it ran out
    token_until: datetime
    upload_limit_bytes: int
    route: DeliveryRoute = DeliveryRoute.TOKEN
    original_message_id: int | None = None
    # A card that had to be posted anew: where, which message, and the nonce committed before it was sent.
    posted_channel_id: int | None = None
    posted_message_id: int | None = None
    nonce: str | None = None
    nonce_at: datetime | None = None
    files: tuple[CardFile, ...] = ()
    rendering: Rendering | None = None  # the last acknowledged one
    version: int = 1

    @property
    def message_id(self) -> int | None:
        """The message that shows it, as far as that is known."""
        return self.posted_message_id or self.original_message_id

    def reached_by(self, token: str, *, until: datetime, message_id: int) -> Card:
        """Return the card reached by the fresh token of a press on it, if that is its message and lives longer."""
        is_known = self.message_id == message_id
        # The message's id was never learned, and no other was sent: the press tells it.
        is_first = self.message_id is None and self.nonce is None
        if not (is_known or is_first) or until <= self.token_until:
            return self
        original = message_id if is_first else self.original_message_id
        return replace(self, token=token, token_until=until, route=DeliveryRoute.TOKEN, original_message_id=original)

    def over(self, stored: Card) -> Card:
        """Return what is to be stored of this card over the stored one, whose token a press may have renewed since."""
        card = replace(self, original_message_id=self.original_message_id or stored.original_message_id)
        is_renewed = stored.token_until > card.token_until
        if not is_renewed or stored.message_id != card.message_id:
            return card
        return replace(card, token=stored.token, token_until=stored.token_until, route=stored.route)

    def address_of(self, filename: str, job: Job) -> FileAddress | None:
        """Return where this file of the job's result hangs; None where it hangs at no message that is known."""
        found = next((file for file in self.files if file.filename == filename), None)
        if found is None or self.message_id is None:
            return None
        is_posted = self.posted_message_id is not None
        channel_id = (self.posted_channel_id or job.channel_id) if is_posted else job.channel_id
        return FileAddress(channel_id=channel_id, message_id=self.message_id, attachment_id=found.attachment_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class DueCard:
    """A card that does not show its job as it is, with the job as it is."""

    job: Job
    card: Card

    @property
    def job_id(self) -> str:
        """The job's id, and so the card's."""
        return self.job.job_id


@dataclass(frozen=True, kw_only=True, slots=True)
class CardOrigin:
    """The interaction that asked for a job: where its card stands, and what reaches it at first.

    `message_id` is the message that the acknowledgement made, where that is known; `token` edits it until
    `token_until`.
    """

    interaction_id: int
    application_id: int
    channel_id: int
    token: str = field(repr=False)
    token_until: datetime
    upload_limit_bytes: int
    message_id: int | None = None

    @property
    def card(self) -> Card:
        """The card as it is before anything was drawn."""
        return Card(
            application_id=self.application_id,
            token=self.token,
            token_until=self.token_until,
            upload_limit_bytes=self.upload_limit_bytes,
            original_message_id=self.message_id,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class CardChange:
    """When the change of a job is to be shown, if nothing older is still to be.

    `is_entered`: it led to another state, or to a wish to cancel; otherwise it happened within the state.
    """

    due_at: datetime
    is_entered: bool


def card_change(after: Job, *, before: Job | None = None) -> CardChange:
    """Return what the step from `before` means to the card; an accepted job has none before it."""
    is_entered = before is None or (before.status, before.cancel) != (after.status, after.cancel)
    held = timedelta(seconds=hold_seconds(after.status, is_entered=is_entered))
    return CardChange(due_at=after.changed_at + held, is_entered=is_entered)
