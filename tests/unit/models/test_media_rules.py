"""A file that breaks a model's own rule is refused before anything is accepted, in the model's words."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cogs.inputs import read_request
from cogs.options import plan_command
from services.errors import InputProblem, InvalidInput
from services.models.catalog import ModelCommand
from services.models.media_rules import MediaFacts, MediaMetric, MediaRule, require_rules
from services.models.schema import parse_model
from services.models.spec import ModelSpec

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SHARED = Path(__file__).parents[4] / "shared" / "data" / "models"
FOLDER = Path(os.environ.get("RUNCOMFY_MODELS", SHARED))
RULED = [path for path in sorted(FOLDER.glob("*.json")) if '"validations"' in path.read_text(encoding="utf-8")]
NO_SCHEMAS = "no model schema with rules at hand: set RUNCOMFY_MODELS to a folder of schemas"

RULES = [
    {"validation_rule": "file_size_mb<", "validation_value": 30, "validation_error": "Less than *30* MB."},
    {"validation_rule": "width/height>", "validation_value": 0.5, "validation_error": "Too tall."},
    {"validation_rule": "height_pixels>", "validation_value": 14, "validation_error": ""},
]


@dataclass(frozen=True, slots=True)
class Attached:
    """A file as Discord describes it."""

    filename: str = "cat.png"
    content_type: str | None = "image/png"
    size: int = 1_000
    url: str = "https://cdn.example/cat.png"
    width: int | None = None
    height: int | None = None


def _model() -> ModelSpec:
    pictures = {"type": "array", "format": "image_uris", "validations": RULES}
    schema = {"type": "object", "properties": {"prompt": {"type": "string"}, "images": pictures}}
    return parse_model({"model_id": "a/b", "input_schema": schema})


def _ask(spec: ModelSpec, *files: Attached, urls: str | None = None) -> dict[str, object]:
    plan = plan_command(ModelCommand(command="make", spec=spec))
    given = {f"image{number}": file for number, file in enumerate(files, start=1)}
    return dict(read_request(plan, {"prompt": "a fox", "image_urls": urls, **given}, given, now=NOW).inputs)


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (Attached(size=30_000_000), "Less than *30* MB."),
        (Attached(width=100, height=200), "Too tall."),
        (Attached(width=100, height=14), "height_pixels > 14"),
    ],
)
def test_a_broken_rule_is_a_refusal_of_its_option(file: Attached, told: str) -> None:
    """The option, the file and the model's own sentence are named; a rule without one is told as it is."""
    with pytest.raises(InvalidInput) as caught:
        _ask(_model(), Attached(width=100, height=100), file)
    refused = caught.value
    assert (refused.input_name, refused.problem) == ("image2", InputProblem.BREAKS_RULE)
    assert (refused.value, refused.limit) == ("cat.png", told)


def test_what_is_not_known_breaks_no_rule() -> None:
    """A file whose sides Discord does not tell, and one behind an address, are left to the service."""
    body = _ask(_model(), Attached(), Attached(width=0, height=0), urls="https://example.com/tall.png")
    assert len(str(body["images"]).split(",")) == 3


@pytest.mark.skipif(not RULED, reason=NO_SCHEMAS)
@pytest.mark.parametrize("path", RULED, ids=lambda path: path.stem)
def test_each_rule_of_real_schemas_is_held(path: Path) -> None:
    """Every rule of every input is understood, lets pass what keeps it, and refuses what does not."""
    document = json.loads(path.read_text(encoding="utf-8"))
    spec = parse_model(document)
    ruled = {name: raw for name, raw in document["input_schema"]["properties"].items() if raw.get("validations")}
    for name, raw in ruled.items():
        one = spec.get(name)
        assert one is not None
        assert len(one.media_rules) == len(raw["validations"])
        for rule in one.media_rules:
            require_rules(one.media_rules, _facts(rule, keeps=True), input_name=name, file_name="x")
            with pytest.raises(InvalidInput) as caught:
                require_rules(one.media_rules, _facts(rule, keeps=False), input_name=name, file_name="x")
            assert caught.value.limit == rule.message


@pytest.mark.skipif(not RULED, reason=NO_SCHEMAS)
def test_a_real_model_s_rule_refuses_an_attachment() -> None:
    """Where a command can offer the ruled input, an attachment that breaks its rule is refused."""
    specs = [parse_model(json.loads(path.read_text(encoding="utf-8"))) for path in RULED]
    ruled = [spec for spec in specs if spec.pictures is not None and spec.pictures.media_rules]
    if not ruled:
        pytest.skip(NO_SCHEMAS)
    for spec in ruled:
        assert spec.pictures is not None
        facts = _facts(spec.pictures.media_rules[0], keeps=False)
        file = Attached(size=facts.size_bytes, width=facts.width, height=facts.height)
        with pytest.raises(InvalidInput) as caught:
            _ask(spec, file)
        assert caught.value.problem is InputProblem.BREAKS_RULE


def _facts(rule: MediaRule, *, keeps: bool) -> MediaFacts:
    """Return a file of 1 kB that is well within other rules, and just keeps this one or just breaks it."""
    is_above = rule.is_upper_bound is not keeps
    match rule.metric:
        case MediaMetric.FILE_SIZE_MB:
            return MediaFacts(size_bytes=round(rule.bound * 1_000_000) + (1 if is_above else -1))
        case MediaMetric.WIDTH_PIXELS:
            return MediaFacts(size_bytes=1000, width=round(rule.bound) + (1 if is_above else 0))
        case MediaMetric.HEIGHT_PIXELS:
            return MediaFacts(size_bytes=1000, height=round(rule.bound) + (1 if is_above else 0))
        case MediaMetric.ASPECT_RATIO:
            width = round(rule.bound * 16_000)
            return MediaFacts(size_bytes=1000, width=width + (1 if is_above else -1), height=16_000)
