"""discord.py's internals, and what works around it, stand in one place."""

from __future__ import annotations

import re

from tests.rig import ROOT

_PLACE = "cogs/discord_py/"
_INTERNAL = re.compile(
    r"discord\.py 2\.|library \(2\.|_global_over|\._connection\b|_from_json|noqa: SLF001 - .*discord"
)


def test_nothing_else_touches_them() -> None:
    """So that a new version of the library is one folder's matter."""
    files = [path for folder in ("bot", "cogs", "services") for path in (ROOT / folder).rglob("*.py")]
    elsewhere = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files
        if not str(path.relative_to(ROOT)).startswith(_PLACE)
        for match in _INTERNAL.finditer(path.read_text(encoding="utf-8"))
    }
    assert elsewhere == set()
