"""The store of jobs, for SQLite and PostgreSQL."""

from __future__ import annotations

from services.store.accepting import Accepting
from services.store.leasing import Leasing
from services.store.reading import Reading


class SqlJobStore(Accepting, Leasing, Reading):
    """Implements `services.jobs.ports.JobStore`, where its contract is written. Each method is one transaction."""
