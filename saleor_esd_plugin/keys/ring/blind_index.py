"""Finding a key without opening any: a keyed digest of its canonical form, unique over all pools."""

from __future__ import annotations

from typing import List, Tuple

from ..errors import KeyFormatError
from ..formats import EXACT, INSENSITIVE, canonical_form, find_format
from ..secret import SecretKey
from .keyring import KeyRing, load_keyring

# (kid of the index key, 32 bytes)
Digest = Tuple[int, bytes]


def blind_index(canonical: str, mode: str) -> Digest:
    """The digest that a new key of this mode is stored with. Raises KeyringLocked."""
    ring = load_keyring()
    return ring.index_active, digest_under(ring, ring.index_active, canonical, mode)


def candidates(text: str) -> List[Digest]:
    """Every digest that this key may be stored with; empty for what can be no key.

    Raises KeyringLocked.
    """
    return all_digests(load_keyring(), text)


def all_digests(ring: KeyRing, text: str) -> List[Digest]:
    """Those of both modes, under every index key of the ring."""
    found: List[Digest] = []
    for mode in (EXACT, INSENSITIVE):
        try:
            canonical = canonical_form(text, mode)
        except KeyFormatError:
            continue
        found += [(kid, digest_under(ring, kid, canonical, mode)) for kid in ring.index_kids]
    return found


def digest_under(ring: KeyRing, kid: int, canonical: str, mode: str) -> bytes:
    """HMAC-SHA256 of mode and canonical key under one index key of the ring."""
    return ring.digest(kid, b"\x1f".join((b"esd/idx/v1", mode.encode(), canonical.encode("ascii"))))


def stored_digest(ring: KeyRing, kid: int, secret: SecretKey, format_name: str) -> bytes:
    """The digest that a key of a pool of this format has in its row, under one index key of the ring."""
    format = find_format(format_name)
    return digest_under(ring, kid, format.canonicalize(secret.reveal()), format.mode)
