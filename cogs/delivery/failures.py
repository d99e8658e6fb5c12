"""What an error from Discord means for the way by which a card was tried."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import discord

from cogs.discord_py.rate_limits import lacks_retry_after
from cogs.passing_answers import passes

log = logging.getLogger(__name__)


class FailureCategory(StrEnum):
    """What to do after a try that failed."""

    REFUSED = "refused"  # this way is closed for good: the next one
    TOO_LARGE = "too_large"  # links instead of files
    MALFORMED = "malformed"  # less of the card
    BLOCKED = "blocked"  # less of the card: its words, its links or its files are not allowed
    TOO_OFTEN = "too_often"  # the message was edited too often: a long wait
    UNKNOWN = "unknown"  # a no that nobody knows: the same way again some times, then less of the card
    LATER = "later"  # anything else: the same way again, after a while


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryFailure:
    """A failed try: what it means, how it reads in the log, and for how long Discord asked to wait."""

    category: FailureCategory
    words: str
    retry_after_seconds: float | None = None
    has_code: bool = False  # one of Discord's own
    is_silent: bool = False  # there was no answer, or a server's error: an upload may have been too much


# Discord's error codes for a definite no to a card: its token, message, channel or person cannot be reached this way.
_REFUSALS = frozenset(
    {
        10003,  # unknown channel
        10004,  # unknown guild
        10008,  # unknown message
        10013,  # unknown user
        10015,  # unknown webhook
        20012,  # not authorized to act for this application
        50001,  # missing access
        50003,  # not in a channel of direct messages
        50005,  # cannot edit a message of somebody else
        50007,  # cannot send messages to this user
        50008,  # cannot send messages in this channel
        50009,  # the channel's verification level is too high
        50013,  # missing permissions
        50024,  # not in a channel of this type
        50027,  # invalid webhook token: an interaction's is dead after 15 minutes
        50083,  # the thread is archived
        50278,  # no server in common with this user
        160005,  # the thread is locked
    }
)
# What a card holds is not allowed where it is to stand; the same card is never taken.
_BLOCKED = frozenset(
    {
        20009,  # explicit content cannot be sent to the recipient
        20031,  # words that are not allowed
        50033,  # invalid recipients
        200000,  # blocked by automatic moderation
        200001,  # likewise, for a title
        240000,  # harmful links
    }
)
_MALFORMED = frozenset(
    {
        50006,  # an empty message
        50035,  # an invalid form
        50046,  # an invalid file
        50068,  # an invalid type of message
        50109,  # invalid JSON
    }
)
_TOO_LARGE = frozenset({40005, 50045})
_TOO_OFTEN_CODE = 30046
_PAYLOAD_TOO_LARGE = 413
_SERVER_ERROR = 500
_UNAUTHORIZED = 401
_BY_CODE: Mapping[FailureCategory, Collection[int]] = {
    FailureCategory.REFUSED: _REFUSALS,
    FailureCategory.BLOCKED: _BLOCKED,
    FailureCategory.MALFORMED: _MALFORMED,
}


def classify(error: Exception) -> DeliveryFailure:
    """Return what the error means. What nobody foresaw is tried again, and logged."""
    if isinstance(error, discord.HTTPException):
        is_silent = error.status >= _SERVER_ERROR
        return DeliveryFailure(
            category=_judge_answer(error),
            words=f"HTTP {error.status}, code {error.code}",
            has_code=bool(error.code),
            is_silent=is_silent,
        )
    if isinstance(error, discord.RateLimited):
        return DeliveryFailure(
            category=FailureCategory.LATER, words="rate limited", retry_after_seconds=error.retry_after
        )
    if lacks_retry_after(error):
        # Of Discord's own, only the one with code 30046 has none.
        return DeliveryFailure(category=FailureCategory.TOO_OFTEN, words="429 without retry_after")
    if isinstance(error, TimeoutError):
        return DeliveryFailure(category=FailureCategory.LATER, words="no answer in time", is_silent=True)
    if not isinstance(error, OSError):
        log.debug("an error from Discord's side that is no answer", exc_info=error)
    return DeliveryFailure(category=FailureCategory.LATER, words=type(error).__name__, is_silent=True)


def _judge_answer(error: discord.HTTPException) -> FailureCategory:
    if error.code == _TOO_OFTEN_CODE:
        return FailureCategory.TOO_OFTEN
    if passes(error):
        return FailureCategory.LATER
    if error.status == _UNAUTHORIZED and error.code not in _REFUSALS:
        return FailureCategory.LATER  # the bot's own token: no card's fault
    if error.code in _TOO_LARGE or error.status == _PAYLOAD_TOO_LARGE:
        return FailureCategory.TOO_LARGE
    return next((category for category, codes in _BY_CODE.items() if error.code in codes), FailureCategory.UNKNOWN)
