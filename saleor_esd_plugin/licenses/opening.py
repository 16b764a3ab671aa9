"""Clear keys for a file: many at once, each counted as revealed before anybody sees it (invariant 4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Set
from uuid import UUID

from django.db import connection, transaction

from ..errors import EsdError
from ..keys import lifecycle as key_lifecycle
from ..keys import vault
from ..keys.errors import KeyringLocked
from ..keys.keyring import KeyRing, load_keyring, verified_keyring
from ..keys.models import LicenseKey
from ..keys.secret import SecretKey
from .models import LIVE, License


class Sealed(NamedTuple):
    """A key to open, as it was read: `license_id` if it is wanted as the key of that license only."""

    pk: UUID
    pool_id: UUID
    ciphertext: Any
    is_revealed: bool
    license_id: Optional[UUID] = None


def require_open_ring() -> None:
    """Raises KeyringLocked if no key could be opened."""
    verified_keyring(writes=False)


def open_sealed(keys: Iterable[Sealed], *, moment: datetime) -> Dict[UUID, SecretKey]:
    """The clear keys by id. Those that were never seen are marked as revealed in one transaction.

    Left out are keys that are for sale (or withheld, and so may be again) or on a license that may not be used (pending, suspended), as
    they stand under the lock; keys that were seen before are taken as they were read. A row that does not
    open is left out and not marked; if it was tampered with, that leaves its event. Raises KeyringLocked.
    """
    ring = load_keyring()
    fresh: List[Sealed] = []
    found: Dict[UUID, SecretKey] = {}
    for key in keys:
        if key.is_revealed:
            _open(ring, key, found)
        else:
            fresh.append(key)
    if fresh:
        _open_fresh(ring, fresh, found, moment)
    return found


@transaction.atomic
def _open_fresh(
    ring: KeyRing, keys: List[Sealed], found: Dict[UUID, SecretKey], moment: datetime
) -> None:
    ids = [key.pk for key in keys]
    live = {
        license.key_id: license
        for license in License.objects.select_for_update(of=("self",))
        .filter(key__in=ids, fulfillment__in=LIVE)
        .order_by("pk")
    }
    locked = LicenseKey.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    pools = {pool_id for _, pool_id in locked.values_list("pk", "pool_id")}
    for_sale = _for_sale(pools, ids)
    opened: Dict[UUID, SecretKey] = {}
    for key in keys:
        if key.pk not in for_sale and _may_be_seen(key, live.get(key.pk)):
            _open(ring, key, opened)
    key_lifecycle.mark_revealed(opened, moment)
    found.update(opened)


def _may_be_seen(key: Sealed, license: Optional[License]) -> bool:
    if license is None:
        return key.license_id is None
    return license.is_usable and key.license_id in (None, license.pk)


def _open(ring: KeyRing, key: Sealed, found: Dict[UUID, SecretKey]) -> None:
    try:
        found[key.pk] = vault.decrypt_with(ring, key)
    except KeyringLocked:
        raise
    except EsdError:
        # The vault has noted why; the others of the file are not to suffer from it.
        return


def _for_sale(pool_ids: Iterable[UUID], key_ids: Iterable[UUID]) -> Set[UUID]:
    # With the pools' ids, since the queue has no index on keys alone.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key_id FROM esd_availablekey"
            " WHERE pool_id = ANY (%(pools)s::uuid[]) AND key_id = ANY (%(keys)s::uuid[])"
            " UNION ALL SELECT key_id FROM esd_withheldkey WHERE key_id = ANY (%(keys)s::uuid[])",
            {
                "pools": [str(one) for one in pool_ids],
                "keys": [str(one) for one in key_ids],
            },
        )
        return {key_id for (key_id,) in cursor.fetchall()}
