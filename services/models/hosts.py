"""Which hosts are public, by their name alone: no look-up, so a name that points inwards is the fetcher's to refuse."""

from __future__ import annotations

import ipaddress
import re

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LONGEST_NAME = 253

# Names that never lead to the public internet: special-use names (RFC 6761, 6762, 8375, 9476) and private habits.
_INNER_NAMES = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan", "test", "invalid"}
    | {"onion", "alt", "arpa"},
)
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Addresses that wrap an IPv4 one or stand for protocols: 6to4, Teredo and its neighbours, documentation.
_NOT_ORDINARY_V6 = tuple(
    ipaddress.IPv6Network(text) for text in ("2001::/23", "2002::/16", "2001:db8::/32", "3fff::/20")
)
_NOT_ORDINARY_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "192.88.99.0/24",  # the old 6to4 relays
        "168.63.129.16/32",  # a cloud's own services, under a public address
        "192.0.0.0/24",  # protocol assignments, another cloud's metadata among them
        "100.64.0.0/10",  # carrier-grade NAT
    )
)


def is_public_host(host: str) -> bool:
    """Whether a host, as a URL parser hands it out (ASCII, an IPv6 address without brackets), may be public.

    An address counts only in its ordinary notation: what has octal, hexadecimal, short or single-number parts is read
    differently by different programs, so it is refused wherever it leads.
    """
    if ":" in host:
        return _is_public_v6(host)
    name = host.lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        return False
    if _NUMBER.fullmatch(labels[-1]):
        return _is_public_v4(name)
    return len(labels) > 1 and labels[-1] not in _INNER_NAMES


def _is_public_v4(text: str) -> bool:
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    is_special = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not is_special and not any(address in network for network in _NOT_ORDINARY_V4)


def _is_public_v6(text: str) -> bool:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    if address.scope_id is not None or address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not any(address in network for network in _NOT_ORDINARY_V6)
