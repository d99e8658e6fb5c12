"""What can be set, with types, bounds and defaults. Where values come from: `bot.settings.loading`."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self, TypedDict
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.settings.sources import FileValues, PlainVariables, secret_from_file
from services.errors import SettingsError, UnknownModel
from services.jobs.pacing import JobTiming
from services.models.catalog import COMMAND_NAME
from services.models.model_ids import require_model_id
from services.runcomfy.hosts import DEFAULT_BASE_URL, DEFAULT_RESULT_HOSTS
from services.runcomfy.limits import SHORTEST_TOKEN, ApiTimeouts, DiskLimits, DownloadLimits
from services.store.database_urls import DRIVERS, POSTGRESQL, SQLITE


class Endpoints(TypedDict):
    """The addresses of Discord's API, its gateway and its files."""

    api_url: str
    gateway_url: str
    cdn_url: str


ENV_PREFIX = "COMFYCORD_"
MINUTE = timedelta(minutes=1)
MIB = 1024 * 1024
_TIMING = JobTiming()
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
# The bot's own; a test holds them against the commands that there are.
RESERVED_COMMANDS = frozenset({"cancel", "history", "job", "quota"})


# Their tokens travel there; a proxy of one's own may be reached by plain HTTP.
HTTPS_ONLY = re.compile(r"(.+\.)?discord(app)?\.(com|gg)")
PATH_WITHOUT_QUERY = re.compile(r"[^?#\s]*")


def _is_host(host: str) -> bool:
    """Whether this can be the name or the address of a machine."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return bool(re.fullmatch(r"\w([\w.-]*\w)?\.?|[0-9a-fA-F.]*:[0-9a-fA-F:.%\w]*", host))


def _require_address(*schemes: str) -> AfterValidator:
    """Make a validator for URLs with one of the schemes, the safe one first, and a host; the trailing slash goes."""

    def check(value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in schemes or not parts.hostname:
            msg = f"must be an address that starts with {' or '.join(f'{scheme}://' for scheme in schemes)}"
            raise ValueError(msg)
        if parts.username or parts.password:
            msg = "must not hold a user name or a password"
            raise ValueError(msg)
        if not _is_host(parts.hostname) or parts.port == 0:
            msg = "has a host or a port that there cannot be"
            raise ValueError(msg)
        if not PATH_WITHOUT_QUERY.fullmatch(value):
            msg = 'must not hold spaces, "?" or "#"'
            raise ValueError(msg)
        if parts.scheme != schemes[0] and HTTPS_ONLY.fullmatch(parts.hostname):
            msg = f"must start with {schemes[0]}://, since the token travels there"
            raise ValueError(msg)
        return value.rstrip("/")

    return AfterValidator(check)


HttpAddress = Annotated[str, _require_address("https", "http")]
GatewayAddress = Annotated[str, _require_address("wss", "ws")]


class Section(BaseModel):
    """One table of the settings file: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SecretSection(Section):
    """A table with one secret, given as it is or as the path of a file that holds it."""

    secret_key: ClassVar[str] = "token"  # noqa: S105 - the name of a key

    @model_validator(mode="before")
    @classmethod
    def _read_secret_file(cls, values: object) -> object:
        return secret_from_file(values, cls.secret_key)


def _clean_token(value: SecretStr) -> SecretStr:
    """Strip what copying leaves behind, and refuse what cannot be a token."""
    token = value.get_secret_value().strip()
    if any(char.isspace() or char in "\"'" or not char.isprintable() for char in token):
        msg = "must be the token alone, without spaces, line breaks or quotation marks"
        raise ValueError(msg)
    return SecretStr(token)


Token = Annotated[SecretStr, AfterValidator(_clean_token)]


class DiscordSettings(SecretSection):
    """Who the bot is at Discord, and by which addresses it is reached."""

    token: Token = SecretStr("")
    token_file: str = ""  # the path of a file
    api_url: HttpAddress = "https://discord.com/api/v10"
    gateway_url: GatewayAddress = "wss://gateway.discord.gg"
    cdn_url: HttpAddress = "https://cdn.discordapp.com"
    guilds: frozenset[Annotated[int, Field(gt=0)]] = frozenset()

    @property
    def endpoints(self) -> Endpoints:
        """Where Discord is."""
        return {"api_url": self.api_url, "gateway_url": self.gateway_url, "cdn_url": self.cdn_url}


