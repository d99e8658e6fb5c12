"""History, details, quota and suggestions say what is known, and fit whatever is in them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from discord import ui

from cogs.jobs import suggestion
from cogs.quota import render_quota
from cogs.ui.base import Panel
from cogs.ui.details_view import render_details, render_plain_details
from cogs.ui.history_view import render_history
from cogs.ui.job_links import card_link
from services.errors import FailureKind
from services.jobs.card import Card, CardFile, DeliveryRoute
from services.jobs.model import CancelState, Job, JobFailure, JobStatus, MediaKind, Output
from services.jobs.quota import QuotaLimits, Usage
from services.jobs.service import HistoryEntry, HistoryPage
from tests.unit.cogs_ui.samples import NOW, job, sample_card, spec
from tests.unit.jobs.factories import pictures, resubmitting

NASTY = "```\n# <@1> [x](https://a.example) ||" + "*" * 4_000


def read(panel: Panel) -> str:
    """Return all text of a layout."""
    return "\n".join(item.content for item in panel.walk_children() if isinstance(item, ui.TextDisplay))


def buttons(panel: Panel) -> list[ui.Button[ui.LayoutView]]:
    """Return a layout's buttons."""
    return [item for item in panel.walk_children() if isinstance(item, ui.Button)]


def page(
    *jobs: Job, card: Card | None = None, number: int = 0, pages: int = 1, total: int | None = None
) -> HistoryPage:
    """Return a page of a history; `card` is that of each job."""
    entries = [HistoryEntry(job=job, card=card or sample_card()) for job in jobs]
    return HistoryPage(entries=entries, page=number, pages=pages, total=len(jobs) if total is None else total)


def test_history_line() -> None:
    """A line has state, prompt, id, command, time, cost and the way to the card."""
    done = job(JobStatus.SUCCEEDED, cost=Decimal("0.034"))
    card = sample_card(original_message_id=99)
    assert read(render_history(page(done, card=card))) == (
        "### Your jobs\n-# 1 job · page 1 of 1\n"
        "**✅ Done** · a fox in the snow\n"
        f"-# `{done.job_id}` · /edit · <t:{int(NOW.timestamp())}:R> · $0.034 · "
        "[card](https://discord.com/channels/7/8/99)"
    )


def test_history_fits_and_turns() -> None:
    """A full page of the worst prompts fits; the ends have nothing further to turn to."""
    jobs = [job(JobStatus.FAILED, prompt=NASTY, is_private=True) for _ in range(5)]
    panel = render_history(page(*jobs, number=1, pages=3, total=11))
    assert panel.content_length() <= 4_000
    assert [(button.label, button.custom_id, button.disabled) for button in buttons(panel)] == [
        ("Newer", "cc:history:newer:0", False),
        ("Older", "cc:history:older:2", False),
    ]
    first = render_history(page(*jobs, number=0, pages=2, total=10))
    assert [button.disabled for button in buttons(first)] == [True, False]
    last = render_history(page(*jobs, number=1, pages=2, total=10))
    assert [button.disabled for button in buttons(last)] == [False, True]
    for turned in (panel, first, last):
        assert len({button.custom_id for button in buttons(turned)}) == 2


def test_empty_history() -> None:
    """Nobody is shown an empty list without a word."""
    panel = render_history(page(total=0))
    assert "none yet" in read(panel)
    assert buttons(panel) == []


@pytest.mark.parametrize("status", list(JobStatus))
def test_details_in_every_state(status: JobStatus) -> None:
    """Every state shows prompt, pictures, parameters and the times of its steps."""
    panel, files = render_details(job(status), sample_card(), spec())
    told = read(panel)
    assert "> a fox in the snow" in told
    assert "cat.png, dog.png" in told
    assert "quality: low" in told
    assert f"Accepted <t:{int(NOW.timestamp())}:f>" in told
    ahead = ("Late from", "given up", "Given up")
    # A submit has its own time, of seconds: nothing is promised of it.
    assert any(words in told for words in ahead) == (not status.is_terminal and status is not JobStatus.SUBMITTING)
    assert files == []


def test_details_of_the_worst() -> None:
    """Whatever a job holds, its details fit, and a prompt that was cut is attached whole."""
    worst = job(
        JobStatus.FAILED,
        prompt=NASTY,
        media=pictures(*(f"{number}{'_' * 250}" for number in range(10))),
        failure=JobFailure(kind=FailureKind.MODEL_FAILED, reason=NASTY),
        request_id="r" * 500,
        cost=Decimal("1.5"),
        cancel=CancelState.REFUSED,
        parent=resubmitting("k" * 10),
        outputs=(
            Output(url="javascript:alert(1)", kind=MediaKind.IMAGE),
            Output(url=f"https://a.example/{'x' * 600}", kind=MediaKind.IMAGE),
            *(Output(url=f"https://a.example/{n}", kind=MediaKind.IMAGE) for n in range(12)),
        ),
        inputs={one.name: "_" * 3_000 for one in spec().inputs},
    )
    card = sample_card(route=DeliveryRoute.UNDELIVERED)
    panel, files = render_details(worst, card, spec())
    assert panel.content_length() <= 4_000
    assert len(list(panel.walk_children())) <= 40
    assert [file.filename for file in files] == ["prompt.txt", "links.txt"]
    assert files[0].fp.read().decode() == NASTY
    assert any(isinstance(item, ui.File) for item in panel.walk_children())
    told = read(panel)
    assert "could not be delivered" in told
    assert "The model could not finish" in told
    assert "$1.50" in told
    assert [button.label for button in buttons(panel)] == [f"Result {number}" for number in range(3, 8)]
    links = files[1].fp.read().decode().splitlines()
    assert links[0] == f"Result 2: https://a.example/{'x' * 600}"
    assert len(links) == 13, "every address that can be followed"


