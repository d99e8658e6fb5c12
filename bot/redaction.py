"""Takes out of a log line what must not stand there: the settings' secrets, and whatever looks like one.

Libraries log what they like (discord.py names webhook URLs with their tokens in its rate-limit warnings, SQLAlchemy
puts a statement's parameters into its errors), so the finished text is searched, tracebacks included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

REDACTED = "[redacted]"
# Shorter "secrets" are words; replacing them would garble every line.
_SHORTEST_SECRET = 6

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # SQLAlchemy's errors: the values of a statement, prompts among them.
    (re.compile(r"\[parameters: .*", re.IGNORECASE), f"[parameters: {REDACTED}]"),
    # The token in a webhook's or an interaction's address.
    (re.compile(r"\b((?:webhooks|interactions)/\d+/)[^/\s?'\"<>)]+"), rf"\1{REDACTED}"),
    # Interaction tokens begin with the base64 of "interaction:".
    (re.compile(r"\baW50ZXJhY3Rpb246[\w=-]+"), REDACTED),
    # A bot's token: three parts, the first of which is its id in base64.
    (re.compile(r"\b[\w-]{18,40}\.[\w-]{5,8}\.[\w-]{27,80}"), REDACTED),
    (re.compile(r"\b(Bearer|Bot|Basic)\s+[\w.~+/=-]{8,}"), rf"\1 {REDACTED}"),
    (re.compile(r"(\b\w*(?:token|secret|password)['\"]?\s*[:=]\s*['\"])[^'\"]+", re.IGNORECASE), rf"\1{REDACTED}"),
    # User name and password in an address.
    (re.compile(r"(://)[^/\s@'\"]+@"), rf"\1{REDACTED}@"),
    # The query of an address: signatures of links, and whatever else it carries.
    # From the beginning of a word on, or each of many addresses in one would have all that follows looked through.
    (re.compile(r"((?<![^\s?'\"<>])[^\s?'\"<>:]*+:[^\s?'\"<>]*+)\?[^\s'\"<>]+"), rf"\1?{REDACTED}"),
)


class Redactor:
    """Replaces secrets in text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # Longest first: a secret that contains another one must not be left in halves.
        known = sorted({secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}, key=len, reverse=True)
        self._secrets = re.compile("|".join(re.escape(secret) for secret in known)) if known else None

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        if self._secrets is not None:
            text = self._secrets.sub(REDACTED, text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text
