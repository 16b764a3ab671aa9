from __future__ import annotations

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
    """The key was revealed or mailed, so only staff may take the license back, with a reason."""

    code = "INVALID_TRANSITION"

    def __init__(self, count: int):
        super().__init__(
            f"Keys were seen or mailed ({count}): only the shop's staff can recall these licenses.",
            field="licenses",
            count=count,
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
