"""What make does with a .venv that is there already."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def planned(folder: Path, python: str) -> str:
    """Return what `make setup` would run in a folder whose ready .venv has this Python."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("there is no make here")
    for name in ("Makefile", "requirements-dev.lock"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(python)
    (folder / ".venv" / ".ready").touch()
    command = [make, "-n", "setup"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout  # noqa: S603 - ours


def test_a_set_up_that_works_is_left_alone(tmp_path: Path) -> None:
    """Nothing is set up twice."""
    assert "install_locked" not in planned(tmp_path, sys.executable)


def test_a_set_up_whose_python_is_gone_is_made_again(tmp_path: Path) -> None:
    """An upgrade of the system's Python needs no `make clean`."""
    plan = planned(tmp_path, str(tmp_path / "gone"))
    assert "install_locked.py .venv" in plan
