"""Saleor 2.10: units that staff named as refunded or returned. It has no words for them."""

from __future__ import annotations

from typing import Any, Tuple

from django.db.models import QuerySet

from ..types import NamedReturn

__all__ = ["has_named_returns", "named_returns_of", "with_named_returns"]


def with_named_returns(orders: QuerySet) -> QuerySet:
    """The same orders: there is nothing to read."""
    return orders


def has_named_returns(order: Any) -> bool:
    """False: a fulfillment is fulfilled or cancelled here, and a refund is an amount."""
    return False


def named_returns_of(order: Any) -> Tuple[NamedReturn, ...]:
    """Empty: a fulfillment is fulfilled or cancelled here, and a refund is an amount."""
    return ()
