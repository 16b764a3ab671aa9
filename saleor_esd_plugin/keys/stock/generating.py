"""Keys that we make ourselves, when somebody buys them."""

from __future__ import annotations

from typing import List
from uuid import UUID

from django.db import transaction

from ...errors import Invalid, NotFound
from ...ids import uuid7s
from ..formats import Format, find_format
from ..models import KeyPool
from ..ring.blind_index import digest_under
from ..ring.keyring import verified_keyring
from ..ring.vault import encryptor
from ..secret import SecretKey
from .storing import CHUNK, NewKey, insert_keys


@transaction.atomic
def generate_license_keys(pool_id: UUID, count: int) -> List[UUID]:
    """The ids of `count` new keys in the pool's format, ascending. They are not for sale.

    The caller binds them to licenses in the same transaction. Raises KeyringLocked; Invalid if the
    pool has a stock in place of a generator.
    """
    pool = KeyPool.objects.filter(pk=pool_id).first()
    if pool is None:
        raise NotFound()
    if not pool.is_generated:
        raise Invalid("The keys of this pool are imported, not generated.")
    format = find_format(pool.format)
    made: List[UUID] = []
    # A key that exists already is not inserted, so there may be a second round: one in 2^90 or so.
    while len(made) < count:
        made += _generate(pool_id, format, min(CHUNK, count - len(made)))
    return sorted(made)


def _generate(pool_id: UUID, format: Format, count: int) -> List[UUID]:
    ring = verified_keyring()
    kid = ring.index_active
    encrypt = encryptor(ring, pool_id)

    def new_key(key_id: UUID, secret: SecretKey) -> NewKey:
        canonical = format.canonicalize(secret.reveal())
        return NewKey(
            id=key_id,
            ciphertext=encrypt(secret, key_id),
            blind_index=digest_under(ring, kid, canonical, format.mode),
            suffix=format.suffix_of(canonical),
        )

    keys = [new_key(key_id, format.generate()) for key_id in uuid7s(count)]
    keys.sort(key=lambda key: key.blind_index)
    return insert_keys(keys, pool_id=pool_id, batch_id=None, index_kid=kid, for_sale=False)
