"""The one table from an error to the sentence that a person reads: what happened, what it cost, what to do."""

from __future__ import annotations

from collections.abc import Mapping

from cogs.ui import text
from services.errors import (
    CannotPost,
    ComfycordError,
    FailureKind,
    InputProblem,
    InvalidInput,
    InvalidTransition,
    JobNotFound,
    NotAllowed,
    QuotaExceeded,
    QuotaKind,
    ResultProblem,
    StoreUnavailable,
    UnknownModel,
)
from services.jobs.cancelling import CancelOutcome
from services.jobs.model import JobFailure

NOT_SET_UP_HERE = (
    "This bot is not set up here, and nothing was charged. Use it in a server that its operator has chosen."
)
RELOAD = "Reload Discord (Ctrl+R) and try again."

_PLAIN: Mapping[type[ComfycordError], str] = {
    JobNotFound: "You have no job with that id. `/history` lists your jobs.",
    NotAllowed: "This job is somebody else's: only they, or a member with Manage Messages here, may do that.",
    InvalidTransition: "This job has moved on in the meantime: nothing was submitted anew, and nothing more charged. "
    "Look at its card, or at `/history`.",
    StoreUnavailable: "The bot cannot reach its records just now. Look at `/history` in a minute before you try again: "
    "a job that was accepted goes on.",
    UnknownModel: f"This model is no longer offered here. {RELOAD}",
}

_FAILURES: Mapping[FailureKind, str] = {
    FailureKind.BAD_TOKEN: "RunComfy does not accept this bot's sign-in; the bot's operator has to fix that.",
    FailureKind.NO_BALANCE: "The operator's RunComfy account has no balance left; the operator has to top it up.",
    FailureKind.UNKNOWN_MODEL: "RunComfy does not know this model; the bot's operator has to look into it.",
    FailureKind.BAD_INPUT: "RunComfy refused what was asked for. Change it and try again.",
    FailureKind.INPUT_EXPIRED: "Discord's link to a file ran out while this job waited for its turn, so it was never "
    "sent. Use the command again with the file.",
    FailureKind.FORBIDDEN: "RunComfy does not let this bot use the model; the bot's operator has to look into it.",
    FailureKind.REQUEST_GONE: "RunComfy no longer knows this job: its result cannot be fetched. Use the command again.",
    FailureKind.MODEL_FAILED: "The model could not finish this job. Change the prompt or the pictures, or try again.",
    FailureKind.REFUSED: "RunComfy did not take this job. Try again later.",
    FailureKind.UNREADABLE: "This bot's record of what was asked for is damaged, so it was never sent. "
    "Use the command again.",
}

# The API had accepted these, so it is its own affair whether they cost something.
_AFTER_ACCEPTANCE = frozenset({FailureKind.REQUEST_GONE, FailureKind.MODEL_FAILED})

_RESULTS: Mapping[ResultProblem, str] = {
    ResultProblem.BAD_ADDRESS: "The model returned an address that leads nowhere.",
    ResultProblem.HOST_REFUSED: "The result lies on a server that this bot does not fetch from.",
    ResultProblem.REDIRECTED: "The result's address leads to a server that this bot does not fetch from.",
    ResultProblem.TOO_LARGE: "The result is too large for this bot to fetch.",
    ResultProblem.NOT_POSTABLE: "The result is larger than this place lets a bot upload.",
    ResultProblem.GONE: "The result is no longer there.",
    ResultProblem.UNREACHED: "The result could not be fetched for a whole day.",
    ResultProblem.NOT_MEDIA: "What the model returned is no picture, video or sound.",
    ResultProblem.EMPTY: "The file that the model returned is empty.",
    ResultProblem.CUT_SHORT: "The file that the model returned is cut short.",
    ResultProblem.NO_OUTPUT: "The model finished without a result.",
    ResultProblem.UNREADABLE: "This bot's record of where the result lies is damaged; the bot's operator has to look "
    "into it.",
}

