"""What `make setup` installs: the lock file, whatever else an index has by then."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.meta.package_index import PackageIndex

ROOT = Path(__file__).parents[2]
# The Python from which this one's environment was made: it has the pip that people begin with.
PYTHON = getattr(sys, "_base_executable", sys.executable)
LOCKED = {"outer": "1.0", "middle": "1.0", "inner": "1.0"}
_LIST = "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in m.distributions()}))"


@pytest.fixture
def index(tmp_path: Path) -> PackageIndex:
    """Packages that need each other, one with an extra; of each there is a newer release, which is not locked."""
    index = PackageIndex(tmp_path / "index")
    for version in ("1.0", "2.0"):
        locked = version == "1.0"
        index.add("outer", version, needs=["middle[more]>=1"], locked=locked)
        index.add("middle", version, needs=['inner>=1; extra == "more"'], locked=locked)
        index.add("inner", version, locked=locked)
    return index


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what the set-up reads."""
    folder = tmp_path / "clone"
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    shutil.copy(ROOT / "Makefile", folder)
    return folder


def set_up(clone: Path, *, index: PackageIndex | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `make setup` there; packages come from the index's folder alone."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("there is no make here")
    chosen = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index.folder)} if index else {}
    # Nothing of the machine's own settings, and no cache, in which a package of the same name might lie.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1", **chosen, **variables}
    command = [make, "setup", f"PYTHON={PYTHON}"]
    return subprocess.run(  # noqa: S603 - ours
        command, cwd=clone, env=environment, capture_output=True, text=True, check=False
    )


def installed(python: Path) -> dict[str, str]:
    """Return the versions of what this Python has, without the installers."""
    listed = subprocess.run([python, "-c", _LIST], capture_output=True, text=True, check=True).stdout  # noqa: S603
    return {name: version for name, version in json.loads(listed).items() if name not in {"uv", "pip", "setuptools"}}


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_what_is_locked_is_installed_whatever_was_released_since(
    clone: Path, index: PackageIndex, installer: str
) -> None:
    """A newer release of anything, one that is needed with an extra too, changes nothing and breaks nothing."""
    if installer == "uv":
        index.add_installed("uv")
    index.write_lock(clone / "requirements-dev.lock")
    done = set_up(clone, index=index)
    assert done.returncode == 0, done.stdout + done.stderr
    assert installed(clone / ".venv" / "bin" / "python") == LOCKED
    assert "pip does it now" not in done.stdout, done.stdout


def test_what_is_not_locked_any_more_does_not_stay(clone: Path, index: PackageIndex) -> None:
    """The environment is the lock file's, not a mixture of it and an older one."""
    index.add("former", "1.0")
    index.write_lock(clone / "requirements-dev.lock")
    assert set_up(clone, index=index).returncode == 0
    lock = (clone / "requirements-dev.lock").read_text()
    (clone / "requirements-dev.lock").write_text(re.sub(r"former==.*\n.*\n", "", lock))
    os.utime(clone / "requirements-dev.lock", (2**31, 2**31))
    assert set_up(clone, index=index).returncode == 0
    assert installed(clone / ".venv" / "bin" / "python") == LOCKED


def test_an_environment_somewhere_else_is_left_alone(clone: Path, index: PackageIndex, tmp_path: Path) -> None:
    """A link to somebody's environment is refused: made anew, that would be emptied under them."""
    index.write_lock(clone / "requirements-dev.lock")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "theirs").touch()
    (clone / ".venv").symlink_to(elsewhere)
    done = set_up(clone, index=index)
    assert done.returncode != 0
    assert "is a link" in done.stderr
    assert (elsewhere / "theirs").exists()


def test_an_incomplete_lock_is_told(clone: Path, tmp_path: Path) -> None:
    """What was installed is checked: a package whose dependency is missing is named, and nothing counts as ready."""
    index = PackageIndex(tmp_path / "gaps")
    index.add("outer", "1.0", needs=["middle>=1"])
    index.write_lock(clone / "requirements-dev.lock")
    done = set_up(clone, index=index)
    assert done.returncode != 0
    assert "middle" in done.stdout + done.stderr
    assert not (clone / ".venv" / ".ready").exists()


def test_another_file_than_the_locked_one_is_refused(clone: Path, index: PackageIndex) -> None:
    """A package whose content changed under its name is not installed."""
    index.write_lock(clone / "requirements-dev.lock")
    index.add("inner", "1.0", needs=["outer"], locked=False)
    done = set_up(clone, index=index)
    assert done.returncode != 0
    assert "hash" in (done.stdout + done.stderr).lower()
    assert not (clone / ".venv" / ".ready").exists()


def test_without_network_the_set_up_says_what_to_do(clone: Path, index: PackageIndex) -> None:
    """It ends with an error that names the network, the proxy and the mirror; the next run begins anew."""
    index.write_lock(clone / "requirements-dev.lock")
    done = set_up(clone, PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0")
    assert done.returncode != 0
    assert "packages, as locked" in done.stdout
    for words in ("No network", "HTTPS_PROXY", "PIP_INDEX_URL"):
        assert words in done.stderr
    assert set_up(clone, index=index).returncode == 0


def test_the_image_installs_what_is_locked_too(tmp_path: Path, index: PackageIndex) -> None:
    """The Dockerfile's own command, run against newer releases, installs the locked ones, nothing else."""
    command = re.search(r"^RUN (.*requirements\.lock(?:.*\\\n)*.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert command is not None
    if subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode:  # noqa: S603
        pytest.skip(f"{PYTHON} has no pip")
    for name in ("bot", "builder"):
        venv.create(tmp_path / name, with_pip=False)
        pip = tmp_path / name / "bin" / "pip"
        pip.write_text(f'#!/bin/sh\nexec {PYTHON} -m pip --python {pip.with_name("python")} "$@"\n')
        pip.chmod(0o755)
    for name in ("requirements.lock", "requirements-build.lock"):
        index.write_lock(tmp_path / name)
    script = command[1].replace("\\\n", " ").replace("/opt/comfycord", str(tmp_path / "bot"))
    path = f"{tmp_path / 'builder' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {
        "PATH": path,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(index.folder),
        "PIP_CONFIG_FILE": os.devnull,
    }
    done = subprocess.run(  # noqa: S603 - ours
        ["/bin/sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("bot", "builder"):
        assert installed(tmp_path / name / "bin" / "python") == LOCKED
