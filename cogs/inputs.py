"""Discord's options and attachments, checked without any I/O, as a model's inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from posixpath import splitext
from typing import Protocol
from urllib.parse import unquote, urlsplit

from cogs.options import CommandPlan, Role, choice_of
from cogs.ui import text
from services.errors import InputProblem, InvalidInput
from services.jobs.model import GenerationRequest, Json, MediaKind, MediaRef, MediaSource
from services.models.inputs import validate_inputs
from services.models.media_rules import MediaFacts, require_rules
from services.models.signed_links import require_live_link
from services.models.spec import InputKind, InputSpec
from services.models.urls import require_public_url, split_urls

# The model pages' figure: "images ≤ 50 MB".
PICTURE_MAX_BYTES = 50 * 1024 * 1024
PICTURE_TYPES = frozenset(
    {"image/png", "image/x-png", "image/apng", "image/jpeg", "image/jpg", "image/pjpeg", "image/webp", "image/gif"}
)
# Browsers save JPEG files as .jfif, older programs as .jpe.
PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jfif", ".jpe", ".webp", ".gif"})
# Types that say nothing of a file.
_OPAQUE_TYPES = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "application/x-download", "application/unknown"}
    | {"application/x-png", "image/*", "*/*"}
)
# Python's own list, the same on every system.
_KNOWN_ENDINGS = MimeTypes()

_NAME_MAX = 100
# What a client's numbers can hold: no file and no side is larger.
_LARGEST_NUMBER = 2**53


class GivenFile(Protocol):
    """What Discord tells of an attachment."""

    @property
    def filename(self) -> str:
        """The file's name."""
        ...

    @property
    def content_type(self) -> str | None:
        """The declared media type."""
        ...

    @property
    def size(self) -> int:
        """The size in bytes."""
        ...

    @property
    def width(self) -> int | None:
        """A picture's width in pixels, where Discord could tell."""
        ...

    @property
    def height(self) -> int | None:
        """Its height, likewise."""
        ...

    @property
    def url(self) -> str:
        """Where the service can fetch it, for about a day."""
        ...


def given_prompt(plan: CommandPlan, values: Mapping[str, object]) -> str:
    """Return the prompt as it was typed, to give it back with a refusal."""
    value = next((values.get(option.name) for option in plan.of(Role.PROMPT)), None)
    return value if isinstance(value, str) else ""


def is_private(plan: CommandPlan, values: Mapping[str, object]) -> bool:
    """Return whether only this person may see the card."""
    return any(values.get(option.name) is True for option in plan.of(Role.PRIVATE))


def read_request(
    plan: CommandPlan, values: Mapping[str, object], files: Mapping[str, GivenFile], *, now: datetime
) -> GenerationRequest:
    """Read a command's options, by their names; what was left out is absent or None.

    `now`, aware UTC, is for links that die.
    Raises: InvalidInput, naming the option as the person sees it.
    """
    _require_kinds(plan, values, files)
    pictures = _read_pictures(plan, values, files, now=now)
    by_input: dict[str, Json | None] = {}
    for option in (*plan.of(Role.PROMPT), *plan.of(Role.VALUE)):
        value = values.get(option.name)
        if value is not None and option.input is not None:
            by_input[option.input.name] = choice_of(option.input, value)
    if plan.spec.pictures is not None and pictures:
        by_input[plan.spec.pictures.name] = [picture.url for picture in pictures]
    attachments = frozenset(picture.url for picture in pictures if picture.source is MediaSource.ATTACHMENT)
    try:
        inputs = validate_inputs(plan.spec, by_input, attachment_urls=attachments)
    except InvalidInput as error:
        option_name = _shown_as(plan, error.input_name)
        raise InvalidInput(option_name, error.problem, value=error.value, limit=error.limit) from error
    return GenerationRequest(
        command=plan.name,
        model_id=plan.spec.model_id,
        prompt=given_prompt(plan, values),
        inputs=inputs,
        media=tuple(pictures),
        is_private=is_private(plan, values),
    )


def _shown_as(plan: CommandPlan, input_name: str) -> str:
    """Return what a person knows an input by: its option's name."""
    named = (option.name for option in plan.options if option.input is not None and option.input.name == input_name)
    return next(named, input_name)


def _require_kinds(plan: CommandPlan, values: Mapping[str, object], files: Mapping[str, GivenFile]) -> None:
    """Refuse what no client sends: passed over, it would make a private card public or leave a picture out unsaid."""
    for option in plan.options:
        value = values.get(option.name)
        if value is None:
            continue
        is_unfit = {
            Role.PRIVATE: not isinstance(value, bool),
            Role.PICTURE: option.name not in files,
            Role.URLS: not isinstance(value, str),
        }.get(option.role, False)
        if is_unfit:
            raise InvalidInput(option.name, InputProblem.WRONG_TYPE)


