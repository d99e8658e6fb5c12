"""What buttons and selects may look like."""

from __future__ import annotations

from sandbox.discord.kinds import ButtonStyle, ComponentType
from sandbox.discord.rules.fields import Fields
from sandbox.discord.wire import JsonObject

SELECTS = (
    ComponentType.STRING_SELECT,
    ComponentType.USER_SELECT,
    ComponentType.ROLE_SELECT,
    ComponentType.MENTIONABLE_SELECT,
    ComponentType.CHANNEL_SELECT,
)
LONGEST_CUSTOM_ID = 100
LONGEST_LABEL = 80
_MOST_OPTIONS = 25
_LONGEST_OPTION = 100
_LONGEST_PLACEHOLDER = 150
_LONGEST_URL = 512


def check_button(button: Fields) -> JsonObject:
    """A button: one that acts needs a custom id, a link its address, a premium one its SKU."""
    checked: JsonObject = {"disabled": button.flag("disabled")}
    style = button.choice("style", ButtonStyle)
    label = button.text("label", at_most=LONGEST_LABEL)
    custom_id = button.text("custom_id", at_least=1, at_most=LONGEST_CUSTOM_ID)
    if label is not None:
        checked["label"] = label
    if button.has("emoji"):
        checked["emoji"] = button.value["emoji"]
    if style is None:
        return checked
    checked["style"] = style
    match ButtonStyle(style):
        case ButtonStyle.LINK:
            _refuse(button, "custom_id", "A custom id and url cannot both be specified")
            checked["url"] = button.url("url", schemes=("http", "https", "discord"), at_most=_LONGEST_URL)
        case ButtonStyle.PREMIUM:
            for name in ("custom_id", "label", "url", "emoji"):
                _refuse(button, name, f"A premium button cannot have a {name}")
            if not str(button.value.get("sku_id")).isdecimal():
                button.complain("sku_id", "BASE_TYPE_REQUIRED", "This field is required")
            return {"style": style, "disabled": checked["disabled"], "sku_id": str(button.value.get("sku_id"))}
        case _:
            _refuse(button, "url", "A custom id and url cannot both be specified")
            if not button.has("custom_id"):
                button.complain("custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required")
            checked["custom_id"] = custom_id
    if not label and not button.has("emoji"):
        button.complain("label", "BUTTON_COMPONENT_LABEL_REQUIRED", "A label or an emoji is required")
    return checked


def check_select(select: Fields) -> JsonObject:
    """A select of any kind; only a string select brings its own options."""
    checked: JsonObject = {
        "custom_id": select.text("custom_id", at_least=1, at_most=LONGEST_CUSTOM_ID, required=True),
        "disabled": select.flag("disabled"),
    }
    placeholder = select.text("placeholder", at_most=_LONGEST_PLACEHOLDER)
    if placeholder is not None:
        checked["placeholder"] = placeholder
    fewest = select.number("min_values", at_least=0, at_most=_MOST_OPTIONS)
    most = select.number("max_values", at_least=1, at_most=_MOST_OPTIONS)
    checked["min_values"] = 1 if fewest is None else fewest
    checked["max_values"] = 1 if most is None else most
    if checked["min_values"] > checked["max_values"]:
        select.complain("min_values", "SELECT_COMPONENT_MIN_VALUES", "min_values must not exceed max_values")
    if select.value.get("type") == ComponentType.STRING_SELECT:
        checked["options"] = _options(select)
    else:
        for name in ("channel_types", "default_values"):
            if select.has(name):
                checked[name] = select.value[name]
    return checked


def _options(select: Fields) -> list[JsonObject]:
    seen: set[object] = set()
    checked: list[JsonObject] = []
    for option in select.items("options", at_least=1, at_most=_MOST_OPTIONS, required=True):
        label = option.text("label", at_least=1, at_most=_LONGEST_OPTION, required=True)
        value = option.text("value", at_least=1, at_most=_LONGEST_OPTION, required=True)
        description = option.text("description", at_most=_LONGEST_OPTION)
        if value in seen:
            message = "The specified option value is already used"
            option.complain("value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
        seen.add(value)
        entry: JsonObject = {"label": label, "value": value, "default": option.flag("default")}
        if description is not None:
            entry["description"] = description
        if option.has("emoji"):
            entry["emoji"] = option.value["emoji"]
        checked.append(entry)
    return checked


def _refuse(component: Fields, name: str, message: str) -> None:
    if component.has(name):
        component.complain(name, "BASE_TYPE_BAD_FIELD", message)
