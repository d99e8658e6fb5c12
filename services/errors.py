"""The one exception tree.

Errors carry facts; what a person reads is made of them in `cogs.errors` and `bot.command_line`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ComfycordError(Exception):
    """Anything that this project raises on purpose."""


# --- what a person asked for cannot be done -------------------------------------------------------------------------


class InputProblem(StrEnum):
    """Why a value for a model's input is refused."""

    MISSING = "missing"
    BLANK = "blank"
    TOO_LONG = "too_long"
    NOT_A_CHOICE = "not_a_choice"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    TOO_FEW = "too_few"
    TOO_MANY = "too_many"
    NOT_MEDIA = "not_media"
    EMPTY_FILE = "empty_file"
    FILE_TOO_LARGE = "file_too_large"
    BREAKS_RULE = "breaks_rule"
    NOT_A_URL = "not_a_url"
    NOT_HTTPS = "not_https"
    NOT_PUBLIC = "not_public"
    HAS_CREDENTIALS = "has_credentials"
    URL_TOO_LONG = "url_too_long"
    LINK_DEAD = "link_dead"
    LINK_UNSIGNED = "link_unsigned"


class InvalidInput(ComfycordError):
    """A value does not fit the model's input.

    `limit` is the bound that was passed (its unit follows from the problem), `value` what was given.
    """

    def __init__(
        self,
        input_name: str,
        problem: InputProblem,
        *,
        value: str = "",
        limit: str = "",
    ) -> None:
        super().__init__(f"{input_name}: {problem}")
        self.input_name = input_name
        self.problem = problem
        self.value = value
        self.limit = limit


class QuotaKind(StrEnum):
    """Which of a user's limits is meant."""

    PER_DAY = "per_day"
    WAITING = "waiting"


class QuotaExceeded(ComfycordError):
    """The job was not accepted: `used` of `limit` are taken.

    `resets_at` is when one comes free; None: when one of the jobs ends.
    """

    def __init__(self, kind: QuotaKind, *, used: int, limit: int, resets_at: datetime | None) -> None:
        super().__init__(f"{kind}: {used} of {limit}")
        self.kind = kind
        self.used = used
        self.limit = limit
        self.resets_at = resets_at


class JobNotFound(ComfycordError):
    """No such job, or none that this person may see; the two are not told apart on purpose."""

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id)
        self.job_id = job_id


class CannotPost(ComfycordError):
    """The bot lacks permissions where a card would stand; `missing` names them as people see them.

    `pressed_for`: the command of the job whose button was pressed; a button cannot make a card private.
    """

    def __init__(self, missing: tuple[str, ...], *, pressed_for: str | None = None) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing
        self.pressed_for = pressed_for


class NotAllowed(ComfycordError):
    """The job is somebody else's and this person may not manage it."""

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id)
        self.job_id = job_id


class InvalidTransition(ComfycordError):
    """A job's state cannot change in this way; who meets it reloads the job."""


class RequestTaken(InvalidTransition):
    """Another job, the `holder`, has this request of the API already: both would bring the same result."""

    def __init__(self, request_id: str, *, holder: str) -> None:
        super().__init__(f"the request id {request_id} already belongs to job {holder}")
        self.request_id = request_id
        self.holder = holder


class UnknownModel(ComfycordError):
    """The catalogue has no such model."""


class InvalidSchema(ComfycordError):
    """A model's input schema cannot be read; the message names the place."""


# --- starting up ----------------------------------------------------------------------------------------------------


class StartupError(ComfycordError):
    """The process cannot run as it is set up: one sentence that names the fix. Exit code 2."""


class SettingsError(StartupError):
    """The settings are missing, wrong, or name something unknown."""


class UnusableProxy(StartupError):
    """A variable of the environment names what can be neither a proxy nor a host past it."""


class DatabaseInUse(StartupError):
    """Another process holds this SQLite database."""


# --- the store ------------------------------------------------------------------------------------------------------


class UnreadableRow(ComfycordError):
    """A job's row holds what is none of a job's; the message names the columns. Nobody else's job is touched by it."""


class StoreUnavailable(ComfycordError):
    """The database did not answer (locked, away); the same call may pass later."""


# --- the Model API --------------------------------------------------------------------------------------------------


