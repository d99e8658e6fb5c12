"""URLs that people type: public HTTPS only, checked on what will be sent, without a look-up."""

from __future__ import annotations

import re
from itertools import pairwise

from yarl import URL

from services.errors import InputProblem, InvalidInput
from services.models.hosts import is_public_host

URL_MAX_LENGTH = 2048

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_AUTHORITY = re.compile(r"https://([^/?#]*)", re.IGNORECASE)
_BRACKETED = re.compile(r"\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\](?::[0-9]*)?")
# Without a path, an "@" in the query is read as the end of credentials by some: the path is written out.
_PATHLESS = re.compile(r"^(https://[^/?#]*)\?", re.IGNORECASE)
# A comma may stand inside a URL; one before another URL, or at the end, parts them. No scheme is longer than this, and
# without a bound each of many commas would have all that follows looked through.
_NEXT_URL = re.compile(r"(?<=[,;])<?[A-Za-z][A-Za-z0-9+.-]{0,19}://")
_LONGEST_ECHO = 200


def split_urls(text: str) -> list[str]:
    """Return the URLs of a text in which spaces, line breaks or commas part them; `<…>` around one is taken off."""
    parts = []
    for piece in text.split():
        cuts = [0, *(match.start() for match in _NEXT_URL.finditer(piece)), len(piece)]
        parts += [piece[start:end].strip(",;") for start, end in pairwise(cuts)]
    return [_bare(part) for part in parts if part]


def _bare(part: str) -> str:
    # Only both together are Discord's way to write a link without its preview; one alone belongs to the address.
    return part[1:-1] if part.startswith("<") and part.endswith(">") else part


def require_public_url(text: str, *, input_name: str) -> str:
    """Return the URL as it may be sent to the service: what was typed, without its fragment, non-ASCII encoded.

    The host is judged as yarl (which aiohttp fetches with) reads it from the very text that is returned.
    Raises: InvalidInput.
    """
    typed = text.strip()
    if len(typed) > URL_MAX_LENGTH:
        raise InvalidInput(input_name, InputProblem.URL_TOO_LONG, value=str(len(typed)), limit=str(URL_MAX_LENGTH))
    _require_https(typed, input_name)
    sent = _PATHLESS.sub(r"\1/?", typed.partition("#")[0])
    try:
        url = URL(sent)
        # What is ASCII goes out untouched: a signature in a query would not survive another quoting.
        sent = sent if sent.isascii() else str(url)
        host, port = url.raw_host or "", url.port
    except ValueError as error:
        raise _refusal(input_name, InputProblem.NOT_A_URL, typed) from error
    if len(sent) > URL_MAX_LENGTH:
        raise InvalidInput(input_name, InputProblem.URL_TOO_LONG, value=str(len(sent)), limit=str(URL_MAX_LENGTH))
    if not host or port == 0:
        raise _refusal(input_name, InputProblem.NOT_A_URL, typed)
    if not host.isascii() or not is_public_host(host):
        raise _refusal(input_name, InputProblem.NOT_PUBLIC, typed)
    return sent


def _require_https(typed: str, input_name: str) -> None:
    """Refuse what is no absolute HTTPS URL with a plain authority, before any parser can be kind to it."""
    scheme = _SCHEME.match(typed)
    if scheme is None or not typed.isprintable() or "\\" in typed or any(char.isspace() for char in typed):
        raise _refusal(input_name, InputProblem.NOT_A_URL, typed)
    if scheme[1].lower() != "https":
        raise _refusal(input_name, InputProblem.NOT_HTTPS, typed)
    authority = _AUTHORITY.match(typed)
    if authority is None or not authority[1]:
        raise _refusal(input_name, InputProblem.NOT_A_URL, typed)
    if "@" in authority[1]:
        # The password that stands there is not repeated.
        raise InvalidInput(input_name, InputProblem.HAS_CREDENTIALS)
    if "[" in authority[1] and not _BRACKETED.fullmatch(authority[1]):
        raise _refusal(input_name, InputProblem.NOT_PUBLIC, typed)


def _refusal(input_name: str, problem: InputProblem, typed: str) -> InvalidInput:
    return InvalidInput(input_name, problem, value=typed[:_LONGEST_ECHO])
