"""Job ids: short enough to read out, random enough never to meet."""

from __future__ import annotations

import re
import secrets

# Without i, l, o, u, 0 and 1: nothing looks like anything else, and no words come out.
ALPHABET = "abcdefghjkmnpqrstvwxyz23456789"
LENGTH = 10
PATTERN = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}")


def new_job_id() -> str:
    """Return a new id: ten characters, about 49 random bits, so it cannot be guessed either."""
    number = secrets.randbelow(len(ALPHABET) ** LENGTH)
    characters = []
    for _ in range(LENGTH):
        number, index = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[index])
    return "".join(characters)
