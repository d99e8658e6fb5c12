"""Whatever stands in the settings file, every command answers in lines that name what to fix: never a traceback."""

from __future__ import annotations

import json
import logging
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from discord import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.checks import machine as check_machine
from bot.checks import network as check_network
from bot.command_line import WRONG_SETUP, main
from bot.logs import CHATTY_LIBRARIES, OWN_PACKAGES
from bot.redaction import Redactor
from bot.settings.loading import load_settings
from services.errors import SettingsError

EXAMPLE = Path(__file__).parents[3] / "config.example.toml"
# As TOML writes them. Texts come in all sorts: what is right for one key is odd for another.
ODD_VALUES = (
    "true", "0", "-1", "1.5", "1e400", "nan", "99999999999999999999", "[]", '[""]', "[1, 2]", "[[]]", "{}", "{ a = 1 }",
    "1979-05-27", '""', '" "', '"x"', '"a b"', '"\\u0000"', '"a\\nb"', '"\\u00e4"', '"../.."', '"https://"', '"//x"',
    '"https://x:99999"', '"https://[::1"', '"https://a..b"', '"https://x y"', '"https://x?y=1"', '"http://127.0.0.1:9"',
    '"https://127.0.0.1:9/"', '"ws://127.0.0.1:9"', '"wss://127.0.0.1:9/x/"', '"ftp://x"', '"127.0.0.1:9"', '":80"',
    '"127.0.0.1:99999"', '"a..b:80"', '"no-such-host.invalid:80"', '"192.0.2.1:80"', '"[::1]:x"', '"*:80"', '["*.com"]',
    '["*"]', '["a.example.com:80"]', '"sqlite:///"', '"sqlite+aiosqlite:///:memory:"', '"sqlite://x/y"',
    '"postgresql://"', '"postgresql://u:pw-secret@127.0.0.1:9/x?sslmode=maybe"', '"postgresql://u:pw-secret@[::1/x"',
    '"postgresql://u:pw-secret@127.0.0.1:99999/x"', '"postgresql://u:pw-secret@a..b/x"', '"mysql://u:pw-secret@x/y"',
    '"postgresql://u:p@/?#w-secret@127.0.0.1:9/x"', '"/proc/nothing/x"', '"/dev/null"', '"DEBUG"', '"json"',
)  # fmt: skip
TAKEN_AS_THEY_ARE = frozenset({"discord.token", "runcomfy.token", "jobs.results_dir"})
BASE: Mapping[str, Mapping[str, object]] = {
    "discord": {
        "token": "x" * 60,
        "api_url": "http://127.0.0.1:9/api",  # where nobody listens
        "gateway_url": "ws://127.0.0.1:9",
        "cdn_url": "http://127.0.0.1:9",
    },
    "runcomfy": {"token": "y" * 40, "base_url": "http://127.0.0.1:9"},
    "health": {"listen": "127.0.0.1:0"},
}


def keys() -> Iterator[str]:
    """Yield the dotted name of every key of the example, and of every section."""
    for section, table in tomllib.loads(EXAMPLE.read_text(encoding="utf-8")).items():
        yield section
        yield from (f"{section}.{key}" for key in (table[0] if isinstance(table, list) else table))


def write(path: Path, folder: Path, key: str, value: str) -> None:
    """Write settings that reach nothing outside of this machine, with one odd value."""
    section, _, name = key.partition(".")
    tables: dict[str, dict[str, object]] = {
        **{name: dict(table) for name, table in BASE.items()},
        "database": {"url": f"sqlite+aiosqlite:///{folder / 'jobs.db'}"},
        "jobs": {"results_dir": str(folder / "results")},
    }
    if not name:
        tables.pop(section, None)
    elif section != "models":
        tables.setdefault(section, {}).pop(name, None)
        if name.endswith("_file"):
            tables[section].pop(name.removesuffix("_file"), None)
    lines = [] if name else [f"{section} = {value}"]
    for title, table in tables.items():
        lines += [f"[{title}]", *(f"{field} = {json.dumps(entry)}" for field, entry in table.items())]
        lines += [f"{name} = {value}"] if title == section and name else []
    if name and section not in tables:
        other = {"id": 'command = "x"', "command": 'id = "openai/gpt-image-1-5/image-to-image"'}
        lines += [f"[[{section}]]", other[name], f"{name} = {value}"] if section == "models" else []
    path.write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture(autouse=True)
