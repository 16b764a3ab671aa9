"""Some keys of those in stock, opened in memory.

Does what is in the database still open? A sample answers, for backups, restores and new key rings. What do the
keys of a pool look like? That is asked when others are imported.
"""

from __future__ import annotations

import hmac
from itertools import chain
from typing import Iterator, List, Set
from uuid import UUID

from ...errors import EsdError
from ..models import LicenseKey
from ..secret import SecretKeys
from . import checks
from .blind_index import stored_digest
from .keyring import KeyRing, load_keyring
from .usage import ids_under, rows_by_kid
from .vault import decrypt, open_all

_OF_EACH_KID = 10
_READ_AT_ONCE = 500


def unreadable_keys(count: int) -> Iterator[str]:
    """Open `count` random keys and some of each number of the ring that is in use; none is shown.

    A sentence for each that does not open or that its own text would not find, naming its id.
    """
    ids = _sample(count)
    for start in range(0, len(ids), _READ_AT_ONCE):
        part = ids[start : start + _READ_AT_ONCE]
        for key in LicenseKey.objects.select_related("pool").filter(pk__in=part).order_by("pk"):
            try:
                if not _is_found(key):
                    yield f"key {key.pk}: It opens, but searching for it would not find it."
            except EsdError as error:
                yield f"key {key.pk}: {error.message}"


def newest_keys(ring: KeyRing, pool_id: UUID, count: int) -> SecretKeys:
    """The last `count` keys that came into the pool and are in no quarantine; missing are those that do not open."""
    rows = LicenseKey.objects.filter(pool_id=pool_id, quarantined_at=None).order_by("-id")
    found = rows.values_list("pk", "ciphertext")[:count]
    return open_all(ring, [(pk.bytes + bytes(sealed), pool_id) for pk, sealed in found])


def _sample(count: int) -> List[UUID]:
    """Random ids, and with them a few of each number: those of a rare one would hardly be met."""
    random_ids = LicenseKey.objects.order_by("?").values_list("pk", flat=True)[:count]
    of_each = (
        ids_under(purpose, kid, _OF_EACH_KID)
        for purpose in (checks.ENC, checks.INDEX)
        for kid in rows_by_kid(purpose)
    )
    chosen: Set[UUID] = {*random_ids, *chain.from_iterable(of_each)}
    return sorted(chosen)


def _is_found(key: LicenseKey) -> bool:
    """Does its own text lead to this row? Raises what `decrypt` does."""
    secret, ring = decrypt(key), load_keyring()
    if key.index_kid not in ring.index_kids:
        return False
    wanted = stored_digest(ring, key.index_kid, secret, key.pool.format)
    return hmac.compare_digest(wanted, bytes(key.blind_index))
