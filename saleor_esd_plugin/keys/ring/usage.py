"""Which keys of the ring the stock still needs: what may be removed, what is missing, what is wrong."""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional
from uuid import UUID

from django.db import connection

from ..models import KeyCheck
from . import checks
from .keyring import KeyRing
from .rotation_chunks import waiting_by_kid

_NAMED = 10


class KidUse(NamedTuple):
    """One number of ESD_ENC_KEYS or ESD_INDEX_KEYS (`purpose` ENC or INDEX).

    `rows` are the license keys written under it, `waiting` the chunks of imports that wait under it. `fits` says whether the ring's key is the one that they
    were written with, and is None if that cannot be said: no key in the ring, or no KeyCheck.
    """

    purpose: str
    kid: int
    rows: int
    waiting: int
    is_in_ring: bool
    is_active: bool
    fits: Optional[bool]

    @property
    def is_needed(self) -> bool:
        return self.rows > 0 or self.waiting > 0

    @property
    def is_missing(self) -> bool:
        return self.is_needed and not self.is_in_ring

    @property
    def may_be_removed(self) -> bool:
        return self.is_in_ring and not self.is_active and not self.is_needed

    def __str__(self) -> str:
        """A line for operators."""
        said = [f"{self.rows:,} license keys"]
        if self.waiting:
            said.append(f"{self.waiting:,} chunks of imports")
        if self.is_active:
            said.append("active")
        if self.fits is not None:
            said.append("the right key" if self.fits else "NOT the right key")
        elif self.is_in_ring:
            said.append("check is lost" if self.is_needed else "never used")
        if not self.is_in_ring:
            said.append("MISSING from the ring" if self.is_needed else "removed")
        if self.may_be_removed:
            said.append("may be removed")
        return f"ESD_{self.purpose}_KEYS {self.kid}: " + ", ".join(said)


def ring_use(ring: Optional[KeyRing]) -> List[KidUse]:
    """Every number that is in the ring, in use, or was used once; reads the whole table of keys twice.

    Without a ring (locked) each is as if it were missing.
    """
    stored = {(row.purpose, row.kid): row for row in KeyCheck.objects.all()}
    found = []
    for purpose in (checks.ENC, checks.INDEX):
        rows = rows_by_kid(purpose)
        waiting = waiting_by_kid() if purpose == checks.ENC else {}
        kids = ring.kids(purpose) if ring else ()
        known = {kid for each, kid in stored if each == purpose}
        for kid in sorted({*rows, *waiting, *kids, *known}):
            check = stored.get((purpose, kid))
            found.append(
                KidUse(
                    purpose=purpose,
                    kid=kid,
                    rows=rows.get(kid, 0),
                    waiting=waiting.get(kid, 0),
                    is_in_ring=kid in kids,
                    is_active=ring is not None and kid == ring.active(purpose),
                    fits=checks.equals(ring, check) if ring and check and kid in kids else None,
                )
            )
    return found


def problems_of(found: List[KidUse]) -> Iterator[str]:
    """A sentence for each number that is missing or wrong, naming the rows that need a missing one."""
    for each in found:
        if each.is_missing:
            yield f"{checks.missing(each.purpose, each.kid)} Needed by {_who_needs(each)}."
        elif each.fits is False:
            yield checks.wrong_key(each.purpose, each.kid)
        elif each.fits is None and each.is_needed:
            yield checks.lost_check(each.purpose, each.kid)


def _who_needs(use: KidUse) -> str:
    named = [str(id) for id in ids_under(use.purpose, use.kid, _NAMED)]
    if use.rows > _NAMED:
        named.append(f"{use.rows - _NAMED:,} more")
    if use.waiting:
        named.append(f"{use.waiting:,} chunks of imports that wait")
    return ", ".join(named)


def rows_by_kid(purpose: str) -> Dict[int, int]:
    """How many license keys were written under each number; bytes that are no ciphertext have none."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {KID[purpose]}, count(*) FROM esd_licensekey WHERE {_HAS_KID[purpose]} GROUP BY 1"
        )
        return dict(cursor.fetchall())


def ids_under(purpose: str, kid: int, at_most: int) -> List[UUID]:
    """The ids of some license keys that were written under this number."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM esd_licensekey WHERE {_HAS_KID[purpose]} AND {KID[purpose]} = %s LIMIT %s",
            [kid, at_most],
        )
        return [row[0] for row in cursor.fetchall()]


# vault.py fixes the layout: a head of two bytes, the number in two, and at least 28 more.
KID = {
    checks.ENC: (
        "CASE WHEN length(ciphertext) >= 32"
        " THEN get_byte(ciphertext, 2) * 256 + get_byte(ciphertext, 3) END"
    ),
    checks.INDEX: "index_kid",
}
_HAS_KID = {
    checks.ENC: r"length(ciphertext) >= 32 AND substr(ciphertext, 1, 2) = '\xe501'",
    checks.INDEX: "TRUE",
}
