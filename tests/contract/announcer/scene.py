"""A local Discord, a real store and the announcer, with jobs moved by hand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import discord
from discord.ext import commands
from discord.http import Route
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cogs.announcer import Announcer
from cogs.buttons import DYNAMIC_ITEMS
from cogs.services import BotServices
from sandbox.client_driver.writing import written
from sandbox.clock import SandboxClock
from sandbox.discord.channels import Channel, Overwrite
from sandbox.discord.interaction_delivery import create_interaction
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import InteractionType
from sandbox.discord.messages import Message
from sandbox.discord.permission_flags import Permission
from sandbox.discord.posting import remove
from sandbox.discord.server import DiscordServer
from sandbox.discord.traffic import matches_route
from sandbox.discord.wire import JsonObject
from services.jobs.card import Card
from services.jobs.ids import new_job_id
from services.jobs.model import Job, JobStatus, MediaKind, NewJob, Output
from services.jobs.pacing import JobTiming
from services.jobs.quota import QuotaLimits
from services.models.catalog import Catalog, ModelEntry
from services.store.cards import SqlCardStore
from services.store.database import Database
from services.store.engine import db_now
from services.store.jobs import SqlJobStore
from services.store.key_values import SqlKeyValueStore
from services.store.tables import IS_BEHIND, cards
from tests.contract.announcer.results_folder import ResultsFolder
from tests.contract.jobs.core import Core
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.rig import until
from tests.unit.jobs.factories import pictures, resubmitting

MODEL_ID = "openai/gpt-image-1-5/image-to-image"
PLENTY = QuotaLimits(per_day=1000, running=1000, waiting=1000)
EDIT_ORIGINAL = "PATCH /webhooks/{application_id}/{token}/messages/@original"
EDIT_MESSAGE = "PATCH /channels/{channel_id}/messages/{message_id}"
CREATE_MESSAGE = "POST /channels/{channel_id}/messages"
LIST_MESSAGES = "GET /channels/{channel_id}/messages"
OPEN_DIRECT = "POST /users/@me/channels"
WRITES = (EDIT_ORIGINAL, EDIT_MESSAGE, CREATE_MESSAGE)

# Between two looks into the database: a look costs more than a look at the state.
LOOK_SECONDS = 0.03


class Scene:
    """What a test of the announcer plays in. Time is the sandbox's; real time is only waited for."""

    def __init__(
        self, server: DiscordServer, database: Database, results: ResultsFolder, *, edit_seconds: float
    ) -> None:
        self.server = server
        self.state = server.state
        self.clock: SandboxClock = server.clock
        self.database = database
        self.store: SqlJobStore = SqlJobStore(database)
        self.cards_store: SqlCardStore = SqlCardStore(database)
        self.results = results
        self.timing = JobTiming(scan_seconds=0.05, edit_seconds=edit_seconds)
        self.general = self.state.channel("general")
        self.ada = self.state.user("ada")
        self.catalog = Catalog.load([ModelEntry(model_id=MODEL_ID, command="edit")])

    @contextlib.asynccontextmanager
    async def announcing(self, worker_id: str = "this") -> AsyncIterator[SceneBot]:
        """Run a bot's announcer while the block runs; `worker_id` names its leases."""
        core = Core(
            self.store,
            ScriptedApi(),
            timing=self.timing,
            clock=self.clock,
            cards=self.cards_store,
            worker_id=worker_id,
        )
        services = BotServices(
            jobs=core.jobs,
            outbox=core.outbox,
            catalog=self.catalog,
            results=self.results,
            clock=self.clock,
            guilds=frozenset(),
            key_values=SqlKeyValueStore(self.database),
            copies=core.copies,
            failover=core.failover,
        )
        bot = SceneBot(services)
        async with bot:
            await bot.login(self.state.bot_token)
            await bot.add_cog(Announcer(bot, services))
            yield bot

    # --- people and jobs ------------------------------------------------------------------------------------------

    async def accepted(
        self,
        *,
        private: bool = False,
        channel: Channel | None = None,
        deferred: bool = True,
        knows_message: bool = True,
        resubmits: str | None = None,
        **facts: object,
    ) -> Job:
        """Let Ada use the command: the interaction is deferred, the job is in the store."""
        place = channel or self.general
        interaction = create_interaction(
            self.state,
            InteractionType.COMMAND,
            {"id": "1", "name": "edit", "type": 1, "options": []},
            user=self.ada,
            channel=place,
        )
        if deferred:
            await self._call_back(interaction, {"type": 5, "data": {"flags": 64 if private else 0}})
        now = self.clock.now()
        card = Card(
            application_id=self.state.application.id,
            token=interaction.token,
            token_until=now + timedelta(minutes=14, seconds=30),
            upload_limit_bytes=interaction.attachment_size_limit,
            original_message_id=interaction.original_message_id if knows_message else None,
        )
        new = NewJob(
            job_id=new_job_id(),
            interaction_id=interaction.id,
            owner_id=self.ada.id,
            guild_id=place.guild_id,
            channel_id=place.id,
            command="edit",
            model_id=MODEL_ID,
            prompt="a fox in the snow",
            inputs={"prompt": "a fox in the snow"},
            media=pictures("cat.png"),
            is_private=private,
            parent=None if resubmits is None else resubmitting(resubmits),
        )
        card = replace(card, **facts)  # type: ignore[arg-type] # any of Card's fields
        return (await self.store.accept(new, card, limits=PLENTY, now=now, deadline=now + timedelta(days=1))).job

    async def _call_back(self, interaction: Interaction, body: JsonObject) -> None:
        async with discord.Client(intents=discord.Intents(guilds=True)) as client:
            await client.login(self.state.bot_token)
            route = Route("POST", "/interactions/{id}/{key}/callback", id=interaction.id, key=interaction.token)
            await client.http.request(route, json=body)

    async def move(self, job: Job, *statuses: JobStatus, **changes: object) -> Job:
        """Take the job through these states; `changes` are the last one's facts."""
        found = before = await self.reload(job)
        for status in statuses:
            found = found.transition(status, at=self.clock.now())
        if not statuses:
            found = found.bump_version(at=self.clock.now())
        found = replace(found, **changes)  # type: ignore[arg-type] # any of Job's fields
        assert await self.store.replace(found, before=before)
        return found

    async def finish(
        self, job: Job, *, outputs: int = 1, suffix: str = "png", kind: MediaKind = MediaKind.IMAGE
    ) -> Job:
        """Let the job succeed with so many outputs."""
        found = await self.reload(job)
        path = [JobStatus.SUBMITTING, JobStatus.QUEUED, JobStatus.SUCCEEDED]
        if found.status in path:
            path = path[path.index(found.status) + 1 :]
        made = self.outputs(outputs, suffix=suffix, kind=kind)
        return await self.move(job, *path, outputs=made, cost=Decimal("0.034"))

    def outputs(self, number: int, *, suffix: str = "png", kind: MediaKind = MediaKind.IMAGE) -> tuple[Output, ...]:
        """Return so many outputs of a finished job."""
        return tuple(Output(url=f"https://results.example/{each}.{suffix}", kind=kind) for each in range(1, number + 1))

    async def press(self, job: Job, card: Message) -> None:
        """Let Ada press something on the card: the bot has a fresh token for it."""
        data = {"custom_id": f"cc:cancel:{job.job_id}", "component_type": 2}
        pressed = create_interaction(
            self.state,
            InteractionType.COMPONENT,
            data,
            user=self.ada,
            channel=self.state.channels[card.channel_id],
            message=card,
        )
        await self._call_back(pressed, {"type": 6})
        until_then = self.clock.now() + timedelta(minutes=14, seconds=30)
        await self.cards_store.renew_token(job.job_id, token=pressed.token, until=until_then, message_id=card.id)

    async def forget_message_id(self, job: Job) -> None:
        """Let the store not know the card's message, as after a defer whose answer was lost."""

        async def work(connection: AsyncConnection) -> None:
            unknown = update(cards).where(cards.c.job_id == job.job_id).values(original_message_id=None)
            await connection.execute(unknown)

        await self.database.write(work)

    async def give_lease_to(self, job: Job, worker_id: str) -> None:
        """Let another process hold the card's lease from now on: at once, so that nobody takes it in between."""

        async def work(connection: AsyncConnection) -> None:
            held = {"worker": worker_id, "leased_until": db_now() + 60_000_000}
            await connection.execute(update(cards).where(cards.c.job_id == job.job_id).values(held))

        await self.database.write(work)

    def chat(self, messages: int) -> None:
        """Let Ada write so many messages in the channel."""
        for number in range(messages):
            written(self.state, self.ada, self.general, f"message {number}", (), None)

    def deny(self, permission: Permission) -> None:
        """Take a permission from the bot in the channel."""
        self.general.overwrites.append(Overwrite(target_id=self.state.bot.id, is_role=False, deny=permission))

    def delete(self, card: Message) -> None:
        """Let a moderator delete a message."""
        remove(self.state, card)

    async def reload(self, job: Job) -> Job:
        """Return the job as it is stored."""
        found = await self.store.get(job.job_id)
        assert found is not None
        return found

    async def reload_card(self, job: Job) -> Card:
        """Return the job's card as it is stored."""
        return (await self.cards_store.get([job.job_id]))[job.job_id]

    # --- what can be seen -----------------------------------------------------------------------------------------

    def cards(self, job: Job, channel: Channel | None = None) -> list[Message]:
        """Return the messages in the channel that show the job, the oldest first."""
        return [m for m in self.state.messages_in(channel or self.general) if f"-# Job {job.job_id}" in text_of(m)]

    def direct_cards(self, job: Job) -> list[Message]:
        """Return the job's cards in Ada's direct messages."""
        return self.cards(job, self.state.direct_channel(self.ada))

    def card(self, job: Job, channel: Channel | None = None) -> Message:
        """Return the job's one card in the channel."""
        (message,) = self.cards(job, channel)
        return message

    def calls(self, *routes: str) -> list[tuple[str, int | None]]:
        """Return the calls to these routes with their statuses, in the order of their arrival."""
        return [
            (route, call.status)
            for call in self.server.traffic
            for route in routes
            if call.route and matches_route(route, call.route)
        ]

    async def shows(self, job: Job, text: str, channel: Channel | None = None) -> Message:
        """Wait until a card of the job shows the text."""
        await until(
            lambda: any(text in text_of(card) for card in self.cards(job, channel)), what=f"a card that shows {text!r}"
        )
        return next(card for card in self.cards(job, channel) if text in text_of(card))

    def edits_within(self, seconds: float) -> None:
        """Cut edits short after so long; for an announcer that is started after this."""
        self.timing = replace(self.timing, edit_seconds=seconds)

    def scans_every(self, seconds: float) -> None:
        """Look through the database so rarely; for an announcer that is started after this."""
        self.timing = replace(self.timing, scan_seconds=seconds)

    def leases_for(self, seconds: float) -> None:
        """Let leases of cards last so long unless they are renewed; for an announcer that is started after this."""
        self.timing = replace(self.timing, lease_seconds=seconds)

    async def until_renewed(self, job: Job, times: int) -> None:
        """Wait until the card's lease, which somebody holds, was extended so often."""
        ends: set[int] = set()
        async with asyncio.timeout(10.0):
            while len(ends) <= times:
                ends.add(await self._lease_end(job))
                await asyncio.sleep(LOOK_SECONDS)

    async def _lease_end(self, job: Job) -> int:
        """Return when the card's lease runs out, in microseconds by the database's clock."""

        async def work(connection: AsyncConnection) -> int:
            end: int = (
                await connection.execute(select(cards.c.leased_until).where(cards.c.job_id == job.job_id))
            ).scalar_one()
            return end

        return await self.database.read(work)

    async def until_postponed(self, job: Job, *, by_seconds: float = 0.0) -> None:
        """Wait until the job's card is left for so much later: nobody holds it, and it is not due before."""
        due_later = cards.c.not_before > max(self.clock.now() + timedelta(seconds=by_seconds), job.created_at)
        is_left = (IS_BEHIND, cards.c.leased_until <= db_now(), due_later, cards.c.job_id == job.job_id)
        async with asyncio.timeout(10.0):
            while await self._count(*is_left) == 0:  # noqa: ASYNC110 - another task's work in the database
                await asyncio.sleep(LOOK_SECONDS)

    async def until_saved(self, job: Job, *, files: int) -> None:
        """Wait until the database knows that so many files hang at the card."""
        async with asyncio.timeout(10.0):
            while len((await self.reload_card(job)).files) != files:  # noqa: ASYNC110 - as above
                await asyncio.sleep(LOOK_SECONDS)

    async def caught_up(self) -> None:
        """Wait until every change that is due by now stands on its card."""
        async with asyncio.timeout(10.0):
            while await self._count(IS_BEHIND, cards.c.due_at <= self.clock.now()):  # noqa: ASYNC110 - as above
                await asyncio.sleep(LOOK_SECONDS)

    async def acknowledged(self, job: Job, *, seconds: float = 10.0) -> Card:
        """Wait until no card is behind, this job's or another's, and return this one's."""
        async with asyncio.timeout(seconds):
            while await self._count(IS_BEHIND):  # noqa: ASYNC110 - another task's work in the database; it wakes nobody
                await asyncio.sleep(LOOK_SECONDS)
        return await self.reload_card(job)

    async def _count(self, *conditions: ColumnElement[bool]) -> int:
        async def work(connection: AsyncConnection) -> int:
            count: int = (await connection.execute(select(func.count()).where(*conditions))).scalar_one()
            return count

        return await self.database.read(work)


