"""The verdict on each row of an import, first by itself, then against what is in stock."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Union
from uuid import UUID

from django.db import connection

from ..errors import KeyFormatError
from ..formats import BOTH_MODES, Format, canonical_form
from ..ring.blind_index import Digest, digest_under
from ..ring.keyring import KeyRing
from ..secret import SecretKey
from ..verdicts import ImportVerdict
from .damage import is_damaged
from .reading import KeyRow

# So many rows are looked up in the stock by one statement.
LOOKED_UP = 25_000


class Target(NamedTuple):
    """The pool that a row's key belongs to."""

    pool_id: UUID
    format: Format


# Where a row belongs, or why nowhere.
Route = Callable[[KeyRow], Union[Target, ImportVerdict]]


class Candidate:
    """A row on its way into stock. Without `digest` it is no key, and the rest is unused.

    `digests` are all under which the same key may be in stock: of each mode and spelling, under every index
    key of the ring. `digest` is the one it will be stored with, as row `key_id`. `pool_id` is None if the row
    belongs nowhere.
    """

    key_id: UUID
    secret: SecretKey

    __slots__ = (
        "cost",
        "digest",
        "digests",
        "key_id",
        "pool_id",
        "row",
        "secret",
        "suffix",
        "use_by",
        "verdict",
    )

    def __init__(self, row: int, verdict: ImportVerdict, pool_id: Optional[UUID] = None):
        self.row = row
        self.verdict = verdict
        self.pool_id = pool_id
        self.digest = b""
        self.digests: List[Digest] = []
        self.suffix = ""
        self.use_by: Optional[date] = None
        self.cost: Optional[Decimal] = None


def judge(rows: Iterable[KeyRow], route: Route, ring: KeyRing) -> List[Candidate]:
    """Each row by itself and against those before it; asks no database."""
    seen: Set[bytes] = set()
    candidates = [judge_routed(row, route, ring) for row in rows]
    for each in candidates:
        if each.digest:
            if each.digest in seen:
                each.verdict = ImportVerdict.DUPLICATE_IN_FILE
            seen.add(each.digest)
    return candidates


def judge_routed(
    row: KeyRow, route: Route, ring: KeyRing, modes: Sequence[str] = BOTH_MODES
) -> Candidate:
    """A row by itself, for the pool that it names."""
    target = route(row)
    if isinstance(target, ImportVerdict):
        return Candidate(row.number, row.refused or target)
    each = judge_alone(row, target.format, ring, modes)
    each.pool_id = target.pool_id
    return each


def judge_alone(
    row: KeyRow, format: Format, ring: KeyRing, modes: Sequence[str] = BOTH_MODES
) -> Candidate:
    """A row by itself: is it a key of this format?"""
    if row.refused:
        return Candidate(row.number, row.refused)
    try:
        canonical = format.canonicalize(row.key.reveal())
    except KeyFormatError as error:
        damaged = error.verdict is not ImportVerdict.EMPTY and is_damaged(row.key.reveal())
        return Candidate(row.number, ImportVerdict.SPREADSHEET_DAMAGE if damaged else error.verdict)
    # In a fixed pattern nothing of the kind has got this far.
    if not format.groups and is_damaged(row.key.reveal()):
        return Candidate(row.number, ImportVerdict.SPREADSHEET_DAMAGE)
    each = Candidate(row.number, ImportVerdict.OK)
    each.secret = SecretKey(format.shown(row.key.reveal(), canonical))
    each.digests = digests_of(ring, row.key, each.secret, canonical, format.mode, modes)
    each.digest = each.digests[0][1]
    each.suffix = format.suffix_of(canonical)
    each.use_by, each.cost = row.use_by, row.cost
    return each


def digests_of(
    ring: KeyRing,
    written: SecretKey,
    shown: SecretKey,
    canonical: str,
    mode: str,
    modes: Sequence[str],
) -> List[Digest]:
    """All digests that the key may be in stock with, in pools of its own mode and of `modes`.

    The first is the one that it is stored with. Pools of another mode may have it as it is `written` here, or
    as its format shows it: at most `most_digests` in all.
    """
    active = ring.index_active
    found = [(active, digest_under(ring, active, canonical, mode))]
    others = [kid for kid in ring.index_kids if kid != active]
    found += [(kid, digest_under(ring, kid, canonical, mode)) for kid in others]
    for other in modes:
        if other != mode:
            for canonical in _canonical_forms(written, shown, other):
                found += [
                    (kid, digest_under(ring, kid, canonical, other)) for kid in (active, *others)
                ]
    return found


def most_digests(ring: KeyRing, modes: Sequence[str]) -> int:
    """How many digests a key has at most."""
    return max(1, 2 * len(modes) - 1) * len(ring.index_kids)


def _canonical_forms(written: SecretKey, shown: SecretKey, mode: str) -> List[str]:
    """Of both spellings in this mode, each once; most are the same."""
    texts = [written.reveal()]
    if shown.reveal() != texts[0]:
        texts.append(shown.reveal())
    forms: List[str] = []
    for text in texts:
        try:
            form = canonical_form(text, mode)
        except KeyFormatError:
            continue
        if form not in forms:
            forms.append(form)
    return forms


def judge_existing(candidates: Iterable[Candidate]) -> None:
    """Change the verdict of those OK that are in stock: in their pool, or in another one."""
    fresh = [each for each in candidates if each.verdict is ImportVerdict.OK]
    for start in range(0, len(fresh), LOOKED_UP):
        _look_up(fresh[start : start + LOOKED_UP])


def _look_up(fresh: Sequence[Candidate]) -> None:
    digests = [digest for each in fresh for digest in each.digests]
    # In the order of the index, which then is read from one end to the other.
    digests.sort()
    with connection.cursor() as cursor:
        cursor.execute(
            _IN_STOCK, [[kid for kid, _ in digests], [digest.hex() for _, digest in digests]]
        )
        pools: Dict[Digest, UUID] = {
            (kid, bytes(digest)): pool for kid, digest, pool in cursor.fetchall()
        }
    if not pools:
        return
    for each in fresh:
        found = {pools[digest] for digest in each.digests if digest in pools}
        if found:
            each.verdict = (
                ImportVerdict.ALREADY_PRESENT
                if each.pool_id in found
                else ImportVerdict.EXISTS_ELSEWHERE
            )


def hold_back(candidates: Sequence[Candidate], places: Iterable[int]) -> None:
    """Change the verdict of those at these places that are OK: they are unlike the others."""
    for place in places:
        if candidates[place].verdict is ImportVerdict.OK:
            candidates[place].verdict = ImportVerdict.UNLIKE_THE_OTHERS


_IN_STOCK = """
SELECT key.index_kid, key.blind_index, key.pool_id
FROM unnest(%s::int[], %s::text[]) AS wanted (kid, digest)
JOIN esd_licensekey key
    ON key.index_kid = wanted.kid AND key.blind_index = decode(wanted.digest, 'hex')
"""
