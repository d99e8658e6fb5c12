"""The list of one person's jobs, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator

import discord
from discord import ui

from cogs.ui import text
from cogs.ui.base import Panel
from cogs.ui.custom_ids import Direction, HistoryId
from cogs.ui.job_links import card_link
from cogs.ui.states import STATES
from services.jobs.card import DeliveryRoute
from services.jobs.service import HistoryEntry, HistoryPage

_PROMPT_MAX = 160
_MOST_PAGES = 10**9


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
                _turning(Direction.NEWER, max(page.page - 1, 0), is_disabled=page.page <= 0),
                _turning(Direction.OLDER, min(page.page + 1, _MOST_PAGES - 1), is_disabled=page.page >= last),
            ),
        )
    return Panel([frame])


def _turning(direction: Direction, page: int, *, is_disabled: bool) -> ui.Button[Panel]:
    return ui.Button(
        label="Older" if direction is Direction.OLDER else "Newer",
        style=discord.ButtonStyle.secondary,
        custom_id=str(HistoryId(direction=direction, page=page)),
        disabled=is_disabled,
    )


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
