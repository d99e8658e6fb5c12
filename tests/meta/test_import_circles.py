"""No two modules need each other, neither in Python nor on the sandbox's page."""

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "cogs", "services", "sandbox", "bench", "tests")
_JS_IMPORT = re.compile(r'(?:\bfrom|^import) "(\.[^"]+)";$', re.MULTILINE)


def circle(imports: Mapping[str, set[str]]) -> list[str]:
    """Return one circle of modules, the first of which stands at its end again; empty where there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def python_imports() -> dict[str, set[str]]:
    """Return which module imports which, wherever in it: in functions and below `if TYPE_CHECKING` too."""
    paths = {_module(path): path for name in PACKAGES for path in (ROOT / name).rglob("*.py")}
    return {name: set(_imported(path, names=set(paths))) - {name} for name, path in paths.items()}


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imported(path: Path, *, names: set[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in names or node.module in names:
                    yield inner if inner in names else node.module


def page_imports() -> dict[str, set[str]]:
    """Return which module of the page imports which."""
    found = {}
    for path in (ROOT / "sandbox" / "static").rglob("*.js"):
        name = path.relative_to(ROOT).as_posix()
        targets = _JS_IMPORT.findall(path.read_text(encoding="utf-8"))
        found[name] = {posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) for target in targets}
    return found


def test_no_python_modules_import_each_other() -> None:
    """Whoever reads a module can begin with what it imports, types included, and gets to an end."""
    imports = python_imports()
    assert sum(map(len, imports.values())) > len(imports)
    assert circle(imports) == []


def test_no_modules_of_the_page_import_each_other() -> None:
    """The same holds for the page's JavaScript, and each imported file is there."""
    imports = page_imports()
    assert sum(map(len, imports.values())) > len(imports)
    assert {target for targets in imports.values() for target in targets} - set(imports) == set()
    assert circle(imports) == []
