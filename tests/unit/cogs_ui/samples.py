"""Jobs as a card meets them, and a card as one reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

from cogs.ui.base import Panel
from services.jobs.card import Card
from services.jobs.model import Job, JobStatus, Json
from services.models.catalog import load_built_in
from services.models.spec import ModelSpec
from tests.unit.jobs.factories import pictures

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MODEL_ID = "openai/gpt-image-1-5/image-to-image"


def spec() -> ModelSpec:
    """The built-in model."""
    return load_built_in(MODEL_ID)


def job(status: JobStatus = JobStatus.WAITING, /, **changes: object) -> Job:
    """Return a job in that state with the times that it then has."""
    after_submit = status is not JobStatus.WAITING
    base = Job(
        job_id="k7m3qwertz",
        interaction_id=1,
        owner_id=42,
        guild_id=7,
        channel_id=8,
        command="edit",
        model_id=MODEL_ID,
        prompt="a fox in the snow",
        inputs={"prompt": "a fox in the snow", "image_urls": ["https://a.example/cat.png"], "quality": "low"},
        media=pictures("cat.png", "dog.png"),
        is_private=False,
        parent=None,
        status=status,
        version=1,
        created_at=NOW,
        changed_at=NOW + timedelta(seconds=50),
        deadline=NOW + timedelta(hours=1),
        running_limit=3,
        submitted_at=NOW + timedelta(seconds=3) if after_submit else None,
        started_at=NOW + timedelta(seconds=9) if after_submit else None,
        finished_at=NOW + timedelta(seconds=44) if status.is_terminal else None,
    )
    return replace(base, **changes)  # type: ignore[arg-type] # any of Job's fields


def sample_card(**changes: object) -> Card:
    """Return a card as it is before it was drawn."""
    base = Card(application_id=1, token="t", token_until=NOW + timedelta(minutes=14), upload_limit_bytes=10 << 20)
    return replace(base, **changes)  # type: ignore[arg-type] # any of Card's fields


def payload(card: Panel) -> list[dict[str, Json]]:
    """Return the components as they go over the wire."""
    components: object = card.to_components()
    return cast("list[dict[str, Json]]", components)


def walk(components: object) -> Iterator[dict[str, Json]]:
    """Return every component, nested ones too, in order."""
    for component in cast("list[dict[str, Json]]", components):
        yield component
        yield from walk(component.get("components", []))


def text(card: Panel) -> str:
    """Return all text of the card, in order."""
    return "\n".join(str(each["content"]) for each in walk(payload(card)) if each["type"] == 10)


def buttons(card: Panel) -> list[tuple[str, bool]]:
    """Return the buttons' labels, and whether each is disabled."""
    return [(str(each["label"]), bool(each.get("disabled"))) for each in walk(payload(card)) if each["type"] == 2]
