"""What a message's components may look like: action rows of old, and the layouts of version 2."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sandbox.discord.kinds import ComponentType
from sandbox.discord.rules.attachments import PlannedFile
from sandbox.discord.rules.controls import SELECTS, check_button, check_select
from sandbox.discord.rules.fields import Fields
from sandbox.discord.rules.media import MediaCheck
from sandbox.discord.wire import JsonObject

LARGEST_TOTAL = 40
LONGEST_TEXT = 4000
_ROWS_OF_OLD = 5
_BUTTONS_IN_A_ROW = 5
_TEXTS_IN_A_SECTION = 3
_IN_A_ROW = (ComponentType.BUTTON, *SELECTS)
_IN_A_CONTAINER = (
    ComponentType.ACTION_ROW,
    ComponentType.SECTION,
    ComponentType.TEXT_DISPLAY,
    ComponentType.MEDIA_GALLERY,
    ComponentType.FILE,
    ComponentType.SEPARATOR,
)
_ON_TOP = (*_IN_A_CONTAINER, ComponentType.CONTAINER)


def check_components(body: Fields, files: Sequence[PlannedFile], *, version_2: bool) -> list[JsonObject]:
    """The body's components with ids given to those that have none; complaints go to the body's errors."""
    check = _LayoutCheck(files)
    if version_2:
        tops = body.items("components", at_most=LARGEST_TOTAL)
        checked = check.children(tops, _ON_TOP)
        check.totals(body)
    else:
        tops = body.items("components", at_most=_ROWS_OF_OLD)
        checked = check.children(tops, (ComponentType.ACTION_ROW,))
    return check.numbered(checked)


class _LayoutCheck:
    """Walks a layout, counting components, text and custom ids."""

    def __init__(self, files: Sequence[PlannedFile]) -> None:
        self._count = 0
        self._text = 0
        self._custom_ids: set[str] = set()
        self._ids: set[int] = set()
        self._media = MediaCheck(files)
        self._by_type: dict[ComponentType, Callable[[Fields], JsonObject]] = {
            ComponentType.ACTION_ROW: self._row,
            ComponentType.BUTTON: self._button,
            ComponentType.SECTION: self._section,
            ComponentType.TEXT_DISPLAY: self._text_display,
            ComponentType.THUMBNAIL: self._media.thumbnail,
            ComponentType.MEDIA_GALLERY: self._media.gallery,
            ComponentType.FILE: self._media.file,
            ComponentType.SEPARATOR: self._separator,
            ComponentType.CONTAINER: self._container,
            **dict.fromkeys(SELECTS, self._select),
        }

    def children(self, children: Sequence[Fields], allowed: Sequence[ComponentType]) -> list[JsonObject]:
        """The checked ones among `children`."""
        checked = (self._one(child, allowed) for child in children)
        return [component for component in checked if component is not None]

    def totals(self, body: Fields) -> None:
        """Complain when the layout is too large as a whole."""
        if self._count > LARGEST_TOTAL:
            message = f"The total number of components cannot exceed {LARGEST_TOTAL}."
            body.complain("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", message)
        if self._text > LONGEST_TEXT:
            message = f"The total displayable text size exceeds the maximum of {LONGEST_TEXT}."
            body.complain("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)

    def numbered(self, components: list[JsonObject]) -> list[JsonObject]:
        """Give every component without an id the next free one, in reading order."""
        free = iter(number for number in range(1, 10_000) if number not in self._ids)

        def give(component: JsonObject) -> JsonObject:
            if not component.get("id"):
                component["id"] = next(free)
            for child in component.get("components", []):
                give(child)
            if "accessory" in component:
                give(component["accessory"])
            return component

        return [give(component) for component in components]

    def _one(self, component: Fields, allowed: Sequence[ComponentType]) -> JsonObject | None:
        kind = component.choice("type", allowed)
        if kind is None:
            return None
        self._count += 1
        number = component.number("id", at_least=0, at_most=2**31 - 1)
        if number:
            if number in self._ids:
                component.complain("id", "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
            self._ids.add(number)
        checked = self._by_type[ComponentType(kind)](component)
        return {"type": kind, "id": number or 0, **checked}

    def _row(self, row: Fields) -> JsonObject:
        children = row.items("components", at_least=1, at_most=_BUTTONS_IN_A_ROW, required=True)
        kinds = [child.value.get("type") for child in children]
        if len(kinds) > 1 and any(kind in SELECTS for kind in kinds):
            row.complain(
                "components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width"
            )
        return {"components": self.children(children, _IN_A_ROW)}

    def _button(self, button: Fields) -> JsonObject:
        self._note_custom_id(button)
        return check_button(button)

    def _select(self, select: Fields) -> JsonObject:
        self._note_custom_id(select)
        return check_select(select)

    def _note_custom_id(self, component: Fields) -> None:
        custom_id = component.value.get("custom_id")
        if not isinstance(custom_id, str):
            return
        if custom_id in self._custom_ids:
            message = "Component custom id cannot be duplicated"
            component.complain("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", message)
        self._custom_ids.add(custom_id)

    def _section(self, section: Fields) -> JsonObject:
        texts = section.items("components", at_least=1, at_most=_TEXTS_IN_A_SECTION, required=True)
        accessory = section.child("accessory")
        beside = (ComponentType.BUTTON, ComponentType.THUMBNAIL)
        checked = self._one(accessory, beside) if accessory is not None else None
        return {"components": self.children(texts, (ComponentType.TEXT_DISPLAY,)), "accessory": checked or {}}

    def _text_display(self, display: Fields) -> JsonObject:
        text = display.text("content", at_least=1, at_most=LONGEST_TEXT, required=True) or ""
        self._text += len(text)
        return {"content": text}

    def _separator(self, separator: Fields) -> JsonObject:
        spacing = separator.choice("spacing", (1, 2), required=False)
        return {"spacing": spacing or 1, "divider": separator.flag("divider", default=True)}

    def _container(self, container: Fields) -> JsonObject:
        children = container.items("components", at_least=1, at_most=LARGEST_TOTAL, required=True)
        return {
            "accent_color": container.number("accent_color", at_least=0, at_most=0xFFFFFF),
            "spoiler": container.flag("spoiler"),
            "components": self.children(children, _IN_A_CONTAINER),
        }
