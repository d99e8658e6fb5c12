"""What a RunComfy model id looks like: path segments that stand raw in a URL."""

from __future__ import annotations

import re

from services.errors import UnknownModel

# 2 to 5 segments are in use; no bound is documented. Upper case occurs ("kling/kling-video-o3/4K/image-to-video").
_MODEL_ID = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+")
_LONGEST = 200


def require_model_id(text: str) -> str:
    """Return the id if it can stand in a URL's path as it is.

    Raises: UnknownModel for anything else, dot segments included.
    """
    has_shape = len(text) <= _LONGEST and _MODEL_ID.fullmatch(text) is not None
    if not has_shape or any(segment.strip(".") == "" for segment in text.split("/")):
        msg = f"{text[:_LONGEST]!r} is no model id: it reads like openai/gpt-image-1-5/image-to-image"
        raise UnknownModel(msg)
    return text
