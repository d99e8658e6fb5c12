"""The judge of the chaos runs finds each kind of broken promise, and none where all was kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.chaos.books import Books, JobRow, Paid, Posted
from tests.chaos.judge import breaches

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
JOB = JobRow(job_id="abc", status="succeeded", prompt="a fox", interaction_id=1, owner_id=7, request_id="req-1")
PAID = Paid(request_id="req-1", prompt="a fox", state="succeeded", answered_at=NOON)
CARD = Posted(texts=("Done, job abc",), filenames=("abc-1.png",))
KEPT = Books(jobs=(JOB,), paid=(PAID,), posted=(CARD,), asked=(), kills=(), outages=(), violations=())
PRIVATE = replace(KEPT, jobs=(replace(JOB, is_private=True),))
FIRST = replace(CARD, visible_to=7)
REST = Posted(texts=("Done, job abc",), filenames=("abc-2.png",), visible_to=7, is_direct=True)
UNCONFIRMED = replace(JOB, status="unconfirmed", request_id=None)
TOLD = Posted(texts=("Unconfirmed, job abc",))


def test_a_kept_promise_is_no_breach() -> None:
    """A job with its end, its one request and its one message; and an answer that a kill met, told as such."""
    assert breaches(KEPT) == []
    lost = replace(KEPT, jobs=(UNCONFIRMED,), posted=(TOLD,), kills=(NOON + timedelta(seconds=1),))
    assert breaches(lost) == []
    assert breaches(replace(PRIVATE, posted=(FIRST, REST))) == []


@pytest.mark.parametrize(
    ("books", "words"),
    [
        (replace(KEPT, jobs=(replace(JOB, status="running"),)), "has no end"),
        (replace(KEPT, jobs=(replace(JOB, is_shown=False),)), "is not shown"),
        (replace(KEPT, posted=()), "no message ever said so"),
        (replace(KEPT, paid=(PAID, replace(PAID, request_id="req-2"))), "was paid 2 times for 1 jobs"),
        (replace(KEPT, jobs=(JOB, replace(JOB, job_id="abd"))), "belongs to 2 jobs"),
        (replace(KEPT, jobs=(replace(JOB, request_id="req-9"),)), "never accepted"),
        (replace(KEPT, paid=(replace(PAID, prompt="a dog"),)), "another job's request"),
        (replace(KEPT, paid=(replace(PAID, state="cancelled"),)), "its request as cancelled"),
        (replace(KEPT, jobs=(UNCONFIRMED,), posted=(TOLD,)), "was paid and answered, and no job has it"),
        (replace(KEPT, jobs=(), posted=()), "nobody was told"),
        (replace(KEPT, posted=(CARD, CARD)), "its result in 2 messages"),
        (replace(PRIVATE, posted=(FIRST, replace(REST, filenames=("abc-1.png",)))), "its result in 2 messages"),
        (replace(PRIVATE, posted=(FIRST, replace(FIRST, filenames=("abc-2.png",)))), "its result in 2 messages"),
        (replace(KEPT, posted=(CARD, replace(REST, visible_to=None))), "its result in 2 messages"),
        (replace(KEPT, posted=(replace(CARD, filenames=("abc-1.png", "abc-1.png")),)), "a result twice"),
        (replace(KEPT, jobs=(replace(JOB, is_private=True),)), "is private, and others saw it"),
        (replace(KEPT, violations=("the wire was broken",)), "the wire was broken"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_broken_promise_is_found(books: Books, words: str) -> None:
    """A judge that finds nothing would make every run a good one."""
    assert any(words in breach for breach in breaches(books)), breaches(books)
