"""The check of inputs against a schema, rule by rule."""

from __future__ import annotations

import pytest

from sandbox.model_api.input_rules import find_media, find_problems
from sandbox.model_api.json_values import JsonObject, JsonValue
from sandbox.model_api.model_catalog import Catalog

_URL = "https://pictures.example.com/a.png"
_SCHEMA: JsonObject = {
    "required": ["prompt", "pictures", "not_defined"],
    "properties": {
        "prompt": {"type": "string", "maxLength": 5},
        "pictures": {"type": "array", "format": "image_uris", "minItems": 1, "maxItems": 2},
        "mask": {"type": "string", "format": "image_uri"},
        "seed": {"type": "integer", "minimum": 0, "maximum": 9},
        "scale": {"type": "float", "minimum": 0.5},
        "size": {"type": "string", "enum": ["1K", "2K"]},
        "is_fast": {"type": "boolean"},
        "camera": {"type": "object"},
    },
}


@pytest.mark.parametrize(
    ("inputs", "location"),
    [
        ({"prompt": None}, ("prompt",)),
        ({"prompt": 7}, ("prompt",)),
        ({"prompt": "123456"}, ("prompt",)),
        ({"pictures": []}, ("pictures",)),
        ({"pictures": [_URL] * 3}, ("pictures",)),
        ({"pictures": _URL}, ("pictures",)),
        ({"pictures": [_URL, "cat.png"]}, ("pictures", 1)),
        ({"pictures": [7]}, ("pictures", 0)),
        ({"mask": "cat.png"}, ("mask",)),
        ({"seed": -1}, ("seed",)),
        ({"seed": 10}, ("seed",)),
        ({"seed": 1.5}, ("seed",)),
        ({"seed": "1"}, ("seed",)),
        ({"seed": True}, ("seed",)),
        ({"scale": 0.4}, ("scale",)),
        ({"size": "1k"}, ("size",)),
        ({"is_fast": 1}, ("is_fast",)),
        ({"camera": []}, ("camera",)),
    ],
)
def test_each_broken_rule_is_one_problem_at_its_place(inputs: dict[str, JsonValue], location: tuple[str | int]) -> None:
    """A problem names the very field, or item, that is wrong."""
    whole: JsonObject = {"prompt": "x", "pictures": [_URL], **inputs}
    assert [problem.location for problem in find_problems(whole, _SCHEMA)] == [location]


@pytest.mark.parametrize(
    "inputs",
    [
        {"unknown": 1},
        {"seed": 9, "scale": 0.5, "size": "2K", "is_fast": False, "camera": {}},
        {"scale": 3, "seed": 3.0, "mask": _URL},
        {"mask": None},
        {"prompt": "12345", "pictures": [_URL, "http://127.0.0.1/a"]},
    ],
)
def test_right_inputs_have_no_problems_and_unknown_keys_are_ignored(inputs: dict[str, JsonValue]) -> None:
    """Required names that the schema does not define are ignored as well: real schemas have that."""
    assert find_problems({"prompt": "x", "pictures": [_URL], **inputs}, _SCHEMA) == []


def test_media_are_found_in_both_renderings_of_a_schema() -> None:
    """Format on the array, or on its items, or on a plain string."""
    media = find_media({"prompt": "x", "pictures": [_URL, _URL], "mask": _URL}, _SCHEMA)
    assert [item.label for item in media] == ["pictures[0]", "pictures[1]", "mask"]
    built_in = Catalog().get_entry("openai/gpt-image-1-5/image-to-image")
    assert built_in is not None
    assert [item.label for item in find_media({"image_urls": [_URL]}, built_in.input_schema)] == ["image_urls[0]"]


@pytest.mark.parametrize(("quality", "price"), [("low", 0.02), ("medium", 0.08), ("high", 0.32), (None, 0.32)])
def test_the_price_follows_quality_and_number_of_outputs(quality: str | None, price: float) -> None:
    """High quality is the built-in model's default."""
    entry = Catalog().get_entry("openai/gpt-image-1-5/image-to-image")
    assert entry is not None
    assert entry.price_of({} if quality is None else {"quality": quality}, 2) == price
