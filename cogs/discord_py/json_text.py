"""Has discord.py read whatever stands in anybody's name."""

from __future__ import annotations

import json

from discord import utils


def read_any_text() -> None:
    """Have discord.py read JSON with halves of characters in it.

    orjson, where it is installed, refuses the whole text, and discord.py 2.7.1 ends the process over it.
    """
    strict = utils._from_json  # noqa: SLF001 - there is no other way to it

    def read(text: bytes | bytearray | memoryview | str) -> object:
        try:
            return strict(text)
        except ValueError:
            return json.loads(text if isinstance(text, str) else bytes(text))

    if utils.HAS_ORJSON and strict.__name__ != read.__name__:
        utils._from_json = read  # noqa: SLF001 - as above
