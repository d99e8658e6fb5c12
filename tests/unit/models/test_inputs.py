"""A request's body is complete and explicit, and nothing that a client promises is believed."""

from __future__ import annotations

import pytest

from services.errors import InputProblem, InvalidInput
from services.models.catalog import load_built_in
from services.models.inputs import validate_inputs
from services.models.schema import parse_model
from services.models.spec import ModelSpec
from services.models.values import is_blank

EDIT = load_built_in("openai/gpt-image-1-5/image-to-image")
CAT = "https://pictures.example.com/cat.png"
GIVEN: dict[str, object] = {"prompt": "a fox in the snow", "image_urls": [CAT]}
FULL = {
    "prompt": "a fox in the snow",
    "image_urls": [CAT],
    "image_size": "auto",
    "background": "auto",
    "quality": "high",
    "input_fidelity": "high",
    "output_format": "png",
}


def scalars() -> ModelSpec:
    """Return a model with every other kind of input."""
    return parse_model(
        {
            "model_id": "a/b",
            "input_schema": {
                "properties": {
                    "duration": {"type": "integer", "enum": [5, 10]},
                    "seed": {"type": "integer", "minimum": 0, "maximum": 9},
                    "scale": {"type": "float", "minimum": 0, "maximum": 1},
                    "sound": {"type": "boolean"},
                    "style": {"type": "string", "maxLength": 5},
                    "video": {"type": "string", "format": "video_uri"},
                    "elements": {"type": "array", "items": {"type": "object"}},
                },
            },
        },
    )


def problem_of(spec: ModelSpec, values: dict[str, object | None]) -> tuple[str, InputProblem, str]:
    """Return which input is refused, why, and the limit that is named."""
    with pytest.raises(InvalidInput) as caught:
        validate_inputs(spec, values)
    return caught.value.input_name, caught.value.problem, caught.value.limit


def test_what_was_left_out_is_sent_with_its_default() -> None:
    """The body names every setting, so that the service's own idea of a default cannot change a job."""
    assert validate_inputs(EDIT, GIVEN | {"quality": None}) == FULL


def test_what_was_given_is_sent() -> None:
    """Given values replace the defaults and keep the prompt as it was typed."""
    body = validate_inputs(EDIT, GIVEN | {"quality": "low", "prompt": " two\nlines "})
    assert body == FULL | {"quality": "low", "prompt": " two\nlines "}


