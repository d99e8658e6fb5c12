"""A job's state in words, as every view says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.jobs.model import JobStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class StateLook:
    """How a state reads and looks. `colour` is the accent, as 0xRRGGBB."""

    word: str
    icon: str
    colour: int

    @property
    def title(self) -> str:
        """The icon and the word."""
        return f"{self.icon} {self.word}"


_GREY, _BLUE, _AMBER, _GREEN, _RED = 0x80848E, 0x5865F2, 0xF0B232, 0x23A55A, 0xDA373C

STATES: Mapping[JobStatus, StateLook] = {
    JobStatus.WAITING: StateLook(word="Waiting", icon="⏳", colour=_GREY),
    JobStatus.SUBMITTING: StateLook(word="Submitting", icon="📨", colour=_BLUE),
    JobStatus.QUEUED: StateLook(word="In queue", icon="🕓", colour=_BLUE),
    JobStatus.RUNNING: StateLook(word="Running", icon="🎨", colour=_AMBER),
    JobStatus.LATE: StateLook(word="Late", icon="🐢", colour=_AMBER),
    JobStatus.SUCCEEDED: StateLook(word="Done", icon="✅", colour=_GREEN),
    JobStatus.FAILED: StateLook(word="Failed", icon="❌", colour=_RED),
    JobStatus.CANCELLED: StateLook(word="Cancelled", icon="🚫", colour=_GREY),
    JobStatus.EXPIRED: StateLook(word="Expired", icon="⌛", colour=_GREY),
    JobStatus.UNCONFIRMED: StateLook(word="Unconfirmed", icon="❔", colour=_AMBER),
}
