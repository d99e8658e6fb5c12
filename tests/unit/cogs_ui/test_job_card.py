from __future__ import annotations

from decimal import Decimal

import pytest

from cogs.ui.base import Panel
from cogs.ui.card_result import CardLink, CardPicture, CardResult, LinkReason
from cogs.ui.job_card import digest_of, render_card, render_plain_card
from cogs.ui.sentences import result_sentence
from services.errors import FailureKind, ResultProblem
from services.jobs.model import CancelState, Job, JobFailure, JobStatus, MediaKind, Output
from tests.unit.cogs_ui.samples import NOW, buttons, job, payload, spec, text, walk
from tests.unit.jobs.factories import pictures, resubmitting

WORDS = {
    JobStatus.WAITING: "Waiting",
    JobStatus.SUBMITTING: "Submitting",
    JobStatus.QUEUED: "In queue",
    JobStatus.RUNNING: "Running",
    JobStatus.LATE: "Late",
    JobStatus.SUCCEEDED: "Done",
    JobStatus.FAILED: "Failed",
    JobStatus.CANCELLED: "Cancelled",
    JobStatus.EXPIRED: "Expired",
    JobStatus.UNCONFIRMED: "Unconfirmed",
}
PICTURE = CardPicture(filename="k7m3qwertz-1.png", kind=MediaKind.IMAGE)


def card_text(of: Job, result: CardResult | None = None) -> str:
    """Return the text of the job's card."""
    return text(render_card(of, spec=spec(), result=result or CardResult()))


@pytest.mark.parametrize("status", JobStatus)
def test_each_state_reads_in_its_word(status: JobStatus) -> None:
    """The first line of a card is its state's word."""
    assert WORDS[status] in card_text(job(status)).splitlines()[0]


@pytest.mark.parametrize("status", JobStatus)
def test_a_card_says_who_asked_for_what_with_which_pictures(status: JobStatus) -> None:
    """Prompt, pictures' names, command, model and asker stand on every card, and the id that finds it again."""
    shown = card_text(job(status))
    assert "> a fox in the snow" in shown
    assert "cat.png, dog.png" in shown
    assert "/edit" in shown
    assert spec().display_name in shown
    assert "<@42>" in shown
    assert shown.splitlines()[-1].startswith("-# Job k7m3qwertz")


def test_only_parameters_that_differ_from_the_default_are_shown() -> None:
    """A parameter at its default costs no place."""
    quality = spec().get("quality")
    assert quality is not None
    assert f"**{quality.title}** low" in card_text(job(inputs={"quality": "low"}))
    assert quality.title not in card_text(job(inputs={"quality": quality.default}))


def test_a_queued_card_tells_its_place() -> None:
    """The queue's position stands on the card where the service tells it."""
    assert "Queue position **3**" in card_text(job(JobStatus.QUEUED, queue_position=3))
    assert "position" not in card_text(job(JobStatus.QUEUED))


def test_time_is_discords_own_clock() -> None:
    """Times are relative timestamps, which count in the reader's client and cost no edit."""
    accepted = f"<t:{int(NOW.timestamp())}:R>"
    assert accepted in card_text(job())
    assert f"Started <t:{int(NOW.timestamp()) + 9}:R>" in card_text(job(JobStatus.RUNNING))
    assert f"Finished <t:{int(NOW.timestamp()) + 44}:R>" in card_text(job(JobStatus.SUCCEEDED))


def test_the_end_tells_cost_and_duration() -> None:
    """The cost in dollars and the time since the submission stand in the last line of an ended card only."""
    done = job(JobStatus.SUCCEEDED, cost=Decimal("0.034000"))
    assert card_text(done).splitlines()[-1] == "-# Job k7m3qwertz · $0.034 · took 41 s"
    assert "$" not in card_text(job(JobStatus.RUNNING, cost=Decimal("0.034")))
    assert "took 41 s" in card_text(job(JobStatus.FAILED))
    for status in (JobStatus.CANCELLED, JobStatus.UNCONFIRMED, JobStatus.EXPIRED):
        assert "took" not in card_text(job(status))


