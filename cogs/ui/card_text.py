"""The sentences of a card, each within its share of Discord's 4,000 characters."""

from __future__ import annotations

from collections.abc import Sequence

from cogs.ui.card_result import CardLink, CardResult, LinkReason
from cogs.ui.sentences import failure_sentence, result_sentence
from cogs.ui.states import STATES
from cogs.ui.text import cut, duration, money, one_line, quoted, relative, shown_line
from services.jobs.model import LATE_FOR, CancelState, Job, JobStatus, Json
from services.models.spec import ModelSpec

# The shares, markup included. Together they stay below 4,000, whatever a job holds.
HEADER_MAX = 250
PROMPT_MAX = 900
NAMES_MAX = 450
PARAMETERS_MAX = 450
PROGRESS_MAX = 350
FAILURE_MAX = 350
REASON_MAX = 600
LINKS_MAX = 450
FOOTER_MAX = 120

_NAME_MAX = 60
_VALUE_MAX = 60
_MODEL_MAX = 90
_COMMAND_MAX = 32
_NUMBERS_MAX = 10
_SEPARATOR = " · "

_TOO_LATE = "Too late to cancel: it is already running."
_GIVEN_BACK = "It does not count towards your quota."


def header(job: Job, spec: ModelSpec | None) -> str:
    """Return the state in words, the command, the model and who asked (a mention that pings nobody)."""
    model = shown_line(spec.display_name if spec else job.model_id, _MODEL_MAX)
    command = shown_line(job.command, _COMMAND_MAX)
    return f"### {STATES[job.status].title}\n-# /{command}{_SEPARATOR}{model}{_SEPARATOR}asked by <@{job.owner_id}>"


def prompt(job: Job) -> str:
    """Return the prompt as a quote, shortened."""
    return quoted(job.prompt, PROMPT_MAX)


def names(job: Job) -> str:
    """Return the pictures' names on one line; empty where the job has none."""
    if not job.media:
        return ""
    label = "**Picture**" if len(job.media) == 1 else "**Pictures**"
    kept, left = _fitting([shown_line(medium.name, _NAME_MAX) for medium in job.media], NAMES_MAX - 40, ", ")
    return f"{label} {kept}" + (f" and {left} more" if left else "")


def parameters(job: Job, spec: ModelSpec | None) -> str:
    """Return the parameters that differ from the model's defaults, on one line; empty where none does."""
    if spec is None:
        return ""
    texts = [
        f"**{shown_line(field.title or field.name, _NAME_MAX)}** {shown_line(_value(value), _VALUE_MAX)}"
        for field, value in spec.differing(job.inputs)
    ]
    kept, left = _fitting(texts, PARAMETERS_MAX - 40, _SEPARATOR)
    return kept + (f" and {left} more" if left else "")


def progress(job: Job, *, resubmitted_as: str | None = None) -> str:
    """Return where the job stands, with Discord's own clock; what an ended job needs to have said is here too.

    `resubmitted_as`: the job that was submitted in place of this one.
    """
    lines = [_progress(job)]
    if job.status is JobStatus.UNCONFIRMED:
        lines.append(
            f"It was submitted anew as job `{resubmitted_as}`." if resubmitted_as else "It is not sent again by itself."
        )
    if _is_too_late(job):
        lines.append(_TOO_LATE)
    elif job.is_running:
        lines.append("A running job cannot be cancelled.")
    if job.resubmits and not job.status.is_terminal:
        lines.append(f"Submitted in place of job `{cut(job.resubmits, 40)}`.")
    return "\n".join(lines)


def failure(job: Job) -> Sequence[str]:
    """Return our sentence about a failure, then the service's own reason as a quote where it gave one."""
    if job.status is not JobStatus.FAILED or job.failure is None:
        return ()
    sentence = cut(failure_sentence(job.failure), FAILURE_MAX)
    reason = one_line(job.failure.reason)
    return (sentence, quoted(reason, REASON_MAX)) if reason else (sentence,)


