"""The list of one person's jobs, and the buttons that turn its pages after any restart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import discord
from discord import ui

from cogs.answers import acknowledge, show_privately
from cogs.errors import guarded
from cogs.services import services_of
from cogs.ui import text
from cogs.ui.base import Panel
from cogs.ui.job_links import card_link
from cogs.ui.states import STATES
from services.jobs.card import DeliveryRoute
from services.jobs.service import HistoryEntry, HistoryPage

_PROMPT_MAX = 160
_MOST_PAGES = 10**9


class HistoryButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"cc:history:(?P<way>newer|older):(?P<page>[0-9]{1,9})",
):
    """Turns to a page. The page is all that it holds: whose jobs they are is who presses it."""

    def __init__(self, page: int, *, is_older: bool, is_disabled: bool = False) -> None:
        self.page = page
        way = "older" if is_older else "newer"
        super().__init__(
            ui.Button(
                label="Older" if is_older else "Newer",
                style=discord.ButtonStyle.secondary,
                custom_id=f"cc:history:{way}:{page}",
                disabled=is_disabled,
            ),
        )

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 - discord.py's signature
        item: ui.Item[Any],  # noqa: ARG003 - as above
        match: re.Match[str],
        /,
    ) -> HistoryButton:
        """Make the button of its custom_id."""
        return cls(int(match["page"]), is_older=match["way"] == "older")

    @guarded
    async def callback(self, interaction: discord.Interaction[discord.Client]) -> None:
        """Show the page in place of the one before."""
        deferral = await acknowledge(interaction, private=True)
        if not deferral.is_ours:
            return
        page = await services_of(interaction.client).jobs.history(interaction.user.id, page=self.page)
        await show_privately(interaction, render_history(page), plain=lambda: render_history(page, is_plain=True))


def render_history(page: HistoryPage, *, is_plain: bool = False) -> Panel:
    """Render one page: state, prompt, when, cost and the way to the card; a plain one without the prompts."""
    if not page.total:
        empty = "### Your jobs\nThere is none yet. A command such as `/edit` starts one."
        return Panel([ui.Container(ui.TextDisplay(empty))])
    last = max(page.pages - 1, 0)
    head = f"### Your jobs\n-# {text.counted(page.total, 'job')} · page {page.page + 1} of {last + 1}"
    frame: ui.Container[Panel] = ui.Container(ui.TextDisplay(head), *_rows(page, is_plain=is_plain))
    if page.pages > 1:
        frame.add_item(
            ui.ActionRow(
                HistoryButton(max(page.page - 1, 0), is_older=False, is_disabled=page.page <= 0),
                HistoryButton(min(page.page + 1, _MOST_PAGES - 1), is_older=True, is_disabled=page.page >= last),
            ),
        )
    return Panel([frame])


def _rows(page: HistoryPage, *, is_plain: bool) -> Iterator[ui.Item[Panel]]:
    for entry in page.entries:
        yield ui.Separator()
        yield ui.TextDisplay(describe_job(entry, is_plain=is_plain))


def _whereabouts(entry: HistoryEntry) -> str:
    link = card_link(entry.job, entry.card)
    if link:
        return f"[card]({link})"
    if entry.card is not None and entry.card.route is DeliveryRoute.UNDELIVERED:
        return "not delivered: see `/job`"
    return "private" if entry.job.is_private else "no card"


def describe_job(entry: HistoryEntry, *, is_plain: bool = False) -> str:
    """Describe a job in two lines; plainly, without its prompt."""
    job = entry.job
    prompt = "prompt not shown" if is_plain else text.shown_line(job.prompt, _PROMPT_MAX) or "no prompt"
    facts = [f"`{job.job_id}`", f"/{job.command}", text.relative(job.created_at)]
    if job.cost is not None:
        facts.append(text.money(job.cost))
    facts.append(_whereabouts(entry))
    return f"**{STATES[job.status].title}** · {prompt}\n-# {' · '.join(facts)}"
