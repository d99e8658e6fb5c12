"""What calls and files of RunComfy's may take, where the settings say nothing else."""

from __future__ import annotations

from dataclasses import dataclass

SHORTEST_TOKEN = 8  # characters; a shorter one is none


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiTimeouts:
    """Bounds in seconds: making a connection, a free call, the paid POST as a whole (official client: 10, 30, 100)."""

    connect_seconds: float = 10.0
    free_seconds: float = 30.0
    submit_seconds: float = 100.0


@dataclass(frozen=True, kw_only=True, slots=True)
class DownloadLimits:
    """Bounds of one file: its size, and the seconds to connect, between two pieces, and for all of it.

    What comes more slowly than `slowest_bytes_per_second` is given up once it has had `stall_seconds`.
    """

    largest_bytes: int = 512 * 1024 * 1024
    connect_seconds: float = 10.0
    stall_seconds: float = 30.0
    slowest_bytes_per_second: int = 1024
    whole_seconds: float = 1800.0


@dataclass(frozen=True, kw_only=True, slots=True)
class DiskLimits:
    """How many bytes the files of one job, and those of all, may take."""

    job_bytes: int = 512 * 1024 * 1024
    folder_bytes: int = 4096 * 1024 * 1024
