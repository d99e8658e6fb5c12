"""Both renderings of RunComfy's schema dialect are read into the same typed inputs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from services.errors import InvalidSchema
from services.jobs.model import MediaKind
from services.models.media_rules import MediaFacts, MediaMetric, find_broken_rule
from services.models.schema import parse_model
from services.models.spec import InputKind, InputSpec, ModelSpec

SHARED = Path(__file__).parents[4] / "shared" / "data" / "models"
DOCUMENTS = sorted(Path(os.environ.get("RUNCOMFY_MODELS", SHARED)).glob("*.json"))


def model(properties: dict[str, object], required: list[str] | None = None) -> ModelSpec:
    """Parse a model with these inputs."""
    schema = {"type": "object", "properties": properties, "required": required or []}
    return parse_model({"model_id": "a/b", "display_name": "B", "input_schema": schema})


def only(raw: object, name: str = "x", *, is_required: bool = False) -> InputSpec:
    """Parse a model with this one input."""
    return model({name: raw}, [name] if is_required else []).inputs[0]


@pytest.mark.parametrize(
    ("raw", "kind", "media"),
    [
        ({"type": "string"}, InputKind.TEXT, None),
        ({"type": ["null", "string"]}, InputKind.TEXT, None),
        ({"type": "integer"}, InputKind.INTEGER, None),
        ({"type": "float"}, InputKind.NUMBER, None),
        ({"type": "number"}, InputKind.NUMBER, None),
        ({"type": "boolean"}, InputKind.BOOLEAN, None),
        ({"type": "string", "enum": ["a"]}, InputKind.CHOICE, None),
        ({"type": "integer", "enum": [1, 2]}, InputKind.CHOICE, None),
        ({"enum": ["a", "b"]}, InputKind.CHOICE, None),
        ({"type": "string", "format": "image_uri"}, InputKind.MEDIA, MediaKind.IMAGE),
        ({"type": "string", "format": "video_uri"}, InputKind.MEDIA, MediaKind.VIDEO),
        ({"format": "audio_uri"}, InputKind.MEDIA, MediaKind.AUDIO),
        ({"type": "array", "items": {"type": "string", "format": "image_uri"}}, InputKind.MEDIA_LIST, MediaKind.IMAGE),
        ({"type": "array", "format": "image_uris"}, InputKind.MEDIA_LIST, MediaKind.IMAGE),
        ({"type": "array", "format": "video_uris", "items": {"type": "string"}}, InputKind.MEDIA_LIST, MediaKind.VIDEO),
        ({"format": "audio_uris"}, InputKind.MEDIA_LIST, MediaKind.AUDIO),
        ({"items": {"format": "image_uri"}}, InputKind.MEDIA_LIST, MediaKind.IMAGE),
        ({"type": "array", "items": {"type": "object"}}, InputKind.OTHER, None),
        ({"type": "array", "items": {"type": "string"}}, InputKind.OTHER, None),
        ({"type": "object"}, InputKind.OTHER, None),
        ({"type": "hologram"}, InputKind.OTHER, None),
        ({}, InputKind.OTHER, None),
    ],
)
def test_each_rendering_has_its_kind(raw: object, kind: InputKind, media: MediaKind | None) -> None:
    """Types, formats on the array or on its items, enums and unknown words all find a kind."""
    spec = only(raw)
    assert (spec.kind, spec.media) == (kind, media)


def test_choices_keep_their_types_and_order() -> None:
    """An integer enum stays one of integers; each choice is there once."""
    assert only({"type": "integer", "enum": [8, 16, 8, True, None]}).choices == (8, 16)
    assert only({"type": "string", "enum": ["auto", "5", "5"]}).choices == ("auto", "5")


def test_bounds_are_read_and_nonsense_is_none() -> None:
    """Bounds of an integer are rounded inwards; what is no finite number is no bound."""
    spec = only({"type": "integer", "minimum": 0.5, "maximum": 9.5})
    assert (spec.minimum, spec.maximum) == (1, 9)
    spec = only({"type": "float", "minimum": "0", "maximum": True})
    assert (spec.minimum, spec.maximum) == (None, None)
    spec = only({"type": "array", "format": "image_uris", "minItems": 2, "maxItems": -1})
    assert (spec.min_items, spec.max_items) == (2, None)


def test_one_file_counts_one() -> None:
    """An input for a single file takes one."""
    assert only({"type": "string", "format": "image_uri"}).max_items == 1


@pytest.mark.parametrize(
    ("name", "raw", "default"),
    [
        ("quality", {"type": "string", "enum": ["low", "high"], "default": "high"}, "high"),
        ("quality", {"type": "string", "enum": ["low", "high"], "default": "ultra"}, None),
        ("duration", {"type": "integer", "enum": [5, 10], "default": "5"}, 5),
        ("seed", {"type": "integer", "default": -1}, -1),
        ("seed", {"type": "integer", "default": 3.0}, 3),
        ("seed", {"type": "integer", "minimum": 0, "default": -1}, None),
        ("scale", {"type": "float", "default": 0.5}, 0.5),
        ("sound", {"type": "boolean", "default": False}, False),
        ("sound", {"type": "boolean", "default": "yes"}, None),
        ("negative_prompt", {"type": "string", "default": "blurry"}, "blurry"),
        ("negative_prompt", {"type": "string", "default": ""}, ""),
        ("style", {"type": "string", "default": "plain"}, "plain"),
    ],
)
def test_a_default_that_fits_is_kept(name: str, raw: object, default: object) -> None:
    """A default is kept as the API takes it; one that the input itself would refuse is not."""
    spec = only(raw, name)
    assert spec.default == default
    assert type(spec.default) is type(default)


@pytest.mark.parametrize(
    "name", ["prompt", "text", "lyrics", "caption", "tags", "systemPrompt", "multi_prompt", "script"]
)
def test_a_sample_text_is_no_default(name: str) -> None:
    """The page's sample prompt is never sent for somebody: it would be paid for."""
    assert only({"type": "string", "default": "A colossal man in London"}, name).default is None


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "string", "format": "image_uri", "default": "https://example.com/sample.png"},
        {"type": "array", "format": "image_uris", "default": ["https://example.com/sample.png"]},
        {"type": "string", "default": "https://example.com/sample.png"},
        {"type": "string", "default": "data:image/png;base64,AAAA"},
        {"type": "object", "default": {"path": "https://example.com/lora"}},
        {"type": "array", "items": {"type": "object"}, "default": [{"url": "https://example.com/a"}]},
    ],
)
def test_a_sample_file_is_no_default(raw: object) -> None:
    """Sample pictures, wherever they hide, are never sent for somebody."""
    assert only(raw).default is None


