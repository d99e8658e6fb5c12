"""Holds an episode's books against the promise: each breach is a sentence. Knows neither the bot nor the sandbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from tests.chaos.books import Books, JobRow, Paid, Posted

END_WORDS = {
    "succeeded": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "expired": "Expired",
    "unconfirmed": "Unconfirmed",
}
# For how long after its answer left a kill may meet a request id before it is stored, the database being there.
STORING = timedelta(seconds=2)
# What the API's state of a request allows its job to be.
_ENDS_OF = {
    "succeeded": {"succeeded", "unconfirmed"},
    "failed": {"failed", "unconfirmed"},
    "cancelled": {"cancelled", "unconfirmed"},
}


def breaches(books: Books) -> list[str]:
    """Return every broken promise, a sentence each."""
    return [*_of_jobs(books), *_of_money(books), *_of_messages(books), *books.violations]


def is_lost(paid: Paid, books: Books) -> bool:
    """Whether the answer to this paid request truly was lost: never sent whole, or killed before it was stored."""
    answered = paid.answered_at
    if answered is None:
        return True
    return any(answered <= kill <= _storable_until(answered, books) for kill in books.kills)


def _storable_until(answered: datetime, books: Books) -> datetime:
    until = answered + STORING
    for began, ended in sorted(books.outages):
        if began <= until and ended >= answered:
            until = max(until, ended + STORING)
    return until


def _of_jobs(books: Books) -> Iterator[str]:
    for job in books.jobs:
        if job.status not in END_WORDS:
            yield f"job {job.job_id} has no end: {job.status}"
        elif not job.is_shown:
            yield f"job {job.job_id} ended as {job.status}, and its end is not shown"
        elif job.step != "undelivered" and not _shows_its_end(job, books):
            yield f"job {job.job_id} ended as {job.status}, and no message ever said so"


def _shows_its_end(job: JobRow, books: Books) -> bool:
    word = END_WORDS[job.status]
    return any(job.job_id in text and word in text for one in books.posted for text in one.texts)


def _of_money(books: Books) -> Iterator[str]:
    jobs_of = Counter(job.prompt for job in books.jobs)
    for prompt, count in Counter(one.prompt for one in books.paid).items():
        if count > jobs_of[prompt]:
            yield f"{prompt!r} was paid {count} times for {jobs_of[prompt]} jobs"
    ids = Counter(job.request_id for job in books.jobs if job.request_id is not None)
    yield from (f"request {one} belongs to {count} jobs" for one, count in ids.items() if count > 1)
    paid = {one.request_id: one for one in books.paid}
    for job in books.jobs:
        if job.request_id is None:
            continue
        request = paid.get(job.request_id)
        if request is None:
            yield f"job {job.job_id} has a request that was never accepted: {job.request_id}"
        elif request.prompt != job.prompt:
            yield f"job {job.job_id} has another job's request {job.request_id}"
        elif job.status in END_WORDS and job.status not in _ENDS_OF.get(request.state, set()):
            yield f"job {job.job_id} ended as {job.status}, its request as {request.state}"
    yield from _of_lost_answers(books, taken=frozenset(ids))


def _of_lost_answers(books: Books, *, taken: frozenset[str]) -> Iterator[str]:
    """Judge the paid requests whose id no job has: each needs a lost answer, and a job that tells of it."""
    doubtful = Counter(job.prompt for job in books.jobs if job.request_id is None and job.status == "unconfirmed")
    for one in books.paid:
        if one.request_id in taken:
            continue
        if not is_lost(one, books):
            yield f"request {one.request_id} was paid and answered, and no job has it"
        if doubtful[one.prompt] <= 0:
            yield f"request {one.request_id} was paid, and nobody was told"
        doubtful[one.prompt] -= 1


def _is_continued(job: JobRow, parts: Sequence[Posted]) -> bool:
    """Whether a private result that came in part before its token died goes on in one direct message."""
    names = [name for one in parts for name in _files_of(job, one)]
    return job.is_private and len(set(names)) == len(names) and [one.is_direct for one in parts] == [False, True]


def _of_messages(books: Books) -> Iterator[str]:
    for job in books.jobs:
        with_files = [one for one in books.posted if not one.is_deleted and _files_of(job, one)]
        if len(with_files) > 1 and not _is_continued(job, with_files):
            yield f"job {job.job_id} has its result in {len(with_files)} messages"
        if any(len(set(names)) < len(names) for names in (_files_of(job, one) for one in with_files)):
            yield f"job {job.job_id} has a result twice in its message"
        if job.status != "succeeded" and with_files:
            yield f"job {job.job_id} ended as {job.status}, and a result was posted"
        if job.is_private and any(_is_seen_by_others(job, one) for one in books.posted):
            yield f"job {job.job_id} is private, and others saw it"


def _files_of(job: JobRow, message: Posted) -> list[str]:
    return [name for name in message.filenames if name.startswith(job.job_id)]


def _is_seen_by_others(job: JobRow, message: Posted) -> bool:
    is_about_it = bool(_files_of(job, message)) or any(job.job_id in text for text in message.texts)
    return is_about_it and not message.is_direct and message.visible_to != job.owner_id