def test_an_expired_card_says_whether_anything_was_charged() -> None:
    """What RunComfy accepted may have been charged; what never got there, also after being turned away, was not."""
    assert "RunComfy may have charged" in card_text(job(JobStatus.EXPIRED, request_id="req-1"))
    assert "Nothing was charged" in card_text(job(JobStatus.EXPIRED, request_id=None, submitted_at=NOW))


def test_a_cancelled_card_says_that_nothing_was_charged_where_that_is_sure() -> None:
    """What never reached RunComfy cost nothing; of what it had taken, only RunComfy knows."""
    assert "Nothing was charged." in card_text(job(JobStatus.CANCELLED, request_id=None))
    assert "charged" not in card_text(job(JobStatus.CANCELLED, request_id="req-1"))


@pytest.mark.parametrize("status", [JobStatus.WAITING, JobStatus.SUBMITTING, JobStatus.QUEUED])
def test_cancel_stands_where_it_can_help(status: JobStatus) -> None:
    """Waiting, submitting and queued cards can be cancelled; once asked for, the button says so and is dead."""
    assert buttons(render_card(job(status), spec=spec())) == [("Cancel", False)]
    asked = job(status, cancel=CancelState.REQUESTED)
    assert buttons(render_card(asked, spec=spec())) == [("Cancelling…", True)]
    refused = job(status, cancel=CancelState.REFUSED)
    assert buttons(render_card(refused, spec=spec())) == []
    assert "Too late to cancel: it is already running." in card_text(refused)


def test_a_running_card_says_that_it_cannot_be_cancelled() -> None:
    """A running job has no button, but words."""
    assert buttons(render_card(job(JobStatus.RUNNING), spec=spec())) == []
    assert "A running job cannot be cancelled." in card_text(job(JobStatus.RUNNING))
    late = card_text(job(JobStatus.RUNNING, cancel=CancelState.REFUSED))
    assert "Too late to cancel: it is already running." in late
    assert "A running job cannot be cancelled." not in late


@pytest.mark.parametrize("status", [s for s in JobStatus if s.is_terminal and s is not JobStatus.UNCONFIRMED])
def test_an_ended_card_has_no_button(status: JobStatus) -> None:
    """There is nothing left to press."""
    assert buttons(render_card(job(status, cancel=CancelState.REFUSED), spec=spec())) == []
    assert "Too late" not in card_text(job(status, cancel=CancelState.REFUSED))


def test_an_unconfirmed_card_warns_and_offers_resubmission() -> None:
    """It may have been charged, counts no more, and can be submitted anew by a button."""
    card = render_card(job(JobStatus.UNCONFIRMED), spec=spec())
    assert "may have been charged" in text(card)
    assert "does not count towards your quota" in text(card)
    assert buttons(card) == [("Submit anew", False)]


def test_an_unconfirmed_card_that_was_resubmitted_says_as_which_job() -> None:
    """Pressed again it could do nothing: words instead of the button."""
    card = render_card(job(JobStatus.UNCONFIRMED), spec=spec(), resubmitted_as="abcdefgh23")
    assert "It was submitted anew as job `abcdefgh23`." in text(card)
    assert "not sent again" not in text(card)
    assert buttons(card) == []


def test_a_waiting_card_says_nothing_that_may_not_be_so() -> None:
    """A job that was turned away says that; of another it is not known whether it waits for a place or for RunComfy."""
    assert "Waiting for its turn; it starts by itself" in card_text(job())
    turned_away = card_text(job(submitted_at=NOW))
    assert "It could not be submitted yet, and is tried again by itself" in turned_away
    assert "place" not in card_text(job()) + turned_away


@pytest.mark.parametrize("kind", FailureKind)
def test_a_failure_shows_our_sentence_and_the_services_reason(kind: FailureKind) -> None:
    """Why it failed, for people, and what the service itself said, as a quote that cannot come alive."""
    reason = "blocked: **bad** @everyone <@1>\n# heading"
    shown = card_text(job(JobStatus.FAILED, failure=JobFailure(kind=kind, reason=reason)))
    assert "does not count towards your quota" in shown
    assert r"> blocked: \*\*bad\*\* \@everyone \<@1>" in shown


