"""A command follows from the model's schema, within Discord's limits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import discord
import pytest
from discord import app_commands

from cogs.options import CommandPlan, Role, choice_of, plan_command
from cogs.slash_command import Interaction, build_command
from services.errors import InvalidSchema
from services.jobs.model import MediaKind
from services.models.catalog import ModelCommand, load_built_in
from services.models.schema import parse_model
from services.models.spec import InputKind, InputSpec, ModelSpec

MODEL_ID = "openai/gpt-image-1-5/image-to-image"
# More schemas of the same dialect, where the checkout's neighbour has them.
MORE_SCHEMAS = sorted((Path(__file__).parents[4] / "shared" / "data" / "models").glob("*.json"))

Payload = dict[str, object]


def payload_of(plan: CommandPlan) -> dict[str, list[dict[str, object]]]:
    """Return the command as it goes to Discord."""

    async def run(_interaction: Interaction, _values: object) -> None:
        raise AssertionError

    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    return dict(build_command(plan, run).to_dict(tree))


def require_valid(payload: dict[str, list[dict[str, object]]]) -> None:
    """Hold a command against Discord's limits."""
    options = payload["options"]
    assert len(options) <= 25
    names = [str(option["name"]) for option in options]
    assert len(set(names)) == len(names)
    required = [bool(option.get("required")) for option in options]
    assert required == sorted(required, reverse=True)
    written = len(str(payload["name"])) + len(str(payload["description"]))
    for option in options:
        name, description = str(option["name"]), str(option["description"])
        assert 1 <= len(name) <= 32
        assert name == name.lower()
        assert all(character.isalnum() or character in "-_" for character in name)
        assert 1 <= len(description) <= 100
        written += len(name) + len(description)
        choices = option.get("choices") or []
        assert isinstance(choices, list)
        assert len(choices) <= 25
        for choice in choices:
            assert 1 <= len(choice["name"]) <= 100
            assert 1 <= len(choice["value"]) <= 100
            written += len(choice["name"]) + len(choice["value"])
    assert written <= 8_000


def made(*inputs: InputSpec) -> ModelCommand:
    """Return a model of these inputs."""
    return ModelCommand(command="make", spec=ModelSpec(model_id="a/b", display_name="", inputs=inputs))


def value(name: str, kind: InputKind = InputKind.TEXT, **more: object) -> InputSpec:
    """Return an input."""
    return replace(InputSpec(name=name, title=name.title(), description="", kind=kind), **more)  # type: ignore[arg-type] # fields of InputSpec


def test_edit_as_the_page_has_it() -> None:
    """The built-in command has the page's inputs, texts and choices, in the order that people expect."""
    payload = payload_of(plan_command(ModelCommand(command="edit", spec=load_built_in(MODEL_ID))))
    require_valid(payload)
    by_name = {str(option["name"]): option for option in payload["options"]}
    pictures = [f"image{number}" for number in range(1, 11)]
    parameters = ["image_size", "background", "quality", "input_fidelity", "output_format"]
    assert list(by_name) == ["prompt", *pictures, "image_urls", *parameters, "private"]
    assert [name for name, option in by_name.items() if option["required"]] == ["prompt"]
    assert by_name["prompt"]["description"] == "Prompt"
    assert (by_name["prompt"]["min_length"], by_name["prompt"]["max_length"]) == (1, 4_000)
    assert by_name["image_size"]["description"] == "Aspect ratio for the generated image"
    assert by_name["quality"]["choices"] == [{"name": word, "value": word} for word in ("low", "medium", "high")]
    assert {by_name[name]["type"] for name in pictures} == {11}
    assert by_name["private"]["type"] == 5
    assert json.dumps([payload["contexts"], payload["integration_types"]]) == "[[0, 1], [0]]"
    # The page's sample prompt and picture would be paid for.
    assert "drone" not in json.dumps(payload)
    assert "input-1-1" not in json.dumps(payload)


@pytest.mark.skipif(not MORE_SCHEMAS, reason="no further schemas beside this checkout")
def test_other_models_make_valid_commands() -> None:
    """Every other model's command is valid too, or is refused for a required file that is no picture."""
    refused = set()
    for path in MORE_SCHEMAS:
        command = ModelCommand(command="make", spec=parse_model(json.loads(path.read_text(encoding="utf-8"))))
        try:
            require_valid(payload_of(plan_command(command)))
        except InvalidSchema as error:
            refused.add(str(error).partition(":")[0])
    assert len(refused) < len(MORE_SCHEMAS) / 2