class FailureKind(StrEnum):
    """Why a job failed, as far as it decides what people and the operator are told."""

    BAD_TOKEN = "bad_token"  # noqa: S105 - a word, not a secret  (401, or 400 with 400004)
    NO_BALANCE = "no_balance"  # 402, or 400002
    UNKNOWN_MODEL = "unknown_model"  # 404, or 400001
    BAD_INPUT = "bad_input"  # 422, or another 400
    INPUT_EXPIRED = "input_expired"  # a link to an input died before the request was sent
    FORBIDDEN = "forbidden"  # 403, 403001
    REQUEST_GONE = "request_gone"  # 404001 that persists after acceptance
    MODEL_FAILED = "model_failed"  # the job ran and the result says failed
    REFUSED = "refused"  # any other definite refusal
    UNREADABLE = "unreadable"  # nobody was asked: our own record of the job is damaged


# What the service said no to, for the log and the command line. What members read is in `cogs`.
REFUSALS: Mapping[FailureKind, str] = {
    FailureKind.BAD_TOKEN: "the token is refused",
    FailureKind.NO_BALANCE: "the account has no balance",
    FailureKind.UNKNOWN_MODEL: "the model is unknown",
    FailureKind.BAD_INPUT: "an input is refused",
    FailureKind.INPUT_EXPIRED: "an input's link is dead",
    FailureKind.FORBIDDEN: "this account may not do that",
    FailureKind.REQUEST_GONE: "the request is gone",
    FailureKind.MODEL_FAILED: "the model failed",
    FailureKind.REFUSED: "the call is refused",
    FailureKind.UNREADABLE: "the job's record is damaged",
}


class ApiError(ComfycordError):
    """Something about a call to the Model API."""


@dataclass(eq=False)
class ApiRefused(ApiError):
    """A definite no: nothing was accepted. `reason` is the service's own sentence, if any (for people, unescaped)."""

    kind: FailureKind
    http_status: int
    error_code: int | None = None
    reason: str = ""

    @property
    def answer(self) -> str:
        """Return the answer in the service's numbers, such as "HTTP 401"; empty where the service was not asked."""
        if not self.http_status:
            return ""
        code = "" if self.error_code is None else f", code {self.error_code}"
        return f"HTTP {self.http_status}{code}"

    def __str__(self) -> str:
        """Name the facts in an operator's words, without the service's text."""
        words = REFUSALS[self.kind]
        return f"{words} ({self.answer})" if self.answer else words


@dataclass(eq=False)
class ApiNotSent(ApiError):
    """A submit that certainly was not accepted (429, or no connection was made): may be sent again."""

    cause: str
    retry_after_seconds: float | None = None

    def __str__(self) -> str:
        """Name the cause."""
        return self.cause


@dataclass(eq=False)
class ApiOutcomeUnknown(ApiError):
    """A submit that may have been accepted (and paid) or not: never to be sent again."""

    cause: str

    def __str__(self) -> str:
        """Name the cause."""
        return self.cause


@dataclass(eq=False)
class ApiUnavailable(ApiError):
    """A free call (status, result, cancel) got no usable answer even after its retries; ask again later."""

    cause: str
    retry_after_seconds: float | None = None

    def __str__(self) -> str:
        """Name the cause."""
        return self.cause


class RequestNotFound(ApiError):
    """The API does not know this request id (404001); it ends a job only if it persists."""

    def __str__(self) -> str:
        """Name the code: it carries nothing else."""
        return "code 404001"


# --- results --------------------------------------------------------------------------------------------------------


class ResultProblem(StrEnum):
    """Why a result's file cannot be had. Which of them may pass while the job is young, `cogs.delivery` knows."""

    BAD_ADDRESS = "bad_address"
    HOST_REFUSED = "host_refused"
    REDIRECTED = "redirected"  # to where nothing is fetched from, or too often
    TOO_LARGE = "too_large"  # for this installation
    NOT_POSTABLE = "not_postable"  # larger than what may be uploaded where its card is
    GONE = "gone"
    UNREACHED = "unreached"  # for a whole day: the service, the way to it, or the local disk
    NOT_MEDIA = "not_media"
    EMPTY = "empty"
    CUT_SHORT = "cut_short"
    NO_OUTPUT = "no_output"
    UNREADABLE = "unreadable"  # our own record of where it is


class ResultUnavailable(ComfycordError):
    """The answer for a result's file is a no; the storage may think better of it while the job is young."""

    def __init__(self, problem: ResultProblem, detail: str = "") -> None:
        super().__init__(f"{problem} {detail}".rstrip())
        self.problem = problem
        self.detail = detail


class ResultNotReady(ComfycordError):
    """A result's file could not be fetched just now; trying again may help."""


class ResultNotStored(ResultNotReady):
    """The local disk does not take a result's file; the result is at the service still."""