def missing_result(result: CardResult, *, total: int) -> str:
    """Return why a result is not on the card (yet), or which of `total` are not; empty where it is."""
    if result.problem is not None:
        return result_sentence(result.problem)
    if result.is_held_up:
        return "This bot cannot store files just now: RunComfy keeps the result until it can, and it comes by itself."
    if not result.fetching:
        return ""
    if not result.pictures and not result.links:
        return "The result is there and being fetched; that takes longer than usual."
    is_one = len(result.fetching) == 1
    which = f"{'Result' if is_one else 'Results'} {_listed(result.fetching)} of {total}"
    return f"{which} {'is' if is_one else 'are'} still being fetched."


def seen_before(result: CardResult, *, total: int) -> str:
    """Return which of `total` results their owner has got already; empty where there are none."""
    if not result.before:
        return ""
    is_one = len(result.before) == 1
    which = f"{'Result' if is_one else 'Results'} {_listed(result.before)} of {total}"
    return f"{which} came with your private card, which can no longer be changed. `/job` links to everything."


def links(links: Sequence[CardLink], *, total: int, unlisted: int, is_explained: bool) -> str:
    """Return which of `total` results are linked to instead of shown, and why; `unlisted` of them have no link here.

    `is_explained`: it was said already why nothing could be fetched.
    """
    if not links:
        return ""
    numbers = {reason: [link.number for link in links if link.reason is reason] for reason in LinkReason}
    if is_explained:
        numbers[LinkReason.UNAVAILABLE] = []
    sentences = [_why_linked(reason, which, total) for reason, which in numbers.items() if which]
    if unlisted < len(links):
        sentences.append(
            "RunComfy may still have it." if is_explained else "RunComfy's links expire, so save what you want to keep."
        )
    if unlisted:
        more = f"{unlisted} more" if unlisted < len(links) else "No button can hold the link"
        sentences.append(f"{more}: see `/job`.")
    return cut(" ".join(sentences), LINKS_MAX)


def footer(job: Job) -> str:
    """Return the last line: the job's id first, by which a card is found again in its channel."""
    parts = [footer_mark(job.job_id)]
    if job.status.is_terminal:
        if job.cost is not None:
            parts.append(money(job.cost))
        if job.finished_at is not None and job.submitted_at is not None and _was_worked_on(job):
            parts.append(f"took {duration((job.finished_at - job.submitted_at).total_seconds())}")
    return cut(_SEPARATOR.join(parts), FOOTER_MAX)


def _was_worked_on(job: Job) -> bool:
    return job.status is JobStatus.SUCCEEDED or (job.status is JobStatus.FAILED and job.started_at is not None)


def footer_mark(job_id: str) -> str:
    """Return how a card's last line begins. No text of a person's can begin a text display this way."""
    return f"-# Job {job_id}"


def alt_text(job: Job, most: int) -> str:
    """Return the result's description for those who do not see it: the prompt."""
    return cut(one_line(job.prompt), most)


def _is_too_late(job: Job) -> bool:
    return (job.is_cancellable or job.is_running) and job.cancel is CancelState.REFUSED


def _progress(job: Job) -> str:
    accepted = f"accepted {relative(job.created_at)}"
    match job.status:
        case JobStatus.WAITING:
            return f"{_waiting(job)}{_SEPARATOR}{accepted}"
        case JobStatus.SUBMITTING:
            return f"On its way to the model{_SEPARATOR}{accepted}"
        case JobStatus.QUEUED:
            place = "In the model's queue" if job.queue_position is None else f"Queue position **{job.queue_position}**"
            return f"{place}{_SEPARATOR}{accepted}"
        case JobStatus.RUNNING:
            return f"Started {relative(job.started_at or job.changed_at)}{_SEPARATOR}{accepted}"
        case _ if job.status.is_terminal:
            return _ended(job, relative(job.finished_at or job.changed_at))
        case _:
            return _late(accepted)


