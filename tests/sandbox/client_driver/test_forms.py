"""Modals as people fill them in."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.client_driver import ClientRefused, Form, NotThere
from sandbox.discord.kinds import CallbackType
from sandbox.pictures import paint
from tests.sandbox.client_driver.scene import Scene, make_scene

MODAL: dict[str, Any] = {
    "custom_id": "anew",
    "title": "Try again",
    "components": [
        {"type": 10, "content": "Your prompt is kept."},
        {
            "type": 18,
            "id": 2,
            "label": "Prompt",
            "component": {"type": 4, "id": 3, "custom_id": "prompt", "style": 2, "value": "a hat", "max_length": 10},
        },
        {
            "type": 18,
            "label": "Pictures",
            "component": {"type": 19, "custom_id": "pictures", "min_values": 0, "max_values": 2, "required": False},
        },
        {
            "type": 18,
            "label": "Size",
            "component": {
                "type": 3,
                "custom_id": "size",
                "options": [{"label": "S", "value": "s", "default": True}, {"label": "L", "value": "l"}],
            },
        },
        {"type": 1, "components": [{"type": 4, "custom_id": "note", "label": "Note", "style": 1, "required": False}]},
    ],
}


async def opened(scene: Scene) -> Form:
    """A form that ada has before her."""
    scene.register({"name": "edit"})
    reply = await scene.clients.ada.slash("edit")
    reply.interaction.modal = MODAL
    scene.answer(reply.interaction, CallbackType.MODAL)
    return await reply.form()


async def test_a_form_shows_its_fields_with_what_stands_in_them() -> None:
    """Labels, presets and texts can be read before anything is typed."""
    form = await opened(make_scene())
    assert form.title == "Try again"
    assert form.texts == ("Your prompt is kept.",)
    assert [(one.label, one.value, one.is_required) for one in form.fields] == [
        ("Prompt", "a hat", True),
        ("Pictures", [], False),
        ("Size", ["s"], True),
        ("Note", "", False),
    ]


async def test_a_submission_keeps_what_was_not_touched() -> None:
    """Labels of the second version hold one component each, action rows a list; uploads are resolved."""
    scene = make_scene()
    form = await opened(scene)
    picture = paint("cat.png", width=8, height=8)
    await scene.clients.ada.submit(form, {"Pictures": [picture], "Note": "thanks"})
    sent = scene.interactions[-1]
    assert sent["type"] == 5
    attachment_id = next(iter(sent["data"]["resolved"]["attachments"]))
    assert sent["data"]["custom_id"] == "anew"
    assert sent["data"]["components"] == [
        {"type": 10},
        {"type": 18, "id": 2, "component": {"type": 4, "id": 3, "custom_id": "prompt", "value": "a hat"}},
        {"type": 18, "component": {"type": 19, "custom_id": "pictures", "values": [attachment_id]}},
        {"type": 18, "component": {"type": 3, "custom_id": "size", "values": ["s"]}},
        {"type": 1, "components": [{"type": 4, "custom_id": "note", "value": "thanks"}]},
    ]


@pytest.mark.parametrize(
    ("values", "reason"),
    [({"Prompt": ""}, "required"), ({"Prompt": "x" * 11}, "11 characters"), ({"Size": ["xl"]}, "no option")],
)
async def test_the_client_keeps_the_forms_rules(values: dict[str, Any], reason: str) -> None:
    """Required fields, lengths and options are checked before anything is sent."""
    scene = make_scene()
    form = await opened(scene)
    with pytest.raises(ClientRefused, match=reason):
        await scene.clients.ada.submit(form, values)
    with pytest.raises(NotThere):
        await scene.clients.ada.submit(form, {"Colour": "red"})
    with pytest.raises(ClientRefused):
        await scene.clients.ben.submit(form)
    assert len(scene.interactions) == 1
