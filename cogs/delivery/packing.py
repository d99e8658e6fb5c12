"""From a job and what is known of its result to a packet: what is uploaded, what stays, what becomes a link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from cogs.delivery.addresses import FETCHING, UNAVAILABLE, written_digest
from cogs.delivery.packets import Packet, Upload
from cogs.ui.card_result import CardLink, CardPicture, CardResult, LinkReason
from cogs.ui.card_text import alt_text
from cogs.ui.job_card import digest_of, render_card, render_plain_card
from cogs.ui.text import ALT_TEXT_MAX, ATTACHMENTS_MAX
from services.errors import ResultProblem
from services.jobs.model import CardFile, Job, JobStatus, MediaKind
from services.jobs.ports import ResultFile
from services.models.spec import ModelSpec

# What a request holds beside its files, in bytes: the card, the form's own lines.
OVERHEAD_BYTES = 16 * 1024

_SOUNDS = frozenset({"mp3", "wav", "flac", "ogg", "opus", "m4a", "aac", "pcm"})
_PICTURES = frozenset({"png", "jpg", "jpeg", "webp", "gif", "avif", "mp4", "mov", "webm"})

_NUMBER = re.compile(r"-(\d+)\.[^.]*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """What is known of a result: files at the card, files on the local disk, and the numbers of the other outputs.

    Those cannot be had, or are on their way; what is `late` is linked to as well, and `is_held_up` by the local disk.
    What is `lost` could not be uploaded before.
    When to look again: in `next_seconds`, or as soon as a download ends, if any is running.
    """

    kept: tuple[CardFile, ...] = ()
    files: tuple[ResultFile, ...] = ()
    missing: Mapping[int, ResultProblem] = field(default_factory=dict)
    fetching: frozenset[int] = frozenset()
    late: frozenset[int] = frozenset()
    lost: frozenset[int] = frozenset()
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
class PackingRules:
    """What Discord allows or has refused: the room for files in bytes (0: links only), and how much of a card.

    `is_slow`: there would be more room, if the uploads came through.
    """

    upload_limit_bytes: int
    is_slow: bool = False
    level: CardLevel = CardLevel.FULL


def pack(
    job: Job, material: Material, rules: PackingRules, *, spec: ModelSpec | None, anew_as: str | None = None
) -> Packet:
    """Return the packet; `anew_as` is the job that was submitted in place of an unconfirmed one."""
    chosen = () if rules.level >= CardLevel.BARE else _chosen(material, rules.upload_limit_bytes)
    unfit = LinkReason.NOT_UPLOADED if rules.is_slow else LinkReason.TOO_LARGE
    result = _result(job, material, chosen, unfit) if job.status is JobStatus.SUCCEEDED else CardResult()
    gone, lost = (_numbers(result, reason) for reason in (LinkReason.UNAVAILABLE, LinkReason.NOT_UPLOADED))
    if rules.level >= CardLevel.LINKLESS:
        result = replace(result, links=(), is_elsewhere=bool(result.links))
    if rules.level is CardLevel.FULL:
        card = render_card(job, spec=spec, result=result, anew_as=anew_as)
        description = alt_text(job, ALT_TEXT_MAX)
    else:
        card, description = render_plain_card(job, result=result), ""
    names = [picture.filename for picture in result.pictures]
    return Packet(
        card=card,
        digest=written_digest(_shows(job, material, result), digest_of(card, names), gone=gone, lost=lost),
        uploads=tuple(
            Upload(path=file.path, filename=file.filename, description=description, size_bytes=file.size_bytes)
            for file in chosen
        ),
        kept=material.kept,
    )


def _shows(job: Job, material: Material, result: CardResult) -> str:
    if material.fetching:
        return FETCHING
    return UNAVAILABLE if result.problem else job.status


def _chosen(material: Material, limit_bytes: int) -> tuple[ResultFile, ...]:
    """Return the files to upload, in order: ten with those that stay, at most, and together within the limit."""
    left = limit_bytes - OVERHEAD_BYTES
    chosen: list[ResultFile] = []
    for file in material.files[: ATTACHMENTS_MAX - len(material.kept)]:
        if file.size_bytes <= left:
            chosen.append(file)
            left -= file.size_bytes
    return tuple(chosen)


def _result(job: Job, material: Material, chosen: Sequence[ResultFile], unfit: LinkReason) -> CardResult:
    names = [file.filename for file in material.kept] + [file.filename for file in chosen]
    names.sort(key=number_of)
    return CardResult(
        pictures=tuple(CardPicture(filename=name, kind=_kind(job, name)) for name in names),
        links=tuple(_links(job, names, material, unfit)),
        problem=_problem(job, material),
        fetching=tuple(sorted(material.fetching - material.late)),
        is_held_up=material.is_held_up,
    )


def _problem(job: Job, material: Material) -> ResultProblem | None:
    """Return why there is no result at all; None where there is something, if only a file that is too large."""
    is_all = len(material.missing) >= max(len(job.outputs), 1)
    if not is_all or ResultProblem.NOT_POSTABLE in material.missing.values():
        return None
    return next(iter(material.missing.values()))


def _links(job: Job, names: Sequence[str], material: Material, unfit: LinkReason) -> Iterable[CardLink]:
    there = {number_of(name) for name in names}
    for number, output in enumerate(job.outputs, start=1):
        if number in there or number in material.fetching - material.late:
            continue
        yield CardLink(number=number, url=output.url, reason=_reason(number, material, unfit))


def _reason(number: int, material: Material, unfit: LinkReason) -> LinkReason:
    """Return why an output is linked to; a file on the disk that is not uploaded is `unfit` beside the others."""
    if number in material.late:
        return LinkReason.LATE
    problem = material.missing.get(number)
    if problem is not None:
        return LinkReason.TOO_LARGE if problem is ResultProblem.NOT_POSTABLE else LinkReason.UNAVAILABLE
    if number in material.lost:
        return LinkReason.NOT_UPLOADED
    if number in {number_of(file.filename) for file in material.files}:
        return unfit
    return LinkReason.TOO_LARGE if number <= ATTACHMENTS_MAX else LinkReason.TOO_MANY


def _numbers(result: CardResult, reason: LinkReason) -> list[int]:
    return [link.number for link in result.links if link.reason is reason]


def _kind(job: Job, filename: str) -> MediaKind:
    """Return what the file is: its name's end tells it better than the word under which the service named it."""
    suffix = filename.rpartition(".")[2]
    number = number_of(filename)
    if suffix in _SOUNDS:
        return MediaKind.AUDIO
    if suffix in _PICTURES or not 1 <= number <= len(job.outputs):
        return MediaKind.IMAGE
    return job.outputs[number - 1].kind


def number_of(filename: str) -> int:
    """Return the output's number, counted from 1, out of a result file's name; 0 where it has none."""
    match = _NUMBER.search(filename)
    return int(match[1]) if match else 0
