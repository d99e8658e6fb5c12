"""Real sample pictures, painted the same way every time: what simulated people attach to a command."""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import PurePath

from PIL import Image, ImageDraw, ImageFilter, ImageOps

_FORMATS = {
    ".png": ("PNG", "image/png"),
    ".jpg": ("JPEG", "image/jpeg"),
    ".jpeg": ("JPEG", "image/jpeg"),
    ".webp": ("WEBP", "image/webp"),
    ".gif": ("GIF", "image/gif"),
}
_OVERSAMPLING = 2
_Point = tuple[float, float]


class Scene(StrEnum):
    """What a sample picture shows in front of its hills."""

    CAT = "cat"
    BOAT = "boat"
    HOUSE = "house"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A file as a person would attach it. `content_type` is what the sender declares; it may be a lie on purpose."""

    name: str
    data: bytes
    content_type: str


def paint(
    name: str = "cat.png",
    *,
    scene: Scene | None = None,
    width: int = 640,
    height: int = 480,
    byte_size: int | None = None,
) -> Picture:
    """Paint a picture in the format that the name's ending says (png, jpg, jpeg, webp, gif).

    The same arguments give the same bytes. `scene` follows from the name when it is left out. `byte_size` pads the
    file to exactly that many bytes after the picture's end, which every decoder ignores.

    Raises: ValueError for an ending without a format, or a `byte_size` smaller than the picture itself.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in _FORMATS:
        raise ValueError(f"no picture format for {name!r}")
    format_name, content_type = _FORMATS[suffix]
    data = _painted(name, scene or _scene_of(name), (width, height), format_name)
    if byte_size is not None:
        if byte_size < len(data):
            raise ValueError(f"the picture alone is {len(data)} bytes, more than {byte_size}")
        data += bytes(byte_size - len(data))
    return Picture(name=name, data=data, content_type=content_type)


@lru_cache(maxsize=64)
def _painted(name: str, scene: Scene, size: tuple[int, int], format_name: str) -> bytes:
    """Return a picture's file. Kept, since the same picture is attached again and again while a test waits."""
    file = io.BytesIO()
    _draw(scene, *size, random.Random(name)).save(file, format_name)  # noqa: S311 - a painting's whim, no secret
    return file.getvalue()


def not_a_picture(name: str = "notes.txt", *, content_type: str = "text/plain") -> Picture:
    """Make a file that no decoder takes for a picture, whatever its name and declared type say."""
    return Picture(name=name, data=b"Dear diary, this is not a picture.\n" * 8, content_type=content_type)


def empty_file(name: str = "empty.png", *, content_type: str = "image/png") -> Picture:
    """Make a file of zero bytes that claims to be a picture."""
    return Picture(name=name, data=b"", content_type=content_type)


def _scene_of(name: str) -> Scene:
    for scene in Scene:
        if scene.value in name.lower():
            return scene
    return list(Scene)[sum(name.encode()) % len(Scene)]


def _draw(scene: Scene, width: int, height: int, whim: random.Random) -> Image.Image:
    """Paint at twice the size and scale down, which smooths every edge."""
    size = (max(1, width) * _OVERSAMPLING, max(1, height) * _OVERSAMPLING)
    canvas = _sky(size, whim)
    _hills(canvas, whim)
    draw = ImageDraw.Draw(canvas)
    {Scene.CAT: _cat, Scene.BOAT: _boat, Scene.HOUSE: _house}[scene](draw, size, whim)
    return canvas.resize((max(1, width), max(1, height)), Image.Resampling.LANCZOS)


def _colour(whim: random.Random, hue: tuple[float, float], saturation: int, value: int) -> tuple[int, int, int]:
    pixel = (
        Image.new("HSV", (1, 1), (int(whim.uniform(*hue) * 255) % 256, saturation, value))
        .convert("RGB")
        .getpixel((0, 0))
    )
    if not isinstance(pixel, tuple):
        raise TypeError("an RGB pixel is a tuple")
    return int(pixel[0]), int(pixel[1]), int(pixel[2])


def _sky(size: tuple[int, int], whim: random.Random) -> Image.Image:
    """Paint a gradient from dusk to glow with a soft sun in it."""
    gradient = Image.linear_gradient("L").resize(size)
    sky = ImageOps.colorize(gradient, _colour(whim, (0.55, 0.72), 170, 120), _colour(whim, (0.03, 0.12), 130, 250))
    width, height = size
    x, y, radius = width * whim.uniform(0.15, 0.85), height * whim.uniform(0.2, 0.45), min(size) * 0.11
    for grow, strength in ((2.2, 50), (1.5, 80), (1.0, 235)):
        glow = Image.new("L", size, 0)
        reach = radius * grow
        ImageDraw.Draw(glow).ellipse((x - reach, y - reach, x + reach, y + reach), fill=strength)
        sky.paste((255, 244, 214), (0, 0), glow.filter(ImageFilter.GaussianBlur(radius * 0.12 * grow)))
    return sky


def _hills(canvas: Image.Image, whim: random.Random) -> None:
    """Three ranges, each nearer and darker than the last."""
    width, height = canvas.size
    draw = ImageDraw.Draw(canvas)
    for step, value in enumerate((150, 110, 75)):
        base, swing = height * (0.55 + 0.13 * step), height * 0.07
        phase, waves = whim.uniform(0, math.tau), whim.uniform(1.2, 2.4)
        ridge: list[_Point] = [
            (x, base + swing * math.sin(phase + waves * math.tau * x / width)) for x in range(0, width + 8, 8)
        ]
        draw.polygon([*ridge, (width, height), (0, height)], fill=_colour(whim, (0.33, 0.5), 110, value))


