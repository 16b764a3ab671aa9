"""Saleor 3.21 and later: units that staff named as refunded or returned, by fulfillments or granted refunds.

A unit moves from one fulfillment to the next (fulfilled, returned, refunded ...), so it stands in one of
them at a time. Granted refunds know nothing of fulfillments: the same unit may stand in both.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any, Iterable, List, Tuple

from django.db.models import Prefetch, QuerySet
from saleor.order import FulfillmentStatus, OrderGrantedRefundStatus
from saleor.order.models import (
    Fulfillment,
    FulfillmentLine,
    OrderGrantedRefund,
    OrderGrantedRefundLine,
)
from saleor.order.models import Order as HostOrder

from ..types import NamedReturn

__all__ = ["has_named_returns", "named_returns_of", "with_named_returns"]

REFUNDED = (FulfillmentStatus.REFUNDED, FulfillmentStatus.REFUNDED_AND_RETURNED)
NAMED = (*REFUNDED, FulfillmentStatus.RETURNED, FulfillmentStatus.REPLACED)
# Whether nobody asked the provider for the money yet, since when it is named, what is named.
_Dated = Tuple[bool, datetime, NamedReturn]


def has_named_returns(order: HostOrder) -> bool:
    """Whether a fulfillment names units of the order as refunded, returned or replaced; one query."""
    return Fulfillment.objects.filter(order_id=order.pk, status__in=NAMED).exists()


def with_named_returns(orders: QuerySet) -> QuerySet:
    """The same orders with what `named_returns_of` reads: two queries more, and one each if there are any."""
    return orders.prefetch_related(
        Prefetch(
            "granted_refunds",
            OrderGrantedRefund.objects.exclude(status=OrderGrantedRefundStatus.FAILURE),
            to_attr="license_grants",
        ),
        Prefetch("license_grants__lines", OrderGrantedRefundLine.objects.order_by("pk")),
        Prefetch(
            "fulfillments",
            Fulfillment.objects.filter(status__in=NAMED),
            to_attr="license_returns",
        ),
        Prefetch("license_returns__lines", FulfillmentLine.objects.order_by("pk")),
    )


def named_returns_of(order: Any) -> Tuple[NamedReturn, ...]:
    """What staff named of an order of `with_named_returns`, the oldest first.

    Grants whose money nobody asked for come last: they must not take that of one that was carried out.
    Left out: what names no unit (a refund by amount alone), and grants whose refund failed. Units that
    were returned, and that a refund was granted for too, count once, with the grant.
    """
    granted = [_granted(grant) for grant in order.license_grants]
    covered = sum((_units(grant.lines.all()) for grant in order.license_grants), Counter())
    found = [*granted, *_refunded(order.license_returns)]
    for fulfillment in order.license_returns:
        units = _units(fulfillment.lines.all())
        if fulfillment.status == FulfillmentStatus.RETURNED:
            # The host does not say which return a refund was granted for.
            alone = units - covered
            covered -= units
            units = alone
        if fulfillment.status not in REFUNDED:
            found.append((False, fulfillment.created_at, _named(Decimal(0), units)))
    found.sort(key=lambda one: one[:2])
    return tuple(named for _, _, named in found if named.units)


def _granted(grant: OrderGrantedRefund) -> _Dated:
    is_idle = grant.status == OrderGrantedRefundStatus.NONE
    return is_idle, grant.created_at, _named(grant.amount_value, _units(grant.lines.all()))


def _refunded(fulfillments: Iterable[Fulfillment]) -> List[_Dated]:
    """What was refunded through a gateway, each with its money.

    Units that come back after their refund move on, and their money stays behind with the fulfillment that
    they left; so from then on all of them count as one. An amount that is not recorded is 0.
    """
    # One without lines was left by all its units, or is a refund by amount, and nothing tells which.
    refunded = [one for one in fulfillments if one.status in REFUNDED and one.lines.all()]
    have_moved = any(one.status == FulfillmentStatus.REFUNDED_AND_RETURNED for one in refunded)
    groups = [refunded] if have_moved else [[one] for one in refunded]
    return [
        (
            False,
            group[0].created_at,
            _named(
                sum((one.total_refund_amount or Decimal(0) for one in group), Decimal(0)),
                sum((_units(one.lines.all()) for one in group), Counter()),
            ),
        )
        for group in groups
    ]


def _units(lines: Iterable[Any]) -> Counter:
    """Line ref -> units; lines of one fulfillment may be of one order line, from several warehouses."""
    units: Counter = Counter()
    for line in lines:
        units[str(line.order_line_id)] += line.quantity
    return units


def _named(amount: Decimal, units: Counter) -> NamedReturn:
    return NamedReturn(amount, tuple((ref, count) for ref, count in units.items() if count))
