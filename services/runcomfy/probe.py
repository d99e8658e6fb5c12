"""Whether the Model API can be reached and takes our token, in words for the operator."""

from __future__ import annotations

from dataclasses import dataclass

from services.errors import ApiError, ApiRefused, FailureKind, RequestNotFound
from services.runcomfy.hosts import DEFAULT_BASE_URL


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiProbe:
    """What a probe found. `report` is one sentence; `fix` says what to do where `is_ok` is False."""

    is_ok: bool
    report: str
    fix: str = ""


def report_success(base_url: str) -> ApiProbe:
    """Report an API that answers and takes the token."""
    return ApiProbe(is_ok=True, report=f"The Model API at {base_url} answers and takes the token.")


def report_error(base_url: str, error: ApiError) -> ApiProbe:
    """Report what went wrong, told apart by who can fix it: the token, the account, the address, or time."""
    kind, answer = (error.kind, error.answer) if isinstance(error, ApiRefused) else (None, str(error))
    if kind is FailureKind.BAD_TOKEN:
        return _problem(
            f"The Model API at {base_url} refuses the token ({answer}).",
            "Create an API key in your RunComfy profile and set it as RUNCOMFY_API_TOKEN or runcomfy.token.",
        )
    if kind is FailureKind.NO_BALANCE:
        return _problem(f"The RunComfy account has no balance ({answer}).", "Top the account up at RunComfy.")
    if kind is not None or isinstance(error, RequestNotFound):
        return _problem(
            f"What answers at {base_url} does not act like the Model API ({error}).",
            f"Check runcomfy.base_url; RunComfy's own is {DEFAULT_BASE_URL}.",
        )
    return _problem(
        f"The Model API at {base_url} cannot be reached ({error}).",
        "Check runcomfy.base_url, the network and its firewall, or try again later.",
    )


def _problem(report: str, fix: str) -> ApiProbe:
    return ApiProbe(is_ok=False, report=report, fix=fix)
