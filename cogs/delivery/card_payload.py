"""What is sent: a card, what is uploaded with it, what stays there, and what becomes a link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path

import discord

from cogs.delivery.addresses import number_of
from cogs.discord_py.kept_attachments import KeptAttachment
from cogs.ui.base import Panel
from cogs.ui.card_result import CardLink, CardPicture, CardResult, LinkReason
from cogs.ui.card_text import alt_text
from cogs.ui.job_card import digest_of, render_card, render_plain_card
from cogs.ui.text import ALT_TEXT_MAX, ATTACHMENTS_MAX
from services.errors import ResultProblem
from services.jobs.card import CardFile, Rendering, ResultShown
from services.jobs.linked_files import is_only_linked
from services.jobs.model import Job, JobStatus, MediaKind
from services.jobs.ports import ResultFile
from services.models.spec import ModelSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A file on the local disk that goes with a card."""

    path: Path
    filename: str
    description: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CardPayload:
    """A card as it is sent, with its files. `rendering` says what it shows.

    `is_partial`: some of the files are left for a further edit.
    """

    card: Panel
    rendering: Rendering
    uploads: tuple[Upload, ...] = ()
    kept: tuple[CardFile, ...] = ()
    is_partial: bool = False

    def attachments(self, client: discord.Client) -> list[discord.Attachment | discord.File]:
        """Return the whole list of files for discord.py, opened anew: Discord replaces the message's list by it."""
        kept: list[discord.Attachment | discord.File] = [
            KeptAttachment.of(client, attachment_id=file.attachment_id, filename=file.filename) for file in self.kept
        ]
        return [*kept, *self.files()]

    def files(self) -> list[discord.File]:
        """Return the files to upload, opened anew: a file is read once."""
        return [
            discord.File(upload.path, filename=upload.filename, description=upload.description or None)
            for upload in self.uploads
        ]


def own_files(attachments: Sequence[CardFile], job_id: str) -> tuple[CardFile, ...]:
    """Return those that are results of the job: their names begin with its id."""
    return tuple(file for file in attachments if file.filename.startswith(f"{job_id}-"))


# What a request holds beside its files, in bytes: the card, the form's own lines.
OVERHEAD_BYTES = 16 * 1024

