"""The vault's own keys: the key ring, from the environment, or locked.

Locked is a state, not a crash: the shop starts and sells, units wait for their
keys, and everything that would need the ring raises KeyringLocked.
"""

from __future__ import annotations

import logging
import time
from hashlib import sha256
from typing import Any, Dict, List, Optional, Tuple
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..errors import KeyringLocked
from . import checks
from .settings import Problem, RingSettings, read_settings

logger = logging.getLogger(__name__)

_TRUSTED_SECONDS = 10
_MOST_CIPHERS = 1024


class KeyRing:
    """Encryption and index keys by number (kid); gives ciphers and digests, never the keys."""

    __slots__ = (
        "_ciphers",
        "_enc",
        "_hashes",
        "_index",
        "enc_active",
        "index_active",
        "trusted_until",
    )

    def __init__(self, read: RingSettings):
        self._enc, self.enc_active = read.enc, read.enc_active
        self._index, self.index_active = read.index, read.index_active
        self._ciphers: Dict[Tuple[int, UUID], AESGCM] = {}
        self._hashes = {kid: _begun(key) for kid, key in read.index.items()}
        # time.monotonic() until which the database need not be asked again whether this ring is right.
        self.trusted_until = 0.0

    def __repr__(self) -> str:
        return "<KeyRing>"

    def __reduce__(self) -> str:
        raise TypeError("A key ring is not pickled.")

    @property
    def enc_kids(self) -> Tuple[int, ...]:
        return tuple(self._enc)

    @property
    def index_kids(self) -> Tuple[int, ...]:
        return tuple(self._index)

    def kids(self, purpose: str) -> Tuple[int, ...]:
        """The numbers of one half; purpose ENC or INDEX."""
        return self.enc_kids if purpose == checks.ENC else self.index_kids

    def active(self, purpose: str) -> int:
        """The number that new license keys are written under; purpose ENC or INDEX."""
        return self.enc_active if purpose == checks.ENC else self.index_active

    def cipher(self, kid: int, scope: UUID) -> AESGCM:
        """AES-256-GCM under the subkey of one pool. Raises KeyError if the ring lacks the kid."""
        cipher = self._ciphers.get((kid, scope))
        if cipher is None:
            if len(self._ciphers) >= _MOST_CIPHERS:
                self._ciphers.clear()
            subkey = _derive(self._enc[kid], b"esd/enc/v1/" + scope.bytes)
            cipher = self._ciphers[kid, scope] = AESGCM(subkey)
        return cipher

    def digest(self, kid: int, message: bytes) -> bytes:
        """HMAC-SHA256 under an index key. Raises KeyError if the ring lacks the kid."""
        inner, outer = self._hashes[kid]
        inner, outer = inner.copy(), outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()

    def check_value(self, purpose: str, kid: int) -> bytes:
        """32 bytes that only this key gives and that tell nothing about it; purpose ENC or INDEX."""
        keys = self._enc if purpose == checks.ENC else self._index
        return _derive(keys[kid], b"esd/check/v1/" + purpose.encode())


_loaded: Optional[Tuple[RingSettings, KeyRing]] = None


def load_keyring() -> KeyRing:
    """The ring that the environment describes now. Raises KeyringLocked if it is missing or wrong.

    Whether it is the ring that our rows were written with is asked by `verified_keyring`.
    """
    global _loaded
    read = read_settings()
    if read.problems:
        raise KeyringLocked(problem.text for problem in read.problems)
    if _loaded is None or _loaded[0] is not read:
        _loaded = (read, KeyRing(read))
    return _loaded[1]


def verified_keyring(*, writes: bool = True) -> KeyRing:
    """The ring, both active keys of which are those that our rows were written with.

    A key that was never used gets its KeyCheck here, unless `writes` is False. Raises KeyringLocked
    if one does not fit: nothing is encrypted or indexed under an unverified key.
    """
    ring = load_keyring()
    verify(ring, writes=writes)
    return ring


def verify(ring: KeyRing, *, writes: bool = True) -> None:
    """Raises KeyringLocked if an active key of the ring is not the one that our rows know."""
    reasons = checks.disagreements(ring, writes=writes)
    if reasons:
        raise KeyringLocked(reasons)


def problems() -> List[Problem]:
    """What is wrong with the settings, all at once, naming settings and never a value."""
    return read_settings().problems


def is_unlocked() -> bool:
    """Can keys be encrypted and opened? A yes holds for ten seconds unless the settings change."""
    try:
        ring = load_keyring()
        if time.monotonic() >= ring.trusted_until:
            verified_keyring(writes=False)
            ring.trusted_until = time.monotonic() + _TRUSTED_SECONDS
    except KeyringLocked:
        return False
    return True


def log_if_locked() -> None:
    """One line in the log if the settings leave the ring locked; for the start of each process."""
    found = problems()
    if found:
        logger.error(
            "The license keys are locked: %s",
            " ".join(f"({problem.id}) {problem.text}" for problem in found),
        )


def _begun(key: bytes) -> Tuple[Any, Any]:
    """Both hashes of HMAC-SHA256 (RFC 2104) after the key of 32 bytes: with them a digest takes half the time."""
    block = key.ljust(sha256().block_size, b"\0")
    return sha256(bytes(byte ^ 0x36 for byte in block)), sha256(
        bytes(byte ^ 0x5C for byte in block)
    )


def _derive(key: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key)