_INPUTS: Mapping[InputProblem, str] = {
    InputProblem.MISSING: "{name} is missing.",
    InputProblem.BLANK: "{name} is blank.",
    InputProblem.TOO_LONG: "{name} is too long: {value} characters, and {limit} are allowed.",
    InputProblem.URL_TOO_LONG: "An address in {name} is too long: {value} characters, and {limit} are allowed.",
    InputProblem.NOT_A_CHOICE: "{name} cannot be “{value}”. Choose one of: {limit}.",
    InputProblem.WRONG_TYPE: "{name} has a value that cannot be used.",
    InputProblem.OUT_OF_RANGE: "{name} cannot be {value}: it has to be {limit}.",
    InputProblem.TOO_FEW: "Too few pictures: {value} given, at least {limit} needed. "
    "Attach them, or give their addresses in `image_urls`.",
    InputProblem.TOO_MANY: "Too many pictures: {value} given, at most {limit} allowed, attachments and addresses "
    "together.",
    InputProblem.NOT_MEDIA: "{name} (“{value}”) is no picture that can be used. Attach a PNG, JPEG, WebP or GIF file.",
    InputProblem.EMPTY_FILE: "{name} (“{value}”) is an empty file.",
    InputProblem.FILE_TOO_LARGE: "{name} (“{value}”) is too large: at most {limit} are allowed.",
    InputProblem.BREAKS_RULE: "{name} (“{value}”) is not what this model takes. Its rule: {limit}",
    InputProblem.NOT_A_URL: "“{value}” in {name} is no web address. It has to look like "
    "`https://example.com/picture.png`.",
    InputProblem.NOT_HTTPS: "“{value}” in {name} does not begin with `https://`.",
    InputProblem.NOT_PUBLIC: "“{value}” in {name} does not lead to a public server. RunComfy has to be able to "
    "fetch it.",
    InputProblem.LINK_DEAD: "{name} holds a link to a file at Discord that has run out: RunComfy could not fetch it. "
    "Copy the link anew from its message, or attach the file.",
    InputProblem.LINK_UNSIGNED: "{name} holds a link to a file at Discord without its signature, so RunComfy could not "
    "fetch it. Copy the whole link from its message, or attach the file.",
    InputProblem.HAS_CREDENTIALS: "An address in {name} holds a user name or a password. Use one that needs neither.",
}

_CANCELS: Mapping[CancelOutcome, str] = {
    CancelOutcome.CANCELLED: "Cancelled. It does not count towards the quota.",
    CancelOutcome.REQUESTED: "Noted: it is being submitted right now and will be cancelled as soon as that can be. "
    "Its card shows what comes of it.",
    CancelOutcome.TOO_LATE: "Too late: it is already running, and a running job cannot be cancelled.",
    CancelOutcome.ALREADY_OVER: "There is nothing to cancel: this job is over.",
    CancelOutcome.UNANSWERED: "RunComfy does not answer just now. The bot goes on asking; the card shows what comes "
    "of it.",
}


def sentence(error: ComfycordError) -> str:
    """Return what happened and what to do, in markdown; for every error that can reach a person."""
    match error:
        case InvalidInput():
            return _invalid_input(error)
        case QuotaExceeded():
            return _quota(error)
        case CannotPost():
            return _cannot_post(error)
        case _:
            return _PLAIN.get(type(error), "That did not work. Look at `/history` before you try again.")


def failure_sentence(failure: JobFailure) -> str:
    """Return what a failed job's card says; the service's own reason is the card's to quote."""
    given_back = (
        "RunComfy may have charged for it. It does not count towards your quota."
        if failure.kind in _AFTER_ACCEPTANCE
        else "Nothing was charged, and it does not count towards your quota."
    )
    return f"{_FAILURES[failure.kind]} {given_back}"


def result_sentence(problem: ResultProblem) -> str:
    """Return why a card shows no file."""
    return _RESULTS[problem]


def cancel_sentence(outcome: CancelOutcome) -> str:
    """Return what became of a wish to cancel; the command and the button say the same."""
    return _CANCELS[outcome]


def _cannot_post(error: CannotPost) -> str:
    missing = ", ".join(error.missing)
    if error.pressed_for is None:
        return f"This bot may not post here: it lacks {missing}. Try again with `private` on, or in another channel."
    return (
        f"This bot may no longer post here: it lacks {missing}. Press the button again once a moderator has allowed "
        f"that, or use `/{error.pressed_for}` again with `private` on or in another channel."
    )


def _invalid_input(error: InvalidInput) -> str:
    limit = error.limit
    if error.problem is InputProblem.OUT_OF_RANGE:
        limit = _range(limit)
    name = error.input_name.replace("`", "'")
    return _INPUTS[error.problem].format(
        name=f"`{text.cut(text.one_line(name), 60)}`",
        value=text.shown_line(error.value, 200),
        limit=text.shown_line(limit, 600),
    )


def _range(limit: str) -> str:
    """Read "1..10", "1.." or "..10" out."""
    low, _, high = limit.partition("..")
    if low and high:
        return f"from {low} to {high}"
    return f"at least {low}" if low else f"at most {high}"


def _quota(error: QuotaExceeded) -> str:
    if error.limit <= 0:
        return "This bot takes no jobs at present: its operator has set the limit to 0."
    if error.kind is QuotaKind.PER_DAY:
        used = f"You have used {error.used} of {error.limit} jobs in 24 hours."
        return f"{used} The next one is free {text.relative(error.resets_at)}." if error.resets_at else used
    return (
        f"You have {error.used} of {error.limit} jobs running or waiting. "
        "The next one is free when one of them has ended; `/quota` shows how it stands."
    )
