"""One's own jobs: /history, /job, /cancel."""

from __future__ import annotations

import asyncio
import logging
from weakref import WeakValueDictionary

import discord
from discord import app_commands
from discord.ext import commands

from cogs.answers import answer_privately, show_privately
from cogs.interaction_facts import actor_of
from cogs.private_command import private_command
from cogs.services import BotServices, services_of
from cogs.ui import text
from cogs.ui.details_view import render_details, render_plain_details
from cogs.ui.history_view import render_history
from cogs.ui.sentences import cancel_sentence
from cogs.ui.states import STATES
from services.errors import ComfycordError, JobNotFound
from services.jobs.ids import LENGTH, PATTERN
from services.jobs.model import Job

log = logging.getLogger(__name__)

Interaction = discord.Interaction[discord.Client]

# Discord takes suggestions for three seconds.
_SUGGEST_SECONDS = 2.0


class Jobs(commands.Cog):
    """What a person may see of and do with jobs."""

    def __init__(self, services: BotServices) -> None:
        self._services = services
        self._typing: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    @private_command("Your jobs, newest first")
    async def history(self, interaction: Interaction) -> None:
        """List one's own jobs."""
        page = await self._services.jobs.history(interaction.user.id, page=0)
        await show_privately(interaction, render_history(page), plain=lambda: render_history(page, is_plain=True))

    @app_commands.describe(job_id="The job: choose one, or paste its id")
    @app_commands.rename(job_id="job")
    @private_command("One of your jobs with all that is known of it")
    async def job(self, interaction: Interaction, job_id: app_commands.Range[str, 1, 100]) -> None:
        """Show one of one's own jobs whole."""
        job = await self._services.jobs.require_own(_require_id(job_id), interaction.user.id)
        resubmission = await self._services.jobs.get_resubmission(job.job_id)
        card = await self._services.jobs.get_card(job.job_id)
        spec = self._services.catalog.get(job.model_id)
        panel, files = render_details(job, card, spec, resubmitted_as=resubmission.job_id if resubmission else None)
        await show_privately(interaction, panel, *files, plain=lambda: render_plain_details(job, card))

    @app_commands.describe(job_id="The job: choose one, or paste its id")
    @app_commands.rename(job_id="job")
    @private_command("Cancel a job that does not run yet")
    async def cancel(self, interaction: Interaction, job_id: app_commands.Range[str, 1, 100]) -> None:
        """Cancel a job: one's own, or any in a channel that one keeps order in."""
        outcome = await self._services.jobs.cancel(_require_id(job_id), actor_of(interaction))
        await answer_privately(interaction, cancel_sentence(outcome))

    @job.autocomplete("job_id")
    async def _suggest_any(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await self._suggest(interaction, typed, only_cancellable=False)

    @cancel.autocomplete("job_id")
    async def _suggest_cancellable(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await self._suggest(interaction, typed, only_cancellable=True)

    async def _suggest(
        self, interaction: Interaction, typed: str, *, only_cancellable: bool
    ) -> list[app_commands.Choice[str]]:
        """Suggest one's own jobs; nothing rather than an error, since nobody could be told."""
        try:
            # One at a time of each: somebody's typing must not take the connections that others read by.
            typing = self._typing.setdefault(interaction.user.id, asyncio.Lock())
            async with asyncio.timeout(_SUGGEST_SECONDS), typing:
                jobs = await self._services.jobs.suggest(
                    interaction.user.id, str(typed), only_cancellable=only_cancellable
                )
        except (ComfycordError, TimeoutError) as error:
            log.warning("interaction=%d no suggestions: %s", interaction.id, type(error).__name__)
            return []
        return [app_commands.Choice(name=suggestion(job), value=job.job_id) for job in jobs[: text.CHOICES_MAX]]


def suggestion(job: Job) -> str:
    """Return how a job reads in a list of suggestions, which Discord shows plain: id, state, prompt."""
    return text.cut(f"{job.job_id} · {STATES[job.status].word} · {text.one_line(job.prompt)}", text.CHOICE_MAX)


def _require_id(typed: str) -> str:
    """Return the id that was typed, or the one that a pasted suggestion begins with.

    Raises: JobNotFound for what is none, without asking the database.
    """
    job_id = str(typed).strip().strip("`").lower()[:LENGTH]
    if not PATTERN.fullmatch(job_id):
        raise JobNotFound(job_id)
    return job_id


async def setup(bot: commands.Bot) -> None:
    """Load the cog."""
    await bot.add_cog(Jobs(services_of(bot)))
