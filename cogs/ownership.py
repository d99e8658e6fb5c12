"""Whether a command is this process's to pay for: of all who were given its event, only who acknowledged it submits."""

from __future__ import annotations

import asyncio
import logging
from enum import StrEnum

import discord

from cogs.answers import Acknowledgement, Deferral, answer_beside
from cogs.services import services_of
from services.jobs.model import JobStatus
from services.jobs.pacing import hold_seconds

log = logging.getLogger(__name__)

# By then whoever else acknowledged a command has drawn its card: after its hold, and an edit.
DRAWN_SECONDS = hold_seconds(JobStatus.WAITING) + 3.0
_LOOK_SECONDS = 3.0
# How often it is looked where Discord does not say what stands there, and how long between.
_LOOKS = 3
_BETWEEN_LOOKS_SECONDS = 2.0

_LEFT_TO_COPY = (
    "Discord did not confirm this command, and another copy of this bot is running, so this one submitted nothing "
    "and charged nothing. If no card appears, use the command again; the bot's operator should stop that copy."
)
_LEFT_UNSEEN = (
    "Discord did not confirm this command, so this bot submitted nothing and charged nothing. If no card appears, use "
    "the command again."
)


class _Original(StrEnum):
    """What stands where the deferred message would be."""

    THINKING = "thinking"
    FILLED = "filled"
    ABSENT = "absent"
    UNKNOWN = "unknown"


async def is_ours_to_submit(interaction: discord.Interaction[discord.Client], deferral: Deferral) -> bool:
    """Whether to submit after this deferral; where its answer was lost, what Discord shows decides.

    A message that still thinks is ours, unless a copy of the bot that has been seen lately deferred it as well as we
    may have. One that is filled is another's, and where there is none nobody was acknowledged. What cannot be seen may
    be another's, too.
    Raises: StoreUnavailable.
    """
    if deferral.acknowledgement is not Acknowledgement.UNCERTAIN:
        return deferral.is_ours
    copies = services_of(interaction.client).copies
    await asyncio.sleep(max(0.0, deferral.began_at + DRAWN_SECONDS - asyncio.get_running_loop().time()))
    original = await _look_until_seen(interaction)
    if original is _Original.FILLED:
        copies.lost(interaction.id)
    elif original is _Original.UNKNOWN:
        await answer_beside(interaction, _LEFT_UNSEEN)
    elif original is _Original.THINKING:
        if not await copies.is_copy_around():
            return True
        # What stands there may be the copy's card by now, so it is not taken away.
        await answer_beside(interaction, _LEFT_TO_COPY)
    log.warning(
        "interaction=%d is not submitted: its acknowledgement is uncertain, its message %s", interaction.id, original
    )
    return False


async def _look_until_seen(interaction: discord.Interaction[discord.Client]) -> _Original:
    original = await _look(interaction)
    for _ in range(_LOOKS - 1):
        if original is not _Original.UNKNOWN:
            break
        await asyncio.sleep(_BETWEEN_LOOKS_SECONDS)
        original = await _look(interaction)
    return original


async def _look(interaction: discord.Interaction[discord.Client]) -> _Original:
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            message = await interaction.original_response()
    except discord.NotFound:
        return _Original.ABSENT
    except Exception as error:  # noqa: BLE001 - whatever it met, nothing is known then
        log.info("interaction=%d its message cannot be seen: %s", interaction.id, type(error).__name__)
        return _Original.UNKNOWN
    return _Original.THINKING if message.flags.loading else _Original.FILLED
