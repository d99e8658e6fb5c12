"""Faces for the people of the sandbox: a letter on a colour that follows from the id."""

from __future__ import annotations

import hashlib
from html import escape

from sandbox.discord.users import User

_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 80" width="80" height="80">
<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="hsl({hue} 62% 58%)"/>
<stop offset="1" stop-color="hsl({second} 62% 42%)"/></linearGradient></defs>
<rect width="80" height="80" fill="url(#g)"/>{figure}</svg>"""
_LETTER = """<text x="40" y="42" fill="#fff" font-family="system-ui, sans-serif" font-size="38" font-weight="600"
text-anchor="middle" dominant-baseline="central">{letter}</text>"""
_BOT = """<g fill="#fff"><rect x="18" y="28" width="44" height="32" rx="9"/><rect x="38" y="17" width="4" height="11"/>
<circle cx="40" cy="15" r="4"/></g><g fill="hsl({hue} 62% 45%)"><circle cx="31" cy="42" r="5"/>
<circle cx="49" cy="42" r="5"/><rect x="31" y="51" width="18" height="3.5" rx="1.7"/></g>"""


def avatar(user: User) -> str:
    """Return a square picture as SVG."""
    hue = hashlib.sha256(user.username.encode()).digest()[0] * 360 // 256
    figure = _BOT.format(hue=hue) if user.is_bot else _LETTER.format(letter=escape(user.display_name[:1].upper()))
    return _SVG.format(hue=hue, second=(hue + 40) % 360, figure=figure)
