"""What the bot gets for a live backend."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.live_backends import Backend, CannotGoLive, read_live_backend


def config(tmp_path: Path, text: str) -> Path:
    """The operator's settings file."""
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def test_secrets_go_by_the_environment_and_all_else_by_settings(tmp_path: Path) -> None:
    """The token of the file is a variable of the bot; address and models stay settings; polling is unhurried."""
    path = config(tmp_path, '[runcomfy]\ntoken = "t"\nmax_result_mb = 9\n[[models]]\nid = "a/b"\ncommand = "paint"\n')
    real = read_live_backend(
        Backend.MODEL_API, config=path, environment={"PATH": "/bin", "COMFYCORD_RUNCOMFY__BASE_URL": "https://x"}
    )
    assert real.variables == {"RUNCOMFY_API_TOKEN": "t", "COMFYCORD_RUNCOMFY__BASE_URL": "https://x"}
    assert real.settings["runcomfy"] == {
        "token": "",
        "base_url": "https://model-api.runcomfy.net",
        "result_hosts": ["*.runcomfy.net", "*.runcomfy.com"],
        "max_result_mb": 9,
    }
    assert real.settings["models"] == [{"id": "a/b", "command": "paint"}]
    assert real.settings["jobs"] == {"poll_min_seconds": 2.0, "poll_max_seconds": 10.0}


@pytest.mark.parametrize("name", ["DISCORD_TOKEN", "COMFYCORD_DISCORD__TOKEN", "COMFYCORD_DISCORD__TOKEN_FILE"])
def test_the_environment_alone_suffices(tmp_path: Path, name: str) -> None:
    """There need be no file."""
    real = read_live_backend(
        Backend.DISCORD, config=tmp_path / "none.toml", environment={name: "t", "RUNCOMFY_API_TOKEN": "no"}
    )
    assert real.variables == {name: "t"}
    assert "models" not in real.settings


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    """As it does for the bot."""
    path = config(tmp_path, '[discord]\ntoken = "of the file"\nguilds = [7]\n')
    real = read_live_backend(Backend.DISCORD, config=path, environment={"DISCORD_TOKEN": "t"})
    assert real.variables == {"DISCORD_TOKEN": "t"}
    assert real.settings["discord"]["guilds"] == [7]  # type: ignore[call-overload] # a section, not a list of tables


def test_a_file_that_holds_the_token_is_handed_on_by_its_name(tmp_path: Path) -> None:
    """The sandbox does not read it."""
    path = config(tmp_path, f'[discord]\ntoken_file = "{tmp_path / "secret"}"\n')
    real = read_live_backend(Backend.DISCORD, config=path, environment={})
    assert real.variables == {"COMFYCORD_DISCORD__TOKEN_FILE": str(tmp_path / "secret")}


def test_the_token_is_not_in_what_is_printed(tmp_path: Path) -> None:
    """Neither as text nor in an error."""
    real = read_live_backend(Backend.DISCORD, config=tmp_path / "none.toml", environment={"DISCORD_TOKEN": "a-secret"})
    assert "a-secret" not in repr(real)


@pytest.mark.parametrize("text", ["", "[runcomfy]\n", '[discord]\ntoken = ""\n', "discord = 7\n"])
def test_without_a_token_nothing_is_live(tmp_path: Path, text: str) -> None:
    """The sentence names the key and the variable."""
    with pytest.raises(CannotGoLive, match=r"discord\.token in config\.toml, or the variable DISCORD_TOKEN"):
        read_live_backend(Backend.DISCORD, config=config(tmp_path, text), environment={"DISCORD_TOKEN": ""})


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    """In one sentence."""
    with pytest.raises(CannotGoLive, match="cannot be read"):
        read_live_backend(Backend.DISCORD, config=config(tmp_path, "[discord"), environment={})
