"""What embeds may look like."""

from __future__ import annotations

from sandbox.discord.rules.fields import Fields
from sandbox.discord.wire import JsonObject

MOST_EMBEDS = 10
LONGEST_TOTAL = 6000
_MOST_FIELDS = 25


def check_embeds(body: Fields) -> list[JsonObject]:
    """The body's embeds; complaints go to the body's errors."""
    total = 0
    checked: list[JsonObject] = []
    for embed in body.items("embeds", at_most=MOST_EMBEDS):
        total += _check(embed)
        given = {name: value for name, value in embed.value.items() if value is not None}
        checked.append({**given, "type": "rich"})
    if total > LONGEST_TOTAL:
        message = f"Embed size exceeds maximum size of {LONGEST_TOTAL}"
        body.complain("embeds", "MAX_EMBED_SIZE_EXCEEDED", message)
    return checked


def _check(embed: Fields) -> int:
    """Note an embed's faults and return how many characters it has."""
    texts = [embed.text("title", at_most=256), embed.text("description", at_most=4096)]
    embed.number("color", at_least=0, at_most=0xFFFFFF)
    footer = embed.child("footer", required=False)
    if footer is not None:
        texts.append(footer.text("text", at_least=1, at_most=2048, required=True))
    author = embed.child("author", required=False)
    if author is not None:
        texts.append(author.text("name", at_least=1, at_most=256, required=True))
    for field in embed.items("fields", at_most=_MOST_FIELDS):
        texts.append(field.text("name", at_least=1, at_most=256, required=True))
        texts.append(field.text("value", at_least=1, at_most=1024, required=True))
    return sum(len(text) for text in texts if text is not None)
