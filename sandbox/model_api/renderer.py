"""Makes real result pictures out of the real input pictures, in the size, quality and format that were asked for."""

from __future__ import annotations

import io
import math
import textwrap
import zlib
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from sandbox.pictures import paint

_SIZES = ((1024, 1024), (1536, 1024), (1024, 1536))
_CONTENT_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
_TRANSPARENT = (0, 0, 0, 0)
_DARK, _LIGHT = (16, 18, 28), (255, 250, 240)
_UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,  # Pillow's word for a broken PNG
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


class UnreadablePictureError(Exception):
    """An input's file does not decode as a picture. `index` is its place among the inputs."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderJob:
    """What to make: the inputs' files and the parameters, as the request named them, `shrink` times smaller."""

    prompt: str
    pictures: tuple[bytes, ...]
    image_size: str = "auto"
    background: str = "auto"
    quality: str = "high"
    output_format: str = "png"
    variant: int = 0
    shrink: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """A finished file, ready to be served."""

    data: bytes
    content_type: str
    suffix: str


@lru_cache(maxsize=16)
def make_result(job: RenderJob) -> ResultFile:
    """Compose the inputs on one canvas, tinted after the prompt, with the prompt as its caption. Takes a CPU a while.

    Raises: UnreadablePictureError where an input does not decode.
    """
    inputs = [_decode(index, data) for index, data in enumerate(job.pictures)]
    if not inputs:
        inputs = [_decode(0, paint(f"{job.prompt[:40]}.png").data)]
    width, height = _choose_size(job.image_size, inputs[0])
    size = (max(width // job.shrink, 1), max(height // job.shrink, 1))
    is_clear = job.background == "transparent" and job.output_format != "jpeg"
    canvas = Image.new("RGBA", size, _TRANSPARENT) if is_clear else _backdrop(inputs[0], size)
    _hang(canvas, [_tint(picture, job) for picture in inputs])
    _write_caption(canvas, job.prompt)
    return _encode(canvas, job)


def _decode(index: int, data: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data))
        picture.draft("RGB", (1536, 1536))
        return ImageOps.exif_transpose(picture).convert("RGBA")
    except _UNREADABLE as error:
        raise UnreadablePictureError(index) from error


def _choose_size(asked: str, first: Image.Image) -> tuple[int, int]:
    """Read `1024x1536`; for anything else take the size whose shape is nearest to the first input's."""
    width, _, height = asked.partition("x")
    if width.isdecimal() and height.isdecimal():
        return int(width), int(height)
    shape = first.width / first.height
    return min(_SIZES, key=lambda size: abs(math.log(size[0] / size[1]) - math.log(shape)))


def _backdrop(first: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Fill the canvas with the first input, far out of focus."""
    tiny = (max(size[0] // 16, 1), max(size[1] // 16, 1))
    small = ImageOps.fit(first.convert("RGB"), tiny).filter(ImageFilter.GaussianBlur(5))
    return Image.blend(small, Image.new("RGB", small.size, _DARK), 0.45).resize(size).convert("RGBA")


def _tint(picture: Image.Image, job: RenderJob) -> Image.Image:
    """Lay a colour over the picture that follows from the prompt; low quality is visibly coarse."""
    side = max(1024 // job.shrink, 1)
    picture = ImageOps.contain(picture, (side, side))
    alpha = picture.getchannel("A")
    plain = picture.convert("RGB")
    if job.quality == "low":
        plain = plain.reduce(8).resize(plain.size, Image.Resampling.NEAREST)
    elif job.quality == "medium":
        plain = plain.filter(ImageFilter.GaussianBlur(2))
    hue = (zlib.crc32(job.prompt.encode()) + 60 * job.variant) % 256
    middle = (
        Image.merge("HSV", [Image.new("L", (1, 1), part) for part in (hue, 190, 220)]).convert("RGB").getpixel((0, 0))
    )
    toned = ImageOps.colorize(plain.convert("L"), _DARK, _LIGHT, mid=middle if isinstance(middle, tuple) else _DARK)
    treated = Image.blend(plain, toned, 0.55)
    treated.putalpha(alpha)
    return treated


def _hang(canvas: Image.Image, pictures: list[Image.Image]) -> None:
    """Hang the pictures in a grid with round corners, above the caption's strip."""
    margin = min(canvas.size) // 24
    columns = math.ceil(math.sqrt(len(pictures) * canvas.width / canvas.height)) if len(pictures) > 1 else 1
    rows = math.ceil(len(pictures) / columns)
    cell = (
        max(1, (canvas.width - margin * (columns + 1)) // columns),
        max(1, (int(canvas.height * 0.85) - margin * (rows + 1)) // rows),
    )
    for index, picture in enumerate(pictures):
        fitted = ImageOps.contain(picture, cell)
        mask = Image.new("L", fitted.size, 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, fitted.width - 1, fitted.height - 1), radius=margin, fill=255)
        column, row = index % columns, index // columns
        x = margin + column * (cell[0] + margin) + (cell[0] - fitted.width) // 2
        y = margin + row * (cell[1] + margin) + (cell[1] - fitted.height) // 2
        shown = Image.new("RGBA", fitted.size, _TRANSPARENT)
        shown.paste(fitted, (0, 0), mask)
        canvas.alpha_composite(shown, (x, y))


def _write_caption(canvas: Image.Image, prompt: str) -> None:
    draw = ImageDraw.Draw(canvas)
    height = canvas.height // 34
    font = ImageFont.load_default(height)
    words = " ".join(prompt.split()) or "(no prompt)"
    lines = textwrap.wrap(
        textwrap.shorten(words, 150, placeholder=" …"), width=max(10, int(canvas.width / height * 1.7))
    )
    top = int(canvas.height * 0.87)
    draw.multiline_text(
        (canvas.width / 2, top),
        "\n".join(lines[:3]),
        font=font,
        fill=_LIGHT,
        anchor="ma",
        align="center",
        stroke_width=max(1, height // 12),
        stroke_fill=_DARK,
    )


def _encode(canvas: Image.Image, job: RenderJob) -> ResultFile:
    name = job.output_format if job.output_format in _CONTENT_TYPES else "png"
    file = io.BytesIO()
    if name == "png":
        canvas.save(file, "PNG", compress_level=1)
    elif name == "webp":
        canvas.save(file, "WEBP", quality=80, method=0)
    else:
        canvas.convert("RGB").save(file, "JPEG", quality=60 if job.quality == "low" else 88)
    return ResultFile(data=file.getvalue(), content_type=_CONTENT_TYPES[name], suffix=name.replace("jpeg", "jpg"))
