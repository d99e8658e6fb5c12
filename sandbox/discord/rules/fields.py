"""Reads the fields of a body and notes what is wrong with each, in Discord's words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox.discord.rest.errors import FormErrors
from sandbox.discord.wire import JsonObject, Path

REQUIRED = ("BASE_TYPE_REQUIRED", "This field is required")


@dataclass(slots=True, kw_only=True, frozen=True)
class Fields:
    """One object of a body, at `path`. Each reader returns None for what is missing, null or wrong."""

    errors: FormErrors
    value: JsonObject
    path: Path

    def complain(self, name: str, code: str, message: str) -> None:
        """Note a complaint about a field."""
        self.errors.add((*self.path, name), code, message)

    def has(self, name: str) -> bool:
        """Whether a field is there and not null."""
        return self.value.get(name) is not None

    def text(self, name: str, *, at_least: int = 0, at_most: int, required: bool = False) -> str | None:
        """A string within its length."""
        found = self._present(name, required=required)
        if found is None:
            return None
        if not isinstance(found, str):
            self.complain(name, "STRING_TYPE_CONVERT", f'Could not interpret "{found!r}" as string.')
            return None
        if not at_least <= len(found) <= at_most:
            self.complain(name, *wrong_length(found, at_least, at_most))
            return None
        return found

    def number(
        self, name: str, *, at_least: int | None = None, at_most: int | None = None, required: bool = False
    ) -> int | None:
        """A whole number within its range."""
        found = self._present(name, required=required)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int):
            self.complain(name, "NUMBER_TYPE_COERCE", f'Value "{found}" is not int.')
            return None
        if at_least is not None and found < at_least:
            message = f"int value should be greater than or equal to {at_least}."
            self.complain(name, "NUMBER_TYPE_MIN", message)
            return None
        if at_most is not None and found > at_most:
            message = f"int value should be less than or equal to {at_most}."
            self.complain(name, "NUMBER_TYPE_MAX", message)
            return None
        return found

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean."""
        found = self.value.get(name)
        if found is None:
            return default
        if not isinstance(found, bool):
            self.complain(name, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
            return default
        return found

    def choice(self, name: str, choices: Iterable[int], *, required: bool = True) -> int | None:
        """One of a few numbers."""
        found = self._present(name, required=required)
        allowed = tuple(int(choice) for choice in choices)
        if found is None:
            return None
        if isinstance(found, bool) or found not in allowed:
            self.complain(name, "BASE_TYPE_CHOICES", f"Value must be one of {allowed}.")
            return None
        return int(found)

    def scalars(self, name: str) -> list[str | int | float]:
        """A list of words and numbers; whatever else stands in it is noted and left out."""
        found = self.value.get(name)
        if found is None:
            return []
        if not isinstance(found, list):
            self.complain(name, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        for number, value in enumerate(found):
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                self.errors.add((*self.path, name, number), "BASE_TYPE_CONVERT", "Must be a word or a number.")
        return [value for value in found if isinstance(value, str | int | float) and not isinstance(value, bool)]

    def items(self, name: str, *, at_least: int = 0, at_most: int, required: bool = False) -> list[Fields]:
        """A list of objects; one that is too short or too long is noted and still returned."""
        found = self._present(name, required=required)
        if found is None:
            return []
        if not isinstance(found, list):
            self.complain(name, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        if not at_least <= len(found) <= at_most:
            self.complain(name, *wrong_length(found, at_least, at_most))
        children = []
        for number, child in enumerate(found):
            path = (*self.path, name, number)
            if isinstance(child, dict):
                children.append(Fields(errors=self.errors, value=child, path=path))
            else:
                self.errors.add(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return children

    def child(self, name: str, *, required: bool = True) -> Fields | None:
        """A nested object."""
        found = self._present(name, required=required)
        if found is None:
            return None
        if not isinstance(found, dict):
            self.complain(name, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            return None
        return Fields(errors=self.errors, value=found, path=(*self.path, name))

    def url(self, name: str, *, schemes: tuple[str, ...], at_most: int = 2048, required: bool = True) -> str | None:
        """An address with one of a few schemes."""
        found = self.text(name, at_least=1, at_most=at_most, required=required)
        if found is None:
            return None
        try:
            parts = urlsplit(found)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in schemes:
            message = f'Scheme "{parts.scheme}" is not supported. Scheme must be one of {schemes}.'
            self.complain(name, "URL_TYPE_INVALID_SCHEME", message)
            return None
        if not parts.netloc:
            self.complain(name, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
            return None
        return found

    def _present(self, name: str, *, required: bool) -> object:
        found: object = self.value.get(name)
        if found is None and required:
            self.complain(name, *REQUIRED)
        return found


def wrong_length(found: str | list[object], at_least: int, at_most: int) -> tuple[str, str]:
    """Discord's complaint about a length."""
    if at_least == 0:
        return "BASE_TYPE_MAX_LENGTH", f"Must be {at_most} or fewer in length."
    if not found:
        return REQUIRED
    return "BASE_TYPE_BAD_LENGTH", f"Must be between {at_least} and {at_most} in length."
