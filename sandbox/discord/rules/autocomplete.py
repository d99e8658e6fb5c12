"""What an answer to an autocomplete may look like."""

from __future__ import annotations

from sandbox.discord.rest.errors import FormErrors
from sandbox.discord.rules.fields import Fields
from sandbox.discord.wire import JsonObject, Path

MOST_CHOICES = 25
LONGEST_CHOICE = 100


def check_choices(data: JsonObject, *, path: Path) -> list[JsonObject]:
    """The suggestions. Raises: ApiError 50035."""
    errors = FormErrors()
    body = Fields(errors=errors, value=data, path=path)
    choices = body.items("choices", at_most=MOST_CHOICES, required=True)
    for choice in choices:
        choice.text("name", at_least=1, at_most=LONGEST_CHOICE, required=True)
        value = choice.value.get("value")
        if isinstance(value, str):
            choice.text("value", at_least=1, at_most=LONGEST_CHOICE)
        elif not isinstance(value, int | float):
            choice.complain("value", "BASE_TYPE_REQUIRED", "This field is required")
    errors.raise_if_any()
    return [choice.value for choice in choices]
