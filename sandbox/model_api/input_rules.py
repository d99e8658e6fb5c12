"""The check of a submit's body against the model's input schema, in RunComfy's dialect of JSON schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.model_api.json_values import JsonObject, JsonValue

_MEDIA_FORMATS = frozenset({"image_uri", "image_uris", "video_uri", "video_uris", "audio_uri", "audio_uris"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One broken rule: where in the body, and a sentence about it."""

    location: tuple[str | int, ...]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaInput:
    """An address of a file among the inputs. `label` reads like `image_urls[0]`."""

    label: str
    address: str


def find_problems(inputs: JsonObject, schema: JsonObject) -> list[Problem]:
    """List everything that is wrong with the inputs; unknown keys are ignored, as the API does."""
    properties = _object(schema.get("properties"))
    problems = [
        Problem(location=(name,), message="Field required")
        for name in _list(schema.get("required"))
        if isinstance(name, str) and name in properties and inputs.get(name) is None
    ]
    for name, rule in properties.items():
        if inputs.get(name) is not None:
            problems.extend(_check((name,), inputs[name], _object(rule)))
    return problems


def find_media(inputs: JsonObject, schema: JsonObject) -> list[MediaInput]:
    """List every address of a file among the inputs, in the schema's order."""
    found: list[MediaInput] = []
    for name, rule in _object(schema.get("properties")).items():
        value = inputs.get(name)
        if isinstance(value, str) and _is_media(_object(rule)):
            found.append(MediaInput(label=name, address=value))
        elif isinstance(value, list) and (_is_media(_object(rule)) or _is_media(_object(_object(rule).get("items")))):
            found.extend(
                MediaInput(label=f"{name}[{index}]", address=item)
                for index, item in enumerate(value)
                if isinstance(item, str)
            )
    return found


def _check(where: tuple[str | int, ...], value: JsonValue, rule: JsonObject) -> Iterator[Problem]:
    kind = rule.get("type")
    if isinstance(kind, str) and not _is_of(kind, value):
        yield Problem(location=where, message=f"Input should be a valid {kind}")
        return
    choices = rule.get("enum")
    if isinstance(choices, list) and value not in choices:
        yield Problem(location=where, message=f"Input should be one of {', '.join(map(repr, choices))}")
    if isinstance(value, str):
        yield from _check_text(where, value, rule)
    elif isinstance(value, list):
        yield from _check_list(where, value, rule)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _check_number(where, value, rule)


def _check_text(where: tuple[str | int, ...], value: str, rule: JsonObject) -> Iterator[Problem]:
    longest = rule.get("maxLength")
    if isinstance(longest, int) and len(value) > longest:
        yield Problem(location=where, message=f"String should have at most {longest} characters")
    if _is_media(rule) and "://" not in value and not value.startswith("data:"):
        yield Problem(location=where, message="Input should be a valid URL")


def _check_number(where: tuple[str | int, ...], value: float, rule: JsonObject) -> Iterator[Problem]:
    least, most = rule.get("minimum"), rule.get("maximum")
    if isinstance(least, int | float) and value < least:
        yield Problem(location=where, message=f"Input should be greater than or equal to {least}")
    if isinstance(most, int | float) and value > most:
        yield Problem(location=where, message=f"Input should be less than or equal to {most}")


def _check_list(where: tuple[str | int, ...], value: list[JsonValue], rule: JsonObject) -> Iterator[Problem]:
    least, most = rule.get("minItems"), rule.get("maxItems")
    if isinstance(least, int) and len(value) < least:
        yield Problem(location=where, message=f"List should have at least {least} items")
    if isinstance(most, int) and len(value) > most:
        yield Problem(location=where, message=f"List should have at most {most} items")
    items = _object(rule.get("items")) or ({"type": "string", "format": "image_uri"} if _is_media(rule) else {})
    for index, item in enumerate(value):
        yield from _check((*where, index), item, items)


def _is_of(kind: str, value: JsonValue) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "string": isinstance(value, str),
        "integer": is_number and (isinstance(value, int) or float(value).is_integer()),  # type: ignore[arg-type]  # narrowed by is_number
        "number": is_number,
        "float": is_number,
        "boolean": isinstance(value, bool),
        "array": isinstance(value, list),
        "object": isinstance(value, dict),
    }
    return fits.get(kind, True)


def _is_media(rule: JsonObject) -> bool:
    return rule.get("format") in _MEDIA_FORMATS


def _object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
