"""Stand-ins for outputs that are no pictures: a short real sound, and a file with the outer form of a film."""

from __future__ import annotations

import io
import math
import struct
import wave
from functools import cache

from sandbox.model_api.studio import ResultFile

_RATE = 8_000


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
def film() -> ResultFile:
    """Make the boxes of an MP4 file without a track: enough for a type check, nothing to look at."""
    brand = b"ftyp" + b"isom" + struct.pack(">I", 512) + b"isom" + b"mp42"
    media = b"mdat" + bytes(4_096)
    data = b"".join(struct.pack(">I", len(box) + 4) + box for box in (brand, media))
    return ResultFile(data=data, content_type="video/mp4", suffix="mp4")
