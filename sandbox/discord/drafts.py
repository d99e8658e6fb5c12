"""What a message will be after a body is applied to it: read, checked whole, nothing changed yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.discord.files import Upload
from sandbox.discord.kinds import NO_FLAGS, MessageFlag
from sandbox.discord.messages import Message
from sandbox.discord.rest.errors import FormErrors, empty_message
from sandbox.discord.rules.attachments import PlannedFile, planned_files
from sandbox.discord.rules.components import check_components
from sandbox.discord.rules.embeds import check_embeds
from sandbox.discord.rules.fields import Fields
from sandbox.discord.rules.mentions import EVERYBODY, AllowedMentions, read_allowed_mentions
from sandbox.discord.wire import JsonObject, Path

LONGEST_CONTENT = 2000
LONGEST_NONCE = 25
_SETTABLE = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.IS_COMPONENTS_V2
_LEGACY = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"


@dataclass(slots=True, kw_only=True, frozen=True)
class Draft:
    """A message's next state. `wants_ephemeral` is only heeded where a message answers an interaction."""

    content: str
    embeds: list[JsonObject]
    components: list[JsonObject]
    files: list[PlannedFile]
    flags: MessageFlag
    allowed_mentions: AllowedMentions
    wants_ephemeral: bool = False
    tts: bool = False
    nonce: str | int | None = None
    enforces_nonce: bool = False
    reference: JsonObject | None = None


@dataclass(slots=True, kw_only=True, frozen=True)
class DraftSource:
    """A body with what it is to be applied to. `path` is where the body stands inside the request."""

    body: JsonObject
    uploads: Mapping[int, Upload]
    upload_limit_bytes: int
    present: Message | None = None
    path: Path = ()
    default_mentions: AllowedMentions = EVERYBODY


def read_draft(source: DraftSource) -> Draft:
    """Check a body whole.

    Raises: ApiError 50035 naming each wrong field, 50006 for a message that would be empty, 413 / 40005.
    """
    errors = FormErrors()
    body = Fields(errors=errors, value=source.body, path=source.path)
    present = source.present
    flags = _flags(body, present)
    version_2 = MessageFlag.IS_COMPONENTS_V2 in flags
    files = planned_files(
        body, source.uploads, present.attachments if present else (), limit_bytes=source.upload_limit_bytes
    )
    if version_2:
        _refuse_legacy_fields(body, present)
    embeds = check_embeds(body) if "embeds" in source.body or present is None else present.embeds
    if "components" in source.body or present is None:
        components = check_components(body, files, version_2=version_2)
    else:
        components = present.components
        _refuse_missing_files(body, components, files)
    content = _content(body, present)
    draft = Draft(
        content="" if version_2 else content,
        embeds=[] if version_2 else embeds,
        components=components,
        files=files,
        flags=flags,
        allowed_mentions=read_allowed_mentions(body, default=source.default_mentions),
        wants_ephemeral=bool(_flag_bits(body) & MessageFlag.EPHEMERAL.value),
        tts=body.flag("tts"),
        nonce=_nonce(body),
        enforces_nonce=body.flag("enforce_nonce"),
        reference=_reference(body),
    )
    errors.raise_if_any()
    _refuse_emptiness(draft, version_2=version_2)
    return draft


def _flag_bits(body: Fields) -> int:
    found = body.value.get("flags")
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def _flags(body: Fields, present: Message | None) -> MessageFlag:
    """The settable flags; the components' version can never be taken back."""
    if not body.has("flags"):
        return present.flags & _SETTABLE if present else NO_FLAGS
    bits = body.number("flags", at_least=0) or 0
    flags = MessageFlag(bits & _SETTABLE.value)
    if present is not None and present.uses_components_v2 and MessageFlag.IS_COMPONENTS_V2 not in flags:
        message = "The MessageFlags.IS_COMPONENTS_V2 flag cannot be removed"
        body.complain("flags", "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG", message)
        return flags | MessageFlag.IS_COMPONENTS_V2
    return flags


def _refuse_legacy_fields(body: Fields, present: Message | None) -> None:
    for name in ("content", "embeds", "poll", "sticker_ids"):
        left_over = present is not None and name not in body.value and bool(getattr(present, name, None))
        if body.value.get(name) or left_over:
            message = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            body.complain(name, _LEGACY, message)


def _refuse_missing_files(body: Fields, components: list[JsonObject], files: list[PlannedFile]) -> None:
    """A layout that stays goes on showing its files: none of them may be taken away under it."""
    check_components(replace(body, value={"components": components}), files, version_2=True)


def _content(body: Fields, present: Message | None) -> str:
    if "content" not in body.value and present is not None:
        return present.content
    return (body.text("content", at_most=LONGEST_CONTENT) or "").strip()


def _nonce(body: Fields) -> str | int | None:
    found = body.value.get("nonce")
    if isinstance(found, str):
        return body.text("nonce", at_most=LONGEST_NONCE)
    return body.number("nonce")


def _reference(body: Fields) -> JsonObject | None:
    reference = body.child("message_reference", required=False)
    if reference is None:
        return None
    if not str(reference.value.get("message_id")).isdecimal():
        reference.complain("message_id", "BASE_TYPE_REQUIRED", "This field is required")
    return dict(reference.value)


def _refuse_emptiness(draft: Draft, *, version_2: bool) -> None:
    if version_2 and not draft.components:
        raise empty_message()
    if not version_2 and not (draft.content or draft.embeds or draft.files):
        raise empty_message()
