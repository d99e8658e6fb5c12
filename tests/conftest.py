"""What every test run says about itself."""

from __future__ import annotations

from tests.rig import openapi_document


def pytest_report_header() -> str:
    """Say whether the bot's traffic is held against Discord's own document."""
    document = openapi_document()
    if document is None:
        return "Discord's OpenAPI document: not found (set DISCORD_OPENAPI); the bot's traffic is not held against it"
    return f"Discord's OpenAPI document: {document}"
