"""Settings: where they come from, which source goes before which, and what a wrong one says."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.settings import DiscordSettings, Settings
from bot.settings.loading import load_settings
from services.errors import SettingsError


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("COMFYCORD_") or name in {"DISCORD_TOKEN", "RUNCOMFY_API_TOKEN"}:
            monkeypatch.delenv(name)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return an empty settings file."""
    path = tmp_path / "config.toml"
    path.write_text("", encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    """Return what loading says, which must be a refusal."""
    with pytest.raises(SettingsError) as refused:
        load_settings(path)
    return str(refused.value)


def test_an_empty_file_gives_the_defaults(config: Path) -> None:
    """Everything but the tokens has a default."""
    settings = load_settings(config)
    assert settings.quota.jobs_per_day == 20
    assert settings.models[0].command == "edit"
    assert settings.database.url.get_secret_value() == "sqlite+aiosqlite:///data/comfycord.db"


def test_the_environment_goes_before_the_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """COMFYCORD_<SECTION>__<KEY> wins over the file, key by key."""
    config.write_text("[quota]\njobs_per_day = 5\nrunning_per_user = 2\n", encoding="utf-8")
    monkeypatch.setenv("COMFYCORD_QUOTA__JOBS_PER_DAY", "9")
    settings = load_settings(config)
    assert (settings.quota.jobs_per_day, settings.quota.running_per_user) == (9, 2)


def test_lists_come_from_the_environment_as_json(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guilds and models can be given as JSON."""
    monkeypatch.setenv("COMFYCORD_DISCORD__GUILDS", "[123, 456]")
    monkeypatch.setenv("COMFYCORD_MODELS", '[{"id": "maker/model", "command": "draw"}]')
    settings = load_settings(config)
    assert settings.discord.guilds == {123, 456}
    assert settings.models[0].id == "maker/model"


def test_a_list_that_is_no_json_names_the_variable(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comma list in a variable is told apart, with the right form."""
    monkeypatch.setenv("COMFYCORD_DISCORD__GUILDS", "123,456")
    assert "COMFYCORD_DISCORD__GUILDS" in refusal(config)
    assert "[123, 456]" in refusal(config)


@pytest.mark.parametrize(("variable", "section"), [("DISCORD_TOKEN", "discord"), ("RUNCOMFY_API_TOKEN", "runcomfy")])
def test_the_plain_variables_go_before_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch, variable: str, section: str
) -> None:
    """The plain names that other tools use are read, and an empty one counts as not there."""
    config.write_text(f'[{section}]\ntoken = "from-file"\n', encoding="utf-8")
    monkeypatch.setenv(variable, "")
    assert getattr(load_settings(config), section).token.get_secret_value() == "from-file"
    monkeypatch.setenv(variable, "from-variable")
    assert getattr(load_settings(config), section).token.get_secret_value() == "from-variable"
    monkeypatch.setenv(f"COMFYCORD_{section.upper()}__TOKEN", "from-own-variable")
    assert getattr(load_settings(config), section).token.get_secret_value() == "from-own-variable"


def test_a_secret_is_read_from_a_file(config: Path, tmp_path: Path) -> None:
    """`token_file` gives the file's text without the line break at its end."""
    secret = tmp_path / "token"
    secret.write_text("hidden-away\n", encoding="utf-8")
    config.write_text(f'[discord]\ntoken_file = "{secret}"\n', encoding="utf-8")
    assert load_settings(config).discord.token.get_secret_value() == "hidden-away"


def test_a_secret_file_in_the_environment_hides_the_files_token(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret and its file are one thing: the higher source decides, in whichever form."""
    secret = tmp_path / "token"
    secret.write_text("from-secret", encoding="utf-8")
    config.write_text('[discord]\ntoken = "from-file"\n', encoding="utf-8")
    monkeypatch.setenv("COMFYCORD_DISCORD__TOKEN_FILE", str(secret))
    assert load_settings(config).discord.token.get_secret_value() == "from-secret"
    config.write_text('[discord]\ntoken_file = "nowhere"\n', encoding="utf-8")
    monkeypatch.delenv("COMFYCORD_DISCORD__TOKEN_FILE")
    monkeypatch.setenv("DISCORD_TOKEN", "from-variable")
    assert load_settings(config).discord.token.get_secret_value() == "from-variable"


def test_a_database_address_is_read_from_a_file(config: Path, tmp_path: Path) -> None:
    """`database.url_file` keeps a password out of the settings file; the password is one of the secrets."""
    secret = tmp_path / "url"
    secret.write_text("postgresql://bot:pa55word@db/comfycord\n", encoding="utf-8")
    config.write_text(f'[database]\nurl_file = "{secret}"\n', encoding="utf-8")
    settings = load_settings(config)
    assert settings.database.url.get_secret_value() == "postgresql+asyncpg://bot:pa55word@db/comfycord"
    assert "pa55word" in settings.secrets


def test_secrets_do_not_show_in_a_repr(config: Path) -> None:
    """Printing the settings shows no token."""
    config.write_text('[discord]\ntoken = "seen-by-nobody"\n', encoding="utf-8")
    assert "seen-by-nobody" not in repr(load_settings(config))


WRONG = {
    "an unknown key and its near match": ("[quota]\njobs_per_dya = 3", '"quota.jobs_per_dya" is not a setting'),
    "the near match": ("[quota]\njobs_per_dya = 3", 'did you mean "quota.jobs_per_day"?'),
    "an unknown section": ("[quotas]\njobs_per_day = 3", 'did you mean "quota"?'),
    "an unknown key of a model": (
        '[[models]]\nid = "a/b"\ncommand = "x"\ncomand = "y"',
        'did you mean "models[1].command"?',
    ),
    "a wrong type": ('[quota]\njobs_per_day = "many"', "quota.jobs_per_day: input should be a valid integer"),
    "a value out of bounds": ("[jobs]\ndeadline_minutes = 0", "jobs.deadline_minutes: input should be greater than 0"),
    "bounds in the wrong order": ("[jobs]\npoll_min_seconds = 50", "poll_min_seconds must not be greater"),
    "a token with spaces": ('[discord]\ntoken = "two words"', "discord.token: must be the token alone"),
    "a token in quotation marks": ("[discord]\ntoken = '\"abc\"'", "spaces, line breaks or quotation marks"),
    "a secret twice": ('[discord]\ntoken = "a"\ntoken_file = "b"', "token and token_file are both given"),
    "a secret's file that is not there": ('[discord]\ntoken_file = "nowhere"', "token_file must be the path of a file"),
    "a secret in its file's place": ('[database]\nurl_file = "postgresql://u:pw@h/x"', "url_file must be the path"),
    "plain HTTP to Discord": ('[discord]\napi_url = "http://discord.com/api/v10"', "must start with https://"),
    "a plain gateway of Discord's": ('[discord]\ngateway_url = "ws://gateway.discord.gg"', "must start with wss://"),
    "a host that is none": ('[discord]\napi_url = "https://discord..com/api"', "a host or a port that there cannot be"),
    "a query in an address": ('[discord]\ngateway_url = "wss://gateway.discord.gg/?v=10"', 'must not hold spaces, "?"'),
    "results anywhere": ('[jobs]\nresults_dir = ""', "jobs.results_dir: must be the path of a folder"),
    "a host to listen at that is none": ('[health]\nlisten = "a..b:80"', 'must be "host:port"'),
    "a command of ours": ('[[models]]\nid = "a/b"\ncommand = "job"', "/job is one of the bot's own commands"),
    "a command twice": (
        '[[models]]\nid = "a/b"\ncommand = "x"\n[[models]]\nid = "a/c"\ncommand = "x"',
        "/x is given to more than one model",
    ),
    "a command that Discord refuses": ('[[models]]\nid = "a/b"\ncommand = "Big Edit"', "must be 1 to 32 characters"),
    "a model id that climbs out of its address": (
        '[[models]]\nid = "openai/../x"\ncommand = "x"',
        "models[1].id: must be a model id",
    ),
    "a model that is no id": ('[[models]]\nid = "model"\ncommand = "x"', "models[1].id: must be a model id"),
    "no model": ("models = []", "must name at least one model"),
    "an address that is none": ('[discord]\napi_url = "discord.com"', "discord.api_url: must be an address"),
    "the API on plain HTTP": ('[runcomfy]\nbase_url = "http://api.example.com"', "must be https"),
    "a host list with a URL": ('[runcomfy]\nresult_hosts = ["https://x.com/"]', "must list host names"),
    "another database": ('[database]\nurl = "mysql://x/y"', "must start with sqlite+aiosqlite:///"),
    "a listener without a port": ('[health]\nlisten = "localhost"', 'must be "host:port"'),
    "an address with half a host": ('[database]\nurl = "postgresql://u:p@[::1/x"', "database.url: invalid IPv6 URL"),
    "a number for a list": ("[discord]\nguilds = 123", "discord.guilds: must be a list, such as [123, 456]"),
    "a word for a list of tables": ('models = "edit"', "models: must be a list"),
    "a word for a table": ('quota = "small"', "quota: must be a table"),
    "a key that is too short": ('[runcomfy]\ntoken = "abc"', "runcomfy.token: is too short"),
    "a key with letters that none has": ('[runcomfy]\ntoken = "schlüssel-abc"', 'in your profile, "API Keys"'),
    "no TOML": ("token = ", "is not valid TOML"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_setting_is_one_sentence_that_names_it(config: Path, case: str) -> None:
    """Each problem is one line with the file, the key and what is expected."""
    text, expected = WRONG[case]
    config.write_text(text, encoding="utf-8")
    problem = refusal(config)
    assert expected in problem
    assert str(config) in problem
    assert "\n" not in problem


def test_every_problem_is_told_at_once(config: Path) -> None:
    """Two problems give two lines, so that nobody fixes them one start at a time."""
    config.write_text("[quota]\njobs_per_day = -1\n[jobs]\ndeadline = 3\n", encoding="utf-8")
    assert len(refusal(config).splitlines()) == 2
    config.write_text('[quota]\njobs_per_day = -1\n[runcomfy]\ntoken = "abc"\n', encoding="utf-8")
    assert len(refusal(config).splitlines()) == 2


def test_a_wrong_secret_is_not_repeated(config: Path) -> None:
    """An error never shows the value of a secret."""
    config.write_text('[runcomfy]\ntoken = "my secret"\n', encoding="utf-8")
    assert "my secret" not in refusal(config)


def test_a_missing_file_names_the_fix(tmp_path: Path) -> None:
    """Without a settings file, the sentence says which file to copy."""
    assert "copy config.example.toml to config.toml" in refusal(tmp_path / "config.toml")


def test_what_windows_editors_write_is_read(config: Path, tmp_path: Path) -> None:
    """A byte order mark and CRLF harm neither the settings nor a secret's file."""
    (tmp_path / "token").write_bytes(b"\xef\xbb\xbfabc.def\r\n")
    text = f"[discord]\r\ntoken_file = '{tmp_path / 'token'}'\r\n"
    config.write_bytes(b"\xef\xbb\xbf" + text.encode())
    token = load_settings(config).discord.token
    assert token is not None
    assert token.get_secret_value() == "abc.def"


def test_a_file_in_another_encoding_names_the_fix(config: Path) -> None:
    """UTF-16 is no TOML; the sentence speaks of the encoding, not of bytes."""
    config.write_text("[quota]", encoding="utf-16")
    assert refusal(config).endswith("is no UTF-8 text: save it as UTF-8")


def test_a_folder_in_the_files_place_is_told(tmp_path: Path) -> None:
    """Docker makes one where the file to mount is not there."""
    assert "is a folder, not the settings file" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["COMFYCORD_QUOTAS__JOBS_PER_DAY", "COMFYCORD_QUOTA_JOBS_PER_DAY"])
def test_an_unknown_variable_is_refused(config: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A misspelt section in the environment, or one underscore for two, is an error, as in the file."""
    monkeypatch.setenv(name, "3")
    assert refusal(config) == f'the variable {name} is not a setting; did you mean "COMFYCORD_QUOTA__JOBS_PER_DAY"?'


def test_a_variable_like_no_other_is_refused_without_a_guess(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing far-fetched is proposed."""
    monkeypatch.setenv("COMFYCORD_HOME", "3")
    assert refusal(config) == "the variable COMFYCORD_HOME is not a setting"


def test_a_wrong_value_names_the_variable_it_came_from(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment got wrong is not blamed on the file."""
    monkeypatch.setenv("COMFYCORD_QUOTA__JOBS_PER_DAY", "many")
    assert refusal(config).startswith("the variable COMFYCORD_QUOTA__JOBS_PER_DAY: quota.jobs_per_day: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DISCORD_TOKEN", '"abc"'),
        ("COMFYCORD_DISCORD__TOKEN", "two words"),
        ("COMFYCORD_DISCORD__TOKEN_FILE", "nowhere"),
        ("COMFYCORD_QUOTA__JOBS_PER_DAY", ""),
    ],
)
def test_each_kind_of_variable_is_named(config: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A secret's plain variable and its file's are named as the others are, and an empty one is too."""
    monkeypatch.setenv(name, value)
    assert refusal(config).startswith(f"the variable {name}: ")


def test_missing_tokens_are_one_sentence(config: Path) -> None:
    """Both tokens missing is one line that names both and their variables."""
    settings = load_settings(config)
    with pytest.raises(SettingsError) as refused:
        settings.require_tokens()
    assert "DISCORD_TOKEN" in str(refused.value)
    assert "RUNCOMFY_API_TOKEN" in str(refused.value)
    assert ": set them in the settings file" in str(refused.value)
    assert "\n" not in str(refused.value)
    one = settings.model_copy(update={"discord": DiscordSettings(token=SecretStr("x" * 60))})
    with pytest.raises(SettingsError, match=r"^missing runcomfy[^:]*: set it in the settings file"):
        one.require_tokens()


@pytest.mark.parametrize(
    ("listen", "address"), [("", None), ("127.0.0.1:0", ("127.0.0.1", 0)), ("[::1]:80", ("::1", 80))]
)
def test_the_listeners_address(listen: str, address: tuple[str, int] | None) -> None:
    """`health.listen` is host and port, or nothing."""
    settings = Settings(health={"listen": listen})
    assert settings.health.address == address
