"""Where public sources disagree about the API, a switch: how this Model API is to behave from now on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class SuccessWord(StrEnum):
    """The state that a finished job shows."""

    SUCCEEDED = "succeeded"
    COMPLETED = "completed"


class CancelledWord(StrEnum):
    """The spelling of the state that a cancelled job shows."""

    CANCELLED = "cancelled"
    CANCELED = "canceled"


class BadToken(Enum):
    """How a missing, wrong or revoked token is refused."""

    STATUS_401 = auto()
    CODE_400004 = auto()


class NoBalance(Enum):
    """How a submit without money is refused."""

    STATUS_402 = auto()
    CODE_400002 = auto()


class UnknownModel(Enum):
    """How a submit to a model that does not exist is refused."""

    STATUS_404 = auto()
    CODE_400001 = auto()


class BadInput(Enum):
    """How inputs that break the model's schema are refused."""

    STATUS_422 = auto()
    STATUS_400 = auto()


class ErrorShape(Enum):
    """What stands in `error` of a failed job's result."""

    STRING = auto()
    OBJECT = auto()
    LIST = auto()
    NULL = auto()
    ABSENT = auto()


class OutputShape(Enum):
    """How `output` of a finished job tells the addresses of its files."""

    IMAGE_OR_IMAGES = auto()  # `image` for one file, `images` for more
    IMAGE = auto()
    IMAGES = auto()
    IMAGE_AND_IMAGES = auto()  # both keys, the first file named twice
    DUPLICATES = auto()  # `images` that names each file twice
    STRING = auto()
    LIST = auto()
    NESTED = auto()
    VIDEO = auto()
    VIDEOS = auto()
    AUDIO = auto()
    AUDIOS = auto()
    EMPTY = auto()  # an object without any address
    ABSENT = auto()  # no `output` at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Every disagreement among the sources as one field; the defaults are what most of them say.

    Set it at any time: `server.behaviour = dataclasses.replace(server.behaviour, success_word=…)`. It holds for all
    answers from then on, also about jobs submitted before.
    """

    success_word: SuccessWord = SuccessWord.SUCCEEDED
    """On /result."""
    success_word_on_status: SuccessWord = SuccessWord.COMPLETED
    failed_on_status: bool = False
    """Whether /status shows `failed`; otherwise a failed job shows the success word there."""
    cancelled_word: CancelledWord = CancelledWord.CANCELLED
    cancel_answers_completed: bool = False
    """Whether a granted cancel says status `completed` beside its outcome, as the documents' sample does."""
    cancel_tells_outcome: bool = True
    state_word: str | None = None
    """A word never seen that /status and /result show for every job that has not ended."""
    first_queue_position: int = 1
    """The position of who is next: 0 or 1."""

    bad_token: BadToken = BadToken.STATUS_401
    no_balance: NoBalance = NoBalance.STATUS_402
    unknown_model: UnknownModel = UnknownModel.STATUS_404
    bad_input: BadInput = BadInput.STATUS_422
    errors_under_200: bool = False
    """Whether refusals arrive as HTTP 200 with an `error_code` in the body."""
    token_is_revoked: bool = False
    balance_is_empty: bool = False
    catalog_needs_token: bool = True
    accepts_data_uris: bool = False

    error_shape: ErrorShape = ErrorShape.STRING
    fail_reason: str | None = None
    """When set, every job that runs fails with this sentence."""
    output_shape: OutputShape = OutputShape.IMAGE_OR_IMAGES
    output_count: int = 1
    output_origin: str | None = None
    """Another origin in the output's addresses than the server's own, for example `https://elsewhere.example`."""
    output_lives_seconds: float = 7 * 24 * 3600
    """How long a result file is served, by the sandbox's clock; 404 afterwards."""
    request_lives_seconds: float = 7 * 24 * 3600
    """How long a request id is known after its job's end; 404001 afterwards."""
    echoes_inputs: bool = False
    """Whether /result repeats the inputs, addresses of input files among them."""
    tells_times: bool = True
    cost_delay_seconds: float | None = 0.0
    """How long after a job's end its cost is known, by the sandbox's clock; None for never."""
