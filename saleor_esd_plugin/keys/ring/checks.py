"""Is this the key ring that our rows were written with? One KeyCheck for each key of a ring says so."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Dict, List, Tuple

from django.db import connection

from ...host.db import now
from ..models import KeyCheck, LicenseKey

if TYPE_CHECKING:
    from .keyring import KeyRing

ENC, INDEX = "ENC", "INDEX"
# Where the kid stands in a ciphertext: two bytes after the two of the head.
_ENCRYPTED_UNDER = "SELECT EXISTS (SELECT FROM esd_licensekey WHERE substr(ciphertext, 3, 2) = %s)"


def disagreements(ring: KeyRing, *, writes: bool) -> List[str]:
    """Why the active keys of the ring may not be used: sentences for operators, empty if they may.

    With `writes`, an active key that was never used gets its row, so that whoever comes later is
    compared with it; without, a key that has none passes.
    """
    active = [(ENC, ring.enc_active), (INDEX, ring.index_active)]
    rows = _rows()
    missing = [each for each in active if each not in rows]
    if missing and writes:
        moment = now()
        fresh = [
            KeyCheck(
                purpose=purpose,
                kid=kid,
                check_value=ring.check_value(purpose, kid),
                created_at=moment,
            )
            for purpose, kid in missing
            if not is_used(purpose, kid)
        ]
        KeyCheck.objects.bulk_create(fresh, ignore_conflicts=True)
        # Another process may have been quicker, with another key.
        rows = _rows()
    reasons = [wrong_key(*each) for each in active if each in rows and not equals(ring, rows[each])]
    if writes:
        reasons += [lost_check(*each) for each in active if each not in rows]
    return reasons


def is_known(purpose: str, kid: int) -> bool:
    """Was anything ever written under the key of this number?"""
    return KeyCheck.objects.filter(purpose=purpose, kid=kid).exists()


def fits(ring: KeyRing, purpose: str, kid: int) -> bool:
    """True unless the key of this number is another one than the rows were written with."""
    row = KeyCheck.objects.filter(purpose=purpose, kid=kid).first()
    return row is None or equals(ring, row)


def _rows() -> Dict[Tuple[str, int], KeyCheck]:
    return {(row.purpose, row.kid): row for row in KeyCheck.objects.all()}


def equals(ring: KeyRing, row: KeyCheck) -> bool:
    """Is the ring's key of this number, which it must have, the one that the check was made with?"""
    return hmac.compare_digest(ring.check_value(row.purpose, row.kid), bytes(row.check_value))


def missing(purpose: str, kid: int) -> str:
    return f"Key {kid} is missing from ESD_{purpose}_KEYS."


def wrong_key(purpose: str, kid: int) -> str:
    return (
        f"Key {kid} of ESD_{purpose}_KEYS is not the one that the license keys were written with."
    )


def lost_check(purpose: str, kid: int) -> str:
    return (
        f"License keys were written under key {kid} of ESD_{purpose}_KEYS, but its check is lost."
    )


def kids_once_used(purpose: str) -> List[int]:
    """The numbers that something was written under at some time, in order; it may have been rewrapped since."""
    rows = KeyCheck.objects.filter(purpose=purpose).order_by("kid")
    return list(rows.values_list("kid", flat=True))


def is_used(purpose: str, kid: int) -> bool:
    """Whether license keys are written under this number; reads their whole table when the answer is no."""
    if purpose == INDEX:
        return LicenseKey.objects.filter(index_kid=kid).exists()
    with connection.cursor() as cursor:
        cursor.execute(_ENCRYPTED_UNDER, [kid.to_bytes(2, "big")])
        return cursor.fetchone()[0]