def _cat(draw: ImageDraw.ImageDraw, size: tuple[int, int], whim: random.Random) -> None:
    """Paint a cat that sits in front of the hills and looks at the painter."""
    unit, x, ground = min(size) / 20, size[0] * whim.uniform(0.35, 0.65), size[1] * 0.96
    fur, light = _colour(whim, (0.04, 0.1), 190, 225), (255, 240, 220)
    draw.arc((x + unit, ground - 5 * unit, x + 6 * unit, ground), 300, 120, fill=fur, width=int(unit * 0.9))
    draw.ellipse((x - 3 * unit, ground - 7 * unit, x + 3 * unit, ground), fill=fur)
    draw.ellipse((x - 1.6 * unit, ground - 5 * unit, x + 1.6 * unit, ground - 0.4 * unit), fill=light)
    top = ground - 11 * unit
    for side in (-1, 1):
        draw.polygon(
            [
                (x + side * 2.6 * unit, top + 2 * unit),
                (x + side * 2.5 * unit, top - 1.4 * unit),
                (x + side * 0.5 * unit, top + 0.6 * unit),
            ],
            fill=fur,
        )
    draw.ellipse((x - 2.9 * unit, top, x + 2.9 * unit, top + 5 * unit), fill=fur)
    for side in (-1, 1):
        eye = x + side * 1.2 * unit
        draw.ellipse((eye - 0.55 * unit, top + 1.7 * unit, eye + 0.55 * unit, top + 2.8 * unit), fill=(150, 200, 90))
        draw.ellipse((eye - 0.2 * unit, top + 1.75 * unit, eye + 0.2 * unit, top + 2.75 * unit), fill=(20, 20, 30))
        for tilt in (-0.3, 0.1, 0.5):
            start, end = (x + side * 0.8 * unit, top + 3.6 * unit), (x + side * 3.8 * unit, top + (3.4 + tilt) * unit)
            draw.line((start, end), fill=light, width=max(1, int(unit * 0.1)))
    draw.polygon(
        [(x - 0.4 * unit, top + 3 * unit), (x + 0.4 * unit, top + 3 * unit), (x, top + 3.5 * unit)], fill=(190, 90, 90)
    )


def _boat(draw: ImageDraw.ImageDraw, size: tuple[int, int], whim: random.Random) -> None:
    """Paint a sailing boat on a lake in front of the hills."""
    width, height = size
    unit, x, water = min(size) / 20, width * whim.uniform(0.35, 0.65), height * 0.8
    draw.rectangle((0, water, width, height), fill=_colour(whim, (0.55, 0.6), 150, 150))
    for _ in range(24):
        left, y, length = whim.uniform(0, width), whim.uniform(water + unit * 0.4, height), whim.uniform(unit, 3 * unit)
        draw.line((left, y, left + length, y), fill=(190, 215, 230), width=max(1, int(unit * 0.12)))
    hull = _colour(whim, (0.97, 1.05), 190, 190)
    draw.line((x, water - 10 * unit, x, water), fill=(90, 60, 40), width=max(1, int(unit * 0.3)))
    draw.polygon(
        [(x + 0.4 * unit, water - 9.6 * unit), (x + 0.4 * unit, water - unit), (x + 5 * unit, water - unit)],
        fill=(250, 246, 235),
    )
    draw.polygon(
        [(x - 0.4 * unit, water - 8 * unit), (x - 0.4 * unit, water - unit), (x - 3.4 * unit, water - unit)],
        fill=(235, 225, 205),
    )
    draw.polygon(
        [
            (x - 4.5 * unit, water - 0.6 * unit),
            (x + 5 * unit, water - 0.6 * unit),
            (x + 3.6 * unit, water + 1.6 * unit),
            (x - 3.4 * unit, water + 1.6 * unit),
        ],
        fill=hull,
    )


def _house(draw: ImageDraw.ImageDraw, size: tuple[int, int], whim: random.Random) -> None:
    """Paint a house with lit windows between the hills."""
    unit, x, ground = min(size) / 20, size[0] * whim.uniform(0.35, 0.65), size[1] * 0.95
    draw.rectangle((x - 4 * unit, ground - 6 * unit, x + 4 * unit, ground), fill=_colour(whim, (0.08, 0.12), 60, 235))
    draw.rectangle((x + 1.8 * unit, ground - 10 * unit, x + 3 * unit, ground - 6 * unit), fill=(120, 80, 70))
    draw.polygon(
        [(x - 5 * unit, ground - 6 * unit), (x, ground - 10 * unit), (x + 5 * unit, ground - 6 * unit)],
        fill=_colour(whim, (0.98, 1.03), 150, 150),
    )
    draw.rectangle((x - 0.8 * unit, ground - 3 * unit, x + 0.8 * unit, ground), fill=(95, 65, 50))
    for side in (-1, 1):
        left, top = x + side * 2.4 * unit - 0.8 * unit, ground - 4.6 * unit
        draw.rectangle(
            (left, top, left + 1.6 * unit, top + 1.6 * unit),
            fill=(255, 214, 120),
            outline=(95, 65, 50),
            width=max(1, int(unit * 0.15)),
        )