def test_details_lead_to_what_the_card_does_not_hold() -> None:
    """Results that the card only links to, or not even that, are all to be had here; those on the card are not."""
    urls = [f"https://a.example/{number}" for number in range(1, 26)]
    done = job(JobStatus.SUCCEEDED, outputs=tuple(Output(url=url, kind=MediaKind.IMAGE) for url in urls))
    hanging = tuple(CardFile(attachment_id=n, filename=f"{done.job_id}-{n}.png") for n in range(1, 11))
    card = sample_card(original_message_id=99, files=hanging)
    panel, (file,) = render_details(done, card, spec())
    assert [button.label for button in buttons(panel)] == ["Card", *(f"Result {n}" for n in range(11, 15))]
    assert file.fp.read().decode().splitlines() == [f"Result {n}: {urls[n - 1]}" for n in range(11, 26)]
    assert "expire" in read(panel)
    whole = replace(done, outputs=done.outputs[:10])
    panel, files = render_details(whole, card, spec())
    assert [button.label for button in buttons(panel)] == ["Card"]
    assert files == []
    assert "expire" not in read(panel)


def test_details_of_a_model_that_is_gone() -> None:
    """A job of a model that is no longer offered can still be read."""
    panel, _ = render_details(job(JobStatus.SUCCEEDED), sample_card(), None)
    assert "openai/gpt-image-1-5/image-to-image" in read(panel)


def test_unconfirmed_details() -> None:
    """An unconfirmed job says that it may have been charged and is given back."""
    panel, _ = render_details(job(JobStatus.UNCONFIRMED), sample_card(), spec())
    assert "may have been charged" in read(panel)
    assert "submitted anew" not in read(panel)
    panel, _ = render_details(job(JobStatus.UNCONFIRMED), sample_card(), spec(), resubmitted_as="abcdefgh23")
    assert "It was submitted anew as job `abcdefgh23`." in read(panel)


def test_card_links() -> None:
    """A link leads to where the card stands now; a private or undelivered one has none."""
    of, placed = job(), sample_card(original_message_id=99)
    assert card_link(of, sample_card()) is None
    assert card_link(of, None) is None
    assert card_link(of, placed) == "https://discord.com/channels/7/8/99"
    assert card_link(replace(of, guild_id=None), placed) == "https://discord.com/channels/@me/8/99"
    assert card_link(replace(of, is_private=True), placed) is None
    anew = replace(placed, posted_channel_id=8, posted_message_id=100)
    assert card_link(of, anew) == "https://discord.com/channels/7/8/100"
    direct = replace(placed, posted_channel_id=55, posted_message_id=100)
    assert card_link(of, direct) == "https://discord.com/channels/@me/55/100"
    lost = replace(placed, route=DeliveryRoute.UNDELIVERED)
    assert card_link(of, lost) is None
    assert read(render_history(page(of, card=lost))).endswith("not delivered: see `/job`")


def test_quota_says_how_it_stands() -> None:
    """What is used, the limits, and when the next place comes free."""
    usage = Usage(today=3, in_flight=1, waiting=2, oldest_at=NOW)
    told = read(render_quota(usage, QuotaLimits(per_day=20, running=3, waiting=7)))
    assert "**3 of 20** jobs" in told
    assert "**1 of 3** running" in told
    assert "**2 of 7** waiting" in told
    assert f"<t:{int((NOW + timedelta(hours=24)).timestamp())}:R>" in told
    fresh = Usage(today=0, in_flight=0, waiting=0, oldest_at=None)
    assert "leaves the count" not in read(render_quota(fresh, QuotaLimits(per_day=20, running=3, waiting=7)))


def test_suggestions_fit() -> None:
    """A suggestion has the id first, since it is what a person may paste, and is cut to Discord's length."""
    assert suggestion(job(JobStatus.QUEUED)) == "k7m3qwertz · In queue · a fox in the snow"
    assert len(suggestion(job(prompt="a\nfox " * 1_000))) <= 100
    assert "\n" not in suggestion(job(prompt="a\nfox"))


def test_panels_are_never_kept() -> None:
    """A layout is finished from the start: thousands of cards would stay in the library's memory otherwise."""
    jobs = [job() for _ in range(5)]
    assert not render_history(page(*jobs, pages=2, total=6)).is_dispatching()


async def test_panels_are_finished() -> None:
    """Inside a running bot the library sees a finished view, and keeps none."""
    assert render_history(page(job(), pages=2, total=6)).is_finished()


@pytest.mark.parametrize(
    "odd", ["https://files.example/\ud800.png", "https://files.example:99999/", "https:///", "http://"]
)
def test_an_address_that_is_none_breaks_no_answer(odd: str) -> None:
    """What the API wrote is shown as far as a request can carry it; a button leads nowhere else."""
    outputs = (Output(url=odd, kind=MediaKind.IMAGE), Output(url="https://files.example/2.png", kind=MediaKind.IMAGE))
    done = job(JobStatus.SUCCEEDED, outputs=outputs, request_id="half \udfff", media=pictures("\ud83d.png"))
    for panel in (
        render_details(done, sample_card(), spec())[0],
        render_plain_details(done, sample_card()),
        render_history(page(done)),
    ):
        json.dumps(panel.to_components(), ensure_ascii=False).encode()
    assert [button.url for button in buttons(render_details(done, sample_card(), spec())[0])] == [
        "https://files.example/2.png"
    ]
