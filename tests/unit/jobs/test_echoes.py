from __future__ import annotations

import pytest

from services.jobs.echoes import without_echoes
from services.jobs.model import MediaKind, Output
from services.jobs.ports import Progress, RequestState
from tests.unit.jobs.factories import make_job

SENT = "https://files.example/get?token=AAA"


def told(*urls: str) -> Progress:
    """Return a success with these files."""
    return Progress(state=RequestState.SUCCEEDED, outputs=tuple(Output(url=url, kind=MediaKind.IMAGE) for url in urls))


@pytest.mark.parametrize(
    ("answered", "outputs", "leftovers"),
    [
        ([SENT, "https://files.example/get?file=2"], ["https://files.example/get?file=2"], []),
        (["https://files.example/get?token=BBB", "https://x.example/1.png"], ["https://x.example/1.png"], []),
        (["https://files.example/get?token=BBB"], [], ["https://files.example/get?token=BBB"]),
        ([SENT], [], []),
    ],
)
def test_what_was_sent_in_is_no_result(answered: list[str], outputs: list[str], leftovers: list[str]) -> None:
    """Nor by a renewed signature; but what looks like one may name a file, so that is kept for when nothing comes."""
    job = make_job(inputs={"image": SENT})
    found = without_echoes(job, told(*answered))
    assert [each.url for each in found.outputs] == outputs
    assert [each.url for each in found.leftovers] == leftovers
