from __future__ import annotations

from typing import Sequence
from uuid import UUID

from ..errors import EsdError


class NotReleased(EsdError):
    """A license that its owner cannot use yet, or no longer."""

    code = "NOT_RELEASED"

    def __init__(self, fulfillment: str, *, field: str = "license"):
        super().__init__(
            f"The license is {fulfillment}; only a released one can be used.",
            field=field,
            fulfillment=fulfillment,
        )


class NoteRequired(EsdError):
    """A reason that has to be described came without a note (P09)."""

    code = "NOTE_REQUIRED"

    def __init__(self, reason: str):
        super().__init__("Describe this reason in a note.", field="note", reason=reason)


class NotEnoughLicenses(EsdError):
    """Fewer licenses are free to be assigned than were asked for; none was assigned (I13)."""

    code = "NOT_ENOUGH_LICENSES"

    def __init__(self, *, wanted: int, available: int):
        super().__init__(
            f"Asked for: {wanted}; released and not yet assigned: {available}.",
            field="quantity",
            wanted=wanted,
            available=available,
        )


class NotEnoughKeys(EsdError):
    """A pool has fewer free keys than licenses are to get new ones; none was replaced."""

    code = "NOT_ENOUGH_LICENSES"

    def __init__(self, pool: str, *, wanted: int, available: int):
        super().__init__(
            f"The pool “{pool}” has too few free keys. Wanted: {wanted}; free: {available}. "
            "Import keys first.",
            field="licenses",
            wanted=wanted,
            available=available,
        )


class AlreadyReplaced(EsdError):
    """Somebody else replaced the key of one of these licenses at the same moment; this call did nothing."""

    code = "ALREADY_DECIDED"

    def __init__(self, count: int):
        super().__init__(
            f"Somebody has just replaced keys of these licenses ({count}). Look at them again.",
            field="licenses",
            decision="REPLACED",
            count=count,
        )


class KeyWasSeen(EsdError):
    """The key was revealed or mailed, so only staff may take the license from its holder, with a reason."""

    code = "INVALID_TRANSITION"

    def __init__(self, count: int):
        super().__init__(
            f"Keys were seen or mailed ({count}): only the shop's staff can take these licenses from their holders.",
            field="licenses",
            count=count,
        )


class TransfersUsedUp(EsdError):
    """These licenses went to other end customers as often within 30 days as their policies allow."""

    code = "RATE_LIMITED"

    def __init__(self, license_ids: Sequence[UUID]):
        super().__init__(
            f"{len(license_ids)} of these licenses were given on as often within 30 days as is allowed.",
            field="licenses",
            licenses=[str(license_id) for license_id in license_ids[:100]],
        )


class KeyWasRevealed(EsdError):
    """Another end customer held these licenses, and somebody has read their keys: they may be in use there."""

    code = "KEY_REVEALED"

    def __init__(self, license_ids: Sequence[UUID]):
        super().__init__(
            f"Somebody has read the keys of {len(license_ids)} of these licenses, which another end customer had"
            " before. Replace the keys, or say that you accept it.",
            field="acceptRevealedKey",
            count=len(license_ids),
            licenses=[str(license_id) for license_id in license_ids[:100]],
        )


class StillInUse(EsdError):
    """Something cannot go because licenses depend on it; `count` says how many."""

    code = "INVALID"

    def __init__(self, what: str, count: int):
        super().__init__(
            f"This {what} still holds licenses ({count}). Recall them first.",
            field="id",
            count=count,
        )


class TooFewFreeKeys(EsdError):
    """A checkout asks for more keys of a product than can be reserved for it."""

    code = "NOT_ENOUGH_LICENSES"

    def __init__(self, product_name: str, *, wanted: int, available: int):
        free = f"only {available} of {wanted}" if available else "no more"
        super().__init__(
            f"There are {free} licenses of “{product_name}” in stock at the moment. Order fewer or come back"
            " later; nothing was charged.",
            field="quantity",
            wanted=wanted,
            available=available,
        )