def require_picture(option_name: str, file: GivenFile) -> None:
    """Refuse an attachment that cannot be fetched, is no picture, empty, or too large.

    Raises: InvalidInput.
    """
    facts = (file.url, file.filename, file.size)
    are_read = all(isinstance(fact, kind) for fact, kind in zip(facts, (str, str, int), strict=True))
    if not are_read or not _is_address(file.url) or file.size > _LARGEST_NUMBER:
        raise InvalidInput(option_name, InputProblem.WRONG_TYPE)
    if not _is_picture(file):
        raise InvalidInput(option_name, InputProblem.NOT_MEDIA, value=file.filename)
    if file.size <= 0:
        raise InvalidInput(option_name, InputProblem.EMPTY_FILE, value=file.filename)
    if file.size > PICTURE_MAX_BYTES:
        told = f"{file.filename}, {text.file_size(file.size)}"
        raise InvalidInput(
            option_name, InputProblem.FILE_TOO_LARGE, value=told, limit=text.file_size(PICTURE_MAX_BYTES)
        )


def _is_address(url: str) -> bool:
    """Whether anybody could fetch from there. What Discord says of its own files is not judged further."""
    return url.isprintable() and " " not in url and text.web_address(url) is not None


def _side(pixels: object) -> int | None:
    """Return a side that can be one; anything else is none that anybody told."""
    is_side = isinstance(pixels, int) and not isinstance(pixels, bool) and 0 < pixels <= _LARGEST_NUMBER
    return pixels if isinstance(pixels, int) and is_side else None


def _is_picture(file: GivenFile) -> bool:
    """Whether a file can be a picture that models take, by what is known of it: every fact of it is optional.

    | declared type | name's ending | |
    |---|---|---|
    | a picture's | a picture's, none, or one that nobody knows | yes |
    | none that says something | a picture's, or none | yes |
    | none that says something | one that nobody knows, and Discord measured its sides | yes |
    | anything else | | no |

    A file of which nothing is known is left to the service to judge.
    """
    declared = str(file.content_type or "").partition(";")[0].strip().lower()
    suffix = _ending(file.filename)
    says_picture = declared in PICTURE_TYPES
    says_nothing = declared in _OPAQUE_TYPES or "/" not in declared
    if not says_picture and not says_nothing:
        return False
    is_unknown = _KNOWN_ENDINGS.guess_type(f"x{suffix}")[0] is None
    has_sides = bool(_side(file.width) and _side(file.height))
    return suffix in PICTURE_SUFFIXES or not suffix or (is_unknown and (says_picture or has_sides))


def _ending(filename: str) -> str:
    """Return a name's ending as programs give one; what follows a date's or a sentence's dot is none.

    Some sites save their pictures as `.jpg_large`.
    """
    suffix = splitext(filename.strip(". ").lower())[1].partition("_")[0]
    word = suffix[1:]
    return suffix if word.isascii() and word.isalnum() and not word.isdigit() else ""


def _picture(source: MediaSource, url: str, name: str) -> MediaRef:
    return MediaRef(kind=MediaKind.IMAGE, source=source, url=url, name=name)


def _read_pictures(
    plan: CommandPlan, values: Mapping[str, object], files: Mapping[str, GivenFile], *, now: datetime
) -> Sequence[MediaRef]:
    spec = plan.spec.pictures
    if spec is None:
        return ()
    pictures = []
    for option in plan.of(Role.PICTURE):
        if option.name in files:
            file = files[option.name]
            require_picture(option.name, file)
            facts = MediaFacts(size_bytes=file.size, width=_side(file.width), height=_side(file.height))
            require_rules(spec.media_rules, facts, input_name=option.name, file_name=file.filename)
            pictures.append(_picture(MediaSource.ATTACHMENT, file.url, text.one_line(file.filename)[:_NAME_MAX]))
    for option in plan.of(Role.URLS):
        given = values.get(option.name)
        for url in split_urls(str(given)) if given else ():
            public = require_public_url(url, input_name=option.name)
            require_live_link(public, input_name=option.name, now=now)
            pictures.append(_picture(MediaSource.ADDRESS, public, _name_of(public)))
    _require_count(spec, len(pictures))
    return pictures


def _require_count(spec: InputSpec, count: int) -> None:
    least = max(spec.min_items or 0, 1) if spec.is_required else 0
    if count < least or 0 < count < (spec.min_items or 0):
        raise InvalidInput(
            spec.name, InputProblem.TOO_FEW, value=str(count), limit=str(max(spec.min_items or 0, least))
        )
    most = 1 if spec.kind is InputKind.MEDIA else spec.max_items
    if most is not None and count > most:
        raise InvalidInput(spec.name, InputProblem.TOO_MANY, value=str(count), limit=str(most))


def _name_of(url: str) -> str:
    """Return what a picture behind an address is called: the file's name there, or the host."""
    parts = urlsplit(url)
    name = PurePosixPath(unquote(parts.path)).name
    return text.one_line(name or parts.hostname or "picture")[:_NAME_MAX]
