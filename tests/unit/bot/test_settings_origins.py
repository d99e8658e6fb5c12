"""A wrong value is blamed on what set it: the variable, as it is written, or the file."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.settings.loading import load_settings
from services.errors import SettingsError

FILE = "the file"

# What the environment says, what the file says, and what is named.
CASES: Mapping[str, tuple[Mapping[str, str], str, str]] = {
    "one bound in a variable": (
        {"COMFYCORD_JOBS__POLL_MIN_SECONDS": "50"},
        "",
        "the variable COMFYCORD_JOBS__POLL_MIN_SECONDS: jobs: poll_min_seconds must not",
    ),
    "one bound in a variable, beside other keys of the file": (
        {"COMFYCORD_JOBS__POLL_MIN_SECONDS": "50", "COMFYCORD_JOBS__SCAN_SECONDS": "1"},
        "[jobs]\nlease_seconds = 9",
        "the variable COMFYCORD_JOBS__POLL_MIN_SECONDS: ",
    ),
    "both bounds in variables": (
        {"COMFYCORD_JOBS__POLL_MIN_SECONDS": "50", "comfycord_jobs__poll_max_seconds": "20"},
        "[jobs]\npoll_max_seconds = 3",
        "the variables COMFYCORD_JOBS__POLL_MIN_SECONDS and comfycord_jobs__poll_max_seconds: ",
    ),
    "a bound in each": (
        {"COMFYCORD_JOBS__POLL_MIN_SECONDS": "5"},
        "[jobs]\npoll_max_seconds = 3",
        f"the variable COMFYCORD_JOBS__POLL_MIN_SECONDS and {FILE}: ",
    ),
    "both bounds in the file": (
        {"COMFYCORD_JOBS__SCAN_SECONDS": "1"},
        "[jobs]\npoll_min_seconds = 50",
        f"{FILE}: jobs: poll_min_seconds",
    ),
    "a whole table in a variable": (
        {"COMFYCORD_JOBS": '{"poll_min_seconds": 50}'},
        "",
        "the variable COMFYCORD_JOBS: jobs: poll_min_seconds",
    ),
    "a key of a table in a variable": (
        {"COMFYCORD_QUOTA": '{"jobs_per_day": -1}'},
        "[quota]\njobs_per_day = 3",
        "the variable COMFYCORD_QUOTA: quota.jobs_per_day: ",
    ),
    "a key of the file beside a table in a variable": (
        {"COMFYCORD_QUOTA": '{"running_per_user": 2}'},
        "[quota]\njobs_per_day = -1",
        f"{FILE}: quota.jobs_per_day: ",
    ),
    "a model in a variable": (
        {"COMFYCORD_MODELS": '[{"id": "model", "command": "x"}]'},
        "",
        "the variable COMFYCORD_MODELS: models[1].id: ",
    ),
    "no model in a variable": ({"COMFYCORD_MODELS": "[]"}, "", "the variable COMFYCORD_MODELS: models: "),
    "small letters": (
        {"comfycord_quota__jobs_per_day": "many"},
        "",
        "the variable comfycord_quota__jobs_per_day: quota.jobs_per_day: ",
    ),
    "small letters in part": (
        {"COMFYCORD_discord__Token": "two words"},
        "",
        "the variable COMFYCORD_discord__Token: discord.token: ",
    ),
    "a secret's file in a variable over the file's secret": (
        {"comfycord_discord__token_file": "nowhere", "DISCORD_TOKEN": "abc"},
        '[discord]\ntoken = "abc"',
        "the variable comfycord_discord__token_file: discord: token_file must be",
    ),
    "a secret's file in the file": ({}, '[discord]\ntoken_file = "nowhere"', f"{FILE}: discord: token_file must be"),
    "a key that is too short": ({"RUNCOMFY_API_TOKEN": "abc"}, "", "the variable RUNCOMFY_API_TOKEN: runcomfy.token: "),
}


@pytest.mark.parametrize("case", CASES)
def test_what_set_the_value_is_named(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is sent to the file for what a variable says, nor to a variable that is right."""
    for name in list(os.environ):
        if name.upper().startswith("COMFYCORD_") or name in {"DISCORD_TOKEN", "RUNCOMFY_API_TOKEN"}:
            monkeypatch.delenv(name)
    variables, text, expected = CASES[case]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_settings(path)
    said = str(refused.value).replace(f'"{path}"', FILE)
    assert said.startswith(expected)
    assert "\n" not in said
