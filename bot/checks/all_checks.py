"""`check`: looks at everything that the bot needs, and says how to fix each problem."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from bot.checks.findings import Finding
from bot.checks.machine import (
    check_database,
    check_health,
    check_models,
    check_open_files,
    check_privacy,
    check_results,
)
from bot.checks.network import check_api, check_copies, check_discord, check_gateway
from bot.settings import Settings
from cogs.discord_py.endpoints import use_endpoints


async def check(settings: Settings, *, config: Path, say: Callable[[str], None]) -> bool:
    """Look at everything, one line each, and return whether all is well. Problems do not hide each other."""
    use_endpoints(**settings.discord.endpoints)
    looks: Mapping[str, Callable[[Settings], Awaitable[Finding]]] = {
        "models": check_models,
        "database": check_database,
        "results": check_results,
        "privacy": check_privacy(config),
        "open files": check_open_files,
        "health": check_health,
        "Discord": check_discord,
        "gateway": check_gateway,
        "copies": check_copies,
        "Model API": check_api,
    }
    say("ok       settings   The settings can be read.")
    problems = 0
    for name, look in looks.items():
        finding = await look(settings)
        say(f"{'ok' if finding.is_ok else 'PROBLEM':<8} {name:<10} {finding.report}")
        if not finding.is_ok:
            problems += 1
            say(f"{'':<8} {'':<10} -> {finding.fix}")
    say(f"{problems} of {len(looks) + 1} need fixing." if problems else "All is well: `python -m bot run` can start.")
    return not problems