def test_a_result_is_a_gallery_with_the_prompt_as_alt_text() -> None:
    """Pictures and videos are uploaded files in a gallery; who cannot see them reads the prompt."""
    card = render_card(job(JobStatus.SUCCEEDED), spec=spec(), result=CardResult(pictures=(PICTURE,)))
    galleries = [each for each in walk(payload(card)) if each["type"] == 12]
    assert [gallery["items"] for gallery in galleries] == [
        [
            {
                "media": {"url": "attachment://k7m3qwertz-1.png"},
                "description": "a fox in the snow",
                "spoiler": False,
            }
        ]
    ]


def test_a_sound_is_a_file() -> None:
    """What cannot stand in a gallery stands below it as a file."""
    sound = CardPicture(filename="k7m3qwertz-2.mp3", kind=MediaKind.AUDIO)
    card = render_card(job(JobStatus.SUCCEEDED), spec=spec(), result=CardResult(pictures=(PICTURE, sound)))
    files = [each["file"] for each in walk(payload(card)) if each["type"] == 13]
    assert [str(file) for file in files] == ["{'url': 'attachment://k7m3qwertz-2.mp3'}"]


def test_a_result_too_large_is_linked_to_with_the_reason() -> None:
    """The card links to the service's file, says why, and that the link expires."""
    link = CardLink(number=1, url="https://r.example/1.png", reason=LinkReason.TOO_LARGE)
    card = render_card(job(JobStatus.SUCCEEDED), spec=spec(), result=CardResult(links=(link,)))
    assert "larger than this place lets a bot upload" in text(card)
    assert "expire" in text(card)
    assert [each["url"] for each in walk(payload(card)) if each["type"] == 2] == ["https://r.example/1.png"]


@pytest.mark.parametrize(
    ("numbers", "total", "told"),
    [
        ([2], 3, "Result 2 of 3 does not fit into what this place lets a bot upload."),
        ([1, 2, 4], 5, "Results 1, 2 and 4 of 5 do not fit into what this place lets a bot upload."),
        ([1, 2], 2, "None of the 2 results fits into what this place lets a bot upload."),
        ([1], 1, "The result is larger than this place lets a bot upload."),
    ],
)
def test_of_several_results_the_card_says_which_do_not_fit(numbers: list[int], total: int, told: str) -> None:
    """By their numbers, which the links bear too."""
    output = Output(url="https://r.example/1.png", kind=MediaKind.IMAGE)
    links = tuple(CardLink(number=n, url=output.url, reason=LinkReason.TOO_LARGE) for n in numbers)
    assert told in card_text(job(JobStatus.SUCCEEDED, outputs=(output,) * total), CardResult(links=links))


def test_a_link_says_which_result_it_opens() -> None:
    """One link beside ten pictures is not "the result"; the only result needs no number."""
    link = CardLink(number=11, url="https://r.example/11.png", reason=LinkReason.TOO_MANY)
    output = Output(url=link.url, kind=MediaKind.IMAGE)
    for count, label in ((11, "Open result 11"), (1, "Open the result")):
        done = job(JobStatus.SUCCEEDED, outputs=(output,) * count)
        card = render_card(done, spec=spec(), result=CardResult(links=(link,)))
        assert [each["label"] for each in walk(payload(card)) if each["type"] == 2] == [label]


def test_a_link_too_long_for_a_button_leaves_words() -> None:
    """Discord's link buttons take 512 characters; a longer link is found elsewhere, and the card says where."""
    link = CardLink(number=1, url="https://r.example/" + "x" * 600, reason=LinkReason.TOO_LARGE)
    card = render_card(job(JobStatus.SUCCEEDED), spec=spec(), result=CardResult(links=(link,)))
    assert buttons(card) == []
    assert "see `/job`" in text(card)


@pytest.mark.parametrize("problem", ResultProblem)
def test_a_result_that_cannot_be_fetched_is_told(problem: ResultProblem) -> None:
    """Every reason has its sentence."""
    link = CardLink(number=1, url="https://r.example/1.png", reason=LinkReason.UNAVAILABLE)
    shown = card_text(job(JobStatus.SUCCEEDED), CardResult(links=(link,), problem=problem))
    assert result_sentence(problem) in shown
    assert "may still have it" in shown


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://r.example/1.png", ""])
def test_a_link_that_no_button_takes_leaves_words(url: str) -> None:
    """Discord's buttons open web addresses only; anything else would have the whole card refused."""
    link = CardLink(number=1, url=url, reason=LinkReason.TOO_LARGE)
    card = render_card(job(JobStatus.SUCCEEDED), spec=spec(), result=CardResult(links=(link,)))
    assert buttons(card) == []
    assert "see `/job`" in text(card)


