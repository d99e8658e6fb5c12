"""What can be set (`sections`), where it comes from (`loading`, `sources`), and who is to blame for it (`origins`)."""

from __future__ import annotations

from bot.settings.sections import (
    ENV_PREFIX,
    MIB,
    RESERVED_COMMANDS,
    DatabaseSettings,
    DiscordSettings,
    HealthSettings,
    JobsSettings,
    LogSettings,
    RunComfySettings,
    Settings,
)

__all__ = [
    "ENV_PREFIX",
    "MIB",
    "RESERVED_COMMANDS",
    "DatabaseSettings",
    "DiscordSettings",
    "HealthSettings",
    "JobsSettings",
    "LogSettings",
    "RunComfySettings",
    "Settings",
]
