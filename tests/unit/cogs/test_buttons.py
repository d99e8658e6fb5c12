"""Buttons are found by their custom_ids after any restart, those of messages from earlier versions too."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from discord import ui

from cogs.buttons import DYNAMIC_ITEMS
from cogs.buttons.cancel_button import CancelButton
from cogs.buttons.history_button import HistoryButton
from cogs.buttons.resubmit_buttons import ConfirmResubmitButton, ResubmitButton
from cogs.ui.custom_ids import CancelId, ConfirmResubmitId, CustomId, Direction, HistoryId, Place, ResubmitId
from cogs.ui.job_buttons import resubmit_warning
from services.jobs.ids import new_job_id
from services.models.signed_links import has_dead_links
from tests.unit.cogs_ui.samples import NOW, buttons, job, payload, text, walk

Kind = type[ui.DynamicItem[ui.Button[ui.LayoutView]]]


def template(kind: Kind) -> re.Pattern[str]:
    """Return by what discord.py finds the button again."""
    return kind.__discord_ui_compiled_template__


def found(custom_id: str) -> list[Kind]:
    """Return the buttons that a press with this custom_id leads to."""
    return [kind for kind in DYNAMIC_ITEMS if template(kind).fullmatch(custom_id)]


@pytest.mark.parametrize(
    ("custom_id", "kind", "read"),
    [
        ("cc:cancel:k7m3qwertz", CancelButton, CancelId(job_id="k7m3qwertz")),
        ("cc:anew:k7m3qwertz", ResubmitButton, ResubmitId(job_id="k7m3qwertz")),
        (
            "cc:confirm:private:k7m3qwertz",
            ConfirmResubmitButton,
            ConfirmResubmitId(place=Place.PRIVATE, job_id="k7m3qwertz"),
        ),
        (
            "cc:confirm:public:k7m3qwertz",
            ConfirmResubmitButton,
            ConfirmResubmitId(place=Place.PUBLIC, job_id="k7m3qwertz"),
        ),
        ("cc:history:newer:0", HistoryButton, HistoryId(direction=Direction.NEWER, page=0)),
        ("cc:history:older:999999999", HistoryButton, HistoryId(direction=Direction.OLDER, page=999_999_999)),
    ],
)
def test_released_buttons_go_on_working(custom_id: str, kind: Kind, read: CustomId) -> None:
    """What stands on messages that were posted once is read, and written, as it was."""
    assert found(custom_id) == [kind]
    match = template(kind).fullmatch(custom_id)
    assert match is not None
    assert type(read).from_match(match) == read
    assert str(read) == custom_id


@pytest.mark.parametrize(
    "custom_id",
    [
        "cc:cancel:",
        "cc:cancel:K7M3QWERTZ",
        f"cc:cancel:{'a' * 33}",
        "cc:confirm:k7m3qwertz",
        "cc:confirm:shared:k7m3qwertz",
        "cc:history:newer:-1",
        "cc:history:older:1000000000",
        "xcc:cancel:k7m3qwertz",
        "",
    ],
)
def test_what_is_no_custom_id_of_ours_leads_nowhere(custom_id: str) -> None:
    """A press whose custom_id was made by somebody else is nobody's."""
    assert found(custom_id) == []


def test_each_custom_id_leads_to_its_own_button_only() -> None:
    """After a restart a press is found by its custom_id alone."""
    job_id = new_job_id()
    made: list[ui.DynamicItem[ui.Button[ui.LayoutView]]] = [
        CancelButton(CancelId(job_id=job_id)),
        ResubmitButton(ResubmitId(job_id=job_id)),
        ConfirmResubmitButton(ConfirmResubmitId(place=Place.PRIVATE, job_id=job_id)),
    ]
    for button in made:
        assert len(button.custom_id) <= 100
        assert found(button.custom_id) == [type(button)]
        match = template(type(button)).fullmatch(button.custom_id)
        assert match is not None
        assert match["job_id"] == job_id


@pytest.mark.parametrize("is_private", [True, False])
def test_a_confirmation_knows_whether_its_card_will_be_private(is_private: bool) -> None:  # noqa: FBT001 - a parameter
    """The defer comes before the database: the custom_id has to say it."""
    (custom_id,) = (
        each["custom_id"] for each in walk(payload(resubmit_warning("abc", is_private=is_private))) if each["type"] == 2
    )
    match = template(ConfirmResubmitButton).fullmatch(str(custom_id))
    assert match is not None
    assert (match["place"] == "private") is is_private


def test_the_warning_says_what_it_may_cost() -> None:
    """Nobody is charged twice without having read so."""
    warning = resubmit_warning("abc", is_private=False)
    assert "charged twice" in text(warning)
    assert buttons(warning) == [("Submit anew", False)]


DEATH = int((NOW + timedelta(hours=1)).timestamp())


@pytest.mark.parametrize(
    ("url", "hours", "is_dead"),
    [
        (f"https://cdn.discordapp.com/ephemeral-attachments/1/2/a.png?ex={DEATH:x}&is=1&hm=2", 0, False),
        (f"https://cdn.discordapp.com/ephemeral-attachments/1/2/a.png?ex={DEATH:x}&is=1&hm=2", 2, True),
        (f"https://media.discordapp.net/a.png?ex={DEATH:x}", 2, True),
        (f"https://pictures.example.com/a.png?ex={DEATH:x}", 2, False),
        ("https://cdn.discordapp.com/a.png?ex=nonsense", 2, False),
        ("https://cdn.discordapp.com/a.png", 2, False),
    ],
)
def test_links_that_have_died_are_known(url: str, hours: int, is_dead: bool) -> None:  # noqa: FBT001 - a parameter
    """Discord writes into its links when they die; others are not judged."""
    old = job(inputs={"prompt": "a fox", "image_urls": [url]})
    assert has_dead_links(old.inputs, now=NOW + timedelta(hours=hours)) is is_dead
