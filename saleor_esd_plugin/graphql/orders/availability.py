"""How many units of an order or a line can be used, and what the others wait for."""

from __future__ import annotations

from typing import Any, Dict, List

import graphene

from ...orders.counts import Availability
from ..licenses.enums import LicenseWaitingReason


class LicenseAvailability(graphene.ObjectType):
    """How many units can be used: "4 of 6"."""

    available = graphene.Int(required=True, description="Units that are released or assigned.")
    assigned = graphene.Int(
        required=True,
        description="Units of those that an end customer has; the others can be assigned.",
    )
    of = graphene.Int(required=True, description="Units that were ordered and not withdrawn.")
    text = graphene.String(required=True, description='Both in words: "4 of 6".')
    pending = graphene.Int(required=True, description="Units that have a key and wait.")
    backordered = graphene.Int(required=True, description="Units that have no key yet.")

    @staticmethod
    def resolve_text(root: Availability, info: Any) -> str:
        return str(root)


class LicenseWaiting(graphene.ObjectType):
    """How many units wait for something."""

    reason = graphene.Field(LicenseWaitingReason, required=True, description="For what.")
    quantity = graphene.Int(required=True, description="How many; a unit may wait for several.")


def waiting_of(stand: Availability) -> List[Dict[str, Any]]:
    """The roots of LicenseWaiting for units that stand so."""
    return [{"reason": reason, "quantity": quantity} for reason, quantity in stand.waiting]
