"""A model's extra rules for files (`validations`): a metric, a strict comparison, and the model's own sentence."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.errors import InputProblem, InvalidInput

log = logging.getLogger(__name__)


class MediaMetric(StrEnum):
    """What a rule measures; members are the dialect's own words."""

    FILE_SIZE_MB = "file_size_mb"
    WIDTH_PIXELS = "width_pixels"
    HEIGHT_PIXELS = "height_pixels"
    ASPECT_RATIO = "width/height"


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaRule:
    """One rule: the metric must be above (or below) the bound, never equal to it. `message` is shown verbatim."""

    metric: MediaMetric
    is_upper_bound: bool
    bound: float
    message: str

    def allows(self, value: float) -> bool:
        """Whether a measured value keeps the rule."""
        return value < self.bound if self.is_upper_bound else value > self.bound

    @property
    def words(self) -> str:
        """What is said of a broken rule: the model's own sentence, or the rule itself where it has none."""
        return self.message or f"{self.metric} {'<' if self.is_upper_bound else '>'} {self.bound:g}"


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaFacts:
    """What is known of a file before it is fetched; sides are None (or 0) where nobody said."""

    size_bytes: int
    width: int | None = None
    height: int | None = None

    def measure(self, metric: MediaMetric) -> float | None:
        """Return the metric's value, None where it is not known.

        A megabyte is a million bytes here: the stricter reading.
        """
        match metric:
            case MediaMetric.FILE_SIZE_MB:
                return self.size_bytes / 1_000_000
            case MediaMetric.WIDTH_PIXELS:
                return self.width or None
            case MediaMetric.HEIGHT_PIXELS:
                return self.height or None
            case MediaMetric.ASPECT_RATIO:
                return self.width / self.height if self.width and self.height else None


def find_broken_rule(rules: Sequence[MediaRule], facts: MediaFacts) -> MediaRule | None:
    """Return the first rule that the file breaks as far as is known; what is not known breaks none."""
    for rule in rules:
        value = facts.measure(rule.metric)
        if value is not None and not rule.allows(value):
            return rule
    return None


def require_rules(rules: Sequence[MediaRule], facts: MediaFacts, *, input_name: str, file_name: str) -> None:
    """Refuse a file that breaks a rule, as far as is known.

    Raises: InvalidInput, whose `limit` is what the model says of the rule.
    """
    broken = find_broken_rule(rules, facts)
    if broken is not None:
        raise InvalidInput(input_name, InputProblem.BREAKS_RULE, value=file_name, limit=broken.words)


def parse_media_rules(raw: object) -> tuple[MediaRule, ...]:
    """Read the dialect's `validations`; a rule that is not understood is logged and left to the service."""
    if not isinstance(raw, list):
        return ()
    rules = []
    for item in raw:
        rule = _parse_rule(item) if isinstance(item, Mapping) else None
        if rule is None:
            log.warning("a media rule of a model's schema is not understood: %.200r", item)
        else:
            rules.append(rule)
    return tuple(rules)


def _parse_rule(item: Mapping[str, object]) -> MediaRule | None:
    word, bound, message = item.get("validation_rule"), item.get("validation_value"), item.get("validation_error")
    if not isinstance(word, str) or word[-1:] not in {"<", ">"} or word[:-1] not in set(MediaMetric):
        return None
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        return None
    return MediaRule(
        metric=MediaMetric(word[:-1]),
        is_upper_bound=word.endswith("<"),
        bound=float(bound),
        message=message if isinstance(message, str) else "",
    )