def test_titles_are_never_empty() -> None:
    """Without a title the name makes one; descriptions may be empty."""
    spec = only({"type": "string"}, "image_size")
    assert (spec.title, spec.description) == ("Image size", "")
    spec = only({"type": "string", "title": " Size ", "description": " Of it "}, "image_size")
    assert (spec.title, spec.description) == ("Size", "Of it")


@pytest.mark.parametrize(("published", "kept"), [(None, 4000), (5000, 4000), (500, 500)])
def test_a_prompt_has_our_limit_at_most(published: int | None, kept: int) -> None:
    """Prompts end at 4,000 characters, or where the model's own smaller limit is."""
    spec = only({"type": "string", "maxLength": published}, "prompt")
    assert spec.is_prompt
    assert spec.max_length == kept


def test_the_prompt_is_the_likeliest_text() -> None:
    """One input is the prompt, by the names that prompts go by; a choice of that name is none."""
    prompt = model({"text": {"type": "string"}, "prompt": {"type": "string"}}).prompt
    assert prompt is not None
    assert prompt.name == "prompt"
    prompt = model({"prompt": {"type": "string", "enum": ["a"]}, "lyrics": {"type": "string"}}).prompt
    assert prompt is not None
    assert prompt.name == "lyrics"
    assert model({"seed": {"type": "integer"}}).prompt is None


def test_pictures_are_the_required_list_before_anything_else() -> None:
    """Required before optional, a list before a single file, a mask last; films are no pictures."""
    one, many = {"type": "string", "format": "image_uri"}, {"type": "array", "format": "image_uris"}
    film = {"type": "string", "format": "video_uri"}
    assert _pictures(model({"mask_image": one, "image": one, "images": many})) == "images"
    assert _pictures(model({"images": many, "first_frame": one}, ["first_frame"])) == "first_frame"
    assert _pictures(model({"mask_image": one, "image": one}, ["mask_image"])) == "image"
    assert _pictures(model({"video": film})) is None


