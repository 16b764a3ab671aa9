"""Finding an order or a line of it, by our id or by the shop's own."""

from __future__ import annotations

from typing import Any, Optional
from uuid import UUID

from django.db.models import Q, QuerySet

from ...criteria import NO_ID
from ...errors import NotFound
from ...host.graphql import ref_of
from ...orders.queries import OrderRef, is_order
from ..global_ids import uuid_within


def order_ref(global_id: Optional[str]) -> Optional[OrderRef]:
    """The order with this id, of LicenseOrder or of the shop's Order; None for None.

    What is neither matches nothing.
    """
    if global_id is None:
        return None
    ours = uuid_within(global_id, "LicenseOrder")
    if ours is not None:
        return OrderRef(pk=ours)
    ref = ref_of(global_id, "Order")
    return OrderRef(order_uuid=UUID(ref)) if ref else OrderRef(pk=NO_ID)


def order_condition(global_id: Optional[str]) -> Q:
    """A condition on orders: it is the one with this id."""
    return is_order(order_ref(global_id) or OrderRef(pk=NO_ID))


def line_condition(global_id: Any) -> Q:
    """The order line with this id, of LicenseOrderLine or of the shop's OrderLine."""
    ours = uuid_within(global_id, "LicenseOrderLine")
    if ours is not None:
        return Q(pk=ours)
    ref = ref_of(global_id, "OrderLine")
    return Q(order_line_ref=ref) if ref else Q(pk__in=[])


def find_order(orders: QuerySet, global_id: Any, *, field: str = "id") -> Any:
    """The order with this id, if it is one of `orders`. Raises NotFound."""
    return _only(orders.filter(order_condition(global_id)), field)


def find_line(lines: QuerySet, global_id: Any, *, field: str) -> Any:
    """The order line with this id, if it is one of `lines`. Raises NotFound."""
    return _only(lines.filter(line_condition(global_id)), field)


def _only(rows: QuerySet, field: str) -> Any:
    row = rows.first()
    if row is None:
        raise NotFound(field=field)
    return row
