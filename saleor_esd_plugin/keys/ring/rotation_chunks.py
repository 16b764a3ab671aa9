"""Rows of imports that wait to be loaded are sealed under the ring too: a rotation takes them along.

Their digests stay: a chunk that was indexed under another key is indexed anew when it is loaded.
"""

from __future__ import annotations

from typing import Callable, Dict, Optional
from uuid import UUID

from django.db import connection

from ..errors import KeyringLocked, KeyUnavailable
from ..models import KeyImportChunk
from . import checks
from .keyring import verified_keyring
from .vault import seal, unseal


def waiting_by_kid() -> Dict[int, int]:
    """How many waiting chunks were sealed under each number of ESD_ENC_KEYS."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_KID}, count(*) FROM esd_keyimportchunk WHERE {_WAITS} GROUP BY 1")
        return dict(cursor.fetchall())


def rewrap_waiting(
    from_kid: Optional[int], refused: Dict[UUID, str], is_stopped: Callable[[], bool]
) -> int:
    """Seal every waiting chunk anew under the active key; how many. Why one cannot be goes into `refused`.

    A chunk that was loaded or sealed anew meanwhile is left as it is. Raises KeyringLocked.
    """
    done = 0
    ring = verified_keyring()
    kids = [from_kid] if from_kid else [kid for kid in ring.enc_kids if kid != ring.enc_active]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {_KID} FROM esd_keyimportchunk WHERE {_WAITS} AND {_KID} = ANY (%s) ORDER BY id",
            [kids],
        )
        found = cursor.fetchall()
    for chunk_id, kid in found:
        if is_stopped():
            break
        chunk = KeyImportChunk.objects.filter(pk=chunk_id).exclude(ciphertext=None).first()
        if chunk is None or chunk_id in refused:
            continue
        try:
            done += _reseal(chunk)
        except KeyUnavailable as error:
            if not checks.fits(ring, checks.ENC, kid):
                raise KeyringLocked([checks.wrong_key(checks.ENC, kid)]) from None
            refused[chunk_id] = error.message
    return done


def _reseal(chunk: KeyImportChunk) -> int:
    ring, stored = verified_keyring(), bytes(chunk.ciphertext)
    secret = unseal(ring, stored, scope=chunk.key_import_id, row_id=chunk.pk)
    fresh = seal(ring, secret, scope=chunk.key_import_id, row_id=chunk.pk)
    return KeyImportChunk.objects.filter(pk=chunk.pk, ciphertext=stored).update(ciphertext=fresh)


_WAITS = "ciphertext IS NOT NULL"
_KID = (
    "CASE WHEN length(ciphertext) >= 32"
    " THEN get_byte(ciphertext, 2) * 256 + get_byte(ciphertext, 3) END"
)
