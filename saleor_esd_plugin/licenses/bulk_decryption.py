"""Clear keys for a file: many at once, each counted as revealed before anybody sees it (invariant 4)."""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Iterable, Optional, Set, Tuple
from uuid import UUID

from django.db import connection, transaction

from ..keys.models import LicenseKey
from ..keys.ring import vault
from ..keys.ring.keyring import KeyRing, load_keyring, verified_keyring
from ..keys.secret import SecretKey, SecretKeys
from ..keys.stock import lifecycle as key_lifecycle
from .models import LIVE, License

# A key to open, as it was read: its id as 16 bytes and its column in one, its pool, whether it was seen before, and the
# license if it is wanted as the key of that license only. A plain tuple: files have a million of them.
Sealed = Tuple[bytes, UUID, bool, Optional[UUID]]


def id_of(key: Sealed) -> UUID:
    """The id of a key to open."""
    return UUID(bytes=key[0][:16])


def require_open_ring() -> None:
    """Raises KeyringLocked if no key could be opened."""
    verified_keyring(writes=False)


def open_sealed(keys: Iterable[Optional[Sealed]], *, moment: datetime) -> SecretKeys:
    """The clear key of each, missing for None. Those that were never seen are marked as revealed in one transaction.

    Missing as well are keys that are for sale (reserved or withheld ones may be again) or on a license that may
    not be used (pending, suspended), as they stand under the lock; keys that were seen before are taken as they
    were read. A row that does not open is missing and not marked; if it was tampered with, that leaves its event.
    Raises KeyringLocked.
    """
    ring, wanted = load_keyring(), list(keys)
    fresh = {place: key for place, key in enumerate(wanted) if key is not None and not key[2]}
    for place in fresh:
        wanted[place] = None
    found = vault.open_all(ring, wanted)
    if fresh:
        for place, secret in _open_fresh(ring, fresh, moment).items():
            found.put(place, secret)
    return found


@transaction.atomic
def _open_fresh(
    ring: KeyRing, keys: Dict[int, Sealed], moment: datetime
) -> Dict[int, Optional[SecretKey]]:
    ids = {place: id_of(key) for place, key in keys.items()}
    live = {
        license.key_id: license
        for license in License.objects.select_for_update(of=("self",))
        .filter(key__in=ids.values(), fulfillment__in=LIVE)
        .order_by("pk")
    }
    locked = LicenseKey.objects.select_for_update().filter(pk__in=ids.values()).order_by("pk")
    pools = {pool_id for _, pool_id in locked.values_list("pk", "pool_id")}
    for_sale = _for_sale(pools, ids.values())
    places = [
        place
        for place, pk in ids.items()
        if pk not in for_sale and _may_be_seen(keys[place], live.get(pk), moment)
    ]
    secrets = dict(zip(places, vault.open_all(ring, [keys[place] for place in places])))
    opened = [ids[place] for place, secret in secrets.items() if secret is not None]
    key_lifecycle.mark_revealed(opened, moment)
    return secrets


def _may_be_seen(key: Sealed, license: Optional[License], moment: datetime) -> bool:
    *_, license_id = key
    if license is None:
        return license_id is None
    return license.is_usable_at(moment) and license_id in (None, license.pk)


def _for_sale(pool_ids: Iterable[UUID], key_ids: Iterable[UUID]) -> Set[UUID]:
    # With the pools' ids, since the queue has no index on keys alone.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key_id FROM esd_availablekey"
            " WHERE pool_id = ANY (%(pools)s::uuid[]) AND key_id = ANY (%(keys)s::uuid[])"
            " UNION ALL SELECT key_id FROM esd_withheldkey WHERE key_id = ANY (%(keys)s::uuid[])"
            " UNION ALL SELECT key_id FROM esd_reservedkey WHERE key_id = ANY (%(keys)s::uuid[])",
            {
                "pools": [str(one) for one in pool_ids],
                "keys": [str(one) for one in key_ids],
            },
        )
        return {key_id for (key_id,) in cursor.fetchall()}
