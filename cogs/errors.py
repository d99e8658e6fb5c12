"""What becomes of an error that a command or a button raised: the log's part of it, and the person's."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Coroutine
from typing import TypeVar

import discord
from discord import app_commands

from cogs.answers import answer_privately, typed_prompt, with_prompt
from cogs.ui.sentences import RELOAD, sentence
from services.errors import CannotPost, ComfycordError, QuotaExceeded

log = logging.getLogger(__name__)


class UnreadableInteraction(app_commands.AppCommandError):
    """What Discord tells of a command or its files cannot be read, so nothing of it was done."""


async def report(interaction: discord.Interaction[discord.Client], error: BaseException) -> None:
    """Tell a person what went wrong, privately and with their prompt, and the log the rest. Never raises.

    What nobody foresaw gets a reference that stands in both places.
    """
    cause = error.__cause__ if isinstance(error, app_commands.CommandInvokeError) and error.__cause__ else error
    if isinstance(cause, ComfycordError):
        log.info("interaction=%d refused: %s", interaction.id, type(cause).__name__)
        told = sentence(cause)
        if isinstance(cause, QuotaExceeded | CannotPost):
            told += " Nothing was charged."
    elif isinstance(cause, app_commands.CommandSignatureMismatch | app_commands.CommandNotFound):
        log.warning("interaction=%d does not fit the commands as they are: %s", interaction.id, type(cause).__name__)
        told = f"This command has changed, and nothing was charged. {RELOAD}"
    elif isinstance(cause, app_commands.TransformerError | UnreadableInteraction):
        log.warning("interaction=%d has a value of a wrong kind", interaction.id)
        told = f"An option has a value that cannot be used, and nothing was charged. {RELOAD}"
    else:
        reference = f"{interaction.id % 1_000_000:06d}"
        log.error("interaction=%d reference=%s failed", interaction.id, reference, exc_info=cause)
        told = (
            f"Something went wrong on the bot's side (reference `{reference}`). "
            "Look at `/history` before you try again: a job that was accepted goes on."
        )
    content, file = with_prompt(told, typed_prompt(interaction))
    try:
        await answer_privately(interaction, content, file=file, plain=told)
    except Exception:  # nobody is left to hear of it
        log.exception("interaction=%d could not be answered", interaction.id)


async def on_tree_error(
    interaction: discord.Interaction[discord.Client],
    error: app_commands.AppCommandError,
) -> None:
    """Handle what a command raised; for `CommandTree.on_error`."""
    await report(interaction, error)


ItemT = TypeVar("ItemT")
Callback = Callable[[ItemT, discord.Interaction[discord.Client]], Coroutine[None, None, None]]


def guarded(callback: Callback[ItemT]) -> Callback[ItemT]:
    """Wrap a button's or a form's callback, so that no error vanishes: discord.py only logs it, or not even that."""

    @functools.wraps(callback)
    async def wrapped(self: ItemT, interaction: discord.Interaction[discord.Client]) -> None:
        try:
            await callback(self, interaction)
        except Exception as error:  # noqa: BLE001 - the outermost place of a button's call; it is logged and answered
            await report(interaction, error)

    return wrapped
