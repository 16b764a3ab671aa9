"""What a rotation writes: for each half of the ring, which rows are left, what they get, and how."""

from __future__ import annotations

import hmac
from typing import Dict, List, Sequence, Tuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from ..errors import KeyFormatError, KeyringLocked, KeyUnavailable
from ..models import LicenseKey
from . import checks
from .blind_index import stored_digest
from .keyring import KeyRing
from .uniqueness import hold_index
from .vault import decrypt, encryptor

# A row and the bytes that it is to have.
Change = Tuple[LicenseKey, bytes]


class Encryption:
    """Encrypts the same clear key anew under the active key of ESD_ENC_KEYS."""

    purpose = checks.ENC

    def rows(self) -> QuerySet:
        return LicenseKey.objects.only("pk", "pool_id", "ciphertext")

    def renewed(self, key: LicenseKey, ring: KeyRing) -> bytes:
        """Raises KeyUnavailable if this row cannot be opened, KeyringLocked if the ring is wrong."""
        return encryptor(ring, key.pool_id)(decrypt(key), key.pk)

    def write(self, changes: Sequence[Change], ring: KeyRing) -> List[UUID]:
        """The ids of the rows that were changed; left out are those that changed or were locked meanwhile."""
        with transaction.atomic(), connection.cursor() as cursor:
            chosen = _lock_free_ones(changes, "NO KEY UPDATE")
            cursor.execute(_ENCRYPTION, _columns(chosen, "ciphertext"))
            return [row[0] for row in cursor.fetchall()]


class Index:
    """Indexes the same clear key anew under the active key of ESD_INDEX_KEYS; its number changes along."""

    purpose = checks.INDEX

    def rows(self) -> QuerySet:
        return LicenseKey.objects.select_related("pool").only(
            "pk", "pool__format", "ciphertext", "index_kid", "blind_index"
        )

    def renewed(self, key: LicenseKey, ring: KeyRing) -> bytes:
        """Raises as above, and KeyUnavailable if the row does not hold the key that it is indexed as."""
        secret = decrypt(key)
        try:
            before = stored_digest(ring, key.index_kid, secret, key.pool.format)
            if hmac.compare_digest(before, bytes(key.blind_index)):
                return stored_digest(ring, ring.index_active, secret, key.pool.format)
        except KeyFormatError:
            pass
        # A wrong ring looks like that too, for every row.
        if not checks.fits(ring, checks.INDEX, key.index_kid):
            raise KeyringLocked([checks.wrong_key(checks.INDEX, key.index_kid)])
        raise KeyUnavailable("This license key is not the one that its row is indexed as.")

    def write(self, changes: Sequence[Change], ring: KeyRing) -> List[UUID]:
        """As above. Raises IntegrityError if a key is there already under the active index key."""
        with transaction.atomic(), connection.cursor() as cursor:
            hold_index()
            chosen = _lock_free_ones(changes, "UPDATE")
            values = _columns(chosen, "blind_index")
            values.update(kids=[key.index_kid for key, _ in chosen], kid=ring.index_active)
            cursor.execute(_INDEX, values)
            return [row[0] for row in cursor.fetchall()]


def _lock_free_ones(changes: Sequence[Change], strength: str) -> List[Change]:
    """Lock their rows; those left that nobody else holds: who never waits is in no deadlock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM esd_licensekey WHERE id = ANY (%s::uuid[])"
            f" ORDER BY id FOR {strength} SKIP LOCKED",
            [[str(key.pk) for key, _ in changes]],
        )
        locked = {row[0] for row in cursor.fetchall()}
    return [(key, new) for key, new in changes if key.pk in locked]


def _columns(changes: Sequence[Change], name: str) -> Dict[str, object]:
    return {
        "ids": [str(key.pk) for key, _ in changes],
        "old": [bytes(getattr(key, name)).hex() for key, _ in changes],
        "new": [new.hex() for _, new in changes],
    }


# Compare and swap: a row that was rewritten since we read it is left as it is now.
_ENCRYPTION = """
UPDATE esd_licensekey AS key SET ciphertext = decode(fresh.new, 'hex')
FROM unnest(%(ids)s::uuid[], %(old)s::text[], %(new)s::text[]) AS fresh (id, old, new)
WHERE key.id = fresh.id AND key.ciphertext = decode(fresh.old, 'hex')
RETURNING key.id
"""

_INDEX = """
UPDATE esd_licensekey AS key SET index_kid = %(kid)s, blind_index = decode(fresh.new, 'hex')
FROM unnest(%(ids)s::uuid[], %(kids)s::int[], %(old)s::text[], %(new)s::text[])
    AS fresh (id, kid, old, new)
WHERE key.id = fresh.id AND key.index_kid = fresh.kid
    AND key.blind_index = decode(fresh.old, 'hex')
RETURNING key.id
"""
