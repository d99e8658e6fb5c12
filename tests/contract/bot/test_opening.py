"""What an operator is told where the database cannot be opened: one line with the setting, without its password."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it has no type hints
import pytest
from pydantic import SecretStr

from bot.opening import open_own_database, without_password
from bot.settings import DatabaseSettings, Settings
from services.errors import SettingsError, StoreUnavailable
from tests.contract.store.databases import PostgresServer, postgres_server

RULES = "local all locked scram-sha-256\nlocal all banned reject\n"


async def said_of(url: str) -> str:
    """Open the database and return what is said, which names the setting."""
    with pytest.raises((StoreUnavailable, SettingsError)) as raised:
        async with open_own_database(Settings(database=DatabaseSettings(url=SecretStr(url))), alone=False):
            pass
    text = str(raised.value)
    assert "database.url" in text
    assert "secret" not in text
    assert "\n" not in text
    return text


async def rules_of(server: PostgresServer) -> str:
    """Return the path of the file that says who may log in, and how."""
    connection = await asyncpg.connect(dsn=server.url("postgres").replace("+asyncpg", ""))
    try:
        return str(await connection.fetchval("SHOW hba_file"))
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL server with one user who needs a password and one who may not log in.

    Other tests may use the same server, and these come back to it: afterwards it is as it was.
    """
    with postgres_server() as running:
        rules = Path(asyncio.run(rules_of(running)))
        before = rules.read_text(encoding="utf-8")
        rules.write_text(RULES + before, encoding="utf-8")
        create = [f"CREATE USER {name} PASSWORD 'right'" for name in ("locked", "banned")]
        asyncio.run(running.execute(*create, "SELECT pg_reload_conf()"))
        yield running
        rules.write_text(before, encoding="utf-8")
        asyncio.run(running.execute("DROP USER locked", "DROP USER banned", "SELECT pg_reload_conf()"))


@pytest.mark.parametrize(
    ("user", "database", "words"),
    [
        ("locked:wrong-secret", "postgres", 'password authentication failed for user "locked"'),
        ("locked", "postgres", 'password authentication failed for user "locked"'),
        ("banned:right-secret", "postgres", "pg_hba.conf rejects connection"),
        ("nobody:any-secret", "postgres", 'role "nobody" does not exist'),
        ("postgres", "nowhere", 'database "nowhere" does not exist'),
    ],
)
async def test_a_server_that_refuses(server: PostgresServer, user: str, database: str, words: str) -> None:
    """A wrong password, an unknown user or database: the server's own words, and which address it was."""
    text = await said_of(server.url(database).replace("postgres@", f"{user}@"))
    assert words in text
    assert f"/{database} (database.url) does not answer" in text


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1:9/x", "Connect call failed"),
        ("no-such-host.invalid/x", "(database.url) does not answer: "),
        ("127.0.0.1:99999/x", "port must be 0-65535"),
        ("a..b/x", "does not work: "),
        ("127.0.0.1/x?port=abc", "non-integer port"),
        ("127.0.0.1/x?target_session_attrs=any-other", "does not work: target_session_attrs"),
        ("127.0.0.1:9/x?sslmode=verify-full&host=127.0.0.1", "does not work: root certificate file"),
    ],
)
async def test_an_address_that_leads_nowhere(
    address: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No server, no such name, or an address that none can have is one sentence each."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert words in await said_of(f"postgresql://user:top-secret@{address}")


@pytest.mark.parametrize("path", ["/{long}.db", "/~nobody-of-that-name/x.db"])
async def test_a_file_that_cannot_be(path: str) -> None:
    """A path that the system has no room for is one sentence."""
    await said_of(f"sqlite+aiosqlite://{path.replace('{long}', 'x' * 300)}")


@pytest.mark.parametrize("password", ["p-secret", "p@t-secret", "p/t-secret", "p?t-secret", "p#t-secret", ":-secret"])
def test_no_part_of_a_password_is_shown(password: str) -> None:
    """Also an unescaped "@", "/" or "?" leaves nothing of the password in what is shown, and the log knows it."""
    url = f"postgresql+asyncpg://bot:{password}@db.example.com/jobs?host=x"
    assert without_password(url) == "postgresql+asyncpg://db.example.com/jobs"
    assert password in Settings(database=DatabaseSettings(url=SecretStr(url))).secrets
