"""What a person reads about a wish to cancel; the command and the button say the same."""

from __future__ import annotations

from collections.abc import Mapping

from services.jobs.cancelling import CancelOutcome

_OUTCOMES: Mapping[CancelOutcome, str] = {
    CancelOutcome.CANCELLED: "Cancelled. It does not count towards the quota.",
    CancelOutcome.REQUESTED: "Noted: it is being submitted right now and will be cancelled as soon as that can be. "
    "Its card shows what comes of it.",
    CancelOutcome.TOO_LATE: "Too late: it is already running, and a running job cannot be cancelled.",
    CancelOutcome.ALREADY_OVER: "There is nothing to cancel: this job is over.",
    CancelOutcome.UNANSWERED: "RunComfy does not answer just now. The bot goes on asking; the card shows what comes "
    "of it.",
}


def outcome_sentence(outcome: CancelOutcome) -> str:
    """Return what became of the wish."""
    return _OUTCOMES[outcome]
