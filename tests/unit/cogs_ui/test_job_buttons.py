from __future__ import annotations

import re
from datetime import timedelta

import pytest
from discord import ui

from cogs.ui.job_buttons import DYNAMIC_ITEMS, CancelButton, ConfirmAnewButton, SubmitAnewButton, anew_warning
from services.jobs.ids import new_job_id
from services.models.signed_links import has_dead_links
from tests.unit.cogs_ui.samples import NOW, buttons, job, text


def template(kind: type[ui.DynamicItem[ui.Button[ui.LayoutView]]]) -> re.Pattern[str]:
    """Return by what discord.py finds the button again."""
    return kind.__discord_ui_compiled_template__


def test_each_custom_id_leads_to_its_own_button_only() -> None:
    """After a restart a press is found by its custom_id alone."""
    job_id = new_job_id()
    made = [CancelButton(job_id), SubmitAnewButton(job_id), ConfirmAnewButton(job_id, is_private=True)]
    for button in made:
        assert len(button.custom_id) <= 100
        matching = [kind for kind in DYNAMIC_ITEMS if template(kind).fullmatch(button.custom_id)]
        assert matching == [type(button)]
        match = template(type(button)).fullmatch(button.custom_id)
        assert match is not None
        assert match["job_id"] == job_id


def test_a_confirmation_knows_whether_its_card_will_be_private() -> None:
    """The defer comes before the database: the custom_id has to say it."""
    for is_private in (True, False):
        match = template(ConfirmAnewButton).fullmatch(ConfirmAnewButton("abc", is_private=is_private).custom_id)
        assert match is not None
        assert (match["place"] == "private") is is_private


def test_the_warning_says_what_it_may_cost() -> None:
    """Nobody is charged twice without having read so."""
    warning = anew_warning("abc", is_private=False)
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
