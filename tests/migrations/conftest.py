from __future__ import annotations

from tests.contract.conftest import databases, postgres, sqlite_files

__all__ = ["databases", "postgres", "sqlite_files"]
