"""What `check` found out about one thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one look found, in a sentence; `fix` says what to do where it `is_ok` not."""

    is_ok: bool
    report: str
    fix: str = ""
