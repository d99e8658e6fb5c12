"""RunComfy's input-schema dialect, read into typed inputs.

Two renderings are in use: the model page's (`items.format`, titles) and the catalogue's (array-level `format`, `items`
sometimes missing, no titles). Both are read. Types have a `float` beside JSON Schema's own words.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import replace

from services.errors import InvalidSchema, UnknownModel
from services.jobs.model import Json, MediaKind
from services.models.media_rules import parse_media_rules
from services.models.model_ids import require_model_id
from services.models.schema_values import read_bound, read_choices, read_count, read_default, read_text
from services.models.spec import InputKind, InputSpec, ModelSpec

log = logging.getLogger(__name__)

# Ours: what one text field of a Discord form takes, and more than any model is known to read.
PROMPT_MAX_LENGTH = 4000

_MEDIA_FORMAT = re.compile(r"(image|video|audio)_uris?")
_SCALARS = {
    "string": InputKind.TEXT,
    "integer": InputKind.INTEGER,
    "number": InputKind.NUMBER,
    "float": InputKind.NUMBER,
    "boolean": InputKind.BOOLEAN,
}
# The names that a model's prompt goes by, the likeliest first.
_PROMPT_NAMES = ("prompt", "text", "tags", "lyrics", "caption")


def parse_model(document: object) -> ModelSpec:
    """Read one model: `model_id`, `display_name` and `input_schema` of a document.

    A required name that the schema does not define is logged and passed over (seen: bytedance/seedream-4-5/edit).
    Raises: InvalidSchema naming the place.
    """
    top = _require_mapping(document, "the document")
    try:
        model_id = require_model_id(read_text(top.get("model_id")))
    except UnknownModel as error:
        raise InvalidSchema(f"model_id: {error}") from error
    schema = _require_mapping(top.get("input_schema"), f"{model_id}: input_schema")
    properties = _require_mapping(schema.get("properties"), f"{model_id}: input_schema.properties")
    required = _read_required(schema.get("required"), model_id)
    for name in sorted(required - set(properties)):
        log.warning("%s: the input %s is required but not defined; passed over", model_id, name)
    prompt_name = _find_prompt(properties)
    inputs = tuple(
        _parse_input(
            name,
            _require_mapping(raw, f"{model_id}: input_schema.properties.{name}"),
            is_required=name in required,
            is_prompt=name == prompt_name,
        )
        for name, raw in properties.items()
    )
    return ModelSpec(model_id=model_id, display_name=read_text(top.get("display_name")) or model_id, inputs=inputs)


def _parse_input(name: str, raw: Mapping[str, object], *, is_required: bool, is_prompt: bool) -> InputSpec:
    kind, media = _classify(raw)
    max_length = read_count(raw.get("maxLength"))
    if is_prompt:
        max_length = min(max_length or PROMPT_MAX_LENGTH, PROMPT_MAX_LENGTH)
    choices = read_choices(raw.get("enum")) if kind is InputKind.CHOICE else ()
    minimum = read_bound(raw.get("minimum"), kind=kind, is_upper=False)
    maximum = read_bound(raw.get("maximum"), kind=kind, is_upper=True)
    spec = InputSpec(
        name=name,
        title=read_text(raw.get("title")) or name.replace("_", " ").strip().capitalize() or name,
        description=read_text(raw.get("description")),
        kind=kind,
        media=media,
        is_required=is_required,
        is_prompt=is_prompt,
        choices=choices,
        minimum=minimum,
        maximum=maximum,
        min_items=read_count(raw.get("minItems")) if kind is InputKind.MEDIA_LIST else None,
        max_items=1 if kind is InputKind.MEDIA else read_count(raw.get("maxItems")),
        max_length=max_length,
        media_rules=parse_media_rules(raw.get("validations")) if media else (),
    )
    return _with_default(spec, raw.get("default"))


def _with_default(spec: InputSpec, raw: Json | None) -> InputSpec:
    """Add the default, unless it is a sample or does not fit the input itself."""
    default = read_default(raw, spec)
    if default is None and raw is not None and spec.kind not in {InputKind.TEXT, InputKind.OTHER} and not spec.is_media:
        log.warning("the default of the input %s does not fit it; left out", spec.name)
    return replace(spec, default=default)


def _classify(raw: Mapping[str, object]) -> tuple[InputKind, MediaKind | None]:
    """Tell what kind of input a property is; what is not understood is OTHER."""
    word = _read_type(raw)
    items = raw.get("items")
    of_items = items.get("format") if isinstance(items, Mapping) else None
    media = _media_of(raw.get("format")) or _media_of(of_items)
    if media is not None:
        is_list = word == "array" or (not word and (of_items is not None or str(raw.get("format")).endswith("s")))
        return (InputKind.MEDIA_LIST if is_list else InputKind.MEDIA), media
    if word in {"array", "object"}:
        return InputKind.OTHER, None
    if word != "boolean" and read_choices(raw.get("enum")):
        return InputKind.CHOICE, None
    return _SCALARS.get(word, InputKind.OTHER), None


def _read_type(raw: Mapping[str, object]) -> str:
    """Return the property's type word; of a list (`["string", "null"]`) the first that is not null."""
    word = raw.get("type")
    words = word if isinstance(word, list) else [word]
    return next((each for each in words if isinstance(each, str) and each != "null"), "")


def _media_of(word: object) -> MediaKind | None:
    match = _MEDIA_FORMAT.fullmatch(word) if isinstance(word, str) else None
    return MediaKind(match[1]) if match else None


def _find_prompt(properties: Mapping[str, object]) -> str | None:
    """Return the name of the one input that is the prompt."""
    for name in _PROMPT_NAMES:
        raw = properties.get(name)
        if isinstance(raw, Mapping) and _classify(raw)[0] is InputKind.TEXT:
            return name
    return None


def _read_required(raw: object, model_id: str) -> frozenset[str]:
    if raw is None:
        return frozenset()
    if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
        raise InvalidSchema(f"{model_id}: input_schema.required is no list of names")
    return frozenset(raw)


def _require_mapping(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidSchema(f"{place} is no object")
    return value
