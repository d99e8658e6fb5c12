"""What is learned of a card from tries that failed: how much of it Discord takes, and what it does not."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from cogs.delivery.card_payload import OVERHEAD_BYTES, CardLevel, CardPayload
from cogs.delivery.failures import DeliveryFailure
from cogs.ui.text import ATTACHMENTS_MAX

# What a bot may upload in direct messages, and anywhere else at the least.
SMALLEST_LIMIT_BYTES = 10 * 1024 * 1024

# How often a no that nobody knows is heard before it is taken for one. One without a code of Discord's own comes from
# something in between (a firewall, a proxy), which somebody may fix.
_MOST_UNKNOWN = 3
_MOST_UNKNOWN_WITHOUT_CODE = 30
# An upload that got no answer so often, over so long, is more than the line or Discord takes.
_MOST_LOST_UPLOADS = 3
_LOST_UPLOADS_SECONDS = 60.0

_REMEMBERED = 10_000


@dataclass(slots=True)
class Setbacks:
    """Of one card. Lost with the process, and then learned again: it only makes tries fewer."""

    failures: int = 0  # tries in a row that ended without a card
    level: CardLevel = CardLevel.FULL
    most_bytes: int | None = None  # for the files of one request; 0: links only
    most_files: int = ATTACHMENTS_MAX  # in one request
    unknown: int = 0
    lost_uploads: int = 0
    lost_since: float = 0.0
    is_slow: bool = False  # fewer files are uploaded, because more were lost on the way
    is_last_chance: bool = False
    has_read_card: bool = False  # to find files that a process uploaded before it died

    def is_certain(self, failure: DeliveryFailure) -> bool:
        """Count a no that nobody knows; whether it was heard often enough to be one."""
        self.unknown += 1
        return self.unknown > (_MOST_UNKNOWN if failure.has_code else _MOST_UNKNOWN_WITHOUT_CODE)

    def show_less(self) -> bool:
        """Show less of the card from now on; False where there is no less."""
        if self.level is CardLevel.BARE:
            return False
        self.level = CardLevel(self.level + 1)
        return True

    def begin_elsewhere(self) -> None:
        """Begin again with a new message: another place may take more, but hardly the words."""
        self.level = min(self.level, CardLevel.WORDLESS)
        self.unknown = 0

    def upload_less(self, payload: CardPayload) -> None:
        """Note that a request was larger than the place takes: what every place does, then half of the files at once.

        A file that is refused alone is too large for good, and so is any that is larger. The limit may be another's, of
        a proxy on the way say, and lower than any of Discord's.
        """
        size = _size(payload)
        if size > SMALLEST_LIMIT_BYTES and self.most_bytes is None:
            self.most_bytes = SMALLEST_LIMIT_BYTES
        elif len(payload.uploads) > 1:
            self.most_files = len(payload.uploads) // 2
        else:
            self.most_bytes = size - 1 + OVERHEAD_BYTES

    def lose_upload(self, payload: CardPayload, *, now: float) -> None:
        """Note an upload without an answer (by the monotonic clock); after some, upload less: half, then nothing.

        Where a card without files gets none either, it was not the files.
        """
        if not payload.uploads:
            if self.is_slow:
                self.most_bytes, self.is_slow, self.lost_uploads = None, False, 0
            return
        self.lost_since = self.lost_since if self.lost_uploads else now
        self.lost_uploads += 1
        if self.lost_uploads >= _MOST_LOST_UPLOADS and now - self.lost_since >= _LOST_UPLOADS_SECONDS:
            is_all = len(payload.uploads) == 1 or self.is_last_chance
            self.is_slow = True
            self.most_bytes = 0 if is_all else _size(payload) // 2 + OVERHEAD_BYTES

    def take_last_chance(self) -> bool:
        """Whether to try once more, now that something passed, what was left out because uploads were lost."""
        if not self.is_slow or self.is_last_chance:
            return False
        self.is_last_chance, self.most_bytes = True, None
        return True

    def succeed(self) -> None:
        """Note that a card was shown; what was learned of what it may hold stays."""
        self.failures = self.unknown = 0


def _size(payload: CardPayload) -> int:
    return sum(upload.size_bytes for upload in payload.uploads)


class SetbacksByJob:
    """The setbacks of the cards that had some last."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Setbacks] = OrderedDict()

    def of(self, job_id: str) -> Setbacks:
        """Return what is known of the job's card, to be changed in place."""
        known = self._known.setdefault(job_id, Setbacks())
        self._known.move_to_end(job_id)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return known
