"""Answering an interaction: acknowledge it in time, and reach one person only, whatever was answered before."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import discord

from cogs.services import services_of
from cogs.tries import Tries, watched_tries
from cogs.ui import text
from cogs.ui.base import NO_MENTIONS, Panel

log = logging.getLogger(__name__)

# Discord's error code.
ALREADY_ACKNOWLEDGED = 40060

# A no to what was to be shown; the others are about who asks, or when.
_NOT_ABOUT_CONTENT = frozenset({401, 404, 408, 429})
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500

# Discord waits three seconds for the first answer; what takes longer than this is not worth waiting for.
_ACKNOWLEDGE_SECONDS = 5.0
# What is noted at an interaction when its defer leaves: an answer that was lost may have deferred it all the same.
_DEFERRED = "deferred"

_NOT_SHOWN = "Discord does not take this answer. It changed nothing: what was accepted goes on, and its card tells how."


class Acknowledgement(StrEnum):
    """What is known of a first answer."""

    ARRIVED = "arrived"
    UNCERTAIN = "uncertain"  # it may have arrived: go on
    TAKEN = "taken"  # another delivery of the same event has answered, here or elsewhere: it is that one's
    DEAD = "dead"  # Discord said that nothing can be answered any more
    UNSENT = "unsent"  # it certainly did not arrive: there was no connection, or only refusals that pass


class _Deferred(StrEnum):
    PRIVATELY = "privately"
    PUBLICLY = "publicly"


_FAILURES: Mapping[Acknowledgement, str] = {
    Acknowledgement.UNCERTAIN: "may have been acknowledged",
    Acknowledgement.TAKEN: "was acknowledged by somebody else",
    Acknowledgement.DEAD: "cannot be answered",
    Acknowledgement.UNSENT: "cannot be answered, and was not acknowledged",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Deferral:
    """How a defer went, when it began (the event loop's seconds), and the id of its message, where Discord told it."""

    acknowledgement: Acknowledgement
    began_at: float
    message_id: int | None = None

    @property
    def is_ours(self) -> bool:
        """Whether to go on and answer: somebody waits, and no other delivery of the same event sees to it."""
        return self.acknowledgement in {Acknowledgement.ARRIVED, Acknowledgement.UNCERTAIN}


async def acknowledge(
    interaction: discord.Interaction[discord.Client],
    *,
    private: bool,
    as_new_message: bool = False,
) -> Deferral:
    """Defer the answer; nothing is read or written before, since Discord waits three seconds.

    `as_new_message`: a button's press gets a message of its own, instead of leaving the pressed one as it is.
    """
    copies = services_of(interaction.client).copies
    copies.received(interaction.id)
    interaction.extras[_DEFERRED] = _Deferred.PRIVATELY if private else _Deferred.PUBLICLY
    began_at = asyncio.get_running_loop().time()
    with watched_tries() as tries:
        try:
            async with asyncio.timeout(_ACKNOWLEDGE_SECONDS):
                response = await interaction.response.defer(ephemeral=private, thinking=as_new_message)
        except Exception as error:  # noqa: BLE001 - whatever it met, the tries tell whether it may have arrived
            acknowledgement = judge_failure(error, tries)
            _note_failure(interaction, acknowledgement, error)
            if acknowledgement is Acknowledgement.TAKEN:
                copies.lost(interaction.id)
            return Deferral(acknowledgement=acknowledgement, began_at=began_at)
    message_id = response.message_id if response else None
    return Deferral(acknowledgement=Acknowledgement.ARRIVED, began_at=began_at, message_id=message_id)


def judge_failure(error: Exception, tries: Tries) -> Acknowledgement:
    """Return what an acknowledgement was that ended with this error, after these tries.

    | the last answer                   | an earlier try, or this one, may have arrived | none may have |
    | 40060, acknowledged already       | UNCERTAIN: by ourselves, most likely           | TAKEN         |
    | another refusal for good          | DEAD                                           | DEAD          |
    | 5xx, 429, none, or no connection  | UNCERTAIN                                      | UNSENT        |
    """
    if isinstance(error, discord.HTTPException):
        if error.code == ALREADY_ACKNOWLEDGED:
            return Acknowledgement.UNCERTAIN if tries.may_have_taken_effect else Acknowledgement.TAKEN
        if error.status < _SERVER_ERROR and error.status != _TOO_MANY_REQUESTS:
            return Acknowledgement.DEAD
    return Acknowledgement.UNCERTAIN if tries.may_have_taken_effect else Acknowledgement.UNSENT


def _note_failure(
    interaction: discord.Interaction[discord.Client], acknowledgement: Acknowledgement, error: Exception
) -> None:
    met = f"{error.status} (code {error.code})" if isinstance(error, discord.HTTPException) else type(error).__name__
    level = logging.INFO if acknowledgement is Acknowledgement.TAKEN else logging.WARNING
    log.log(level, "interaction=%d %s: %s", interaction.id, _FAILURES[acknowledgement], met)


async def answer_privately(
    interaction: discord.Interaction[discord.Client],
    content: str,
    *,
    file: discord.File = discord.utils.MISSING,
    plain: str = "",
) -> None:
    """Say something to this person only, in place of a first answer or after one.

    What Discord refuses, and what a connection that breaks leaves uncertain, is logged. `plain` is said where Discord
    does not take the whole: it can refuse words that a person wrote.
    """
    try:
        await _say(interaction, content, file)
    except Exception as error:  # noqa: BLE001 - what is neither Discord's nor the connection's is raised again
        _note_silence(interaction, error)
        if plain and _is_content_refused(error):
            await answer_privately(interaction, plain)


async def answer_beside(interaction: discord.Interaction[discord.Client], content: str) -> None:
    """Say something after a defer that may be somebody else's, and leave what it made as it is."""
    try:
        await interaction.followup.send(content, ephemeral=True, allowed_mentions=NO_MENTIONS)
    except Exception as error:  # noqa: BLE001 - what is neither Discord's nor the connection's is raised again
        _note_silence(interaction, error)


async def send_privately(interaction: discord.Interaction[discord.Client], panel: Panel) -> None:
    """Send a layout to this person only, after a deferred press that leaves the pressed message as it is."""
    try:
        await interaction.followup.send(view=panel, ephemeral=True, allowed_mentions=NO_MENTIONS)
    except Exception as error:  # noqa: BLE001 - what is neither Discord's nor the connection's is raised again
        _note_silence(interaction, error)
        if _is_content_refused(error):
            await answer_privately(interaction, _NOT_SHOWN)


async def show_privately(
    interaction: discord.Interaction[discord.Client],
    panel: Panel,
    *files: discord.File,
    plain: Callable[[], Panel] | None = None,
) -> None:
    """Put a layout in place of the deferred private message, or less of it where Discord does not take that.

    `plain` makes the layout without anything that a person or a service wrote: words can be refused.
    """
    try:
        await interaction.edit_original_response(view=panel, attachments=files, allowed_mentions=NO_MENTIONS)
    except Exception as error:  # noqa: BLE001 - what is neither Discord's nor the connection's is raised again
        _note_silence(interaction, error)
        if _is_content_refused(error) and plain is not None:
            await show_privately(interaction, plain())
        elif _is_content_refused(error):
            # Words instead of a message that thinks for ever.
            await answer_privately(interaction, _NOT_SHOWN)


async def _say(interaction: discord.Interaction[discord.Client], content: str, file: discord.File) -> None:
    """Send the words. After a public defer the first followup would become the deferred message and be public too:
    that one is deleted first (discord-api-docs#2739, #2866).
    """  # noqa: D205 - one sentence
    content = text.encodable(content)
    deferred = interaction.extras.get(_DEFERRED)
    if deferred is None and not interaction.response.is_done():
        await interaction.response.send_message(content, file=file, ephemeral=True, allowed_mentions=NO_MENTIONS)
        return
    if deferred is _Deferred.PUBLICLY:
        await _delete_original(interaction)
        interaction.extras[_DEFERRED] = _Deferred.PRIVATELY
    await interaction.followup.send(content, file=file, ephemeral=True, allowed_mentions=NO_MENTIONS)


def _note_silence(interaction: discord.Interaction[discord.Client], error: Exception) -> None:
    """Log what may have kept an answer from its person; raise it again where it is a mistake of ours."""
    if isinstance(error, discord.HTTPException):
        # 40060: the same event was answered by its other delivery, or by a try whose answer was lost.
        level = logging.INFO if error.code == ALREADY_ACKNOWLEDGED else logging.WARNING
        log.log(level, "interaction=%d no answer: %d (code %d)", interaction.id, error.status, error.code)
    elif _is_of_the_connection(error) or interaction.client.is_closed():
        # What was sent may have arrived; a stop closes the connection under answers that are on their way.
        log.warning("interaction=%d no answer: %s", interaction.id, type(error).__name__)
    else:
        raise error


def _is_of_the_connection(error: Exception) -> bool:
    """Whether the connection broke; not all of aiohttp's errors are OSErrors, and here nobody knows aiohttp."""
    return isinstance(error, OSError | TimeoutError) or type(error).__module__.startswith("aiohttp.")


def _is_content_refused(error: Exception) -> bool:
    if not isinstance(error, discord.HTTPException) or error.code == ALREADY_ACKNOWLEDGED:
        return False
    return error.status < 500 and error.status not in _NOT_ABOUT_CONTENT  # noqa: PLR2004 - HTTP's server errors


async def _delete_original(interaction: discord.Interaction[discord.Client]) -> None:
    try:
        await interaction.delete_original_response()
    except Exception as error:  # noqa: BLE001 - what is neither Discord's nor the connection's is raised again
        _note_silence(interaction, error)


def typed_prompt(interaction: discord.Interaction[discord.Client]) -> str:
    """Return the prompt that a command came with, for a refusal before its options are read; empty without one."""
    data: object = interaction.data
    options = data.get("options") if isinstance(data, dict) else None
    given = [option for option in options if isinstance(option, dict)] if isinstance(options, list) else []
    found = (option.get("value") for option in given if option.get("name") == "prompt")
    return next((value for value in found if isinstance(value, str)), "")


def with_prompt(refusal: str, prompt: str) -> tuple[str, discord.File]:
    """Return a refusal that gives the prompt back, so that nobody types it twice.

    What is too long for a message, or what no code block holds as it is, comes back as a file.
    """
    refusal = text.cut(refusal, text.CONTENT_MAX - 100)
    if not prompt.strip():
        return refusal, discord.utils.MISSING
    block = text.code_block(prompt)
    whole = f"{refusal}\nYour prompt, to copy:\n{block}"
    if len(whole) <= text.CONTENT_MAX and prompt in block:
        return whole, discord.utils.MISSING
    file = discord.File(io.BytesIO(prompt.encode(errors="replace")), filename="prompt.txt")
    return f"{refusal}\nYour prompt is in the file.", file