_SOUNDS = frozenset({"mp3", "wav", "flac", "ogg", "opus", "m4a", "aac", "pcm"})
_PICTURES = frozenset({"png", "jpg", "jpeg", "webp", "gif", "avif", "mp4", "mov", "webm"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultFiles:
    """What is known of a result: files at the card, files on the local disk, and the numbers of the other outputs.

    Those cannot be had, or are on their way; what is `late` is linked to as well, and `is_held_up` by the local disk.
    What is `lost` could not be uploaded before; what is `before` hangs at the private card before this one.
    When to look again: in `next_seconds`, or as soon as a download ends, if any is running.
    """

    kept: tuple[CardFile, ...] = ()
    files: tuple[ResultFile, ...] = ()
    missing: Mapping[int, ResultProblem] = field(default_factory=dict)
    fetching: frozenset[int] = frozenset()
    late: frozenset[int] = frozenset()
    lost: frozenset[int] = frozenset()
    before: frozenset[int] = frozenset()
    is_held_up: bool = False
    is_running: bool = False
    next_seconds: float = 0.0

    @property
    def is_worth_a_message(self) -> bool:
        """Whether there is more to show than that the result is on its way."""
        return not self.fetching or bool(self.files or self.missing or self.late)


class CardLevel(IntEnum):
    """How much of a card is shown: the next level is for when Discord does not take the one before."""

    FULL = 0
    WORDLESS = 1  # nothing that a person or a service wrote
    LINKLESS = 2  # nor links
    BARE = 3  # nor files that do not hang there yet


@dataclass(frozen=True, kw_only=True, slots=True)
class PayloadRules:
    """What Discord allows or has refused: the room for files in one request (0 bytes: links only), how much of a card.

    Discord's limit is told for each file, and was one for whole requests before: what is kept for both passes in any
    case, and more of a result comes with further edits. `is_slow`: there would be more room, if the uploads came
    through.
    """

    upload_limit_bytes: int
    most_files: int = ATTACHMENTS_MAX
    is_slow: bool = False
    level: CardLevel = CardLevel.FULL


def build_payload(
    job: Job,
    result_files: ResultFiles,
    rules: PayloadRules,
    *,
    spec: ModelSpec | None,
    resubmitted_as: str | None = None,
) -> CardPayload:
    """Return the payload; `resubmitted_as` is the job that was submitted in place of an unconfirmed one."""
    chosen, left = ((), frozenset[int]()) if rules.level >= CardLevel.BARE else _chosen(result_files, rules)
    result_files = replace(result_files, fetching=result_files.fetching | left)
    unfit = LinkReason.NOT_UPLOADED if rules.is_slow else LinkReason.TOO_LARGE
    result = _result(job, result_files, chosen, unfit) if job.status is JobStatus.SUCCEEDED else CardResult()
    gone, lost = (_numbers(result, reason) for reason in (LinkReason.UNAVAILABLE, LinkReason.NOT_UPLOADED))
    if rules.level >= CardLevel.LINKLESS:
        result = replace(result, links=(), is_elsewhere=bool(result.links))
    if rules.level is CardLevel.FULL:
        card = render_card(job, spec=spec, result=result, resubmitted_as=resubmitted_as)
        description = alt_text(job, ALT_TEXT_MAX)
    else:
        card, description = render_plain_card(job, result=result), ""
    names = [picture.filename for picture in result.pictures]
    return CardPayload(
        card=card,
        rendering=Rendering(
            status=job.status,
            digest=digest_of(card, names),
            result=_result_shown(result_files, result),
            gone=gone,
            lost=lost,
            before=tuple(sorted(result_files.before)),
        ),
        uploads=tuple(
            Upload(path=file.path, filename=file.filename, description=description, size_bytes=file.size_bytes)
            for file in chosen
        ),
        kept=result_files.kept,
        is_partial=bool(left),
    )


def _result_shown(result_files: ResultFiles, result: CardResult) -> ResultShown:
    if result_files.fetching:
        return ResultShown.FETCHING
    return ResultShown.UNAVAILABLE if result.problem else ResultShown.WHOLE


def _chosen(result_files: ResultFiles, rules: PayloadRules) -> tuple[tuple[ResultFile, ...], frozenset[int]]:
    """Return the files to upload now, in order, and the numbers of those that fit into a further edit.

    Ten at most with those that stay, and those of one request together within the limit.
    """
    limit_bytes = left_bytes = rules.upload_limit_bytes - OVERHEAD_BYTES
    chosen: list[ResultFile] = []
    later: list[ResultFile] = []
    for file in result_files.files:
        if len(result_files.kept) + len(chosen) + len(later) == ATTACHMENTS_MAX:
            break
        if file.size_bytes <= left_bytes and len(chosen) < rules.most_files:
            chosen.append(file)
            left_bytes -= file.size_bytes
        elif file.size_bytes <= limit_bytes and not rules.is_slow:
            later.append(file)
    return tuple(chosen), frozenset(number_of(file.filename) for file in later)


def _result(job: Job, result_files: ResultFiles, chosen: Sequence[ResultFile], unfit: LinkReason) -> CardResult:
    names = [file.filename for file in result_files.kept] + [file.filename for file in chosen]
    names.sort(key=number_of)
    return CardResult(
        pictures=tuple(CardPicture(filename=name, kind=_kind(job, name)) for name in names),
        links=tuple(_links(job, names, result_files, unfit)),
        problem=_problem(job, result_files),
        fetching=tuple(sorted(result_files.fetching - result_files.late)),
        before=tuple(sorted(result_files.before)),
        is_held_up=result_files.is_held_up,
    )


def _problem(job: Job, result_files: ResultFiles) -> ResultProblem | None:
    """Return why there is no result at all; None where there is something, if only a file that is too large."""
    is_all = len(result_files.missing) >= max(len(job.outputs), 1)
    if not is_all or ResultProblem.NOT_POSTABLE in result_files.missing.values():
        return None
    return next(iter(result_files.missing.values()))


def _links(job: Job, names: Sequence[str], result_files: ResultFiles, unfit: LinkReason) -> Iterable[CardLink]:
    there = {number_of(name) for name in names} | result_files.before
    for number, output in enumerate(job.outputs, start=1):
        if number in there or number in result_files.fetching - result_files.late:
            continue
        reason = LinkReason.OTHER_KIND if is_only_linked(output) else _reason(number, result_files, unfit)
        yield CardLink(number=number, url=output.url, reason=reason)


def _reason(number: int, result_files: ResultFiles, unfit: LinkReason) -> LinkReason:
    """Return why an output is linked to; a file on the disk that is not uploaded is `unfit` beside the others."""
    if number in result_files.late:
        return LinkReason.LATE
    problem = result_files.missing.get(number)
    if problem is not None:
        return LinkReason.TOO_LARGE if problem is ResultProblem.NOT_POSTABLE else LinkReason.UNAVAILABLE
    if number in result_files.lost:
        return LinkReason.NOT_UPLOADED
    if number in {number_of(file.filename) for file in result_files.files}:
        return unfit
    return LinkReason.TOO_LARGE if number <= ATTACHMENTS_MAX else LinkReason.TOO_MANY


def _numbers(result: CardResult, reason: LinkReason) -> tuple[int, ...]:
    return tuple(link.number for link in result.links if link.reason is reason)


def _kind(job: Job, filename: str) -> MediaKind:
    """Return what the file is: its name's end tells it better than the word under which the service named it."""
    suffix = filename.rpartition(".")[2]
    number = number_of(filename)
    if suffix in _SOUNDS:
        return MediaKind.AUDIO
    if suffix in _PICTURES or not 1 <= number <= len(job.outputs):
        return MediaKind.IMAGE
    return job.outputs[number - 1].kind
