"""Which result files are linked to and never posted: real files, of a kind that a card cannot show."""

from __future__ import annotations

from pathlib import PurePosixPath

from services.jobs.model import Output

_PICTURES = frozenset({".svg", ".svgz", ".jxl", ".psd", ".psb", ".exr", ".hdr", ".eps", ".ai", ".tga", ".dds"})
_SOUNDS = frozenset({".aiff", ".aif", ".mid", ".midi"})
_SHAPES = frozenset(
    {
        ".glb",
        ".gltf",
        ".obj",
        ".mtl",
        ".fbx",
        ".stl",
        ".ply",
        ".usdz",
        ".usd",
        ".blend",
        ".splat",
        ".spz",
        ".3mf",
        ".dae",
    }
)
_PACKED = frozenset({".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".pdf"})
_KINDS = _PICTURES | _SOUNDS | _SHAPES | _PACKED


def is_only_linked(output: Output) -> bool:
    """Whether an output's address names such a file: nothing is missing then, and there is nothing to wait for."""
    path = output.url.partition("#")[0].partition("?")[0].partition("://")[2].partition("/")[2]
    return PurePosixPath(path).suffix.lower() in _KINDS
