"""A job's card: the one message of a job, as a pure function of what is known of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence

import discord
from discord import ui

from cogs.ui import card_text
from cogs.ui.base import Panel
from cogs.ui.card_result import NO_RESULT, CardLink, CardPicture, CardResult
from cogs.ui.job_buttons import Button, cancel_button, resubmit_button
from cogs.ui.states import STATES
from cogs.ui.text import ALT_TEXT_MAX, web_address
from services.jobs.model import CancelState, Job, JobStatus, MediaKind
from services.models.spec import ModelSpec

# Discord: a link button's URL has 512 characters at most, an action row five buttons, a gallery ten items.
BUTTON_URL_MAX = 512
ROW_BUTTONS_MAX = 5
GALLERY_MAX = 10

CardItem = ui.Item[Panel]


def render_card(
    job: Job, *, spec: ModelSpec | None, result: CardResult = NO_RESULT, resubmitted_as: str | None = None
) -> Panel:
    """Return the card. Equal facts give an equal card; `spec` is None where the model is no longer offered.

    `resubmitted_as`: the job that was submitted in place of an unconfirmed one.
    """
    items = _items(job, spec, result, resubmitted_as)
    frame: ui.Container[Panel] = ui.Container(*items, accent_colour=STATES[job.status].colour)
    return Panel([frame])


def render_plain_card(job: Job, *, result: CardResult = NO_RESULT) -> Panel:
    """Return a card without anything that a person or a service wrote, for when Discord refuses the full one."""
    lines = [f"### {STATES[job.status].title}", f"Asked by <@{job.owner_id}>. The whole card: `/job`."]
    if result.is_elsewhere:
        lines.append("Discord does not take all of the result here: `/job` has the rest.")
    items: list[CardItem] = [ui.TextDisplay("\n".join(lines))]
    items.extend(ui.File(f"attachment://{picture.filename}") for picture in result.pictures)
    items.extend(_missing(job, result))
    items.append(ui.TextDisplay(card_text.footer(job)))
    return Panel(items)


def render_placeholder(job: Job) -> Panel:
    """Return what stands for a moment in place of a new card. One that is left behind promises nothing of its own."""
    return Panel([ui.TextDisplay(f"-# For <@{job.owner_id}>: the result of `{job.job_id}` follows in this channel.")])


def digest_of(card: Panel, filenames: Sequence[str]) -> str:
    """Return a short digest of the payload: cards with equal digests look the same."""
    payload = json.dumps([card.to_components(), list(filenames)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(payload.encode()).hexdigest()[:32]


def _items(job: Job, spec: ModelSpec | None, result: CardResult, resubmitted_as: str | None) -> Iterator[CardItem]:
    yield ui.TextDisplay(card_text.header(job, spec))
    for text in (card_text.prompt(job), card_text.names(job), card_text.parameters(job, spec)):
        if text:
            yield ui.TextDisplay(text)
    yield ui.Separator(visible=True)
    yield ui.TextDisplay("\n".join([card_text.progress(job, resubmitted_as=resubmitted_as), *card_text.failure(job)]))
    yield from _result(job, result)
    buttons = _buttons(job, resubmitted_as)
    if buttons:
        yield ui.ActionRow(*buttons)
    yield ui.TextDisplay(card_text.footer(job))


def _result(job: Job, result: CardResult) -> Iterator[CardItem]:
    seen = [picture for picture in result.pictures if picture.kind is not MediaKind.AUDIO]
    if seen:
        yield ui.MediaGallery(*(_gallery_item(job, picture) for picture in seen[:GALLERY_MAX]))
    for picture in result.pictures:
        if picture.kind is MediaKind.AUDIO:
            yield ui.File(_uri(picture))
    yield from _missing(job, result)


def _missing(job: Job, result: CardResult) -> Iterator[CardItem]:
    """Yield what is to be said of outputs that do not hang at the card, and links to them."""
    total = max(len(job.outputs), len(result.links))
    for said in (card_text.seen_before(result, total=total), card_text.missing_result(result, total=total)):
        if said:
            yield ui.TextDisplay(said)
    yield from _links(result.links, total=total, is_explained=result.problem is not None)


def _links(links: Sequence[CardLink], *, total: int, is_explained: bool) -> Iterator[CardItem]:
    addresses = [(link.number, web_address(link.url) or "") for link in links]
    listed = [each for each in addresses if 0 < len(each[1]) <= BUTTON_URL_MAX][: 2 * ROW_BUTTONS_MAX]
    text = card_text.links(links, total=total, unlisted=len(links) - len(listed), is_explained=is_explained)
    if text:
        yield ui.TextDisplay(text)
    for first in range(0, len(listed), ROW_BUTTONS_MAX):
        row = listed[first : first + ROW_BUTTONS_MAX]
        yield ui.ActionRow(*(_link_button(number, url, is_only=total == 1) for number, url in row))


def _link_button(number: int, url: str, *, is_only: bool) -> ui.Button[Panel]:
    label = "Open the result" if is_only else f"Open result {number}"
    return ui.Button(style=discord.ButtonStyle.link, label=label, url=url)


def _gallery_item(job: Job, picture: CardPicture) -> discord.MediaGalleryItem:
    return discord.MediaGalleryItem(_uri(picture), description=card_text.alt_text(job, ALT_TEXT_MAX) or None)


def _uri(picture: CardPicture) -> str:
    return f"attachment://{picture.filename}"


def _buttons(job: Job, resubmitted_as: str | None) -> list[Button]:
    if job.status is JobStatus.UNCONFIRMED:
        return [] if resubmitted_as else [resubmit_button(job.job_id)]
    if job.is_cancellable and job.cancel is not CancelState.REFUSED:
        return [cancel_button(job.job_id, is_asked=job.cancel is CancelState.REQUESTED)]
    return []
