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
    number_of,
    sending_window,
    to_be_drawn,
    with_next_route,
)
from cogs.delivery.calls import Calls
from cogs.delivery.card_client import CardClient, Posted
from cogs.delivery.card_lookup import CardLookup
from cogs.delivery.card_payload import CardPayload, PayloadRules, ResultFiles, build_payload, own_files
from cogs.delivery.failures import DeliveryFailure, FailureCategory, classify
from cogs.delivery.outcomes import FilesPending, LeaseLost, RetryLater, RouteClosed
from cogs.delivery.result_files import collect_result_files
from cogs.delivery.setbacks import SMALLEST_LIMIT_BYTES, Setbacks
from cogs.ui.job_card import render_placeholder
from services.clock import Clock
from services.jobs.card import CardFile, DeliveryRoute, DueCard, Rendering
from services.jobs.model import JobStatus
from services.jobs.outbox import CardOutbox
from services.jobs.result_downloads import Downloads
from services.models.catalog import Catalog

log = logging.getLogger(__name__)

Send = Callable[[CardPayload], Coroutine[Any, Any, Posted]]
# Where an upload of so many bytes may run.
Uploading = Callable[[int], AbstractAsyncContextManager[None]]

# A message that was edited too often (30046) opens again within the hour; until then, this is soon enough.
TOO_OFTEN_SECONDS = 600.0
# How soon after the command its deferred message is made, by Discord's clock.
_DEFERRED_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryContext:
    """What every try works with."""

    card_client: CardClient
    calls: Calls
    outbox: CardOutbox
    downloads: Downloads
    catalog: Catalog
    clock: Clock