def _pictures(spec: ModelSpec) -> str | None:
    return spec.pictures.name if spec.pictures else None


def test_a_required_name_that_is_not_defined_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    """A schema whose `required` names a ghost is still used, and the log says so."""
    spec = model({"prompt": {"type": "string"}}, ["prompt", "image_urls"])
    assert [one.name for one in spec.inputs if one.is_required] == ["prompt"]
    assert "image_urls" in caplog.text


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ([], "the document"),
        ({}, "model_id"),
        ({"model_id": "nonsense", "input_schema": {}}, "model_id"),
        ({"model_id": "a/../b", "input_schema": {}}, "model_id"),
        ({"model_id": "a/b"}, "a/b: input_schema"),
        ({"model_id": "a/b", "input_schema": {"properties": []}}, "a/b: input_schema.properties"),
        ({"model_id": "a/b", "input_schema": {"properties": {"x": "y"}}}, "input_schema.properties.x"),
        ({"model_id": "a/b", "input_schema": {"properties": {}, "required": "x"}}, "input_schema.required"),
    ],
)
def test_what_is_no_schema_names_its_place(document: object, place: str) -> None:
    """A document that cannot be read says where it is wrong."""
    with pytest.raises(InvalidSchema, match=place.replace(".", r"\.")):
        parse_model(document)


def test_validations_become_rules_with_their_own_words() -> None:
    """A file's rules are strict comparisons; the first broken one is shown in the model's words."""
    rules = only(
        {
            "type": "array",
            "format": "image_uris",
            "validations": [
                {"validation_rule": "file_size_mb<", "validation_value": 30, "validation_error": "Too heavy."},
                {"validation_rule": "width/height>", "validation_value": 0.5, "validation_error": "Too tall."},
                {"validation_rule": "width_pixels>", "validation_value": 14, "validation_error": "Too narrow."},
                {"validation_rule": "colours>", "validation_value": 2, "validation_error": "?"},
                "nonsense",
            ],
        },
    ).media_rules
    assert [rule.metric for rule in rules] == [
        MediaMetric.FILE_SIZE_MB,
        MediaMetric.ASPECT_RATIO,
        MediaMetric.WIDTH_PIXELS,
    ]
    assert find_broken_rule(rules, MediaFacts(size_bytes=29_999_999, width=100, height=199)) is None
    assert find_broken_rule(rules, MediaFacts(size_bytes=29_999_999)) is None
    for facts, message in [
        (MediaFacts(size_bytes=30_000_000), "Too heavy."),
        (MediaFacts(size_bytes=1, width=100, height=200), "Too tall."),
        (MediaFacts(size_bytes=1, width=14, height=14), "Too narrow."),
    ]:
        broken = find_broken_rule(rules, facts)
        assert broken is not None
        assert broken.message == message


def test_differing_leaves_out_defaults_prompt_and_media() -> None:
    """Only what was chosen otherwise than by default is worth a line on a card."""
    spec = model(
        {
            "prompt": {"type": "string"},
            "image": {"type": "string", "format": "image_uri"},
            "quality": {"type": "string", "enum": ["low", "high"], "default": "high"},
            "seed": {"type": "integer", "default": 0},
        },
    )
    given: dict[str, object] = {"prompt": "x", "image": "https://a.com/b", "quality": "low", "seed": 0}
    assert [(one.name, value) for one, value in spec.differing(given)] == [("quality", "low")]


@pytest.mark.skipif(not DOCUMENTS, reason="no collection of model schemas: set RUNCOMFY_MODELS to a folder of them")
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_real_schemas_are_read_whole(path: Path) -> None:
    """Each real schema gives every input a kind that people can fill, and none a sample."""
    document = json.loads(path.read_text(encoding="utf-8"))
    spec = parse_model(document)
    assert spec.model_id == document["model_id"]
    assert [one.name for one in spec.inputs] == list(document["input_schema"]["properties"])
    assert spec.prompt is not None
    for one in spec.inputs:
        assert one.kind is not InputKind.OTHER
        assert not (one.is_media or one.is_prompt) or one.default is None
        assert one.kind is not InputKind.CHOICE or one.choices
