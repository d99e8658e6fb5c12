"""A modal as a person sees it, and its submission as Discord's client sends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sandbox.client_driver.face import ENTITY_SELECTS
from sandbox.client_driver.refusals import ClientRefused, NotThere
from sandbox.client_driver.resolved import Resolved
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import ComponentType
from sandbox.discord.state import DiscordState
from sandbox.discord.wire import JsonObject
from sandbox.pictures import Picture

FieldValue: TypeAlias = "str | bool | Sequence[str] | Sequence[Picture]"

_WITH_ONE_VALUE = frozenset({ComponentType.TEXT_INPUT, ComponentType.RADIO_GROUP, ComponentType.CHECKBOX})
_LONGEST_TEXT = 4000


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field of a form. `value` is what stands in it before anybody types."""

    label: str
    description: str | None
    kind: ComponentType
    custom_id: str
    is_required: bool
    value: FieldValue
    definition: JsonObject


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """An open modal. `interaction` is the one that the bot answered with it."""

    interaction: Interaction
    title: str
    texts: tuple[str, ...]
    fields: tuple[Field, ...]

    def field(self, label: str) -> Field:
        """Return the field with this label (or custom_id).

        Raises: NotThere where there is no such field.
        """
        for one in self.fields:
            if label in (one.label, one.custom_id):
                return one
        raise NotThere(f"the form has no field {label!r}, but {[one.label for one in self.fields]}")


def form_of(interaction: Interaction) -> Form | None:
    """Read the modal with which an interaction was answered; None where it was not."""
    modal = interaction.modal
    if modal is None:
        return None
    components: list[JsonObject] = modal["components"]
    return Form(
        interaction=interaction,
        title=modal["title"],
        texts=tuple(one["content"] for one in components if one["type"] == ComponentType.TEXT_DISPLAY),
        fields=tuple(_field(holder, one) for holder in components for one in _inputs(holder)),
    )


@dataclass(kw_only=True, slots=True)
class Submission:
    """Fills in a form; fields that are not named keep what stands in them."""

    state: DiscordState
    form: Form
    resolved: Resolved = field(init=False)

    def __post_init__(self) -> None:
        channel = self.state.channels[self.form.interaction.channel_id]
        self.resolved = Resolved(state=self.state, channel=channel)

    def data(self, values: Mapping[str, FieldValue]) -> JsonObject:
        """Return the data of the submitted form; uploads its files.

        Raises: NotThere where a named field does not exist; ClientRefused where a field is required, too short,
        too long, or its value is no option.
        """
        given = {self.form.field(label).custom_id: value for label, value in values.items()}
        modal: JsonObject = self.form.interaction.modal or {}
        sent: JsonObject = {
            "custom_id": modal["custom_id"],
            "components": [self._holder(holder, given) for holder in modal["components"]],
        }
        if self.resolved.payload:
            sent["resolved"] = self.resolved.payload
        return sent

    def _holder(self, holder: JsonObject, given: Mapping[str, FieldValue]) -> JsonObject:
        sent: JsonObject = {key: holder[key] for key in ("type", "id") if key in holder}
        inputs = [self._input(_field(holder, one), given) for one in _inputs(holder)]
        if holder["type"] == ComponentType.LABEL:
            return {**sent, "component": inputs[0]}
        return {**sent, "components": inputs} if inputs else sent

    def _input(self, one: Field, given: Mapping[str, FieldValue]) -> JsonObject:
        value = given.get(one.custom_id, one.value)
        _check(one, value)
        sent: JsonObject = {"type": one.kind.value, "custom_id": one.custom_id}
        if "id" in one.definition:
            sent["id"] = one.definition["id"]
        if one.kind in _WITH_ONE_VALUE:
            return {**sent, "value": value or None if one.kind is ComponentType.RADIO_GROUP else value}
        chosen = [] if isinstance(value, (str, bool)) else value
        return {**sent, "values": [self._chosen(one, item) for item in chosen]}

    def _chosen(self, one: Field, item: str | Picture) -> str:
        if not isinstance(item, str):
            return self.resolved.add_file(item)
        if one.kind in ENTITY_SELECTS and item.isdecimal():
            return self.resolved.add(self.resolved.find(int(item)))
        return item


def _inputs(holder: JsonObject) -> list[JsonObject]:
    if holder["type"] == ComponentType.LABEL:
        return [holder["component"]]
    return list(holder.get("components") or [])


def _field(holder: JsonObject, component: JsonObject) -> Field:
    kind = ComponentType(component["type"])
    return Field(
        label=str(component.get("label") or holder.get("label") or ""),
        description=holder.get("description"),
        kind=kind,
        custom_id=component["custom_id"],
        is_required=component.get("required", kind is not ComponentType.CHECKBOX) is not False,
        value=_preset(kind, component),
        definition=component,
    )


def _preset(kind: ComponentType, component: JsonObject) -> FieldValue:
    defaults = [option["value"] for option in component.get("options") or [] if option.get("default")]
    match kind:
        case ComponentType.TEXT_INPUT:
            return str(component.get("value") or "")
        case ComponentType.CHECKBOX:
            return bool(component.get("default"))
        case ComponentType.RADIO_GROUP:
            return str(defaults[0]) if defaults else ""
        case _ if kind in ENTITY_SELECTS:
            return [str(one["id"]) for one in component.get("default_values") or []]
        case _:
            return defaults


def _check(one: Field, value: FieldValue) -> None:
    if isinstance(value, bool):
        return
    if one.is_required and not value:
        raise ClientRefused(f"{one.label}: this field is required")
    if value and not isinstance(value, str):
        _check_count(one, len(value))
    if one.kind is ComponentType.TEXT_INPUT and value:
        least, most = one.definition.get("min_length") or 0, one.definition.get("max_length") or _LONGEST_TEXT
        if not least <= len(value) <= most:
            raise ClientRefused(f"{one.label}: {len(value)} characters are not between {least} and {most}")
        return
    options = {option["value"] for option in one.definition.get("options") or []}
    chosen = [value] if isinstance(value, str) and value else value
    if options and any(item not in options for item in chosen):
        raise ClientRefused(f"{one.label}: {value!r} is no option")


def _check_count(one: Field, count: int) -> None:
    options = one.definition.get("options") or []
    least = _or(one.definition.get("min_values"), 1 if one.is_required else 0)
    most = _or(one.definition.get("max_values"), len(options) if one.kind is ComponentType.CHECKBOX_GROUP else 1)
    if not least <= count <= most:
        raise ClientRefused(f"{one.label}: {count} chosen, not between {least} and {most}")


def _or(value: object, default: int) -> int:
    return value if isinstance(value, int) else default
