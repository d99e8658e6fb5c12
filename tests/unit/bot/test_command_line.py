"""The command line as a process of its own: what a wrong start says, and its exit code."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a settings file without tokens, whose data stays in the test's folder."""
    path = tmp_path / "config.toml"
    path.write_text(
        f'[database]\nurl = "sqlite+aiosqlite:///{tmp_path / "data" / "jobs.db"}"\n'
        f'[jobs]\nresults_dir = "{tmp_path / "results"}"\n[health]\nlisten = ""\n'
        '[discord]\ngateway_url = "ws://127.0.0.1:9"\n',  # where nobody listens
        encoding="utf-8",
    )
    return path


def environment(**variables: str) -> dict[str, str]:
    """Return this process's environment without settings of a bot, and with the variables."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COMFYCORD_")}
    for name in ("DISCORD_TOKEN", "RUNCOMFY_API_TOKEN"):
        plain.pop(name, None)
    return {**plain, **variables}


def call(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m bot` with the arguments and wait for its end."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_a_missing_token_is_one_line_and_exit_code_2(config: Path) -> None:
    """`run` without tokens says which, in one line on stderr, without a traceback."""
    ended = call("run", "--config", str(config))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith("comfycord: missing discord.token")


def test_one_missing_token_is_named_alone(config: Path) -> None:
    """Where only one token is missing, only that one is asked for."""
    ended = call("run", "--config", str(config), DISCORD_TOKEN="x" * 20)
    assert ended.returncode == 2
    assert "runcomfy.token" in ended.stderr
    assert "discord.token" not in ended.stderr


@pytest.mark.parametrize("command", ["run", "check", "sync", "migrate"])
def test_a_missing_settings_file_is_one_line_and_exit_code_2(tmp_path: Path, command: str) -> None:
    """Every command says which file to copy."""
    ended = call(command, "--config", str(tmp_path / "config.toml"))
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "copy config.example.toml to config.toml" in ended.stderr


def test_wrong_settings_are_told_before_the_libraries_are_loaded(tmp_path: Path) -> None:
    """Who has to fix the settings waits for no import that only a bot at work needs."""
    script = "import sys; from bot.__main__ import main; main(); print(*sys.modules)"
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", script, "run", "--config", str(tmp_path / "config.toml")],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert "copy config.example.toml" in ended.stderr
    assert not {"aiohttp", "discord", "sqlalchemy"} & set(ended.stdout.split())


def test_migrate_makes_the_folder_and_the_schema(config: Path, tmp_path: Path) -> None:
    """On a fresh machine `migrate` makes what is missing; the second time there is nothing to do."""
    first = call("migrate", "--config", str(config))
    assert (first.returncode, first.stderr) == (0, "")
    assert "was brought up to date" in first.stdout
    assert (tmp_path / "data" / "jobs.db").is_file()
    assert "is up to date" in call("migrate", "--config", str(config)).stdout


def test_check_names_what_is_missing_and_the_fix(config: Path) -> None:
    """Without tokens, and without a gateway, `check` still looks at everything else and exits with 1."""
    ended = call("check", "--config", str(config))
    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    assert any(line.startswith("ok") and "/edit" in line for line in lines)
    assert any(line.startswith("ok") and "database" in line for line in lines)
    problems = [index for index, line in enumerate(lines) if line.startswith("PROBLEM")]
    assert len(problems) == 3, lines
    assert all(lines[index + 1].strip().startswith("->") for index in problems)
    looks = sum(line.startswith(("ok", "PROBLEM")) for line in lines)
    assert lines[-1] == f"3 of {looks} need fixing."


def test_an_unknown_model_is_one_line_and_exit_code_2(config: Path) -> None:
    """A model without a schema keeps the bot from starting, by name."""
    config.write_text(
        config.read_text(encoding="utf-8") + '[[models]]\nid = "nobody/nothing"\ncommand = "x"\n', encoding="utf-8"
    )
    ended = call("run", "--config", str(config), DISCORD_TOKEN="x" * 20, RUNCOMFY_API_TOKEN="y" * 20)
    assert ended.returncode == 2
    assert "nobody/nothing" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", ["run", "sync", "migrate"])
def test_a_database_that_is_away_is_one_line_and_exit_code_1(config: Path, command: str) -> None:
    """Where the database does not answer the process ends, so that its supervisor starts it again."""
    ended = call(
        command,
        "--config",
        str(config),
        DISCORD_TOKEN="x" * 60,
        RUNCOMFY_API_TOKEN="y" * 40,
        COMFYCORD_DATABASE__URL="postgresql://bot:pw-secret@127.0.0.1:9/jobs",
    )
    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("comfycord: the database at postgresql+asyncpg://127.0.0.1:9/jobs (database.url) does not")
    assert "Traceback" not in ended.stderr
    assert "pw-secret" not in ended.stderr


@pytest.fixture
def ctrl_c_counts() -> Iterator[None]:
    """Let what is started here hear Ctrl-C, also where this run was put in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_counts")
def test_ctrl_c_is_no_traceback(config: Path) -> None:
    """Who does not want to wait for a Discord that is silent presses Ctrl-C, and is told nothing about Python."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "bot", "check", "--config", str(config)],
            cwd=ROOT,
            env=environment(DISCORD_TOKEN="x" * 60, COMFYCORD_DISCORD__API_URL=address),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as check:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(1), "the question has arrived: it waits for an answer now"
                check.send_signal(signal.SIGINT)
                _, problems = check.communicate(timeout=50)
    assert (check.returncode, problems) == (130, "")


# Goes on as `python -m bot` does. As soon as one of the named modules is imported, a fork of the process gets Ctrl-C
# and has to end as it should; with the last of them the process itself does.
INTERRUPTED_IMPORTS = """
import os, runpy, signal, sys

def interrupt(event, details):
    if event != "import" or details[0] not in names:
        return
    names.remove(details[0])
    if names and (fork := os.fork()):
        _, status = os.waitpid(fork, 0)
        if os.waitstatus_to_exitcode(status) != 130:
            print("at", details[0], "the process ended with", status, flush=True)
        return
    os.kill(os.getpid(), signal.SIGINT)
    os._exit(1)

names = set(sys.argv.pop(1).split(","))
sys.addaudithook(interrupt)
runpy.run_module("bot", run_name="__main__", alter_sys=True)
"""


@pytest.mark.usefixtures("ctrl_c_counts")
@pytest.mark.parametrize(
    ("command", "heavy"),
    [
        ("run", "bot.running"),
        ("check", "bot.checks.machine"),
        ("sync", "bot.maintenance"),
        ("migrate", "alembic.command"),
        ("adopt", "bot.maintenance"),
    ],
)
def test_ctrl_c_while_the_program_is_loaded_is_silent(config: Path, command: str, heavy: str) -> None:
    """Whatever is being imported, Ctrl-C ends every command without a word, with the code that shells know."""
    modules = f"bot.command_line,argparse,discord,bot.settings,{heavy}"
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", INTERRUPTED_IMPORTS, modules, command, "--config", str(config)]
        + (["job", "request"] if command == "adopt" else []),
        cwd=ROOT,
        env=environment(DISCORD_TOKEN="x" * 60, RUNCOMFY_API_TOKEN="y" * 40),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")
