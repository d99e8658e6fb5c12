"""From a job and what is known of its result to a packet: what is uploaded, what stays, what becomes a link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
_OVERHEAD_BYTES = 16 * 1024

_SOUNDS = frozenset({"mp3", "wav", "flac", "ogg", "opus", "m4a", "aac", "pcm"})
_PICTURES = frozenset({"png", "jpg", "jpeg", "webp", "gif", "avif", "mp4", "mov", "webm"})

_NUMBER = re.compile(r"-(\d+)\.[^.]*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """What is known of a result: files that hang at the card already, files on the local disk, or why there is none.

    `gone` are the numbers of outputs that could not be fetched when the card was drawn with what is kept.
    """

    kept: tuple[CardFile, ...] = ()
    gone: frozenset[int] = frozenset()
    files: tuple[ResultFile, ...] = ()
    problem: ResultProblem | None = None
    is_fetching: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PackingRules:
    """What Discord allows or has refused: the room for files in bytes (0: links only), and whether a full card."""

    upload_limit_bytes: int
    is_plain: bool = False


def pack(
    job: Job, material: Material, rules: PackingRules, *, spec: ModelSpec | None, anew_as: str | None = None
) -> Packet:
    """Return the packet; `anew_as` is the job that was submitted in place of an unconfirmed one."""
    chosen = _chosen(material.files, rules.upload_limit_bytes)
    result = _result(job, material, chosen) if job.status is JobStatus.SUCCEEDED else CardResult()
    if rules.is_plain:
        card = render_plain_card(job, result=result)
    else:
        card = render_card(job, spec=spec, result=result, anew_as=anew_as)
    names = [picture.filename for picture in result.pictures]
    return Packet(
        card=card,
        digest=written_digest(_shows(job, material), digest_of(card, names), gone=_gone(result)),
        uploads=tuple(
            Upload(
                path=file.path,
                filename=file.filename,
                description=alt_text(job, ALT_TEXT_MAX),
                size_bytes=file.size_bytes,
            )
            for file in chosen
        ),
        kept=material.kept,
    )


def _shows(job: Job, material: Material) -> str:
    if material.is_fetching:
        return FETCHING
    return UNAVAILABLE if material.problem else job.status


def _chosen(files: Sequence[ResultFile], limit_bytes: int) -> tuple[ResultFile, ...]:
    """Return the files to upload, in order: ten at most, and together within the place's limit."""
    left = limit_bytes - _OVERHEAD_BYTES
    chosen: list[ResultFile] = []
    for file in files[:ATTACHMENTS_MAX]:
        if file.size_bytes <= left:
            chosen.append(file)
            left -= file.size_bytes
    return tuple(chosen)


def _result(job: Job, material: Material, chosen: Sequence[ResultFile]) -> CardResult:
    names = [file.filename for file in material.kept] or [file.filename for file in chosen]
    return CardResult(
        pictures=tuple(CardPicture(filename=name, kind=_kind(job, name)) for name in names),
        links=() if material.is_fetching else tuple(_links(job, names, material)),
        problem=material.problem,
        is_fetching=material.is_fetching,
    )


def _links(job: Job, names: Sequence[str], material: Material) -> Iterable[CardLink]:
    there = {_number(name) for name in names}
    on_disk = {_number(file.filename) for file in material.files}
    for number, output in enumerate(job.outputs, start=1):
        if number in there:
            continue
        reason = LinkReason.TOO_MANY if number > ATTACHMENTS_MAX else LinkReason.TOO_LARGE
        if material.problem or number in material.gone or (material.files and number not in on_disk):
            reason = LinkReason.UNAVAILABLE
        yield CardLink(number=number, url=output.url, reason=reason)


def _gone(result: CardResult) -> list[int]:
    return [link.number for link in result.links if link.reason is LinkReason.UNAVAILABLE]


def _kind(job: Job, filename: str) -> MediaKind:
    """Return what the file is: its name's end tells it better than the word under which the service named it."""
    suffix = filename.rpartition(".")[2]
    number = _number(filename)
    if suffix in _SOUNDS:
        return MediaKind.AUDIO
    if suffix in _PICTURES or not 1 <= number <= len(job.outputs):
        return MediaKind.IMAGE
    return job.outputs[number - 1].kind


def _number(filename: str) -> int:
    """Return the output's number, counted from 1, out of a result file's name; 0 where it has none."""
    match = _NUMBER.search(filename)
    return int(match[1]) if match else 0
