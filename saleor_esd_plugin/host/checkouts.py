"""What both hosts tell of a checkout in the same way."""

from __future__ import annotations

from typing import Any

# By their names in the database: not every host knows all of them.
_MONEY_IS_HERE = ("pending", "partially-charged", "fully-charged")


def has_come_in(payment: Any) -> bool:
    """Whether a gateway holds the money of this payment already, or is about to: the buyer is through with it."""
    return payment.charge_status in _MONEY_IS_HERE or payment.is_authorized
