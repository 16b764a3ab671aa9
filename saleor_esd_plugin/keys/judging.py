"""The verdict on each row of an import, first by itself, then against what is in stock."""

from __future__ import annotations

from datetime import date
from typing import Dict, Iterable, List, Optional, Set
from uuid import UUID

from django.db import connection

from .blind_index import Digest, all_digests, digest_under
from .errors import KeyFormatError
from .formats import Format
from .keyring import KeyRing
from .reading import KeyRow
from .secret import SecretKey
from .verdicts import ImportVerdict


class Candidate:
    """A row on its way into stock. Without `digest` it is no key, and the rest is unused.

    `digests` are all under which the same key may be in stock: of both modes, under every index key of
    the ring. `digest` is the one it will be stored with, as row `key_id`.
    """

    key_id: UUID
    secret: SecretKey

    __slots__ = ("digest", "digests", "key_id", "row", "secret", "suffix", "use_by", "verdict")

    def __init__(self, row: int, verdict: ImportVerdict):
        self.row = row
        self.verdict = verdict
        self.digest = b""
        self.digests: List[Digest] = []
        self.suffix = ""
        self.use_by: Optional[date] = None


def judge(rows: Iterable[KeyRow], format: Format, ring: KeyRing) -> List[Candidate]:
    """Each row by itself and against those before it; asks no database."""
    seen: Set[bytes] = set()
    return [_judge(row, format, ring, seen) for row in rows]


def _judge(row: KeyRow, format: Format, ring: KeyRing, seen: Set[bytes]) -> Candidate:
    if row.refused:
        return Candidate(row.number, row.refused)
    try:
        canonical = format.canonicalize(row.key.reveal())
    except KeyFormatError as error:
        return Candidate(row.number, error.verdict)
    each = Candidate(row.number, ImportVerdict.OK)
    each.digest = digest_under(ring, ring.index_active, canonical, format.mode)
    each.digests = all_digests(ring, row.key.reveal())
    each.suffix = format.suffix_of(canonical)
    each.secret = SecretKey(format.display(row.key.reveal()))
    each.use_by = row.use_by
    if each.digest in seen:
        each.verdict = ImportVerdict.DUPLICATE_IN_FILE
    seen.add(each.digest)
    return each


def judge_existing(candidates: Iterable[Candidate], pool_id: UUID) -> None:
    """Change the verdict of those OK that are in stock: in this pool, or in another one."""
    fresh = [each for each in candidates if each.verdict is ImportVerdict.OK]
    digests = [digest for each in fresh for digest in each.digests]
    with connection.cursor() as cursor:
        cursor.execute(
            _IN_STOCK, [[kid for kid, _ in digests], [digest.hex() for _, digest in digests]]
        )
        pools: Dict[Digest, UUID] = {
            (kid, bytes(digest)): pool for kid, digest, pool in cursor.fetchall()
        }
    for each in fresh:
        found = {pools[digest] for digest in each.digests if digest in pools}
        if found:
            each.verdict = (
                ImportVerdict.ALREADY_PRESENT
                if pool_id in found
                else ImportVerdict.EXISTS_ELSEWHERE
            )


_IN_STOCK = """
SELECT key.index_kid, key.blind_index, key.pool_id
FROM unnest(%s::int[], %s::text[]) AS wanted (kid, digest)
JOIN esd_licensekey key
    ON key.index_kid = wanted.kid AND key.blind_index = decode(wanted.digest, 'hex')
"""
