"""One try to bring one job's card up to date, by the first way that is open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from discord.utils import snowflake_time

from cogs.delivery.addresses import (
    MessageAddress,
    has_shown_end,
    is_fresh,
    message_of,
    needs_new_message,
    nonce_of,
    sending_window,
    stepped_down,
)
from cogs.delivery.calls import Calls
from cogs.delivery.downloads import Downloads
from cogs.delivery.materials import gather
from cogs.delivery.outcomes import Closed, LeaseLost, OnItsWay, TryLater
from cogs.delivery.packets import Packet, own_files
from cogs.delivery.packing import Material, PackingRules, number_of, pack
from cogs.delivery.questions import Questions
from cogs.delivery.setbacks import SMALLEST_LIMIT_BYTES, Setbacks
from cogs.delivery.verdicts import Trouble, Verdict, judge
from cogs.delivery.ways import Posted, Ways
from cogs.ui.job_card import render_placeholder
from services.clock import Clock
from services.jobs.model import CardFile, DeliveryStep, Job, JobStatus
from services.jobs.updates import JobUpdates
from services.models.catalog import Catalog

log = logging.getLogger(__name__)

Send = Callable[[Packet], Coroutine[Any, Any, Posted]]
# Where an upload of so many bytes may run.
Uploading = Callable[[int], AbstractAsyncContextManager[None]]

# A message that was edited too often (30046) opens again within the hour; until then, this is soon enough.
TOO_OFTEN_SECONDS = 600.0
# How soon after the command its deferred message is made, by Discord's clock.
_DEFERRED_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tools:
    """What every try works with."""

    ways: Ways
    calls: Calls
    updates: JobUpdates
    downloads: Downloads
    catalog: Catalog
    clock: Clock


class Attempt:
    """Walks the ways to one card. A process that dies at any line leaves what the next try needs to know."""

    def __init__(self, job: Job, tools: Tools, setbacks: Setbacks, uploading: Uploading) -> None:
        """`uploading` gives the card's place back for as long as an upload takes."""
        self._job = job
        self._tools = tools
        self._setbacks = setbacks
        self._uploading = uploading
        self._questions = Questions(job, ways=tools.ways, calls=tools.calls, setbacks=setbacks)
        self._delivery = job.delivery
        self._had_shown_end = has_shown_end(job, job.delivery)
        self._material: Material | None = None
        self._has_read_files = False
        self._anew_as: str | None = None

    async def run(self) -> None:
        """Show the job's state and acknowledge it. Raises: TryLater, OnItsWay, LeaseLost, StoreUnavailable."""
        resubmission = await self._tools.updates.get_resubmission(self._job)
        self._anew_as = resubmission.job_id if resubmission else None
        try:
            await self._walk()
        except (TryLater, OnItsWay) as error:
            # What was learned about the ways is not asked again, and what hangs at the card stays there.
            if self._delivery != self._job.delivery:
                await self._save()
            if isinstance(error, OnItsWay):
                error.delivery = self._delivery
                hanging = {number_of(file.filename) for file in self._delivery.files}
                await self._tools.downloads.make_room(self._job.job_id, hanging=hanging)
            raise
        self._setbacks.succeed()
        await self._acknowledge()

    async def _walk(self) -> None:
        while self._delivery.step is not DeliveryStep.UNDELIVERED:
            if needs_new_message(self._job, self._delivery) and not self._deserves_new_message():
                return
            try:
                await self._show()
            except Closed as closed:
                log.info("job_id=%s way %s is closed: %s", self._job.job_id, self._delivery.step, closed)
                self._delivery = stepped_down(self._job, self._delivery)
                # What hung at the other message does not hang at this one.
                self._material = None
                if needs_new_message(self._job, self._delivery):
                    self._setbacks.begin_elsewhere()
            else:
                return
        log.warning("job_id=%s its card cannot be delivered; /job shows it", self._job.job_id)

    def _deserves_new_message(self) -> bool:
        """Whether this state is worth a message of its own: only an end that no card of the job has shown yet."""
        if self._had_shown_end:
            # Somebody took the card away; a late cost must not bring the result back.
            self._delivery = self._job.delivery
            return False
        return self._job.status.is_terminal

    async def _show(self) -> None:
        if needs_new_message(self._job, self._delivery):
            await self._post()
        else:
            await self._edit()
        if self._setbacks.take_last_chance():
            await self._upload_rest()
        if self._material is not None and self._material.fetching:
            raise OnItsWay(is_running=self._material.is_running, seconds=self._material.next_seconds)

    async def _upload_rest(self) -> None:
        """Upload once more what was left out because uploads were lost: the line carries it now, or never.

        An outage looks like files that are too much, and files that are too much together may pass one after the other.
        """
        if self._material is None:
            return
        there = {file.filename for file in self._delivery.files}
        rest = tuple(file for file in self._material.files if file.filename not in there)
        if not rest:
            return
        await self._save()
        self._material = replace(self._material, kept=self._delivery.files, files=rest)
        try:
            await self._edit()
        except TryLater as error:
            log.warning("job_id=%s some of its files cannot be uploaded: %s", self._job.job_id, error)

    # --- editing the message that is there ----------------------------------------------------------------------

    async def _edit(self) -> None:
        if self._delivery.step is DeliveryStep.TOKEN:
            self._require_token()
            await self._learn_message()
            await self._send(lambda packet: self._tools.ways.edit_original(self._delivery, packet), is_edit=True)
            return
        address = await self._require_address()
        await self._send(lambda packet: self._tools.ways.edit(address, packet), is_edit=True)

    async def _learn_message(self) -> None:
        """Learn which message it is before it shows an end: without its id, nobody could tell later whether it did."""
        is_known = self._delivery.original_message_id is not None or self._delivery.posted_message_id is not None
        if is_known or not self._job.status.is_terminal:
            return
        found = await self._questions.ask(self._tools.ways.read_original(self._delivery))
        self._delivery = replace(self._delivery, original_message_id=found.message_id)
        await self._save()

    def _require_token(self) -> None:
        if self._delivery.token_until <= self._tools.clock.now():
            raise Closed("its time is over")

    async def _require_address(self) -> MessageAddress:
        address = message_of(self._job, self._delivery)
        if address is not None:
            return address
        # The defer's answer was lost, so its message's id was never learned; it was made right after the command.
        since = snowflake_time(self._job.interaction_id)
        found = await self._questions.find(self._job.channel_id, since=since, until=since + _DEFERRED_WITHIN)
        if found is None:
            raise Closed("its message is not known")
        self._delivery = replace(
            self._delivery, original_message_id=found.message_id, files=own_files(found.files, self._job.job_id)
        )
        return MessageAddress(channel_id=found.channel_id, message_id=found.message_id)

    # --- posting a new message ----------------------------------------------------------------------------------

    async def _post(self) -> None:
        """Post a new message, once, whatever dies in between.

        Its nonce is committed first. While Discord remembers that, the same message is sent again; later it is looked
        for. Where nothing can be read, a placeholder is posted and becomes the card: only that could stand there twice.
        """
        await self._packet()  # there has to be something to post
        channel_id = await self._questions.open_new_channel(self._delivery.step)
        nonces = [nonce_of(self._job, self._delivery.step, is_placeholder=each) for each in (False, True)]
        sent_at = self._delivery.nonce_at if self._delivery.nonce in nonces else None
        now = self._tools.clock.now()
        is_repeat = is_fresh(sent_at, now)
        if not is_repeat:
            is_readable = await self._questions.is_readable(self._delivery.step, channel_id)
            if sent_at is not None and await self._is_posted(channel_id, sent_at, is_readable=is_readable):
                return
            self._delivery = replace(self._delivery, nonce=nonces[not is_readable], nonce_at=now)
            await self._save()
        if self._delivery.nonce == nonces[True]:
            await self._post_placeholder(channel_id, nonces[True])
        else:
            await self._send(
                lambda packet: self._tools.ways.send(channel_id, packet, nonce=nonces[False]), is_edit=False
            )
        if is_repeat or self._delivery.nonce == nonces[True]:
            # Discord may have answered with the first message, which shows what was true then.
            self._delivery = replace(self._delivery, digest=None)
            self._material = None
            await self._edit()

    async def _is_posted(self, channel_id: int, sent_at: datetime, *, is_readable: bool) -> bool:
        """Whether a new message stands there already; if so, it becomes the card."""
        if is_readable:
            since, until = sending_window(self._job, sent_at)
            found = await self._questions.find(channel_id, since=since, until=until)
            if found is not None:
                await self._adopt(found)
            return found is not None
        if self._delivery.nonce == nonce_of(self._job, self._delivery.step, is_placeholder=True):
            return False  # that was a placeholder
        log.error(
            "job_id=%s its result may stand in a channel that can no longer be read: /job has it", self._job.job_id
        )
        self._delivery = replace(self._delivery, step=DeliveryStep.UNDELIVERED)
        return True

    async def _post_placeholder(self, channel_id: int, nonce: str) -> None:
        placeholder = Packet(card=render_placeholder(self._job), digest="")
        self._note_message(await self._questions.ask(self._tools.ways.send(channel_id, placeholder, nonce=nonce)))
        await self._save()

    async def _adopt(self, found: Posted) -> None:
        log.info("job_id=%s its card was posted by a process that died", self._job.job_id)
        self._note_message(found)
        self._delivery = replace(self._delivery, files=own_files(found.files, self._job.job_id))
        await self._edit()

    # --- sending ------------------------------------------------------------------------------------------------

    async def _send(self, send: Send, *, is_edit: bool) -> None:
        """Send until Discord takes it. Raises: Closed, TryLater."""
        while True:
            packet = await self._packet()
            if is_edit and packet.digest == self._delivery.digest:
                return
            try:
                posted = await self._call(send, packet)
            except Exception as error:  # noqa: BLE001 - judged: whatever it is, nothing is given up for good by it
                await self._give_in(judge(error), packet)
                continue
            self._note(posted, packet, is_edit=is_edit)
            return

    async def _call(self, send: Send, packet: Packet) -> Posted:
        if not packet.uploads:
            return await self._tools.calls.make(send(packet))
        size = sum(upload.size_bytes for upload in packet.uploads)
        async with self._uploading(size):
            try:
                return await self._tools.calls.make(send(packet), upload_bytes=size)
            except asyncio.CancelledError:
                # The whole edit's time is over.
                self._setbacks.lose_upload(packet, now=self._tools.clock.monotonic())
                raise

    async def _give_in(self, trouble: Trouble, packet: Packet) -> None:
        """Return where something less may pass. Raises: Closed, TryLater."""
        log.info("job_id=%s by %s: %s", self._job.job_id, self._delivery.step, trouble.words)
        match trouble.verdict:
            case Verdict.REFUSED:
                raise Closed(trouble.words)
            case Verdict.TOO_LARGE if packet.uploads:
                self._setbacks.upload_less(packet)
            case Verdict.MALFORMED if packet.kept and not self._has_read_files:
                # A file that was thought to hang there may not.
                self._has_read_files = True
                files = await self._read_files() or ()
                self._delivery = replace(self._delivery, files=tuple(files), digest=None)
                self._material = None
            case Verdict.UNKNOWN if not self._setbacks.is_certain(trouble):
                raise TryLater(trouble.words)
            case Verdict.MALFORMED | Verdict.BLOCKED | Verdict.TOO_LARGE | Verdict.UNKNOWN:
                await self._show_less(trouble, packet)
            case Verdict.TOO_OFTEN:
                raise TryLater(trouble.words, seconds=TOO_OFTEN_SECONDS)
            case _:
                if trouble.is_silent:
                    self._setbacks.lose_upload(packet, now=self._tools.clock.monotonic())
                raise TryLater(trouble.words, seconds=trouble.retry_after_seconds or 0.0)

    async def _show_less(self, trouble: Trouble, packet: Packet) -> None:
        """Leave out what may have been refused. Raises: Closed where nothing is left to leave out."""
        while self._setbacks.show_less():
            if (await self._packet()).digest != packet.digest:
                return
        raise Closed(trouble.words)

    async def _packet(self) -> Packet:
        limit = self._delivery.upload_limit_bytes
        if self._delivery.step is DeliveryStep.DIRECT:
            limit = min(limit, SMALLEST_LIMIT_BYTES)
        if self._material is None:
            self._material = material = await gather(
                self._job,
                self._delivery,
                downloads=self._tools.downloads,
                setbacks=self._setbacks,
                read_files=self._read_files,
                limit_bytes=limit,
            )
            if needs_new_message(self._job, self._delivery) and not material.is_worth_a_message:
                raise OnItsWay(is_running=material.is_running, seconds=material.next_seconds)
        most = self._setbacks.most_bytes
        rules = PackingRules(
            upload_limit_bytes=limit if most is None else min(limit, most),
            is_slow=self._setbacks.is_slow,
            level=self._setbacks.level,
        )
        spec = self._tools.catalog.get(self._job.model_id)
        return pack(self._job, self._material, rules, spec=spec, anew_as=self._anew_as)

    async def _read_files(self) -> Sequence[CardFile] | None:
        """Return the job's files that hang at its card now; None where the card cannot be read."""
        if needs_new_message(self._job, self._delivery):
            return None
        try:
            if self._delivery.step is DeliveryStep.TOKEN:
                posted = await self._questions.ask(self._tools.ways.read_original(self._delivery))
            else:
                posted = await self._questions.ask(self._tools.ways.read(await self._require_address()))
        except Closed:
            return None
        return own_files(posted.files, self._job.job_id)

    # --- remembering --------------------------------------------------------------------------------------------

    def _note(self, posted: Posted, packet: Packet, *, is_edit: bool) -> None:
        files = own_files(posted.files, self._job.job_id)
        sent = {upload.filename for upload in packet.uploads}
        is_whole = sent <= {file.filename for file in files}
        if not is_whole:
            log.warning("job_id=%s Discord's answer does not name all of its files", self._job.job_id)
        self._delivery = replace(
            self._delivery, files=files if is_whole else (), digest=packet.digest if is_whole else None
        )
        if not is_edit:
            self._note_message(posted)
        elif self._delivery.step is DeliveryStep.TOKEN and self._delivery.original_message_id is None:
            self._delivery = replace(self._delivery, original_message_id=posted.message_id)

    def _note_message(self, posted: Posted) -> None:
        self._delivery = replace(
            self._delivery, posted_channel_id=posted.channel_id, posted_message_id=posted.message_id
        )

    async def _save(self) -> None:
        if not await self._tools.updates.save(self._job, self._delivery):
            raise LeaseLost

    async def _acknowledge(self) -> None:
        kept = await self._tools.updates.acknowledge(self._job, self._delivery)
        if not kept or self._job.status is not JobStatus.SUCCEEDED:
            return
        if self._delivery.step is DeliveryStep.UNDELIVERED:
            # What could not be delivered stays on the disk, for the operator to hand over.
            await self._tools.downloads.forget(self._job.job_id)
        else:
            await self._tools.downloads.discard(self._job.job_id)
