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
