"""A folder of tiny packages that pip and uv can install from, with releases newer than the locked ones."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path


class PackageIndex:
    """Wheels in a folder, and the lock file of some of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._locked: dict[str, str] = {}
        folder.mkdir()

    def add(self, name: str, version: str, *, needs: Sequence[str] = (), locked: bool = True) -> None:
        """Add a package with one empty module."""
        info = f"{name}-{version}.dist-info"
        needed = [f"Requires-Dist: {each}" for each in needs]
        extras = ["Provides-Extra: more"] if any("extra ==" in each for each in needs) else []
        metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *extras, *needed, ""]
        wheel = ["Wheel-Version: 1.0", "Generator: tests", "Root-Is-Purelib: true", "Tag: py3-none-any", ""]
        contents = {
            f"{name}.py": b"",
            f"{info}/METADATA": "\n".join(metadata).encode(),
            f"{info}/WHEEL": "\n".join(wheel).encode(),
        }
        self._write(name, version, "py3-none-any", contents, locked=locked)

    def add_installed(self, name: str) -> None:
        """Add a package as it is installed here, packed into a wheel again; programs beside the Python go with it."""
        found = distribution(name)
        tag = next(line for line in (found.read_text("WHEEL") or "").splitlines() if line.startswith("Tag: "))[5:]
        contents = {}
        for file in found.files or ():
            parts = file.parts
            if parts[0] == "..":
                contents[f"{name}-{found.version}.data/scripts/{parts[-1]}"] = Path(str(file.locate())).read_bytes()
            elif parts[-1] != "RECORD" and not parts[-1].endswith(".pyc"):
                contents[str(file)] = Path(str(file.locate())).read_bytes()
        self._write(name, found.version, tag, contents, locked=True)

    def write_lock(self, path: Path) -> None:
        """Write what is locked as pip's requirements with hashes."""
        path.write_text("".join(f"{pin} \\\n    --hash=sha256:{digest}\n" for pin, digest in self._locked.items()))

    def _write(self, name: str, version: str, tag: str, contents: dict[str, bytes], *, locked: bool) -> None:
        record = f"{name}-{version}.dist-info/RECORD"
        lines = [f"{each},," for each in (*contents, record)]
        path = self.folder / f"{name}-{version}-{tag}.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for each, content in {**contents, record: "\n".join(lines).encode()}.items():
                info = zipfile.ZipInfo(each)
                info.external_attr = 0o100755 << 16  # a file that may be run
                archive.writestr(info, content)
        if locked:
            self._locked[f"{name}=={version}"] = hashlib.sha256(path.read_bytes()).hexdigest()
