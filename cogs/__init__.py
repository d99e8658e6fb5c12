"""What speaks Discord: commands, cards, buttons, announcements."""

from __future__ import annotations

# In load order; the first that fails keeps the bot from starting.
EXTENSIONS = ("cogs.generate", "cogs.jobs", "cogs.quota", "cogs.announcer")
