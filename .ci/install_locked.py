"""Make a virtual environment that holds exactly what a lock file says, for `make setup`.

    python .ci/install_locked.py .venv requirements-dev.lock

Nothing is resolved: each package comes in the locked version, as a wheel with a locked hash, whatever has been released
since and whichever pip this Python brings. uv, itself one of the locked packages, installs the others several times as
fast as pip; where it cannot (no wheel for the platform, say), pip does it. Standard library only: nothing is installed
yet. pip's own settings (an index, a folder of packages, a proxy, a certificate) hold for both.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

# Nothing beside the lock is looked up: no dependencies are resolved, and no source is built, which would fetch tools.
EXACTLY = ("--no-deps", "--require-hashes", "--only-binary", ":all:")
# What uv takes under the same names as pip.
SHARED_SETTINGS = ("index-url", "extra-index-url", "find-links")
NOT_SHOWN = (" + ", "Using Python ", "Checked ", "Resolved ", "All installed packages", "No broken requirements")
HELP = """
The packages could not be installed; the lines above say why.
  No network: connect, then run the same command again. What was fetched is not fetched twice.
  Behind a proxy: set HTTPS_PROXY=http://host:port. With a mirror of PyPI: set PIP_INDEX_URL=https://...
  A hash that does not match: the index serves another file than the one that was locked; nothing of it was installed.
  No matching version: there is no wheel for this system and this Python; another one can be named, such as
  make PYTHON=python3.13 setup
"""


class InstallFailed(Exception):
    """A command did not do its work; what it said of it has been shown."""


def main(arguments: Sequence[str]) -> int:
    """Make the environment and return the exit code."""
    venv, lock = Path(arguments[0]), Path(arguments[1])
    if venv.is_symlink():
        print(f"{venv} is a link: what it leads to would be emptied. Remove the link, then try again.", file=sys.stderr)
        return 1
    names = read_names(lock)
    began = time.monotonic()
    version = ".".join(map(str, sys.version_info[:3]))
    say(f"Setting up {venv} with Python {version}: {len(names)} packages, as locked ...")
    try:
        install(venv, lock, names)
    except InstallFailed:
        print(HELP, file=sys.stderr)
        return 1
    say(f"{venv} is ready, after {time.monotonic() - began:.0f} s.")
    return 0


def install(venv: Path, lock: Path, names: Sequence[str]) -> None:
    """Install everything, and check that nothing is missing. Raises: InstallFailed."""
    pip = make_environment(venv)
    if "uv" in names:
        with tempfile.TemporaryDirectory() as folder:
            of_uv = Path(folder) / "uv.lock.txt"
            of_uv.write_text(entry_of("uv", lock.read_text()))
            run([*pip, "install", "-qq", "--retries", "2", *EXACTLY, "--requirement", str(of_uv)])
        try:
            install_by_uv(pip, venv, lock)
        except (InstallFailed, OSError) as error:
            say(f"uv could not install them ({error}); pip does it now, which takes longer ...")
        else:
            return
    run([*pip, "install", "-qq", "--no-compile", *EXACTLY, "--requirement", str(lock)])
    run([*pip, "check"])


def make_environment(venv: Path) -> list[str]:
    """Make an empty environment and return the pip that installs into it.

    The pip of this Python is as good as a copy in the environment, which takes seconds to make.
    """
    has_pip = importlib.util.find_spec("pip") is not None
    run([sys.executable, "-m", "venv", "--clear", *(["--without-pip"] if has_pip else []), str(venv)])
    python = str(python_of(venv))
    pip = [sys.executable, "-m", "pip", "--python", python] if has_pip else [python, "-m", "pip"]
    return [*pip, "--disable-pip-version-check"]


def install_by_uv(pip: Sequence[str], venv: Path, lock: Path) -> None:
    """Install all of the lock by uv, which shows its progress. Raises: InstallFailed, OSError."""
    uv = [str(python_of(venv).with_name("uv")), "pip"]
    python = ["--python", str(python_of(venv))]
    flags, environment = uv_settings(pip_settings(pip))
    # As pip does: the best version from wherever, which the hashes make safe.
    flags += ["--index-strategy", "unsafe-best-match"]
    run([*uv, "install", *python, *EXACTLY, *flags, "--requirement", str(lock)], environment)
    run([*uv, "check", *python], environment)


def pip_settings(pip: Sequence[str]) -> dict[str, str]:
    """Return pip's settings for this machine and user, its environment variables last."""
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    settings = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if section in {"global", "install", ":env:"} and key not in {"", "version"}:
            settings[key] = str(ast.literal_eval(value))
    return settings


def uv_settings(settings: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return pip's settings as flags and environment variables of uv."""
    flags = [f"--{key}={each}" for key in SHARED_SETTINGS for each in settings.get(key, "").split()]
    flags += [f"--allow-insecure-host={each}" for each in settings.get("trusted-host", "").split()]
    if settings.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
        flags.append("--no-index")
    # A cache on another disk is no reason to warn.
    environment = {**os.environ, "UV_LINK_MODE": os.environ.get("UV_LINK_MODE", "copy")}
    for key, variable in (("cert", "SSL_CERT_FILE"), ("proxy", "ALL_PROXY"), ("default-timeout", "UV_HTTP_TIMEOUT")):
        if settings.get(key):
            environment.setdefault(variable, settings[key])
    return flags, environment


def read_names(lock: Path) -> list[str]:
    """Return the names of the locked packages."""
    return re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text(), re.MULTILINE)


def entry_of(name: str, lock: str) -> str:
    """Return the lines of the lock that pin this package."""
    found = re.search(rf"^{re.escape(name)}==.*\n(?:[ \t].*\n)*", lock, re.MULTILINE)
    return found[0] if found else ""


def python_of(venv: Path) -> Path:
    """Return the environment's Python, by an absolute path that does not follow its link."""
    return Path.cwd() / venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Run a command and pass on what it says, without the list of all that it installed. Raises: InstallFailed."""
    with subprocess.Popen(  # noqa: S603 - our own command
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        for line in process.stdout or ():
            if not line.startswith(NOT_SHOWN):
                say(f"  {line.rstrip()}")
    if process.returncode:
        raise InstallFailed(command[0])


def say(words: str) -> None:
    """Tell whoever waits."""
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
