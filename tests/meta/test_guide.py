"""The guide's rules that a machine can hold: sizes, names, mocks, paths, locks, and commands that exist."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("bot", "cogs", "services", "sandbox", "bench")
CODE = (*PRODUCT, "tests")
LONGEST = 400
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "core", "misc"}


def python_files() -> list[Path]:
    """Return every Python file of the project."""
    return sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py"))


def text_files() -> Iterator[Path]:
    """Yield every file that is tracked and read by people, without the lock files."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    names = listed.stdout.splitlines()
    if listed.returncode != 0 or not names:
        pytest.skip("not a git checkout, so it is not known which files belong to it")
    for name in names:
        path = ROOT / name
        if path.is_file() and path.suffix in {".py", ".md", ".toml", ".yaml", ".json", ".js", ".css", ".html", ""}:
            yield path


def test_no_file_is_too_long() -> None:
    """A file of more than 400 lines wants to be two."""
    lengths = {str(path.relative_to(ROOT)): len(path.read_bytes().splitlines()) for path in python_files()}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_every_file_has_a_name_that_says_something() -> None:
    """No module of the product is called utils, helpers, common, manager, core or misc."""
    files = [path.relative_to(ROOT) for path in python_files()]
    assert [str(path) for path in files if path.parts[0] in PRODUCT and NAMELESS & {path.stem, *path.parts}] == []


def test_no_bare_mocks() -> None:
    """Tests stand on real things; where something is stood in for, it is written out."""
    bare = re.compile(r"\b(?:unittest\.mock|Magic|Async)Mock\(|\bfrom unittest(?: import mock|\.mock import)")
    found = [str(path) for path in python_files() if path != Path(__file__) and bare.search(path.read_text("utf-8"))]
    assert found == []


def test_no_path_of_somebodys_machine() -> None:
    """Nothing names a folder that only one machine has."""
    path_of_a_home = re.compile(r"(?<![\w.$~}])/(?:home|Users)/\w+|(?<![\w.$~}/-])/(?:root|work)/")
    found = [str(path) for path in text_files() if path_of_a_home.search(path.read_text("utf-8", errors="replace"))]
    assert found == []


@pytest.mark.parametrize(
    ("name", "fewest"), [("requirements.lock", 20), ("requirements-dev.lock", 40), ("requirements-build.lock", 1)]
)
def test_locks_have_hashes_and_no_addresses(name: str, fewest: int) -> None:
    """Every pinned version has a hash, and no registry is named: each installs from its own."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--find-links" not in text
    assert "--index" not in text
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert len(blocks) >= fewest
    for block in blocks:
        assert re.match(r"[A-Za-z0-9_.\[\]-]+==\S+", block), block
        assert "--hash=sha256:" in block, block


def test_the_locks_agree() -> None:
    """What runs is what is tested: both locks pin the same versions."""
    pinned = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)", re.MULTILINE)
    run, dev = (
        dict(pinned.findall((ROOT / name).read_text(encoding="utf-8")))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert {name: (version, dev.get(name)) for name, version in run.items() if dev.get(name) != version} == {}


def test_every_dependency_is_locked() -> None:
    """What pyproject.toml asks for, the speed extra included, stands in the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["speed"]]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=; ]", one, maxsplit=1)[0]).lower() for one in wanted}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").lower()
    assert [name for name in sorted(names) if not re.search(rf"^{re.escape(name)}==", lock, re.MULTILINE)] == []


def test_the_image_installs_nothing_unpinned() -> None:
    """Whatever pip does for the image takes its packages from a lock by hash, or from no index at all."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    calls = re.findall(r"\bpip (?:install|wheel) [^\n&]+", dockerfile)
    assert len(calls) == 4
    assert [call for call in calls if "--require-hashes -r requirements" not in call and "--no-index" not in call] == []
    (wheel,) = (call for call in calls if call.startswith("pip wheel"))
    assert "--no-build-isolation" in wheel, "an isolated build fetches what pyproject.toml asks for, without a hash"


def test_the_wheel_is_built_with_what_is_locked() -> None:
    """What pyproject.toml wants for the build is the group that the lock is made from, and stands in the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["build-system"]["requires"] == project["dependency-groups"]["build"]
    lock = (ROOT / "requirements-build.lock").read_text(encoding="utf-8")
    for wanted in project["build-system"]["requires"]:
        assert re.search(rf"^{re.split('[<>=]', wanted)[0]}==", lock, re.MULTILINE), wanted


def test_the_image_gets_every_file_that_it_copies() -> None:
    """What the Dockerfile copies is in the repository, and .dockerignore lets it through."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    kept = {
        line.strip("!/") for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if "!" in line
    }
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE):
        for name in line.split():
            assert (ROOT / name).exists(), name
            assert name in kept, name


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_commands_in_the_texts_exist(name: str) -> None:
    """Each `make target` and `python -m bot command` that a reader is told to run is there."""
    text = (ROOT / name).read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    told = set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE))
    assert told
    assert told - targets == set()
    command_line = (ROOT / "bot" / "command_line.py").read_text(encoding="utf-8")
    for command in re.findall(r"python -m bot ([a-z]+)", text):
        assert f'("{command}", ' in command_line


def test_linked_files_exist() -> None:
    """A relative link in a text leads somewhere."""
    for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
            assert (ROOT / target).exists(), f"{name}: {target}"


def test_promises_name_tests_that_exist() -> None:
    """The table from promise to test leads to files with tests in them."""
    named = re.findall(r"`(tests/[a-z0-9_/]+\.py)`", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    assert len(named) > 30
    assert [name for name in named if "def test_" not in (ROOT / name).read_text(encoding="utf-8")] == []


def test_the_stop_has_time_in_compose() -> None:
    """The container gets more than the 10 s that a clean stop may take."""
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    (seconds,) = re.findall(r"stop_grace_period: (\d+)s", compose)
    assert int(seconds) > 10
