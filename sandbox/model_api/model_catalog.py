"""The models on offer: one JSON file each, in the shape of an entry of GET /v1/models."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox.model_api.json_values import JsonObject, JsonValue

_BUILT_IN = Path(__file__).parent / "catalog"
_DEFAULT_PRICE_USD = 0.04
_QUALITY_FACTORS = {"low": 0.25, "medium": 1.0, "high": 4.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEntry:
    """A model on offer. `base_price_usd` is for one output; the request's quality multiplies it."""

    model_id: str
    display_name: str
    categories: tuple[str, ...]
    base_price_usd: float
    pricing_note: str
    input_schema: JsonObject

    def price_of(self, inputs: JsonObject, output_count: int) -> float:
        """US dollars for a request with these inputs that makes so many outputs."""
        quality = inputs.get("quality", "high" if "quality" in self.properties else "medium")
        factor = _QUALITY_FACTORS.get(quality, 1.0) if isinstance(quality, str) else 1.0
        return round(self.base_price_usd * factor * output_count, 4)

    @property
    def properties(self) -> dict[str, JsonObject]:
        """The schemas of the inputs by name."""
        listed = self.input_schema.get("properties")
        if not isinstance(listed, dict):
            return {}
        return {name: schema for name, schema in listed.items() if isinstance(schema, dict)}

    def render(self, *, with_schema: bool) -> JsonObject:
        """Render the entry as the API sends it."""
        entry: JsonObject = {
            "model_id": self.model_id,
            "display_name": self.display_name,
            "categories": list(self.categories),
            "kind": "model",
            "base_price_usd": self.base_price_usd,
            "price_unit": "output",
            "pricing_note": self.pricing_note,
        }
        if with_schema:
            entry["input_schema"] = self.input_schema
        return entry


class Catalog:
    """All models on offer: the built-in one and those of extra files."""

    def __init__(self, extra_files: Iterable[Path] = ()) -> None:
        files = [*sorted(_BUILT_IN.glob("*.json")), *extra_files]
        self._entries = {entry.model_id: entry for entry in map(_read_entry, files)}

    def get_entry(self, model_id: str) -> CatalogEntry | None:
        """The model of that id, if there is one."""
        return self._entries.get(model_id)

    def search(self, *, text: str = "", category: str = "", kind: str = "") -> list[CatalogEntry]:
        """All models whose id or name holds the text, of that category and kind; sorted by id."""
        if kind not in {"", "model"}:
            return []
        return [
            entry
            for _, entry in sorted(self._entries.items())
            if text.lower() in f"{entry.model_id} {entry.display_name}".lower()
            and (not category or category in entry.categories)
        ]

    def categories(self) -> list[str]:
        """Every category that a model is in, sorted."""
        return sorted({category for entry in self._entries.values() for category in entry.categories})


def _read_entry(path: Path) -> CatalogEntry:
    data: JsonObject = json.loads(path.read_text(encoding="utf-8"))
    model_id, schema = data.get("model_id"), data.get("input_schema")
    if not isinstance(model_id, str) or not isinstance(schema, dict):
        raise TypeError(f"{path} is no catalog entry: it needs a model_id and an input_schema")
    price = data.get("base_price_usd", _DEFAULT_PRICE_USD)
    categories = _strings(data.get("categories")) or (_category_of(model_id, data.get("output")),)
    return CatalogEntry(
        model_id=model_id,
        display_name=str(data.get("display_name", model_id)),
        categories=categories,
        base_price_usd=float(price) if isinstance(price, int | float) else _DEFAULT_PRICE_USD,
        pricing_note=str(data.get("pricing_note", "")),
        input_schema=schema,
    )


def _strings(value: JsonValue) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _category_of(model_id: str, output: JsonValue) -> str:
    """Name a category after the id's last word, or after the kind of output, which every category ends in."""
    last = model_id.rsplit("/", 1)[-1]
    kind = output if isinstance(output, str) else "image"
    return last if last.endswith(("image", "video", "audio")) else f"any-to-{kind}"
