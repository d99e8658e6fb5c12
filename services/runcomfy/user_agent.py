"""How this product names itself in HTTP."""

from __future__ import annotations

from importlib import metadata


def product_user_agent() -> str:
    """Return `comfycord/<version>`, without a version where the project runs uninstalled."""
    try:
        return f"comfycord/{metadata.version('comfycord')}"
    except metadata.PackageNotFoundError:
        return "comfycord"
