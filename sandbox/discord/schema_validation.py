"""JSON Schema validation inside one large document, quick enough for every call of a test run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from sandbox.discord.wire import JsonObject

Schema: TypeAlias = dict[str, Any]


def escaped(step: str) -> str:
    """One step of a JSON pointer."""
    return step.replace("~", "~0").replace("/", "~1")


class SchemaDocument:
    """Validators for places of a document whose references all point into itself.

    References are followed through a table, and a `oneOf` whose branches differ by their `type` is asked only for the
    branch that fits: the general way takes a hundred times as long on nested components, and complains less clearly.
    """

    def __init__(self, contents: JsonObject) -> None:
        self._contents = contents
        self._class = extend(Draft202012Validator, {"$ref": self._ref, "oneOf": self._one_of})  # type: ignore[no-untyped-call]  # jsonschema types it not
        self.at = cache(self._at)
        self.validator = cache(self._validator)

    def _validator(self, pointer: str) -> Draft202012Validator:
        made: Draft202012Validator = self._class({"$ref": f"#{pointer}"})
        return made

    def _at(self, pointer: str) -> Schema:
        """What stands at a JSON pointer."""
        found: Any = self._contents
        for step in pointer.split("/")[1:]:
            found = found[step.replace("~1", "/").replace("~0", "~")]
        schema: Schema = found
        return schema

    def _ref(self, validator: Any, ref: str, instance: object, _: object) -> Iterator[ValidationError]:  # noqa: ANN401
        yield from validator.descend(instance, self.at(ref.removeprefix("#")))

    def _one_of(
        self,
        validator: Any,  # noqa: ANN401 - jsonschema does not type its keywords
        branches: list[Schema],
        instance: object,
        schema: Schema,
    ) -> Iterator[ValidationError]:
        fitting = [branch for branch in branches if self._may_fit(branch, instance)]
        if len(fitting) == 1:
            yield from validator.descend(instance, fitting[0])
        else:
            yield from Draft202012Validator.VALIDATORS["oneOf"](validator, fitting or branches, instance, schema)

    def _may_fit(self, branch: Schema, instance: object) -> bool:
        """Whether the branch's `type` field, where it names its values, allows the instance's."""
        if not isinstance(instance, dict):
            return True
        target = self.at(branch["$ref"].removeprefix("#")) if "$ref" in branch else branch
        names = target.get("properties", {}).get("type", {}).get("enum")
        return names is None or instance.get("type") in names