def nasty_jobs() -> list[Job]:
    """Every state with the longest and strangest that a job can hold."""
    prompts = ["*" * 4000, "\n".join("> x" for _ in range(1000)), "<@1> " * 800, "😀" * 4000, "a" * 4000, " \n "]
    return [
        job(
            status,
            prompt=prompt,
            media=pictures("*" * 251 + ".png") * 10,
            inputs={"quality": "`" * 3000, "image_size": "_" * 3000, "background": "[" * 900, "output_format": "é"},
            failure=JobFailure(kind=FailureKind.BAD_INPUT, reason="_" * 500),
            cost=Decimal("123456789.123456789"),
            queue_position=10**9,
            parent=resubmitting("k" * 10),
            model_id="m" * 300,
            cancel=cancel,
        )
        for status in JobStatus
        for prompt in prompts
        for cancel in CancelState
    ]


def test_a_card_stays_within_discords_limits_whatever_it_holds() -> None:
    """At most 40 components, 4,000 characters, 10 gallery items and 1,024 characters of alt text."""
    pictures = tuple(CardPicture(filename=f"k7m3qwertz-{n}.png", kind=MediaKind.IMAGE) for n in range(1, 11))
    sounds = tuple(CardPicture(filename=f"k7m3qwertz-{n}.mp3", kind=MediaKind.AUDIO) for n in range(1, 11))
    reasons = list(LinkReason)
    links = tuple(
        CardLink(number=n, url=f"https://r.example/{'x' * (n * 20)}", reason=reasons[n % len(reasons)])
        for n in range(60)
    )
    results = [
        CardResult(),
        CardResult(pictures=pictures, links=links),
        CardResult(pictures=sounds, links=links, problem=ResultProblem.HOST_REFUSED, fetching=tuple(range(1, 11))),
    ]
    for each in nasty_jobs():
        for result in results:
            for model in (spec(), None):
                check_limits(render_card(each, spec=model, result=result))
            check_limits(render_plain_card(each, result=result))


def check_limits(card: Panel) -> None:
    """Hold a card against Discord's limits for components V2."""
    components = list(walk(payload(card)))
    assert len(components) <= 40
    texts = [str(each["content"]) for each in components if each["type"] == 10]
    assert sum(map(len, texts)) <= 4000
    assert all(each.strip() for each in texts)
    for each in components:
        if each["type"] == 2:
            assert len(str(each["label"])) <= 80
            assert len(str(each.get("url", ""))) <= 512
        if each["type"] == 1:
            assert 1 <= len(list(walk(each["components"]))) <= 5
        if each["type"] == 12:
            items = each["items"]
            assert isinstance(items, list)
            assert 1 <= len(items) <= 10
            assert all(1 <= len(item.get("description", "-")) <= 1024 for item in items)


def test_equal_facts_give_an_equal_digest_and_other_facts_another() -> None:
    """The digest is the whole of what is seen, and nothing else: an equal one needs no edit."""
    first = render_card(job(JobStatus.QUEUED, version=1), spec=spec())
    second = render_card(job(JobStatus.QUEUED, version=9), spec=spec())
    moved = render_card(job(JobStatus.QUEUED, queue_position=2), spec=spec())
    assert digest_of(first, ()) == digest_of(second, ())
    assert digest_of(first, ()) != digest_of(moved, ())
    assert digest_of(first, ()) != digest_of(first, ("k7m3qwertz-1.png",))


def test_a_plain_card_holds_nothing_that_somebody_wrote() -> None:
    """What Discord may have refused is left out: prompt, names, reasons, links."""
    nasty = job(JobStatus.FAILED, prompt="PROMPT", media=pictures("NAME"), failure=JobFailure(kind=FailureKind.REFUSED))
    shown = text(render_plain_card(nasty))
    assert "PROMPT" not in shown
    assert "NAME" not in shown
    assert "Failed" in shown
    assert "-# Job k7m3qwertz" in shown
