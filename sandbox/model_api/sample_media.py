"""Stand-ins for outputs that are no pictures: a short real sound and a short real video."""

from __future__ import annotations

import io
import math
import struct
import wave
from functools import cache
from pathlib import Path

from sandbox.model_api.renderer import ResultFile

_RATE = 8_000
_VIDEO = Path(__file__).with_name("video.mp4")


@cache
def sound() -> ResultFile:
    """Make a real WAV file: half a second of a fading tone."""
    file = io.BytesIO()
    with wave.open(file, "wb") as track:
        track.setnchannels(1)
        track.setsampwidth(2)
        track.setframerate(_RATE)
        frames = [int(12_000 * math.sin(2 * math.pi * 440 * n / _RATE) * (1 - n / 4_000)) for n in range(4_000)]
        track.writeframes(struct.pack(f"<{len(frames)}h", *frames))
    return ResultFile(data=file.getvalue(), content_type="audio/wav", suffix="wav")


@cache
def video() -> ResultFile:
    """Return a real MP4 file of one second: a square that crosses a dark ground."""
    return ResultFile(data=_VIDEO.read_bytes(), content_type="video/mp4", suffix="mp4")
