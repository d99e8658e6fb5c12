"""Where Chromium is on this machine."""

from __future__ import annotations

import os
import shutil

# The shell has no windows, menus and tabs of its own to draw: half the work of the whole browser.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
HOW_TO_GET_IT = "Debian: apt-get install chromium-headless-shell, Ubuntu: chromium; or name one in CHROMIUM"


def find_chromium() -> str | None:
    """Return Chromium's path: named by CHROMIUM, or the system's own; None where there is none."""
    found = (shutil.which(name) for name in _NAMES)
    return os.environ.get("CHROMIUM") or next((path for path in found if path), None)
