"""Which license orders somebody looks for (P05, K15): what a filter means. Errors name fields as the API does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence
from uuid import UUID

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import LPad

from ..criteria import Between, any_of, contains, identified, one_of, searchable, within, yes_no
from .blockers import APPROVAL, orders_waiting
from .models import LicenseOrderLine
from .status import in_status, refunded

_LONGEST_NUMBER = 64


@dataclass(frozen=True)
class OrderFilter:
    """Conditions on license orders; those that are given (not None) must all hold. Texts are as they were typed.

    `status`, `origin`, `approval` and `waiting_for` hold values of `OrderStatus`, `OrderOrigin`, `ApprovalState`
    and `blockers.REASONS`: one of them; an empty list leaves nothing. `text`, `buyer` and `product` are parts of
    what is looked at, in any case; `number` and `sku` are whole.
    """

    text: Optional[str] = None
    status: Optional[Sequence[str]] = None
    origin: Optional[Sequence[str]] = None
    approval: Optional[Sequence[str]] = None
    waiting_for: Optional[Sequence[str]] = None
    number: Optional[str] = None
    buyer: Optional[str] = None
    account: Optional[UUID] = None
    product: Optional[str] = None
    sku: Optional[str] = None
    is_paid: Optional[bool] = None
    disputed: Optional[bool] = None
    refunded: Optional[bool] = None
    ordered_at: Optional[Between] = None
    decided_at: Optional[Between] = None

    @property
    def is_queue(self) -> bool:
        """Whether it lists what waits for staff: a queue has the oldest first, other lists the newest (K15)."""
        return APPROVAL in (self.waiting_for or ())


def matching(filter: OrderFilter) -> Q:
    """The condition on license orders that `filter` says. Raises Invalid."""
    found = (
        one_of(filter.approval, "approval")
        & one_of(filter.origin, "origin")
        & yes_no(filter.is_paid, Q(paid_at__isnull=False))
        & yes_no(filter.disputed, Q(disputed_at__isnull=False))
        & yes_no(filter.refunded, refunded())
        & within(filter.ordered_at, "ordered_at", field="filter.orderedAt")
        & within(filter.decided_at, "decided_at", field="filter.decidedAt")
        & contains(
            filter.buyer, "buyer_email", "account__email", "account__name", field="filter.buyer"
        )
        & _on_lines(
            contains(filter.product, "product_name", "variant_name", field="filter.product")
        )
        & identified(filter.account, "account_id")
    )
    if filter.status is not None:
        found &= any_of(map(in_status, filter.status))
    if filter.waiting_for is not None:
        found &= any_of(map(orders_waiting, filter.waiting_for))
    if filter.number is not None:
        found &= Q(number=searchable(filter.number, field="filter.number"))
    if filter.sku is not None:
        found &= _on_lines(Q(sku__iexact=searchable(filter.sku, field="filter.sku")))
    if filter.text:
        found &= _anywhere(filter.text)
    return found


def _anywhere(text: str) -> Q:
    return contains(
        text,
        "number",
        "purchase_order_reference",
        "buyer_email",
        "notification_email",
        "account__name",
    ) | _on_lines(contains(text, "product_name", "variant_name", "sku"))


def _on_lines(condition: Q) -> Q:
    """Orders with a line for which `condition` holds; no filter if there is none."""
    if not condition:
        return Q()
    return Q(pk__in=LicenseOrderLine.objects.filter(condition).values("order_id"))


def padded(path: str) -> LPad:
    """The number of an order at `path`, to sort by: numbers are text, filled up on the left 9 comes before 10."""
    return LPad(F(path), _LONGEST_NUMBER, Value("0"))


def sortable(orders: QuerySet, column: str) -> QuerySet:
    """`orders` with `column`, which is never NULL: one of their own, or `sorted_number`."""
    return orders.annotate(sorted_number=padded("number")) if column == "sorted_number" else orders
