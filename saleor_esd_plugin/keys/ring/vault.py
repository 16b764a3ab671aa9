"""Clear keys in and out of the encrypted column. The layout of the bytes is fixed by its version:

    0xE5 | 0x01 | kid, 2 bytes | nonce, 12 bytes | text and 16 bytes of tag

The associated data bind them to pool, row and field: moved elsewhere they do not open.
"""

from __future__ import annotations

import logging
import os
from typing import Any, Callable, Dict, Iterable, NamedTuple, Optional, Protocol, Sequence, Tuple
from uuid import UUID

from cryptography.exceptions import InvalidTag

from ...errors import EsdError
from ..errors import KeyringLocked, KeyUnavailable, Tampered
from ..models import LicenseKey
from ..secret import SecretKey, SecretKeys
from . import checks
from .keyring import KeyRing, load_keyring, verified_keyring
from .tampering import record_tampering

logger = logging.getLogger(__name__)

_HEAD = b"\xe5\x01"
_KID = slice(2, 4)
_NONCE = slice(4, 16)
_SHORTEST = 16 + 16
_FIELD = b"key"
_ROWS = b"rows"


class SealedKey(Protocol):
    """What the vault looks at of a key: a LicenseKey, or a row with these columns."""

    @property
    def pk(self) -> UUID: ...

    @property
    def pool_id(self) -> UUID: ...

    @property
    def ciphertext(self) -> Any: ...


def encrypt(secret: SecretKey, *, pool_id: UUID, key_id: UUID) -> bytes:
    """The bytes for the column `ciphertext` of this row and no other. Raises KeyringLocked."""
    return encryptor(verified_keyring(), pool_id)(secret, key_id)


def encryptor(ring: KeyRing, pool_id: UUID) -> Callable[[SecretKey, UUID], bytes]:
    """`encrypt(secret, key_id)` for many keys of one pool; the caller has verified the ring."""
    kid = ring.enc_active
    cipher = ring.cipher(kid, pool_id)
    head = _HEAD + kid.to_bytes(2, "big")

    def encrypt_one(secret: SecretKey, key_id: UUID) -> bytes:
        nonce = os.urandom(12)
        # No variable for the clear bytes: error trackers send those of every frame.
        return (
            head
            + nonce
            + cipher.encrypt(
                nonce, secret.reveal().encode("ascii"), _bound_to(kid, pool_id, key_id, _FIELD)
            )
        )

    return encrypt_one


def seal(ring: KeyRing, secret: SecretKey, *, scope: UUID, row_id: UUID) -> bytes:
    """Rows of an import that wait to be loaded, as a whole; opened by `unseal` only with the same ids."""
    kid, nonce = ring.enc_active, os.urandom(12)
    bound_to = _bound_to(kid, scope, row_id, _ROWS)
    sealed = ring.cipher(kid, scope).encrypt(nonce, secret.reveal().encode("ascii"), bound_to)
    return _HEAD + kid.to_bytes(2, "big") + nonce + sealed


def unseal(ring: KeyRing, stored: bytes, *, scope: UUID, row_id: UUID) -> SecretKey:
    """What `seal` was given. Raises KeyUnavailable if its key left the ring, or the bytes were changed."""
    kid = int.from_bytes(stored[_KID], "big")
    if stored[:2] != _HEAD or kid not in ring.enc_kids:
        raise KeyUnavailable("The waiting rows cannot be opened with the shop's key ring.")
    bound_to = _bound_to(kid, scope, row_id, _ROWS)
    cipher = ring.cipher(kid, scope)
    try:
        return SecretKey(cipher.decrypt(stored[_NONCE], stored[16:], bound_to).decode("ascii"))
    except InvalidTag:
        logger.error("Waiting rows %s of import %s do not open.", row_id, scope)
    raise KeyUnavailable("The waiting rows were changed, or the key ring is another one.")


def decrypt(license_key: LicenseKey) -> SecretKey:
    """The clear key of this row.

    Raises KeyringLocked (no ring, or a wrong one), KeyUnavailable if the row's kid left the ring, and
    Tampered if the bytes are not those that were written for this row. The last leaves an event: call
    outside a transaction, or let yours commit, if it is to stay.
    """
    return decrypt_with(load_keyring(), license_key)


