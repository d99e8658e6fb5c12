"""One job whole, for its owner: what was asked for, every step's time, and what came of it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import discord
from discord import ui

from cogs.ui import text
from cogs.ui.base import Panel
from cogs.ui.job_links import card_link
from cogs.ui.sentences import failure_sentence
from cogs.ui.states import STATES
from services.jobs.card import Card, DeliveryRoute
from services.jobs.model import FOLLOWED, CancelState, Job, JobStatus
from services.models.spec import ModelSpec

PROMPT_FILE = "prompt.txt"
LINKS_FILE = "links.txt"
CARD = "Card"

# Together with the headings below Discord's limit for a whole layout.
_PROMPT_MAX = 1_100
_INPUTS_MAX = 700
_PARAMETERS_MAX = 800
_REASON_MAX = 500
_LINK_MAX = 512
_BUTTONS_MAX = 5


def render_details(
    job: Job, card: Card | None, spec: ModelSpec | None, *, resubmitted_as: str | None = None
) -> tuple[Panel, list[discord.File]]:
    """Render the job; its prompt and the links to its results as files where the layout has no room for them.

    `resubmitted_as`: the job that was submitted in place of an unconfirmed one.
    """
    look = STATES[job.status]
    prompt = text.quoted(job.prompt, _PROMPT_MAX, lines=20)
    is_cut = prompt.endswith(text.ELLIPSIS)
    frame: ui.Container[Panel] = ui.Container(
        ui.TextDisplay(
            f"### {look.title}\n-# Job `{job.job_id}` · /{job.command} · {text.shown_line(_model(job, spec), 150)}"
        ),
        accent_colour=look.colour,
    )
    if job.prompt.strip():
        frame.add_item(ui.TextDisplay(prompt))
    if is_cut:
        frame.add_item(ui.File(f"attachment://{PROMPT_FILE}"))
    for block in (_given(job, spec), _steps(job), _outcome(job, card, resubmitted_as)):
        if block:
            frame.add_item(ui.Separator())
            frame.add_item(ui.TextDisplay("\n".join(block)))
    files = [_text_file(PROMPT_FILE, job.prompt)] if is_cut else []
    away = list(_results_elsewhere(job, card))
    buttons = list(_links(job, card, away))
    if away:
        frame.add_item(ui.TextDisplay("RunComfy's links to the results expire, so save what you want to keep."))
    if len(away) > sum(button.label != CARD for button in buttons):
        frame.add_item(ui.File(f"attachment://{LINKS_FILE}"))
        files.append(_text_file(LINKS_FILE, "\n".join(f"Result {number}: {url}" for number, url in away)))
    if buttons:
        frame.add_item(ui.ActionRow(*buttons))
    return Panel([frame]), files


def render_plain_details(job: Job, card: Card | None) -> Panel:
    """Render the job without anything that a person or a service wrote, for when Discord refuses the whole."""
    look = STATES[job.status]
    lines = [f"### {look.title}", f"-# Job `{job.job_id}` · /{job.command}", *_steps(job)]
    lines.append("Discord does not take what else there is to show.")
    if job.cost is not None:
        lines.append(f"Cost {text.money(job.cost)}")
    if job.failure is not None:
        lines.append(failure_sentence(job.failure))
    frame: ui.Container[Panel] = ui.Container(ui.TextDisplay("\n".join(lines)), accent_colour=look.colour)
    buttons = list(_links(job, card, list(_results_elsewhere(job, card))))
    if buttons:
        frame.add_item(ui.ActionRow(*buttons))
    return Panel([frame])


def _model(job: Job, spec: ModelSpec | None) -> str:
    return spec.display_name if spec else job.model_id


def _text_file(name: str, content: str) -> discord.File:
    return discord.File(io.BytesIO(content.encode(errors="replace")), filename=name)


def _given(job: Job, spec: ModelSpec | None) -> list[str]:
    lines = []
    if job.media:
        names = ", ".join(text.shown_line(medium.name, 60) for medium in job.media)
        lines.append(f"**Pictures** {text.cut_escaped(names, _INPUTS_MAX)}")
    pairs = _parameters(job, spec)
    if pairs:
        lines.append(f"**Parameters** {text.cut_escaped(' · '.join(pairs), _PARAMETERS_MAX)}")
    lines.append("Only you see its card." if job.is_private else "Its card is public.")
    if job.resubmits:
        lines.append(f"Submitted in place of job `{job.resubmits}`.")
    return lines


def _parameters(job: Job, spec: ModelSpec | None) -> list[str]:
    """Return every parameter that was sent, but for prompt and media, which stand elsewhere."""
    if spec is None:
        return []
    known = [(one, job.inputs[one.name]) for one in spec.inputs if one.name in job.inputs]
    return [
        f"{text.shown_line(one.name, 40)}: {text.shown_line(str(value), 80)}"
        for one, value in known
        if not one.is_prompt and not one.is_media
    ]


def _steps(job: Job) -> list[str]:
    steps = {
        "Accepted": job.created_at,
        "Submitted": job.submitted_at,
        "In RunComfy's queue": job.queued_at,
        "Started": job.started_at,
        STATES[job.status].word: job.finished_at,
    }
    lines = [
        f"{word} {text.moment(at) if at == job.created_at else text.clock_time(at)} ({text.relative(at)})"
        for word, at in steps.items()
        if at is not None
    ]
    if job.queue_position is not None:
        lines.append(f"Position in the queue: {job.queue_position}")
    if job.status is JobStatus.LATE:
        lines.append(f"Late since {text.relative(job.deadline)}; given up {text.relative(job.followed_until)}")
    elif job.status in FOLLOWED:
        lines.append(f"Late from {text.relative(job.deadline)}")
    elif job.status is JobStatus.WAITING:
        lines.append(f"Given up {text.relative(job.deadline)} if it cannot be started")
    return lines


def _outcome(job: Job, card: Card | None, resubmitted_as: str | None) -> list[str]:
    lines = []
    if job.request_id is not None:
        lines.append(f"Request `{text.cut(job.request_id, 128)}`")
    if job.cost is not None:
        lines.append(f"Cost {text.money(job.cost)}")
    if job.failure is not None:
        lines.append(failure_sentence(job.failure))
        if job.failure.reason:
            lines.append(text.quoted(job.failure.reason, _REASON_MAX, lines=6))
    if job.status is JobStatus.UNCONFIRMED:
        lines.append("It may have been charged: RunComfy's answer was lost. It does not count towards your quota.")
        if resubmitted_as:
            lines.append(f"It was submitted anew as job `{resubmitted_as}`.")
    if job.cancel is CancelState.REFUSED and job.status is not JobStatus.CANCELLED:
        lines.append("It could not be cancelled: it was already running.")
    if card is not None and card.route is DeliveryRoute.UNDELIVERED:
        lines.append("Its card could not be delivered.")
    return lines


def _results_elsewhere(job: Job, card: Card | None) -> Iterator[tuple[int, str]]:
    """Yield number and address of each result that does not hang at a card that can be followed."""
    files = card.files if card is not None and card_link(job, card) else ()
    hanging = {file.filename.rpartition(".")[0] for file in files}
    for number, output in enumerate(job.outputs, start=1):
        # A result file's name is the job's id and the output's number.
        if f"{job.job_id}-{number}" not in hanging and output.url.startswith(("https://", "http://")):
            yield number, output.url


def _links(job: Job, card: Card | None, away: Sequence[tuple[int, str]]) -> Iterator[ui.Button[Panel]]:
    """Yield a button to the card where there is one to follow, and to the files that only RunComfy has."""
    link = card_link(job, card)
    if link:
        yield ui.Button(label=CARD, url=link)
    addresses = [(number, text.web_address(url) or "") for number, url in away]
    fitting = [(number, url) for number, url in addresses if 0 < len(url) <= _LINK_MAX]
    for number, url in fitting[: _BUTTONS_MAX - bool(link)]:
        yield ui.Button(label="Result" if len(job.outputs) == 1 else f"Result {number}", url=url)
