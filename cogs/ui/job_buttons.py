"""The buttons of one job's card, drawn; `cogs.buttons` answers whoever presses them."""

from __future__ import annotations

import discord
from discord import ui

from cogs.ui.base import Panel
from cogs.ui.custom_ids import CancelId, ConfirmResubmitId, Place, ResubmitId

Button = ui.Button[Panel]

_WARNING_COLOUR = 0xDA373C


def cancel_button(job_id: str, *, is_asked: bool = False) -> Button:
    """Return what cancels a job that does not run yet. `is_asked`: somebody has pressed it already."""
    label = "Cancelling…" if is_asked else "Cancel"
    return ui.Button(label=label, custom_id=str(CancelId(job_id=job_id)), disabled=is_asked)


def resubmit_button(job_id: str) -> Button:
    """Return what offers to submit an unconfirmed job once more, after a warning."""
    return ui.Button(label="Submit anew", custom_id=str(ResubmitId(job_id=job_id)))


def resubmit_warning(job_id: str, *, is_private: bool) -> Panel:
    """Return what stands between a press and a second charge, with the button that does it."""
    place = Place.PRIVATE if is_private else Place.PUBLIC
    confirm: Button = ui.Button(
        style=discord.ButtonStyle.danger,
        label="Submit anew",
        custom_id=str(ConfirmResubmitId(place=place, job_id=job_id)),
    )
    frame: ui.Container[Panel] = ui.Container(
        ui.TextDisplay(
            "### Submit it anew?\nThe first submission may have reached RunComfy: then **it is charged twice**, "
            "and the first result is lost. It counts towards your quota like any new job."
        ),
        ui.ActionRow(confirm),
        accent_colour=_WARNING_COLOUR,
    )
    return Panel([frame])