def decrypt_with(ring: KeyRing, license_key: SealedKey) -> SecretKey:
    """As `decrypt`, with a ring that was loaded before: for many rows, as loading looks at all settings."""
    stored = bytes(license_key.ciphertext)
    kid = int.from_bytes(stored[_KID], "big")
    if len(stored) < _SHORTEST or stored[:2] != _HEAD:
        raise _tampered(license_key)
    if kid not in ring.enc_kids:
        if not checks.is_known(checks.ENC, kid):
            raise _tampered(license_key)
        logger.error("License key %s needs key %d of ESD_ENC_KEYS.", license_key.pk, kid)
        raise KeyUnavailable()
    cipher = ring.cipher(kid, license_key.pool_id)
    bound_to = _bound_to(kid, license_key.pool_id, license_key.pk, _FIELD)
    try:
        return SecretKey(cipher.decrypt(stored[_NONCE], stored[16:], bound_to).decode("ascii"))
    except InvalidTag:
        # A wrong ring looks like changed bytes, for every row.
        if not checks.fits(ring, checks.ENC, kid):
            raise KeyringLocked(
                [f"Key {kid} of ESD_ENC_KEYS is not the one that this was written with."]
            ) from None
    raise _tampered(license_key)


class _Row(NamedTuple):
    pk: UUID
    pool_id: UUID
    ciphertext: bytes


def open_all(ring: KeyRing, keys: Iterable[Optional[Sequence[Any]]]) -> SecretKeys:
    """`decrypt_with` for the keys of a file, quickest if those of a pool follow each other.

    Each begins with its id (16 bytes) and column in one, and the id of its pool; the rest of it is not looked at.
    Missing are those that are None and those that do not open, of which `decrypt_with` has noted why. Raises
    KeyringLocked.
    """
    opened = SecretKeys()
    add = opened.add
    openers: Dict[bytes, Any] = {}
    of_pool: Any = None
    for key in keys:
        if key is None:
            add(b"")
            continue
        stored = key[0]
        if key[1] is not of_pool:
            of_pool = key[1]
            openers = _openers(ring, of_pool)
        try:
            decrypt_bytes, before, behind = openers[stored[16:20]]
            # No variable for the clear bytes here either.
            add(decrypt_bytes(stored[20:32], stored[32:], before + stored[:16] + behind))
        except (KeyError, ValueError, InvalidTag):
            row = _Row(UUID(bytes=stored[:16]), of_pool, stored[16:])
            opened.append(_opened_or_missing(ring, row))
    return opened


def _openers(ring: KeyRing, pool_id: UUID) -> Dict[bytes, Any]:
    """By the first bytes of a column: what decrypts it, and what the data bound to it begin and end with."""
    return {
        _HEAD + kid.to_bytes(2, "big"): (
            ring.cipher(kid, pool_id).decrypt,
            *_around_the_id(kid, pool_id, _FIELD),
        )
        for kid in ring.enc_kids
    }


def _opened_or_missing(ring: KeyRing, row: _Row) -> Optional[SecretKey]:
    try:
        return decrypt_with(ring, row)
    except KeyringLocked:
        raise
    except EsdError:
        # The others of the file are not to suffer from it.
        return None


def _tampered(license_key: SealedKey) -> Tampered:
    logger.error("License key %s was tampered with.", license_key.pk)
    error = Tampered(license_key.pk, license_key.pool_id)
    record_tampering(error)
    return error


def _bound_to(kid: int, scope: UUID, row_id: UUID, field: bytes) -> bytes:
    before, behind = _around_the_id(kid, scope, field)
    return before + row_id.bytes + behind


def _around_the_id(kid: int, scope: UUID, field: bytes) -> Tuple[bytes, bytes]:
    """What the data bound to a row begin and end with; between them is its id."""
    before = b"\x1f".join((b"esd", b"1", kid.to_bytes(2, "big"), scope.bytes, b""))
    return before, b"\x1f" + field
