"""The catalogue offers what the settings name, from the schemas that come with the product."""

from __future__ import annotations

import pytest

from services.errors import SettingsError, UnknownModel
from services.models.catalog import Catalog, ModelEntry, built_in_ids, load_built_in
from services.models.model_ids import require_model_id
from services.models.spec import InputKind

EDIT = "openai/gpt-image-1-5/image-to-image"


def test_the_page_is_transcribed() -> None:
    """The built-in schema is the model page's: names, order, choices, counts and defaults."""
    spec = load_built_in(EDIT)
    assert spec.display_name == "GPT Image 1.5: Identity-Preserving Image Editing & Generation"
    facts = [(one.name, one.kind, one.is_required, one.default, one.choices) for one in spec.inputs]
    choice = InputKind.CHOICE
    assert facts == [
        ("prompt", InputKind.TEXT, True, None, ()),
        ("image_urls", InputKind.MEDIA_LIST, True, None, ()),
        ("image_size", choice, False, "auto", ("auto", "1024x1024", "1536x1024", "1024x1536")),
        ("background", choice, False, "auto", ("auto", "transparent", "opaque")),
        ("quality", choice, False, "high", ("low", "medium", "high")),
        ("input_fidelity", choice, False, "high", ("low", "high")),
        ("output_format", choice, False, "png", ("jpeg", "png", "webp")),
    ]
    assert spec.pictures is not None
    assert (spec.pictures.min_items, spec.pictures.max_items) == (1, 10)
    assert [one.title for one in spec.inputs][:3] == ["Prompt", "Images", "Aspect Ratio (W:H)"]


@pytest.mark.parametrize("model_id", built_in_ids())
def test_every_built_in_schema_can_be_loaded(model_id: str) -> None:
    """Each file that comes with the product is a model of the id that its name says."""
    assert load_built_in(model_id).model_id == model_id


def test_entries_become_commands_in_order() -> None:
    """Commands keep the settings' order, and their models are found by id."""
    catalog = Catalog.load([ModelEntry(model_id=EDIT, command="edit"), ModelEntry(model_id=EDIT, command="retouch")])
    assert [one.command for one in catalog.commands] == ["edit", "retouch"]
    assert catalog.get(EDIT) == catalog.commands[0].spec
    assert catalog.get("a/b") is None


def test_an_unknown_model_names_those_that_there_are() -> None:
    """Whoever mistypes an id reads which ones exist."""
    with pytest.raises(UnknownModel, match=EDIT):
        Catalog.load([ModelEntry(model_id="openai/gpt-image-9/edit", command="edit")])


@pytest.mark.parametrize("command", ["", "Edit", "two words", "x" * 33, "édit"])
def test_a_command_that_discord_refuses_is_refused_at_start(command: str) -> None:
    """A command's name that cannot be registered stops the start with a sentence."""
    with pytest.raises(SettingsError, match="command"):
        Catalog.load([ModelEntry(model_id=EDIT, command=command)])


def test_a_command_belongs_to_one_model() -> None:
    """Two models under one name are refused."""
    with pytest.raises(SettingsError, match="two models"):
        Catalog.load([ModelEntry(model_id=EDIT, command="edit")] * 2)


@pytest.mark.parametrize(
    "text", ["", "a", "a/", "/a", "a//b", "a/..", "./a", "a/b?x", "a/b c", "a/b#", "a\\b", "a/%2e", "a/é"]
)
def test_what_is_no_model_id_never_reaches_a_url(text: str) -> None:
    """Ids stand raw in URLs, so they may hold nothing that a URL gives a meaning."""
    with pytest.raises(UnknownModel):
        require_model_id(text)


@pytest.mark.parametrize(
    "text", [EDIT, "kling/kling-video-o3/4K/image-to-video", "wan-ai/wan-2.7/text-to-video", "a/b/c/d/e"]
)
def test_real_ids_pass(text: str) -> None:
    """Dots, dashes, upper case and up to five segments are in use."""
    assert require_model_id(text) == text
