"""What an error from Discord means for the way by which a card was tried."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum

import discord

log = logging.getLogger(__name__)


class Verdict(StrEnum):
    """What to do after a try that failed."""

    REFUSED = "refused"  # this way is closed for good: the next one
    TOO_LARGE = "too_large"  # links instead of files
    MALFORMED = "malformed"  # a plain card
    TOO_OFTEN = "too_often"  # the message was edited too often: a long wait
    LATER = "later"  # anything else: the same way again, after a while


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """A failed try: what it means, how it reads in the log, and for how long Discord asked to wait."""

    verdict: Verdict
    words: str
    retry_after_seconds: float | None = None


# Discord's error codes for a definite no to a card: its token, message, channel or person cannot be reached this way.
_REFUSALS = frozenset(
    {
        10003,  # unknown channel
        10004,  # unknown guild
        10008,  # unknown message
        10013,  # unknown user
        10015,  # unknown webhook
        50001,  # missing access
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
_TOO_LARGE_CODE = 40005
_MALFORMED_CODE = 50035
_TOO_OFTEN_CODE = 30046
_PAYLOAD_TOO_LARGE = 413
_TOO_MANY_REQUESTS = 429


def judge(error: Exception) -> Trouble:
    """Return what the error means. What nobody foresaw is tried again, and logged."""
    if isinstance(error, discord.HTTPException):
        return Trouble(verdict=_judge_answer(error), words=f"HTTP {error.status}, code {error.code}")
    if isinstance(error, discord.RateLimited):
        return Trouble(verdict=Verdict.LATER, words="rate limited", retry_after_seconds=error.retry_after)
    if isinstance(error, KeyError) and error.args == ("retry_after",):
        # discord.py 2.7.1 reads `retry_after` of every 429; the one with code 30046 has none.
        return Trouble(verdict=Verdict.TOO_OFTEN, words="429 without retry_after")
    if isinstance(error, TimeoutError):
        return Trouble(verdict=Verdict.LATER, words="no answer in time")
    if not isinstance(error, OSError):
        log.debug("an error from Discord's side that is no answer", exc_info=error)
    return Trouble(verdict=Verdict.LATER, words=type(error).__name__)


def _judge_answer(error: discord.HTTPException) -> Verdict:
    if error.code == _TOO_OFTEN_CODE:
        return Verdict.TOO_OFTEN
    if error.status >= 500 or error.status == _TOO_MANY_REQUESTS:  # noqa: PLR2004 - HTTP's server errors
        return Verdict.LATER
    if error.code in _REFUSALS:
        return Verdict.REFUSED
    if error.code == _TOO_LARGE_CODE or error.status == _PAYLOAD_TOO_LARGE:
        return Verdict.TOO_LARGE
    if error.code == _MALFORMED_CODE:
        return Verdict.MALFORMED
    return Verdict.LATER