def text_of(message: Message) -> str:
    """Return all that can be read in a layout."""
    return "\n".join(str(each["content"]) for each in walk(message.components) if each["type"] == 10)


def gallery_of(message: Message) -> list[str]:
    """Return the names of the files that the layout shows, in order."""
    items = [item for each in walk(message.components) if each["type"] == 12 for item in each["items"]]
    files = [each["file"] for each in walk(message.components) if each["type"] == 13]
    media = [item["media"] for item in items] + files
    return [str(medium["url"]).rpartition("/")[2].partition("?")[0] for medium in media]


def links_of(message: Message) -> list[str]:
    """Return where the layout's link buttons lead."""
    return [str(each["url"]) for each in walk(message.components) if each["type"] == 2 and "url" in each]


def files_of(message: Message) -> list[str]:
    """Return the names of the files that hang at the message."""
    return [attachment.filename for attachment in message.attachments]


def walk(components: Sequence[JsonObject]) -> Iterator[JsonObject]:
    """Return every component, nested ones too, in order."""
    for component in components:
        yield component
        yield from walk(component.get("components", []))


class SceneBot(commands.Bot):
    """discord.py's bot with our services, logged in over REST."""

    def __init__(self, services: BotServices) -> None:
        super().__init__(command_prefix=(), intents=discord.Intents(guilds=True), help_command=None)
        self.services = services

    async def setup_hook(self) -> None:
        """Register the buttons."""
        self.add_dynamic_items(*DYNAMIC_ITEMS)
