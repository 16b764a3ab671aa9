from __future__ import annotations

from typing import Iterable, Optional
from uuid import UUID

from ..errors import EsdError
from .verdicts import ImportVerdict


class KeyringLocked(EsdError):
    """The key ring is missing or not the right one: nothing can be encrypted, opened or looked up."""

    code = "SERVICE_UNAVAILABLE"

    def __init__(self, reasons: Iterable[str]):
        super().__init__("The license keys are locked. " + " ".join(reasons))


class KeyUnavailable(EsdError):
    """One key cannot be opened, others can: its row names a number that the key ring lacks."""

    code = "LICENSE_UNAVAILABLE"

    def __init__(
        self, message: str = "This license key cannot be opened with the shop's key ring."
    ):
        super().__init__(message)


class Tampered(KeyUnavailable):
    """The stored bytes are not what was encrypted for this row."""

    def __init__(self, key_id: UUID, pool_id: UUID) -> None:
        super().__init__("This license key was changed in the database and cannot be opened.")
        self.key_id = key_id
        self.pool_id = pool_id


_SENTENCES = {
    ImportVerdict.EMPTY: "The key is empty.",
    ImportVerdict.TOO_WEAK: "The key has fewer than 8 characters.",
    ImportVerdict.INVALID_LENGTH: "The key has a length that its format does not allow.",
    ImportVerdict.INVALID_CHARACTER: "The key holds a character that its format does not allow.",
}


class KeyFormatError(EsdError):
    """A text that is no key of the format. `position` counts the characters given, from 1."""

    def __init__(self, verdict: ImportVerdict, position: Optional[int] = None):
        super().__init__(_SENTENCES[verdict], field="key", verdict=verdict.value, position=position)
        self.verdict = verdict
        self.position = position
