"""The page's files keep the house's rules. These tests need no browser."""

from __future__ import annotations

import re
from pathlib import Path

STATIC = Path(__file__).parents[3] / "sandbox" / "static"
FILES = sorted(path for path in STATIC.rglob("*") if path.is_file())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
LARGEST_LINES = 400
HTML_SINKS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc"
)
IMPORT = re.compile(r'import \{([^}]+)\} from "([^"]+)";')
EXPORT = re.compile(r"export (?:async )?(?:function|class|const|let) (\w+)")


def named(path: Path) -> str:
    """Name a file as its address does."""
    return path.relative_to(STATIC).as_posix()


def text_of(path: Path) -> str:
    """Read a file."""
    return path.read_text(encoding="utf-8")


def test_there_are_files() -> None:
    """The page has scripts, so what follows is about something."""
    assert len(SCRIPTS) > 20


def test_no_text_becomes_html() -> None:
    """The page is built of nodes: no script has a way to turn a text into HTML or code."""
    assert {named(path): found for path in SCRIPTS if (found := HTML_SINKS.findall(text_of(path)))} == {}


def test_files_stay_small() -> None:
    """No file has 400 lines."""
    assert [named(path) for path in FILES if len(text_of(path).splitlines()) >= LARGEST_LINES] == []


def test_modules_import_what_is_there() -> None:
    """Each import names a module of the page that exists, and names that it exports."""
    for path in SCRIPTS:
        for names, target in IMPORT.findall(text_of(path)):
            assert target.startswith("."), f"{named(path)} imports {target}"
            wanted = {name.strip() for name in names.split(",") if name.strip()}
            assert wanted <= set(EXPORT.findall(text_of((path.parent / target).resolve()))), f"{named(path)}: {target}"


def test_the_page_has_no_inline_script_or_style() -> None:
    """The Content-Security-Policy forbids them, and nothing of the page needs them."""
    page = text_of(STATIC / "index.html")
    assert re.findall(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|https?://", page) == []