def test_samples_are_never_sent() -> None:
    """Without a prompt or a picture nothing is made up from the page's samples."""
    assert problem_of(EDIT, {"image_urls": [CAT]})[:2] == ("prompt", InputProblem.MISSING)
    assert problem_of(EDIT, {"prompt": "x"})[:2] == ("image_urls", InputProblem.MISSING)
    assert problem_of(EDIT, {"prompt": "x", "image_urls": []})[:2] == ("image_urls", InputProblem.MISSING)


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"prompt": ""}, ("prompt", InputProblem.BLANK, "")),
        ({"prompt": " \n\t"}, ("prompt", InputProblem.BLANK, "")),
        ({"prompt": "\u200b\u2060\ufeff\u3164\u2800\ufe0f"}, ("prompt", InputProblem.BLANK, "")),
        ({"prompt": "x" * 4001}, ("prompt", InputProblem.TOO_LONG, "4000")),
        ({"prompt": 7}, ("prompt", InputProblem.WRONG_TYPE, "")),
        ({"prompt": "a\0b"}, ("prompt", InputProblem.WRONG_TYPE, "")),
        ({"prompt": "a\ud800b"}, ("prompt", InputProblem.WRONG_TYPE, "")),
        ({"quality": "ultra"}, ("quality", InputProblem.NOT_A_CHOICE, "low, medium, high")),
        ({"quality": "HIGH"}, ("quality", InputProblem.NOT_A_CHOICE, "low, medium, high")),
        ({"quality": ["high"]}, ("quality", InputProblem.NOT_A_CHOICE, "low, medium, high")),
        ({"image_urls": [CAT] * 11}, ("image_urls", InputProblem.TOO_MANY, "10")),
        ({"image_urls": ["http://pictures.example.com/cat.png"]}, ("image_urls", InputProblem.NOT_HTTPS, "")),
        ({"image_urls": [CAT, "https://169.254.169.254/"]}, ("image_urls", InputProblem.NOT_PUBLIC, "")),
        ({"image_urls": [CAT, 7]}, ("image_urls", InputProblem.NOT_A_URL, "")),
        ({"strength": 1}, ("strength", InputProblem.WRONG_TYPE, "")),
    ],
)
def test_what_does_not_fit_the_page_is_refused(
    values: dict[str, object],
    refusal: tuple[str, InputProblem, str],
) -> None:
    """Each refusal names the input, the problem and the limit."""
    assert problem_of(EDIT, {**GIVEN, **values}) == refusal


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"duration": 7}, InputProblem.NOT_A_CHOICE),
        ({"duration": True}, InputProblem.NOT_A_CHOICE),
        ({"duration": 5.0}, InputProblem.NOT_A_CHOICE),
        ({"seed": -1}, InputProblem.OUT_OF_RANGE),
        ({"seed": 10}, InputProblem.OUT_OF_RANGE),
        ({"seed": True}, InputProblem.WRONG_TYPE),
        ({"seed": 1.5}, InputProblem.WRONG_TYPE),
        ({"seed": "1"}, InputProblem.WRONG_TYPE),
        ({"scale": 1.01}, InputProblem.OUT_OF_RANGE),
        ({"scale": float("nan")}, InputProblem.OUT_OF_RANGE),
        ({"scale": float("inf")}, InputProblem.OUT_OF_RANGE),
        ({"scale": False}, InputProblem.WRONG_TYPE),
        ({"sound": 1}, InputProblem.WRONG_TYPE),
        ({"sound": "true"}, InputProblem.WRONG_TYPE),
        ({"style": "sketch"}, InputProblem.TOO_LONG),
        ({"video": [CAT, CAT]}, InputProblem.TOO_MANY),
        ({"elements": [{"x": 1}]}, InputProblem.WRONG_TYPE),
    ],
)
def test_what_does_not_fit_another_model_is_refused(values: dict[str, object], problem: InputProblem) -> None:
    """Types are strict: a bool is no number, a number no bool, a bound is a bound."""
    assert problem_of(scalars(), {**values})[:2] == (next(iter(values)), problem)


def test_bounds_themselves_pass() -> None:
    """Each bound is inclusive; a choice is taken by its text too; a single file is sent as a text."""
    given: dict[str, object] = {
        "duration": "10",
        "seed": 0,
        "scale": 1,
        "sound": False,
        "style": "plain",
        "video": [CAT],
    }
    assert validate_inputs(scalars(), given) == {
        "duration": 10,
        "seed": 0,
        "scale": 1,
        "sound": False,
        "style": "plain",
        "video": CAT,
    }
    longest = "x" * 4000
    assert validate_inputs(EDIT, GIVEN | {"prompt": longest, "image_urls": [CAT] * 10})["prompt"] == longest


def test_what_is_optional_may_be_blank() -> None:
    """An optional text of spaces counts as left out."""
    assert validate_inputs(scalars(), {"style": " \u200b"}) == {}


def test_only_discords_own_addresses_pass_unchecked() -> None:
    """An attachment's URL is Discord's affair; the same URL typed by a person is checked."""
    url = "http://127.0.0.1:8000/attachments/1/cat.png"
    assert validate_inputs(EDIT, GIVEN | {"image_urls": [url, CAT]}, attachment_urls=[url])["image_urls"] == [url, CAT]
    assert problem_of(EDIT, GIVEN | {"image_urls": [url]})[1] is InputProblem.NOT_HTTPS


def test_the_refusal_keeps_the_prompt_out_of_the_log() -> None:
    """The error's text, which logs show, holds no value that somebody gave."""
    with pytest.raises(InvalidInput) as caught:
        validate_inputs(EDIT, GIVEN | {"prompt": "secret request" * 400})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["a", ".", "🦊", "é", "\u200bx", "。", "\ue000"[:0] + "ß"])
def test_what_shows_something_is_not_blank(text: str) -> None:
    """One visible character is enough."""
    assert not is_blank(text)
