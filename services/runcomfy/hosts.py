"""Which hosts results are fetched from."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from yarl import URL

from services.errors import SettingsError

DEFAULT_BASE_URL = "https://model-api.runcomfy.net"
# Seen: playgrounds-storage-public.runcomfy.net, serverless-api-storage.runcomfy.net, files.runcomfy.net.
DEFAULT_RESULT_HOSTS = ("*.runcomfy.net", "*.runcomfy.com")

_HTTPS_PORT = 443
_LARGEST_PORT = 65_535
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*")
_PATTERN = re.compile(r"(?P<any>\*\.)?(?P<host>\[[0-9a-f:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or address alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class _HostRule:
    host: str
    is_suffix: bool
    port: int | None

    def matches(self, host: str, port: int) -> bool:
        if self.is_suffix:
            return host.endswith("." + self.host)
        return host == self.host and self.port in {None, port}


class ResultHosts:
    """The hosts that the settings allow: exact names, or `*.suffix` for all below a name.

    HTTPS on port 443 only; a loopback host that is named exactly (with or without its port) may also speak plain HTTP,
    on any port if none is named.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._rules = tuple(_parse_pattern(pattern) for pattern in patterns)

    def allows(self, url: URL) -> bool:
        """Whether a result may be fetched from there; the URL is the very object that is fetched. Never raises."""
        try:
            host, port = (url.raw_host or "").lower(), url.port or 0
        except ValueError:
            return False  # yarl reads a port only when it is asked for it
        if not (_NAME.fullmatch(host) or ":" in host) or url.raw_user is not None or url.raw_password is not None:
            return False
        if not any(rule.matches(host, port) for rule in self._rules):
            return False
        if is_loopback(host):
            return url.scheme in {"http", "https"}
        return url.scheme == "https" and port == _HTTPS_PORT


def _parse_pattern(pattern: str) -> _HostRule:
    match = _PATTERN.fullmatch(pattern.strip().lower())
    host = match["host"].strip("[]") if match else ""
    is_suffix = match is not None and match["any"] is not None
    port = int(match["port"]) if match and match["port"] else None
    if not host or not (_NAME.fullmatch(host) or (":" in host and is_loopback(host))):
        raise SettingsError(f"runcomfy.result_hosts: {pattern!r} is no host name and no *.suffix")
    if is_suffix and ("." not in host or port is not None):
        raise SettingsError(
            f"runcomfy.result_hosts: {pattern!r} is too wide; name at least *.domain.tld, without a port"
        )
    if port is not None and not 0 < port <= _LARGEST_PORT:
        raise SettingsError(f"runcomfy.result_hosts: {pattern!r} has a port that does not exist")
    if port is not None and not is_loopback(host):
        raise SettingsError(f"runcomfy.result_hosts: {pattern!r} has a port; only a loopback host may have one")
    return _HostRule(host=host, is_suffix=is_suffix, port=port)