def test_names_are_made_valid_and_unique() -> None:
    """Whatever an input is called, its option has a name that Discord takes, and no other has it."""
    names = ["Größe (W:H)", "größe w h", "private", "image1", "---", "x" * 50, "x" * 60, "prompt"]
    inputs = [value(name) for name in names]
    plan = plan_command(made(value("prompt", is_prompt=True, is_required=True), *inputs))
    require_valid(payload_of(plan))
    options = {option.input.name: option.name for option in plan.of(Role.VALUE) if option.input}
    assert len(set(options.values())) == len(names)
    assert options["private"] == "private_2"
    assert options["prompt"] == "prompt_2"


def test_texts_fall_back_and_are_cut() -> None:
    """An empty description becomes the title, a long one is cut to Discord's hundred characters."""
    plan = plan_command(made(value("a"), value("b", description="word " * 50)))
    first, second = plan.of(Role.VALUE)
    assert first.description == "A"
    assert len(second.description) <= 100
    assert second.description.endswith("…")
    assert plan.description == "make"


def test_twenty_five_options() -> None:
    """Where Discord's 25 options are short, pictures give way first, then optional inputs; one picture stays."""
    pictures = value("images", InputKind.MEDIA_LIST, media=MediaKind.IMAGE, max_items=10, is_required=True)
    prompt = value("prompt", is_prompt=True, is_required=True)
    some = plan_command(made(prompt, pictures, *(value(f"v{number}") for number in range(15))))
    assert len(some.options) == 25
    assert len(some.of(Role.PICTURE)) == 7
    many = plan_command(made(prompt, pictures, *(value(f"v{number}") for number in range(40))))
    require_valid(payload_of(many))
    assert len(many.of(Role.PICTURE)) == 1
    without = plan_command(made(prompt, *(value(f"v{number}") for number in range(40))))
    require_valid(payload_of(without))
    required = [value(f"v{number}", is_required=True) for number in range(30)]
    with pytest.raises(InvalidSchema):
        plan_command(made(prompt, pictures, *required))
    with pytest.raises(InvalidSchema):
        plan_command(made(prompt, *required))


def test_kinds_and_ranges() -> None:
    """Each kind of input is Discord's own, with the schema's bounds where Discord can hold them."""
    payload = payload_of(
        plan_command(
            made(
                value("seed", InputKind.INTEGER, minimum=0, maximum=2**64, is_required=True),
                value("steps", InputKind.INTEGER, minimum=1, maximum=50, default=20),
                value("scale", InputKind.NUMBER, minimum=0.5),
                value("free", InputKind.NUMBER),
                value("loop", InputKind.BOOLEAN),
                value("note", max_length=80),
            ),
        ),
    )
    options = {str(option["name"]): option for option in payload["options"]}
    assert {name: option["type"] for name, option in options.items()} == {
        "seed": 4,
        "steps": 4,
        "scale": 10,
        "free": 10,
        "loop": 5,
        "note": 3,
        "private": 5,
    }
    assert options["seed"]["required"] is True
    assert "max_value" not in options["seed"]
    assert (options["steps"]["min_value"], options["steps"]["max_value"]) == (1, 50)
    assert options["scale"]["min_value"] == 0.5
    assert options["note"]["max_length"] == 80


def test_choices_beyond_discord() -> None:
    """Numbers, empty and endless choices find their way back; more than 25 are suggested instead."""
    few = value("few", InputKind.CHOICE, choices=(1, 2.5, "", "y" * 150))
    many = value("many", InputKind.CHOICE, choices=tuple(f"c{number}" for number in range(60)))
    payload = payload_of(plan_command(made(few, many)))
    require_valid(payload)
    declared, suggested, _ = payload["options"]
    choices = declared["choices"]
    assert isinstance(choices, list)
    assert [choice_of(few, choice["value"]) for choice in choices] == [1, 2.5, "", "y" * 150]
    assert choice_of(few, "elsewhere") == "elsewhere"
    assert suggested["autocomplete"] is True
    assert "choices" not in suggested


def test_texts_of_all_choices_together() -> None:
    """Choices whose texts pass Discord's 8,000 characters for a command are suggested instead of declared."""
    wide = [
        value(f"w{number}", InputKind.CHOICE, choices=tuple(f"{index:03}{'z' * 90}" for index in range(20)))
        for number in range(6)
    ]
    payload = payload_of(plan_command(made(*wide)))
    require_valid(payload)
    assert any(option.get("autocomplete") for option in payload["options"])


def test_a_file_that_no_command_can_take() -> None:
    """A required input that Discord cannot carry is refused at the start; an optional one keeps its default."""
    video = value("video", InputKind.MEDIA, media=MediaKind.VIDEO)
    assert plan_command(made(video)).of(Role.VALUE) == ()
    with pytest.raises(InvalidSchema, match="video"):
        plan_command(made(replace(video, is_required=True)))
    with pytest.raises(InvalidSchema, match="boxes"):
        plan_command(made(value("boxes", InputKind.OTHER, is_required=True)))
