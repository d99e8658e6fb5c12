"""What a layout may look like, complaint by complaint."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.discord.drafts import DraftSource, read_draft
from sandbox.discord.files import Upload
from sandbox.discord.rest.errors import ApiError

V2 = 1 << 15


def text(content: str = "Hi") -> dict[str, Any]:
    """A text display."""
    return {"type": 10, "content": content}


def button(custom_id: str | None = "b", **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A button."""
    return {"type": 2, "style": 1, "label": "Go", "custom_id": custom_id, **facts}


def row(*children: dict[str, Any]) -> dict[str, Any]:
    """An action row."""
    return {"type": 1, "components": list(children)}


def box(*children: dict[str, Any]) -> dict[str, Any]:
    """A container."""
    return {"type": 17, "components": list(children)}


def select(custom_id: str = "s", **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A select of strings."""
    return {"type": 3, "custom_id": custom_id, "options": [{"label": "A", "value": "a"}], **facts}


def gallery(*urls: str) -> dict[str, Any]:
    """A media gallery."""
    return {"type": 12, "items": [{"media": {"url": url}} for url in urls]}


def section(accessory: dict[str, Any] | None, *texts: dict[str, Any]) -> dict[str, Any]:
    """A section."""
    return {"type": 9, "components": list(texts), "accessory": accessory}


def source(body: dict[str, Any], *names: str) -> DraftSource:
    """A body with uploads."""
    uploads = {number: Upload(filename=name, data=b"x") for number, name in enumerate(names)}
    return DraftSource(body=body, uploads=uploads, upload_limit_bytes=10)


def complaint(body: dict[str, Any], *names: str) -> str:
    """The path and code of the first complaint about a body."""
    with pytest.raises(ApiError) as refused:
        read_draft(source(body, *names))
    assert (refused.value.status, refused.value.code) == (400, 50035)
    node, path = refused.value.errors or {}, []
    while "_errors" not in node:
        step, node = next(iter(node.items()))
        path.append(step)
    return ".".join(path) + " " + str(node["_errors"][0]["code"])


def layout(*components: dict[str, Any]) -> dict[str, Any]:
    """A body of the second version."""
    return {"flags": V2, "components": list(components)}


PNG = "https://example.com/a.png"
ALLOWED = [
    layout(text("x" * 4000)),
    layout(*(text() for _ in range(40))),
    layout(box(*(text() for _ in range(39)))),
    layout(row(*(button(str(n)) for n in range(5)))),
    layout(row(select())),
    layout(box(section(button(), text(), text(), text()), {"type": 14, "spacing": 2, "divider": False})),
    layout(section({"type": 11, "media": {"url": PNG}, "description": "A"}, text())),
    layout(gallery(*[PNG] * 10)),
    layout(row({"type": 2, "style": 5, "label": "Open", "url": PNG})),
    layout(row({"type": 2, "style": 6, "sku_id": "5"})),
    layout(row(button("b", label=None, emoji={"name": "x"}))),
    {"content": "Hi", "components": [row(button()), row(select())]},
]


@pytest.mark.parametrize("body", ALLOWED)
def test_a_layout_within_the_rules_passes(body: dict[str, Any]) -> None:
    """Every limit itself is still allowed."""
    assert read_draft(source(body)).components


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (layout(text("x" * 4001)), "components.0.content BASE_TYPE_BAD_LENGTH"),
        (layout(text("x" * 3000), text("x" * 1001)), "components COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"),
        (layout(text("")), "components.0.content BASE_TYPE_REQUIRED"),
        (layout(*(text() for _ in range(41))), "components BASE_TYPE_MAX_LENGTH"),
        (layout(box(*(text() for _ in range(40)))), "components COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"),
        (layout(box(box(text()))), "components.0.components.0.type BASE_TYPE_CHOICES"),
        (layout(button()), "components.0.type BASE_TYPE_CHOICES"),
        (layout(box()), "components.0.components BASE_TYPE_REQUIRED"),
        (layout(row(*(button(str(n)) for n in range(6)))), "components.0.components BASE_TYPE_BAD_LENGTH"),
        (layout(row(select(), button())), "components.0.components COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
        (layout(row(text())), "components.0.components.0.type BASE_TYPE_CHOICES"),
        (
            layout(
                row(button("")),
            ),
            "components.0.components.0.custom_id BASE_TYPE_REQUIRED",
        ),
        (layout(row(button("x" * 101))), "components.0.components.0.custom_id BASE_TYPE_BAD_LENGTH"),
        (layout(row(button()), row(button())), "components.1.components.0.custom_id COMPONENT_CUSTOM_ID_DUPLICATED"),
        (layout(row(button(label="x" * 81))), "components.0.components.0.label BASE_TYPE_MAX_LENGTH"),
        (layout(row(button(label=""))), "components.0.components.0.label BUTTON_COMPONENT_LABEL_REQUIRED"),
        (layout(row(button(url=PNG))), "components.0.components.0.url BASE_TYPE_BAD_FIELD"),
        (layout(row(button(style=7))), "components.0.components.0.style BASE_TYPE_CHOICES"),
        (
            layout(row(button(custom_id=None))),
            "components.0.components.0.custom_id BUTTON_COMPONENT_CUSTOM_ID_REQUIRED",
        ),
        (layout(row({"type": 2, "style": 5, "label": "x"})), "components.0.components.0.url BASE_TYPE_REQUIRED"),
        (layout(row(button(style=5, url=PNG))), "components.0.components.0.custom_id BASE_TYPE_BAD_FIELD"),
        (
            layout(row({"type": 2, "style": 5, "label": "x", "url": "javascript:1"})),
            "components.0.components.0.url URL_TYPE_INVALID_SCHEME",
        ),
        (layout(row(button(style=6, sku_id="5"))), "components.0.components.0.custom_id BASE_TYPE_BAD_FIELD"),
        (layout(row(select(options=[]))), "components.0.components.0.options BASE_TYPE_REQUIRED"),
        (
            layout(row(select(options=[{"label": "A", "value": "a"}] * 2))),
            "components.0.components.0.options.1.value SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
        ),
        (layout(row(select(max_values=26))), "components.0.components.0.max_values NUMBER_TYPE_MAX"),
        (layout(row(select(placeholder="x" * 151))), "components.0.components.0.placeholder BASE_TYPE_MAX_LENGTH"),
        (layout(section(None, text())), "components.0.accessory BASE_TYPE_REQUIRED"),
        (layout(section(button(), *[text()] * 4)), "components.0.components BASE_TYPE_BAD_LENGTH"),
        (layout(section(button(), button("c"))), "components.0.components.0.type BASE_TYPE_CHOICES"),
        (layout(gallery()), "components.0.items BASE_TYPE_REQUIRED"),
        (layout(gallery(*[PNG] * 11)), "components.0.items BASE_TYPE_BAD_LENGTH"),
        (layout(gallery("ftp://a/b")), "components.0.items.0.media.url URL_TYPE_INVALID_SCHEME"),
        (layout({"type": 13, "file": {"url": PNG}}), "components.0.file.url URL_TYPE_INVALID_SCHEME"),
        (layout({"type": 14, "spacing": 3}), "components.0.spacing BASE_TYPE_CHOICES"),
        (layout({**text(), "id": 5}, {**text(), "id": 5}), "components.1.id COMPONENT_ID_DUPLICATED"),
        ({**layout(text()), "content": "Hi"}, "content MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"),
        ({**layout(text()), "embeds": [{}]}, "embeds MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"),
        ({"content": "Hi", "components": [text()]}, "components.0.type BASE_TYPE_CHOICES"),
        ({"content": "Hi", "components": [row(button(str(n))) for n in range(6)]}, "components BASE_TYPE_MAX_LENGTH"),
    ],
)
def test_a_layout_beyond_the_rules_is_refused(body: dict[str, Any], expected: str) -> None:
    """50035 names the place and the reason."""
    assert complaint(body) == expected


def test_a_gallery_shows_pictures_only() -> None:
    """A text file of the message cannot stand in a gallery; a file component takes it."""
    assert complaint(layout(gallery("attachment://a.txt")), "a.txt").endswith("UNFURLED_MEDIA_ITEM_INVALID_TYPE")
    assert read_draft(source(layout({"type": 13, "file": {"url": "attachment://a.txt"}}), "a.txt")).files


def test_components_get_ids_in_reading_order() -> None:
    """Those that bring one keep it."""
    body = layout(box({**text(), "id": 2}, row(button())), text())
    first, last = read_draft(source(body)).components
    assert first["id"] == 1
    assert [child["id"] for child in first["components"]] == [2, 3]
    assert first["components"][1]["components"][0]["id"] == 4
    assert last["id"] == 5


@pytest.mark.parametrize(
    ("embed", "expected"),
    [
        ({"title": "x" * 257}, "embeds.0.title BASE_TYPE_MAX_LENGTH"),
        ({"fields": [{"name": "a", "value": ""}]}, "embeds.0.fields.0.value BASE_TYPE_REQUIRED"),
        ({"description": "x" * 4096, "footer": {"text": "x" * 1905}}, "embeds MAX_EMBED_SIZE_EXCEEDED"),
    ],
)
def test_embeds_have_limits(embed: dict[str, Any], expected: str) -> None:
    """Each text by itself, and 6,000 characters in all."""
    assert complaint({"embeds": [embed]}) == expected