class CardDelivery:
    """Walks the ways to one card. A process that dies at any line leaves what the next try needs to know."""

    def __init__(self, due: DueCard, context: DeliveryContext, setbacks: Setbacks, uploading: Uploading) -> None:
        """`uploading` gives the card's place back for as long as an upload takes."""
        self._job = job = due.job
        self._context = context
        self._setbacks = setbacks
        self._uploading = uploading
        self._lookup = CardLookup(job, card_client=context.card_client, calls=context.calls, setbacks=setbacks)
        self._stored_card = self._card = due.card
        self._had_shown_end = has_shown_end(job, due.card)
        self._result_files: ResultFiles | None = None
        self._has_read_files = False
        self._has_left_files = False
        self._resubmitted_as: str | None = None

    async def run(self) -> None:
        """Show the job's state and acknowledge it. Raises: RetryLater, FilesPending, LeaseLost, StoreUnavailable."""
        resubmission = await self._context.outbox.get_resubmission(self._job)
        self._resubmitted_as = resubmission.job_id if resubmission else None
        try:
            await self._walk()
        except (RetryLater, FilesPending) as error:
            # What was learned about the ways is not asked again, and what hangs at the card stays there.
            if self._card != self._stored_card:
                await self._save()
            if isinstance(error, FilesPending):
                error.card = self._card
                hanging = {number_of(file.filename) for file in self._card.files}
                await self._context.downloads.make_room(self._job.job_id, hanging=hanging)
            raise
        self._setbacks.succeed()
        await self._acknowledge()

    async def _walk(self) -> None:
        while self._card.route is not DeliveryRoute.UNDELIVERED:
            if needs_new_message(self._job, self._card) and not self._deserves_new_message():
                return
            try:
                await self._show()
            except RouteClosed as closed:
                log.info("job_id=%s way %s is closed: %s", self._job.job_id, self._card.route, closed)
                self._card = with_next_route(self._job, self._card)
                # What hung at the other message does not hang at this one.
                self._result_files = None
                if needs_new_message(self._job, self._card):
                    self._setbacks.begin_elsewhere()
            else:
                return
        log.warning("job_id=%s its card cannot be delivered; /job shows it", self._job.job_id)

    def _deserves_new_message(self) -> bool:
        """Whether this state is worth a message of its own: only an end that no card of the job has shown yet."""
        if self._had_shown_end:
            # Somebody took the card away; a late cost must not bring the result back.
            self._card = self._stored_card
            return False
        return self._job.status.is_terminal

    async def _show(self) -> None:
        if needs_new_message(self._job, self._card):
            await self._post()
        else:
            await self._edit()
        if self._setbacks.take_last_chance():
            await self._upload_rest()
        if self._has_left_files:
            raise FilesPending(is_running=False, seconds=0.0)
        if self._result_files is not None and self._result_files.fetching:
            raise FilesPending(is_running=self._result_files.is_running, seconds=self._result_files.next_seconds)

    async def _upload_rest(self) -> None:
        """Upload once more what was left out because uploads were lost: the line carries it now, or never.

        An outage looks like files that are too much, and files that are too much together may pass one after the other.
        """
        if self._result_files is None:
            return
        there = {file.filename for file in self._card.files}
        rest = tuple(file for file in self._result_files.files if file.filename not in there)
        if not rest:
            return
        await self._save()
        self._result_files = replace(self._result_files, kept=self._card.files, files=rest)
        level = self._setbacks.level
        try:
            await self._edit()
        except (RetryLater, RouteClosed) as error:
            # The card stands, with links to these: a way that is closed to them needs no second message.
            log.warning("job_id=%s some of its files cannot be uploaded: %s", self._job.job_id, error)
            self._setbacks.level = level

    # --- editing the message that is there ----------------------------------------------------------------------

    async def _edit(self) -> None:
        if self._card.route is DeliveryRoute.TOKEN:
            self._require_token()
            await self._learn_message()
            await self._send(lambda payload: self._context.card_client.edit_original(self._card, payload), is_edit=True)
            return
        address = await self._require_address()
        await self._send(lambda payload: self._context.card_client.edit(address, payload), is_edit=True)

    async def _learn_message(self) -> None:
        """Learn which message it is before it shows an end: without its id, nobody could tell later whether it did."""
        is_known = self._card.original_message_id is not None or self._card.posted_message_id is not None
        if is_known or not self._job.status.is_terminal:
            return
        found = await self._lookup.ask(self._context.card_client.read_original(self._card))
        self._card = replace(self._card, original_message_id=found.message_id)
        await self._save()

    def _require_token(self) -> None:
        if self._card.token_until <= self._context.clock.now():
            raise RouteClosed("its time is over")

    async def _require_address(self) -> MessageAddress:
        address = message_of(self._job, self._card)
        if address is not None:
            return address
        # The defer's answer was lost, so its message's id was never learned; it was made right after the command.
        since = snowflake_time(self._job.interaction_id)
        found = await self._lookup.find(self._job.channel_id, since=since, until=since + _DEFERRED_WITHIN)
        if found is None:
            raise RouteClosed("its message is not known")
        self._card = replace(
            self._card, original_message_id=found.message_id, files=own_files(found.files, self._job.job_id)
        )
        return MessageAddress(channel_id=found.channel_id, message_id=found.message_id)

    # --- posting a new message ----------------------------------------------------------------------------------

    async def _post(self) -> None:
        """Post a new message, once, whatever dies in between.

        Its nonce is committed first. While Discord remembers that, the same message is sent again; later it is looked
        for. Where nothing can be read, a placeholder is posted and becomes the card: only that could stand there twice.
        """
        await self._payload()  # there has to be something to post
        channel_id = await self._lookup.open_new_channel(self._card.route)
        nonces = [nonce_of(self._job, self._card.route, is_placeholder=each) for each in (False, True)]
        sent_at = self._card.nonce_at if self._card.nonce in nonces else None
        now = self._context.clock.now()
        is_repeat = is_fresh(sent_at, now)
        if not is_repeat:
            is_readable = await self._lookup.is_readable(self._card.route, channel_id)
            if sent_at is not None and await self._is_posted(channel_id, sent_at, is_readable=is_readable):
                return
            self._card = replace(self._card, nonce=nonces[not is_readable], nonce_at=now)
            await self._save()
        if self._card.nonce == nonces[True]:
            await self._post_placeholder(channel_id, nonces[True])
        else:
            await self._send(
                lambda payload: self._context.card_client.send(channel_id, payload, nonce=nonces[False]), is_edit=False
            )
        if is_repeat or self._card.nonce == nonces[True]:
            # Discord may have answered with the first message, which shows what was true then.
            self._card = to_be_drawn(self._card)
            self._result_files = None
            await self._edit()

    async def _is_posted(self, channel_id: int, sent_at: datetime, *, is_readable: bool) -> bool:
        """Whether a new message stands there already; if so, it becomes the card."""
        if is_readable:
            since, until = sending_window(self._job, sent_at)
            found = await self._lookup.find(channel_id, since=since, until=until)
            if found is None:
                # A clock that was set meanwhile tells of the wrong hours.
                found = await self._lookup.find_latest(channel_id, since=snowflake_time(self._job.interaction_id))
            if found is not None:
                await self._adopt(found)
            return found is not None
        if self._card.nonce == nonce_of(self._job, self._card.route, is_placeholder=True):
            return False  # that was a placeholder
        log.error(
            "job_id=%s its result may stand in a channel that can no longer be read: /job has it", self._job.job_id
        )
        self._card = replace(self._card, route=DeliveryRoute.UNDELIVERED)
        return True

    async def _post_placeholder(self, channel_id: int, nonce: str) -> None:
        placeholder = CardPayload(card=render_placeholder(self._job), rendering=Rendering(status=None))
        self._note_message(await self._lookup.ask(self._context.card_client.send(channel_id, placeholder, nonce=nonce)))
        await self._save()

    async def _adopt(self, found: Posted) -> None:
        log.info("job_id=%s its card was posted by a process that died", self._job.job_id)
        self._note_message(found)
        self._card = replace(self._card, files=own_files(found.files, self._job.job_id))
        await self._edit()

    # --- sending ------------------------------------------------------------------------------------------------

    async def _send(self, send: Send, *, is_edit: bool) -> None:
        """Send until Discord takes it. Raises: RouteClosed, RetryLater."""
        while True:
            payload = await self._payload()
            if is_edit and payload.rendering == self._card.rendering:
                return
            try:
                posted = await self._call(send, payload)
            except Exception as error:  # noqa: BLE001 - judged: whatever it is, nothing is given up for good by it
                await self._handle_failure(classify(error), payload)
                continue
            self._note(posted, payload, is_edit=is_edit)
            return

    async def _call(self, send: Send, payload: CardPayload) -> Posted:
        if not payload.uploads:
            return await self._context.calls.make(send(payload))
        size = sum(upload.size_bytes for upload in payload.uploads)
        async with self._uploading(size):
            try:
                return await self._context.calls.make(send(payload), upload_bytes=size)
            except asyncio.CancelledError:
                # The whole edit's time is over.
                self._setbacks.lose_upload(payload, now=self._context.clock.monotonic())
                raise

    async def _handle_failure(self, failure: DeliveryFailure, payload: CardPayload) -> None:
        """Return where something less may pass. Raises: RouteClosed, RetryLater."""
        log.info("job_id=%s by %s: %s", self._job.job_id, self._card.route, failure.words)
        match failure.category:
            case FailureCategory.REFUSED:
                raise RouteClosed(failure.words)
            case FailureCategory.TOO_LARGE if payload.uploads:
                self._setbacks.upload_less(payload)
            case FailureCategory.MALFORMED if payload.kept and not self._has_read_files:
                # A file that was thought to hang there may not.
                self._has_read_files = True
                files = await self._read_files() or ()
                self._card = replace(to_be_drawn(self._card), files=tuple(files))
                self._result_files = None
            case FailureCategory.UNKNOWN if not self._setbacks.is_certain(failure):
                raise RetryLater(failure.words)
            case (
                FailureCategory.MALFORMED
                | FailureCategory.BLOCKED
                | FailureCategory.TOO_LARGE
                | FailureCategory.UNKNOWN
            ):
                await self._show_less(failure, payload)
            case FailureCategory.TOO_OFTEN:
                raise RetryLater(failure.words, seconds=TOO_OFTEN_SECONDS)
            case _:
                if failure.is_silent:
                    self._setbacks.lose_upload(payload, now=self._context.clock.monotonic())
                raise RetryLater(failure.words, seconds=failure.retry_after_seconds or 0.0)

    async def _show_less(self, failure: DeliveryFailure, payload: CardPayload) -> None:
        """Leave out what may have been refused. Raises: RouteClosed where nothing is left to leave out."""
        while self._setbacks.show_less():
            if (await self._payload()).rendering != payload.rendering:
                return
        raise RouteClosed(failure.words)

    async def _payload(self) -> CardPayload:
        limit = self._card.upload_limit_bytes
        if self._card.route is DeliveryRoute.DIRECT:
            limit = min(limit, SMALLEST_LIMIT_BYTES)
        if self._result_files is None:
            self._result_files = result_files = await collect_result_files(
                self._job,
                self._card,
                downloads=self._context.downloads,
                setbacks=self._setbacks,
                read_files=self._read_files,
                limit_bytes=limit,
            )
            if needs_new_message(self._job, self._card) and not result_files.is_worth_a_message:
                raise FilesPending(is_running=result_files.is_running, seconds=result_files.next_seconds)
        most = self._setbacks.most_bytes
        rules = PayloadRules(
            upload_limit_bytes=limit if most is None else min(limit, most),
            most_files=self._setbacks.most_files,
            is_slow=self._setbacks.is_slow,
            level=self._setbacks.level,
        )
        spec = self._context.catalog.get(self._job.model_id)
        return build_payload(self._job, self._result_files, rules, spec=spec, resubmitted_as=self._resubmitted_as)

    async def _read_files(self) -> Sequence[CardFile] | None:
        """Return the job's files that hang at its card now; None where the card cannot be read."""
        if needs_new_message(self._job, self._card):
            return None
        try:
            if self._card.route is DeliveryRoute.TOKEN:
                posted = await self._lookup.ask(self._context.card_client.read_original(self._card))
            else:
                posted = await self._lookup.ask(self._context.card_client.read(await self._require_address()))
        except RouteClosed:
            return None
        return own_files(posted.files, self._job.job_id)

    # --- remembering --------------------------------------------------------------------------------------------

    def _note(self, posted: Posted, payload: CardPayload, *, is_edit: bool) -> None:
        self._has_left_files = payload.is_partial
        files = own_files(posted.files, self._job.job_id)
        sent = {upload.filename for upload in payload.uploads}
        is_whole = sent <= {file.filename for file in files}
        if not is_whole:
            log.warning("job_id=%s Discord's answer does not name all of its files", self._job.job_id)
        drawn = replace(self._card, files=files, rendering=payload.rendering)
        self._card = drawn if is_whole else replace(to_be_drawn(self._card), files=())
        if not is_edit:
            self._note_message(posted)
        elif self._card.route is DeliveryRoute.TOKEN and self._card.original_message_id is None:
            self._card = replace(self._card, original_message_id=posted.message_id)

    def _note_message(self, posted: Posted) -> None:
        self._card = replace(self._card, posted_channel_id=posted.channel_id, posted_message_id=posted.message_id)

    async def _save(self) -> None:
        if not await self._context.outbox.save(self._job, self._card):
            raise LeaseLost

    async def _acknowledge(self) -> None:
        kept = await self._context.outbox.acknowledge(self._job, self._card)
        if not kept or self._job.status is not JobStatus.SUCCEEDED:
            return
        if self._card.route is DeliveryRoute.UNDELIVERED:
            # What could not be delivered stays on the disk, for the operator to hand over.
            await self._context.downloads.forget(self._job.job_id)
        else:
            await self._context.downloads.discard(self._job.job_id)