class RunComfySettings(SecretSection):
    """The Model API: its address, our token, and where results may come from."""

    token: Token = SecretStr("")
    token_file: str = ""  # the path of a file
    base_url: HttpAddress = DEFAULT_BASE_URL
    result_hosts: tuple[str, ...] = DEFAULT_RESULT_HOSTS
    max_result_mb: Annotated[int, Field(ge=1, le=10_000)] = DownloadLimits().largest_bytes // MIB
    submit_timeout_seconds: Annotated[float, Field(ge=0.1, le=600)] = ApiTimeouts().submit_seconds
    timeout_seconds: Annotated[float, Field(ge=0.1, le=600)] = ApiTimeouts().free_seconds

    @field_validator("token")
    @classmethod
    def _be_an_api_key(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value()
        if token and (len(token) < SHORTEST_TOKEN or not token.isascii()):
            msg = 'is too short, or holds characters that no key has; RunComfy makes one in your profile, "API Keys"'
            raise ValueError(msg)
        return value

    @field_validator("base_url")
    @classmethod
    def _keep_the_token_off_plain_http(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
            msg = "must be https (plain http only for this machine itself): the token travels there"
            raise ValueError(msg)
        return value

    @field_validator("result_hosts")
    @classmethod
    def _take_hosts_alone(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not re.fullmatch(r"(\*\.)?[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?|::1", host):
                msg = f'must list host names such as "files.example.com" or "*.example.com", not "{host}"'
                raise ValueError(msg)
        return tuple(host.lower() for host in value)


class DatabaseSettings(SecretSection):
    """Where jobs are kept."""

    secret_key: ClassVar[str] = "url"  # noqa: S105 - the name of a key

    # Secret, since a PostgreSQL address may hold a password.
    url: SecretStr = SecretStr(f"{SQLITE}:///data/comfycord.db")
    url_file: str = ""  # the path of a file

    @field_validator("url")
    @classmethod
    def _name_the_driver(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if not text.isprintable():
            msg = "must not hold line breaks or other characters that cannot be seen"
            raise ValueError(msg)
        scheme, separator, rest = text.partition("://")
        driver = DRIVERS.get(scheme)
        if not separator or driver is None:
            msg = f"must start with {SQLITE}:/// or {POSTGRESQL}://"
            raise ValueError(msg)
        address = f"{driver}://{rest}"
        urlsplit(address)  # a host that is no host, such as half an IPv6 address, is a ValueError
        return SecretStr(address)


class JobsSettings(Section):
    """How long jobs may take and how often the API is asked."""

    deadline_minutes: Annotated[float, Field(gt=0, le=10_080)] = _TIMING.deadline / MINUTE
    waiting_deadline_minutes: Annotated[float, Field(gt=0, le=43_200)] = _TIMING.waiting_deadline / MINUTE
    poll_min_seconds: Annotated[float, Field(ge=0.05, le=600)] = _TIMING.poll_min_seconds
    poll_max_seconds: Annotated[float, Field(ge=0.05, le=600)] = _TIMING.poll_max_seconds
    scan_seconds: Annotated[float, Field(ge=0.05, le=300)] = _TIMING.scan_seconds
    lease_seconds: Annotated[float, Field(ge=0.5, le=3_600)] = _TIMING.lease_seconds
    results_dir: Path = Path("data/results")
    results_max_mb: Annotated[int, Field(ge=16, le=10_000_000)] = DiskLimits().folder_bytes // MIB
    results_max_mb_per_job: Annotated[int, Field(ge=16, le=1_000_000)] = DiskLimits().job_bytes // MIB

    @field_validator("results_dir")
    @classmethod
    def _be_a_folder(cls, value: Path) -> Path:
        if value == Path() or not str(value).isprintable():
            msg = "must be the path of a folder of its own"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _order_the_bounds(self) -> Self:
        if self.poll_min_seconds > self.poll_max_seconds:
            msg = "poll_min_seconds must not be greater than poll_max_seconds"
            raise ValueError(msg)
        return self


class QuotaSettings(Section):
    """What one user may have."""

    jobs_per_day: Annotated[int, Field(ge=0, le=1_000_000)] = 20
    running_per_user: Annotated[int, Field(ge=1, le=10_000)] = 3
    waiting_per_user: Annotated[int, Field(ge=0, le=10_000)] = 7


class HealthSettings(Section):
    """Where /healthz and /readyz are served."""

    listen: str = "127.0.0.1:8080"

    @field_validator("listen")
    @classmethod
    def _be_host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        is_port = re.fullmatch(r"[0-9]{1,5}", port) and int(port) <= 65_535  # noqa: PLR2004 - TCP's
        if value and not (is_port and _is_host(host.strip("[]"))):
            msg = 'must be "host:port", such as "127.0.0.1:8080", or "" for none'
            raise ValueError(msg)
        return value

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port to listen at; None: no listener."""
        if not self.listen:
            return None
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


class LogSettings(Section):
    """What is logged, and in which form."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["text", "json"] = "text"

    @field_validator("level", "format", mode="before")
    @classmethod
    def _ignore_case(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return value.lower() if value.lower() in {"text", "json"} else value.upper()


class ModelSettings(Section):
    """One RunComfy model and the slash command that runs it."""

    id: str
    command: str

    @field_validator("id")
    @classmethod
    def _be_a_model_id(cls, value: str) -> str:
        try:
            return require_model_id(value)
        except UnknownModel as error:
            msg = 'must be a model id as its page shows it, such as "openai/gpt-image-1-5/image-to-image"'
            raise ValueError(msg) from error

    @field_validator("command")
    @classmethod
    def _be_a_free_name(cls, value: str) -> str:
        if not COMMAND_NAME.fullmatch(value):
            msg = "must be 1 to 32 characters out of a-z, 0-9, - and _"
            raise ValueError(msg)
        if value in RESERVED_COMMANDS:
            msg = f"/{value} is one of the bot's own commands; choose another name"
            raise ValueError(msg)
        return value


class Settings(BaseSettings):
    """Everything that an operator can set."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, env_prefix=ENV_PREFIX, env_nested_delimiter="__"
    )

    discord: DiscordSettings = DiscordSettings()
    runcomfy: RunComfySettings = RunComfySettings()
    database: DatabaseSettings = DatabaseSettings()
    jobs: JobsSettings = JobsSettings()
    quota: QuotaSettings = QuotaSettings()
    health: HealthSettings = HealthSettings()
    log: LogSettings = LogSettings()
    models: tuple[ModelSettings, ...] = (ModelSettings(id="openai/gpt-image-1-5/image-to-image", command="edit"),)

    @field_validator("models")
    @classmethod
    def _have_distinct_commands(cls, value: tuple[ModelSettings, ...]) -> tuple[ModelSettings, ...]:
        commands = [model.command for model in value]
        if not commands:
            msg = "must name at least one model"
            raise ValueError(msg)
        for command in commands:
            if commands.count(command) > 1:
                msg = f"/{command} is given to more than one model"
                raise ValueError(msg)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: the environment, its two plain names, then the file (what the constructor got)."""
        return env_settings, PlainVariables(settings_cls), FileValues(settings_cls, init_settings)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be seen in a log."""
        values = (self.discord.token, self.runcomfy.token)
        # Not `urlsplit`: a password in which "/", "@" or "?" was not escaped is one, too.
        signed_in = self.database.url.get_secret_value().partition("://")[2].rpartition("@")[0]
        user, colon, password = signed_in.partition(":")
        has_password = colon and password and not set(user) & set("@/?")
        passwords = (password, unquote(password)) if has_password else ()
        return tuple(text for text in (*(value.get_secret_value() for value in values), *passwords) if text)

    def require_tokens(self, *, discord: bool = True) -> None:
        """Raise SettingsError, one sentence, where a token that is needed was not given."""
        missing = []
        if discord and not self.discord.token.get_secret_value():
            missing.append("discord.token (or the variable DISCORD_TOKEN)")
        if not self.runcomfy.token.get_secret_value():
            missing.append("runcomfy.token (or the variable RUNCOMFY_API_TOKEN)")
        if missing:
            it, comes = ("it", "it comes") if len(missing) == 1 else ("them", "they come")
            msg = f"missing {' and '.join(missing)}: set {it} in the settings file; the README says where {comes} from"
            raise SettingsError(msg)
