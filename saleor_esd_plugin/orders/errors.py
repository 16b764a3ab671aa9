from __future__ import annotations

from ..errors import EsdError


class AlreadyDecided(EsdError):
    """Somebody, or the policy, has decided before; the decision stands."""

    code = "ALREADY_DECIDED"

    def __init__(self, *, decision: str, by: str, reason: str = ""):
        super().__init__(
            f"Nothing is left to decide: the order is {decision}"
            + (f", decided by {by}." if by else "."),
            decision=decision,
            decided_by=by,
            reason=reason,
        )


class TooFewKeysToGrant(EsdError):
    """A product's pools have fewer keys that nobody waits for than licenses were to be granted; none was."""

    code = "NOT_ENOUGH_LICENSES"

    def __init__(self, *, wanted: int, available: int):
        super().__init__(
            f"Free keys: {available}; asked for: {wanted}. Import keys first, or grant fewer.",
            field="quantity",
            wanted=wanted,
            available=available,
        )
