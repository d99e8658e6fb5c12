"""What a person reads and can press on a message: a pure reading of its content, embeds and components."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.discord.kinds import ButtonStyle, ComponentType
from sandbox.discord.wire import JsonObject

ENTITY_SELECTS = frozenset(
    {
        ComponentType.USER_SELECT,
        ComponentType.ROLE_SELECT,
        ComponentType.MENTIONABLE_SELECT,
        ComponentType.CHANNEL_SELECT,
    }
)
SELECTS = ENTITY_SELECTS | {ComponentType.STRING_SELECT}


@dataclass(frozen=True, kw_only=True, slots=True)
class Button:
    """A button as a person sees it. `url` is set on links, `custom_id` on the others."""

    label: str
    is_disabled: bool
    style: ButtonStyle
    custom_id: str | None = None
    url: str | None = None
    component_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Select:
    """A menu; `options` are (label, value) of a string select, empty for the others."""

    kind: ComponentType
    custom_id: str
    placeholder: str
    is_disabled: bool
    min_values: int
    max_values: int
    options: tuple[tuple[str, str], ...] = ()
    component_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Medium:
    """A picture or video shown in a message, with its alt text."""

    url: str
    description: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Face:
    """Everything readable and usable of a message, in order."""

    text: str
    buttons: tuple[Button, ...]
    selects: tuple[Select, ...]
    media: tuple[Medium, ...]


def face_of(content: str, embeds: Sequence[JsonObject], components: Sequence[JsonObject]) -> Face:
    """Read a message's parts as a person does, from top to bottom."""
    everything = list(_walk(components))
    texts = [content, *(part for embed in embeds for part in _embed_texts(embed))]
    texts += [str(one["content"]) for one in everything if one["type"] == ComponentType.TEXT_DISPLAY]
    return Face(
        text="\n".join(text for text in texts if text),
        buttons=tuple(_button(one) for one in everything if one["type"] == ComponentType.BUTTON),
        selects=tuple(_select(one) for one in everything if one["type"] in SELECTS),
        media=(*_embed_media(embeds), *(medium for one in everything for medium in _media(one))),
    )


def _walk(components: Sequence[JsonObject]) -> Iterator[JsonObject]:
    for component in components:
        yield component
        yield from _walk(component.get("components") or [])
        if component.get("accessory"):
            yield component["accessory"]


def _embed_texts(embed: JsonObject) -> Iterator[str]:
    yield str((embed.get("author") or {}).get("name") or "")
    yield str(embed.get("title") or "")
    yield str(embed.get("description") or "")
    for field in embed.get("fields") or []:
        yield f"{field.get('name', '')}: {field.get('value', '')}"
    yield str((embed.get("footer") or {}).get("text") or "")


def _embed_media(embeds: Sequence[JsonObject]) -> Iterator[Medium]:
    for embed in embeds:
        for key in ("image", "thumbnail", "video"):
            url = (embed.get(key) or {}).get("url")
            if url:
                yield Medium(url=url, description=None)


def _media(component: JsonObject) -> Iterator[Medium]:
    match component["type"]:
        case ComponentType.MEDIA_GALLERY:
            for item in component["items"]:
                yield Medium(url=item["media"]["url"], description=item.get("description"))
        case ComponentType.THUMBNAIL:
            yield Medium(url=component["media"]["url"], description=component.get("description"))


def _button(component: JsonObject) -> Button:
    emoji = (component.get("emoji") or {}).get("name")
    return Button(
        label=str(component.get("label") or emoji or ""),
        is_disabled=bool(component.get("disabled")),
        style=ButtonStyle(component["style"]),
        custom_id=component.get("custom_id"),
        url=component.get("url"),
        component_id=component.get("id"),
    )


def _select(component: JsonObject) -> Select:
    options = component.get("options") or []
    return Select(
        kind=ComponentType(component["type"]),
        custom_id=component["custom_id"],
        placeholder=str(component.get("placeholder") or ""),
        is_disabled=bool(component.get("disabled")),
        min_values=_or(component.get("min_values"), 1),
        max_values=_or(component.get("max_values"), 1),
        options=tuple((option["label"], option["value"]) for option in options),
        component_id=component.get("id"),
    )


def _or(value: object, default: int) -> int:
    return value if isinstance(value, int) else default
