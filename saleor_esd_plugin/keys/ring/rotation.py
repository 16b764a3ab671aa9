"""Rotation: what is in stock moves to the active key of the ring, while the shop sells, imports and reveals.

Rows are read without a lock, opened and encrypted here, and swapped only if they are still as they were
read. So a run can die anywhere, or run twice at once: each row is under one number or the other, and whole.
"""

from __future__ import annotations

import time
from typing import Callable, Dict, List, Optional, Sequence, Union
from uuid import UUID

from django.db import IntegrityError, transaction

from ...errors import Invalid
from ...events.record import record
from ...events.types import EventType
from ...host.types import SYSTEM
from ...ids import uuid7
from ..errors import KeyUnavailable
from ..models import LicenseKey
from .checks import ENC
from .keyring import KeyRing, verified_keyring
from .rotation_chunks import rewrap_waiting, waiting_by_kid
from .rotation_halves import Change, Encryption, Index
from .usage import KID, rows_by_kid

# Who holds a row, holds it for moments; what a worker still writes under the old number is met again.
_MOST_PASSES, _PAUSE = 20, 0.5
_FIRST = UUID(int=0)


class Rewrap:
    """One run. `done` counts the keys rewritten, `chunks` the waiting chunks of imports; `refused` says of
    each row that cannot be rewritten why.

    `half` is Encryption() or Index(), `from_kid` limits it to rows under that number of the same half.
    Raises KeyringLocked, and Invalid if `from_kid` is the active number or not in the ring.
    """

    def __init__(
        self, half: Union[Encryption, Index], *, from_kid: Optional[int] = None, batch: int = 500
    ) -> None:
        ring = verified_keyring()
        self.half, self.batch = half, batch
        self.kid = ring.active(half.purpose)
        self.from_kid = from_kid
        self.done = self.chunks = 0
        self.refused: Dict[UUID, str] = {}
        setting = f"ESD_{half.purpose}_KEYS"
        if from_kid == self.kid:
            raise Invalid(f"Key {from_kid} is the active one of {setting}.", field="from")
        if from_kid is not None and from_kid not in ring.kids(half.purpose):
            raise Invalid(f"Key {from_kid} is not in {setting}.", field="from")

    def left(self) -> Dict[int, int]:
        """How many keys are still under each other number, also one that the ring lacks."""
        return self._of_others(rows_by_kid(self.half.purpose))

    def chunks_left(self) -> Dict[int, int]:
        """The same of the waiting chunks of imports, which have no index to be rewritten."""
        return self._of_others(waiting_by_kid()) if self.half.purpose == ENC else {}

    def _of_others(self, counts: Dict[int, int]) -> Dict[int, int]:
        return {
            kid: count
            for kid, count in sorted(counts.items())
            if kid != self.kid and self.from_kid in (None, kid)
        }

    def run(self, progress: Callable[[], None], is_stopped: Callable[[], bool]) -> None:
        """Rewrite every row that can be, calling `progress` after each batch; stops between two.

        Raises KeyringLocked as soon as the ring is not the right one any more, Invalid if another key
        became the active one. A run that rewrote anything leaves one event, unless it was killed.
        """
        try:
            for _ in range(_MOST_PASSES):
                before = self.done
                if self.half.purpose == ENC:
                    self.chunks += rewrap_waiting(self.from_kid, self.refused, is_stopped)
                if not self._pass(progress, is_stopped) or is_stopped():
                    break
                if self.done == before:
                    time.sleep(_PAUSE)
        finally:
            if self.done or self.chunks:
                self._record()

    def _pass(self, progress: Callable[[], None], is_stopped: Callable[[], bool]) -> bool:
        """Through the whole table once; was there any row to rewrite?"""
        first, met = _FIRST, False
        while not is_stopped():
            ring = verified_keyring()
            if ring.active(self.half.purpose) != self.kid:
                raise Invalid("Another key became the active one meanwhile; run it again.")
            last = _end_of_batch(first, self.batch)
            if last is None:
                break
            rows = self._rows(ring, first, last)
            first = last
            fresh = [key for key in rows if key.pk not in self.refused]
            met = met or bool(fresh)
            self._rewrap(fresh, ring)
            progress()
        return met

    def _rows(self, ring: KeyRing, first: UUID, last: UUID) -> List[LicenseKey]:
        kids = [self.from_kid] if self.from_kid else list(ring.kids(self.half.purpose))
        kids = [kid for kid in kids if kid != self.kid]
        found = self.half.rows().extra(
            where=[f"{KID[self.half.purpose]} = ANY (%s)"], params=[kids]
        )
        return list(found.filter(pk__gt=first, pk__lte=last).order_by("pk"))

    def _rewrap(self, rows: Sequence[LicenseKey], ring: KeyRing) -> None:
        changes: List[Change] = []
        for key in rows:
            try:
                changes.append((key, self.half.renewed(key, ring)))
            except KeyUnavailable as error:
                self.refused[key.pk] = error.message
        if changes:
            self._write(changes, ring)

    def _write(self, changes: Sequence[Change], ring: KeyRing) -> None:
        try:
            self.done += len(self.half.write(changes, ring))
        except IntegrityError:
            # One of them is in stock twice: each by itself, and that one is named.
            for change in changes if len(changes) > 1 else ():
                self._write([change], ring)
            if len(changes) == 1:
                self.refused[changes[0][0].pk] = "The same key is in stock under the active key."

    @transaction.atomic
    def _record(self) -> None:
        record(
            EventType.KEY_RING_ROTATED,
            uuid7(),
            actor=SYSTEM,
            ring=self.half.purpose,
            kid=self.kid,
            rewritten=self.done,
            chunks=self.chunks,
            refused=len(self.refused),
        )


def _end_of_batch(first: UUID, size: int) -> Optional[UUID]:
    """The last of the next `size` ids after `first`, None at the end.

    Asked for by itself: told to look for the next rows under an old key, PostgreSQL would rather read the
    whole table each time.
    """
    ids = LicenseKey.objects.filter(pk__gt=first).order_by("pk").values_list("pk", flat=True)
    return max(ids[:size], default=None)
