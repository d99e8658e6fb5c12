"""What a form may look like."""

from __future__ import annotations

from sandbox.discord.kinds import ComponentType
from sandbox.discord.rest.errors import FormErrors
from sandbox.discord.rules.controls import LONGEST_CUSTOM_ID, SELECTS, check_select
from sandbox.discord.rules.fields import Fields
from sandbox.discord.wire import JsonObject, Path

LONGEST_TITLE = 45
MOST_COMPONENTS = 5
LONGEST_LABEL = 45
LONGEST_INPUT = 4000
_ON_TOP = (ComponentType.ACTION_ROW, ComponentType.TEXT_DISPLAY, ComponentType.LABEL)
_GROUPS = (ComponentType.RADIO_GROUP, ComponentType.CHECKBOX_GROUP)
_IN_A_LABEL = (
    ComponentType.TEXT_INPUT,
    *SELECTS,
    ComponentType.FILE_UPLOAD,
    *_GROUPS,
    ComponentType.CHECKBOX,
)


def check_modal(data: JsonObject, *, path: Path) -> JsonObject:
    """The form as it was sent. Raises: ApiError 50035."""
    errors = FormErrors()
    body = Fields(errors=errors, value=data, path=path)
    body.text("custom_id", at_least=1, at_most=LONGEST_CUSTOM_ID, required=True)
    body.text("title", at_least=1, at_most=LONGEST_TITLE, required=True)
    custom_ids: set[object] = set()
    for component in body.items("components", at_least=1, at_most=MOST_COMPONENTS, required=True):
        _check_top(component, custom_ids)
    errors.raise_if_any()
    return data


def _check_top(component: Fields, custom_ids: set[object]) -> None:
    match component.choice("type", _ON_TOP):
        case ComponentType.TEXT_DISPLAY:
            component.text("content", at_least=1, at_most=LONGEST_INPUT, required=True)
        case ComponentType.ACTION_ROW:
            for child in component.items("components", at_least=1, at_most=1, required=True):
                child.text("label", at_least=1, at_most=LONGEST_LABEL, required=True)
                _check_input(child, (ComponentType.TEXT_INPUT,), custom_ids)
        case ComponentType.LABEL:
            component.text("label", at_least=1, at_most=LONGEST_LABEL, required=True)
            component.text("description", at_least=1, at_most=100)
            wrapped = component.child("component")
            if wrapped is not None:
                _check_input(wrapped, _IN_A_LABEL, custom_ids)


def _check_input(component: Fields, allowed: tuple[ComponentType, ...], custom_ids: set[object]) -> None:
    kind = component.choice("type", allowed)
    custom_id = component.text("custom_id", at_least=1, at_most=LONGEST_CUSTOM_ID, required=True)
    if custom_id is not None and custom_id in custom_ids:
        message = "Component custom id cannot be duplicated"
        component.complain("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", message)
    custom_ids.add(custom_id)
    if kind == ComponentType.TEXT_INPUT:
        _check_text_input(component)
    elif kind == ComponentType.FILE_UPLOAD:
        component.number("min_values", at_least=0, at_most=10)
        component.number("max_values", at_least=1, at_most=10)
    elif kind in SELECTS:
        check_select(component)
    elif kind in _GROUPS:
        fewest = 2 if kind == ComponentType.RADIO_GROUP else 1
        component.items("options", at_least=fewest, at_most=10, required=True)


def _check_text_input(component: Fields) -> None:
    component.choice("style", (1, 2))
    shortest = component.number("min_length", at_least=0, at_most=LONGEST_INPUT)
    longest = component.number("max_length", at_least=1, at_most=LONGEST_INPUT)
    value = component.text("value", at_most=LONGEST_INPUT)
    component.text("placeholder", at_most=100)
    if shortest is not None and longest is not None and shortest > longest:
        component.complain("min_length", "NUMBER_TYPE_MAX", "min_length must not exceed max_length")
    if value and longest is not None and len(value) > longest:
        component.complain("value", "BASE_TYPE_MAX_LENGTH", f"Must be {longest} or fewer in length.")