def _waiting(job: Job) -> str:
    if job.submitted_at is not None:
        # RunComfy turned it away or could not be reached, or this bot was stopped: nothing was sent.
        return "It could not be submitted yet, and is tried again by itself"
    # For a place of its owner's, or for RunComfy to take jobs again: its record does not say which.
    return "Waiting for its turn; it starts by itself"


def _late(accepted: str) -> str:
    return (
        f"RunComfy has not finished it in time and goes on with it: for {LATE_FOR.days} days a result is shown here as "
        "soon as it comes. RunComfy may charge for it. It takes no place of yours, and counts towards your quota only "
        f"if it succeeds{_SEPARATOR}{accepted}"
    )


def _ended(job: Job, ended: str) -> str:
    match job.status:
        case JobStatus.CANCELLED:
            # Of what RunComfy had taken before, only RunComfy knows.
            charged = "" if job.request_id else "Nothing was charged. "
            return f"Cancelled {ended}. {charged}{_GIVEN_BACK}"
        case JobStatus.EXPIRED if job.request_id is None:
            return f"Given up {ended}: it could not be started in time. Nothing was charged. {_GIVEN_BACK}"
        case JobStatus.EXPIRED:
            return f"Given up {ended}: there was no result in time. RunComfy may have charged for it. {_GIVEN_BACK}"
        case JobStatus.UNCONFIRMED:
            return (
                f"RunComfy's answer was lost {ended}: this job **may have been charged**, or never begun. {_GIVEN_BACK}"
            )
        case JobStatus.FAILED:
            return f"Failed {ended}."
        case _:
            return f"Finished {ended}."


def _value(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_value(each) for each in value)
    return str(value)


def _fitting(texts: Sequence[str], most: int, between: str) -> tuple[str, int]:
    """Return as many of the texts joined as fit into `most` characters, and how many are left out."""
    kept: list[str] = []
    length = 0
    for text in texts:
        length += len(text) + len(between)
        if length > most:
            break
        kept.append(text)
    return between.join(kept), len(texts) - len(kept)


def _why_linked(reason: LinkReason, numbers: Sequence[int], total: int) -> str:
    if total <= 1:
        return _LINKED_ALONE[reason]
    if len(numbers) == total:
        which, is_one = f"None of the {total} results", True
    elif len(numbers) > _NUMBERS_MAX:
        which, is_one = f"{len(numbers)} of {total} results", False
    else:
        is_one = len(numbers) == 1
        which = f"{'Result' if is_one else 'Results'} {_listed(numbers)} of {total}"
    match reason:
        case LinkReason.TOO_LARGE if len(numbers) == total:
            return f"{which} fits into what this place lets a bot upload."
        case LinkReason.TOO_LARGE:
            return f"{which} {'does' if is_one else 'do'} not fit into what this place lets a bot upload."
        case LinkReason.OTHER_KIND:
            does = "shows" if len(numbers) == total else "does not show"
            return f"{which} {'is a file' if is_one else 'are files'} that Discord {does}."
        case LinkReason.TOO_MANY:
            return f"A message holds ten files: {which[0].lower()}{which[1:]} {'is' if is_one else 'are'} beyond that."
        case _:
            could = "could" if len(numbers) == total else "could not"
            return f"{which} {could} be {_NOT_DONE[reason]}."


def _listed(numbers: Sequence[int]) -> str:
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}" if most else last


_NOT_DONE = {
    LinkReason.UNAVAILABLE: "fetched",
    LinkReason.NOT_UPLOADED: "uploaded",
    LinkReason.LATE: "fetched yet; that is tried again by itself",
}
_LINKED_ALONE = {
    LinkReason.TOO_LARGE: "The result is larger than this place lets a bot upload.",
    LinkReason.OTHER_KIND: "The result is a file that Discord does not show.",
    LinkReason.TOO_MANY: "A message holds ten files.",
    LinkReason.UNAVAILABLE: "The result could not be fetched.",
    LinkReason.NOT_UPLOADED: "The result could not be uploaded.",
    LinkReason.LATE: "The result could not be fetched yet; that is tried again by itself.",
}
