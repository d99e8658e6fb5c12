"""Links to files at Discord, which die: their signature tells when. Whoever sends a dead one in pays for a failure.

Discord signs the links of attachments (since 2023) with `ex`, the time of death in hexadecimal seconds since 1970, `is`
and `hm`. Avatars, emoji, icons and stickers have links on the same hosts that are not signed and do not die.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from services.errors import InputProblem, InvalidInput
from services.jobs.model import Json

_HOSTS = ("discordapp.com", "discordapp.net", "discord.com", "discord.gg")
_SIGNED_PATHS = ("/attachments/", "/ephemeral-attachments/")
_PROXIED_PATH = "/external/"
_SIGNATURE = frozenset({"ex", "is", "hm"})
_SPACE = re.compile(r"\s")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{1,16}")
# What a request may take until the service has fetched the file: one that dies meanwhile is dead already.
MARGIN = timedelta(minutes=2)


def require_live_link(url: str, *, input_name: str, now: datetime) -> None:
    """Refuse an address that somebody typed if it is a file at Discord whose link is dead or was never signed.

    Raises: InvalidInput.
    """
    parts = _at_discord(url)
    if parts is None:
        return
    path = _plain_path(parts)
    if path.startswith(_PROXIED_PATH) and any(f"{host}{signed}" in path for host in _HOSTS for signed in _SIGNED_PATHS):
        # What stands behind its proxy is signed for the proxy, and dies all the same.
        raise InvalidInput(input_name, InputProblem.LINK_UNSIGNED)
    if not path.startswith(_SIGNED_PATHS):
        return
    if not set(parse_qs(parts.query)) >= _SIGNATURE or _dies_at(parts) is None:
        raise InvalidInput(input_name, InputProblem.LINK_UNSIGNED)
    if is_dead(url, now=now):
        raise InvalidInput(input_name, InputProblem.LINK_DEAD)


def has_dead_links(inputs: Mapping[str, Json], *, now: datetime) -> bool:
    """Whether a request's inputs name a file at Discord whose signature has run out; a prompt may speak of one."""
    return any(is_dead(text, now=now) for text in _texts(inputs) if not _SPACE.search(text))


def is_dead(url: str, *, now: datetime) -> bool:
    """Whether this is a signed link that dies before the service can have fetched it; one without a time never does."""
    parts = _at_discord(url)
    dies_at = _dies_at(parts) if parts is not None else None
    return dies_at is not None and dies_at <= now + MARGIN


def _at_discord(url: str) -> SplitResult | None:
    if not url[:8].lower().startswith("https://"):
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removesuffix(".")
    except ValueError:
        return None
    is_discord = any(host == each or host.endswith(f".{each}") for each in _HOSTS)
    return parts if is_discord else None


def _plain_path(parts: SplitResult) -> str:
    """Return the path as a server reads it, however it is written."""
    return posixpath.normpath(f"/{unquote(parts.path).lstrip('/')}").lower()


def _dies_at(parts: SplitResult) -> datetime | None:
    """Return the time of death, of several the first; None where none can be read (no calendar goes on for ever)."""
    told = parse_qs(parts.query).get("ex", [])
    if not told or not all(_HEXADECIMAL.fullmatch(each) for each in told):
        return None
    try:
        return datetime.fromtimestamp(min(int(each, 16) for each in told), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
