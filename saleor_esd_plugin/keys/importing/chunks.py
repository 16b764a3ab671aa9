"""A chunk of an import while it waits: its rows as one sealed text, their digests beside it.

Each row is a line of row number, verdict, number of its pool, day, cost, suffix and key, with tabs between
them; no part of a key is a tab or a line end. The first line says under which index keys the digests are.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import cycle
from typing import Dict, List, Mapping, Optional, Sequence
from uuid import UUID

from ..formats import Format
from ..models import KeyImportChunk
from ..ring.blind_index import Digest
from ..ring.keyring import KeyRing
from ..ring.vault import seal, unseal
from ..secret import SecretKey
from ..verdicts import ImportVerdict
from .judging import Candidate, Target, digests_of, most_digests

_DIGEST = 32
# Of the digests: those of chunks that were closed in another one are made anew.
_LAYOUT = "v2"
_NONE = bytes(_DIGEST)
_VERDICTS = {verdict.value: verdict for verdict in ImportVerdict}


def close_chunk(
    chunk: KeyImportChunk,
    candidates: Sequence[Candidate],
    pool_numbers: Mapping[UUID, int],
    ring: KeyRing,
    modes: Sequence[str],
) -> None:
    """Put the candidates, whose digests are of `modes`, into the chunk, which is not saved."""
    text = "\n".join(
        [_index_keys(ring, modes), *(_line(each, pool_numbers) for each in candidates)]
    )
    chunk.ciphertext = seal(ring, SecretKey(text), scope=chunk.key_import_id, row_id=chunk.pk)
    del text
    most = most_digests(ring, modes)
    digests: List[bytes] = []
    for each in candidates:
        if each.digest:
            digests += [digest for _, digest in each.digests]
            digests += [_NONE] * (most - len(each.digests))
    chunk.digests = b"".join(digests)


def open_chunk(
    chunk: KeyImportChunk, targets: Sequence[Target], ring: KeyRing, modes: Sequence[str]
) -> List[Candidate]:
    """The candidates that `close_chunk` was given; those that stand further up are told so.

    `targets` are in the order of their numbers. If the index keys or the modes changed meanwhile, the
    digests are those of now. Raises KeyUnavailable.
    """
    secret = unseal(ring, bytes(chunk.ciphertext), scope=chunk.key_import_id, row_id=chunk.pk)
    digests = bytes(chunk.digests)
    kids = _kids(ring)
    # Per key: under each index key in its own mode, then in the others.
    size = most_digests(ring, modes) * _DIGEST
    is_current, start = True, 0
    candidates: List[Candidate] = []
    formats: Dict[Optional[UUID], Format] = dict(targets)
    days: Dict[str, date] = {}
    for number, line in enumerate(secret.reveal().split("\n")):
        if not number:
            is_current = line == _index_keys(ring, modes)
            continue
        each = _candidate(line.split("\t"), targets, days)
        candidates.append(each)
        if not hasattr(each, "secret"):
            continue
        if is_current:
            each.digests = _digests(digests[start : start + size], kids)
            start += size
        else:
            format = formats[each.pool_id]
            canonical = format.canonicalize(each.secret.reveal())
            each.digests = digests_of(ring, each.secret, each.secret, canonical, format.mode, modes)
        each.digest = each.digests[0][1]
    del line
    for place in chunk.duplicates:
        candidates[place].verdict = ImportVerdict.DUPLICATE_IN_FILE
    return candidates


def _kids(ring: KeyRing) -> List[int]:
    """The index keys in the order in which `digests_of` uses them."""
    return [ring.index_active, *(kid for kid in ring.index_kids if kid != ring.index_active)]


def _index_keys(ring: KeyRing, modes: Sequence[str]) -> str:
    return " ".join([_LAYOUT, *map(str, _kids(ring)), *modes])


def _line(each: Candidate, pool_numbers: Mapping[UUID, int]) -> str:
    pool = "" if each.pool_id is None else pool_numbers[each.pool_id]
    if not each.digest:
        return f"{each.row}\t{each.verdict.value}\t{pool}"
    cost = "" if each.cost is None else each.cost
    return (
        f"{each.row}\t{each.verdict.value}\t{pool}\t{each.use_by or ''}\t{cost}\t"
        f"{each.suffix}\t{each.secret.reveal()}"
    )


def _candidate(cells: List[str], targets: Sequence[Target], days: Dict[str, date]) -> Candidate:
    pool_id = targets[int(cells[2])].pool_id if cells[2] else None
    each = Candidate(int(cells[0]), _VERDICTS[cells[1]], pool_id)
    if len(cells) > 3:
        if cells[3]:
            each.use_by = days.get(cells[3]) or days.setdefault(
                cells[3], date.fromisoformat(cells[3])
            )
        each.cost = Decimal(cells[4]) if cells[4] else None
        each.suffix = cells[5]
        each.secret = SecretKey(cells[6])
    return each


def _digests(block: bytes, kids: Sequence[int]) -> List[Digest]:
    if len(block) == _DIGEST:
        return [(kids[0], block)]
    parts = [block[start : start + _DIGEST] for start in range(0, len(block), _DIGEST)]
    return [(kid, digest) for kid, digest in zip(cycle(kids), parts) if digest != _NONE]