def _only_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in the test's folder, wait for nobody, and leave the library and the log as they were."""
    monkeypatch.chdir(tmp_path)
    for owner, name in ((Route, "BASE"), (DiscordWebSocket, "DEFAULT_GATEWAY"), (Asset, "BASE")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(check_machine, "NEIGHBOUR_SECONDS", 0.05)
    for name, seconds in (("LOGIN_SECONDS", 0.05), ("GATEWAY_SECONDS", 0.05), ("API_SECONDS", 0.02)):
        monkeypatch.setattr(check_network, name, seconds)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in OWN_PACKAGES + CHATTY_LIBRARIES:
        logging.getLogger(name).setLevel(logging.NOTSET)


def commands_that_use(key: str) -> tuple[str, ...]:
    """Return the commands in which an accepted value of this key can make a difference."""
    section = key.partition(".")[0]
    if section == "database":
        return ("migrate", "check", "sync", "run")
    return ("check", "sync", "run") if section in {"discord", "models"} else ("check", "run")


def adds_signs(key: str, value: str, seen: set[str]) -> bool:
    """Whether the commands can meet something new in this value; `seen` are the signs that they have met.

    A token or a folder is taken as it is: of such a text only its signs matter, and where on the machine it leads.
    """
    if key not in TAKEN_AS_THEY_ARE:
        return True
    text = str(tomllib.loads(f"value = {value}")["value"])
    signs = {sign for sign in text if not (sign.isascii() and sign.isalnum())}
    is_new = text.startswith(("/", "..")) or not signs <= seen
    seen |= signs
    return is_new


def refusal(config: Path) -> str:
    """Return what is told of settings that are refused, as they are read; nothing where they are accepted."""
    try:
        load_settings(config)
    except SettingsError as error:
        return Redactor(())(str(error))
    return ""


def assert_told(key: str, lines: Sequence[str], case: str) -> None:
    """Have a line that names the key's section, and no password."""
    assert any(key.partition(".")[0] in line for line in lines), f"{case}: {lines}"
    assert not any("w-secret" in line or "Traceback" in line for line in lines), f"{case}: {lines}"


@pytest.mark.parametrize("key", list(keys()))
def test_an_odd_value_is_no_traceback(key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong type, a blank or a value meant for another key ends in lines with an exit code, and no password."""
    config = tmp_path / "config.toml"
    is_refusal_shown = False
    signs: set[str] = set()
    for value in ODD_VALUES:
        write(config, tmp_path / "data", key, value)
        commands: tuple[str, ...] = ()
        if problem := refusal(config):
            assert_told(key, problem.splitlines(), value)
            # All commands read the settings in the same way: one of them shows how a refusal ends.
            commands = () if is_refusal_shown else ("migrate",)
            is_refusal_shown = True
        elif adds_signs(key, value, signs):
            commands = commands_that_use(key)
        for command in commands:
            case = f"{value}: {command}"
            code = main([command, "--config", str(config)])
            out, err = capsys.readouterr()
            assert code == WRONG_SETUP if problem else code in {0, 1, 2}, case
            assert "Traceback" not in out + err, case
            # A path is told as it stands: that is what has to be fixed.
            assert key == "jobs.results_dir" or "w-secret" not in out + err, case
            if code == WRONG_SETUP:
                lines = [line for line in err.splitlines() if line.startswith("comfycord: ")]
                assert any(key.partition(".")[0] in line for line in lines), f"{case}: {err}"
