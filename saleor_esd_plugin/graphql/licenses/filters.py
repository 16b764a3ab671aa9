"""Which licenses to list, and in which order (P05)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import graphene
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, LPad

from ...accounts import access
from ...host.db import now
from ...host.graphql import ref_of
from ...host.types import Actor
from ...licenses.models import ENDED
from ...licenses.rules import Lifecycle
from ...licenses.search import count_search, licenses_with_key
from ...orders import blockers
from ...permissions import Right
from .. import filters
from ..filters import LicenseDateTimeRange
from ..orders.lookup import order_condition
from ..sorting import BY_AGE, Order, Sorting
from .enums import LicenseFulfillment, LicenseLifecycle, LicenseWaitingReason
from .visibility import STAFF

_NEVER = datetime.fromisoformat("9999-12-31T00:00:00+00:00")
_LONGEST_NUMBER = 64
_ORDER = "order_line__order__"

LICENSE_SORTING = Sorting(
    "License",
    {
        "CREATED_AT": (*BY_AGE, "When it got its key."),
        "RELEASED_AT": (
            "sorted_released_at",
            datetime,
            "When it was released; what was not is last.",
        ),
        "EXPIRES_AT": ("sorted_expires_at", datetime, "When it expires; what never does is last."),
        "END_CUSTOMER": (
            "sorted_end_customer",
            str,
            "The name of who holds it; held by nobody first.",
        ),
        "ORDER_NUMBER": ("sorted_order_number", str, "The number of its order."),
    },
)


def sortable(licenses: QuerySet, order: Order) -> QuerySet:
    """`licenses` with the column that `order` needs; it is never NULL."""
    # Made only if asked for: each costs joins.
    if order.column == "sorted_end_customer":
        return licenses.annotate(sorted_end_customer=Coalesce(F("end_customer__name"), Value("")))
    if order.column == "sorted_order_number":
        # Numbers are text on every host; filled up on the left, 9 comes before 10.
        number = LPad(F(_ORDER + "number"), _LONGEST_NUMBER, Value("0"))
        return licenses.annotate(sorted_order_number=number)
    if order.column.startswith("sorted_"):
        column = order.column[len("sorted_") :]
        never = Value(_NEVER, output_field=DateTimeField())
        return licenses.annotate(**{order.column: Coalesce(F(column), never)})
    return licenses


class LicenseFilterInput(graphene.InputObjectType):
    """Which licenses to list; conditions that are given must all hold."""

    text = graphene.String(
        description="Part of the order's number or reference, the product, its SKU, the buyer's "
        "address, or the end customer's code, name or address."
    )
    fulfillment = graphene.List(
        graphene.NonNull(LicenseFulfillment), description="In these states."
    )
    lifecycle = graphene.List(
        graphene.NonNull(LicenseLifecycle), description="Usable, expired …, at this moment."
    )
    waiting_for = graphene.List(
        graphene.NonNull(LicenseWaitingReason),
        description="Waits for one of these. What waits for KEYS is no license yet, and what "
        "left for a FAILED_REFUND none any more: see `licenseOrders`.",
    )
    variant = graphene.ID(description="Of this product variant of the shop.")
    product = graphene.String(description="Part of the name of the product or of its variant.")
    sku = graphene.String(description="The whole SKU, in any case.")
    order = graphene.ID(
        description="Of this order: the id of a LicenseOrder or of the shop's Order."
    )
    order_number = graphene.String(description="The whole number of the order.")
    buyer = graphene.String(description="Part of the buyer's address, or of the account's name.")
    account = graphene.ID(description="Of this account.")
    end_customer = graphene.ID(description="Assigned to this end customer.")
    end_customer_text = graphene.String(
        description="Assigned to an end customer with this in its code, name or address."
    )
    key_suffix = graphene.String(
        description="The last characters of the key, as `keyMask` has them."
    )
    key = graphene.String(
        description="The whole key, however it is written, also one that was replaced since; give the "
        "filter as a variable. 60 searches an hour, for staff without limit."
    )
    created_at = LicenseDateTimeRange(description="When it got its key.")
    released_at = LicenseDateTimeRange(description="When it was released.")
    expires_at = LicenseDateTimeRange(description="When it expires; leaves out what never does.")


def wanted(filter: Any, actor: Actor) -> Q:
    """The condition on licenses that `filter` says. Raises Invalid, KeyringLocked, RateLimited."""
    return (
        _by_state(filter)
        & _by_order(filter)
        & _by_people(filter)
        & _by_key(filter, actor)
        & filters.within(filter.created_at, "created_at", field="filter.createdAt")
        & filters.within(filter.released_at, "released_at", field="filter.releasedAt")
        & filters.within(filter.expires_at, "expires_at", field="filter.expiresAt")
        & filters.text(
            filter.text,
            _ORDER + "number",
            _ORDER + "purchase_order_reference",
            _ORDER + "buyer_email",
            "order_line__product_name",
            "order_line__variant_name",
            "order_line__sku",
            "end_customer__code",
            "end_customer__name",
            "end_customer__email",
        )
    )


def _by_state(filter: Any) -> Q:
    found = filters.one_of(filter.fulfillment, "fulfillment")
    if filter.lifecycle is not None:
        moment, states = now(), Q(pk__in=[])
        for state in filter.lifecycle:
            states |= _in_lifecycle(state, moment)
        found &= states
    if filter.waiting_for is not None:
        waiting = Q(pk__in=[])
        for reason in filter.waiting_for:
            waiting |= blockers.licenses_waiting(reason)
        found &= waiting
    return found


def _in_lifecycle(state: str, moment: datetime) -> Q:
    """What `licenses.rules.lifecycle_at` says, as a condition."""
    if state == Lifecycle.CANCELLED:
        return Q(fulfillment__in=ENDED)
    live = ~Q(fulfillment__in=ENDED)
    if state == Lifecycle.SUSPENDED:
        return live & Q(suspended_at__isnull=False)
    live &= Q(suspended_at=None)
    if state == Lifecycle.PENDING:
        return live & (Q(starts_at=None) | Q(starts_at__gt=moment))
    begun = live & Q(starts_at__lte=moment)
    if state == Lifecycle.ACTIVE:
        return begun & (Q(expires_at=None) | Q(expires_at__gt=moment))
    grace = ExpressionWrapper(
        F("policy__grace_days") * Value(timedelta(days=1), output_field=DurationField()),
        output_field=DurationField(),
    )
    grace_began = ExpressionWrapper(
        Value(moment, output_field=DateTimeField()) - grace, output_field=DateTimeField()
    )
    over = begun & Q(expires_at__lte=moment)
    in_grace = Q(expires_at__gt=grace_began)
    return over & (in_grace if state == Lifecycle.GRACE else ~in_grace)


def _by_order(filter: Any) -> Q:
    found = filters.text(
        filter.product,
        "order_line__product_name",
        "order_line__variant_name",
        field="filter.product",
    )
    if filter.variant is not None:
        found &= Q(order_line__variant_ref=ref_of(filter.variant, "ProductVariant") or "")
    if filter.sku is not None:
        found &= Q(order_line__sku__iexact=filters.searchable(filter.sku, field="filter.sku"))
    if filter.order_number is not None:
        number = filters.searchable(filter.order_number, field="filter.orderNumber")
        found &= Q(**{_ORDER + "number": number})
    if filter.order is not None:
        found &= order_condition(filter.order, _ORDER)
    return found


def _by_people(filter: Any) -> Q:
    found = filters.text(
        filter.buyer,
        _ORDER + "buyer_email",
        "account__email",
        "account__name",
        field="filter.buyer",
    )
    found &= filters.text(
        filter.end_customer_text,
        "end_customer__code",
        "end_customer__name",
        "end_customer__email",
        field="filter.endCustomerText",
    )
    if filter.account is not None:
        found &= filters.identified([filter.account], "LicenseAccount", "account_id")
    if filter.end_customer is not None:
        found &= filters.identified([filter.end_customer], "LicenseEndCustomer", "end_customer_id")
    return found


def _by_key(filter: Any, actor: Actor) -> Q:
    found = Q()
    if filter.key_suffix is not None:
        suffix = filters.searchable(filter.key_suffix, field="filter.keySuffix")
        # Keys whose case does not matter are kept in upper case.
        found &= Q(key__suffix__in=[suffix, suffix.upper()]) & ~Q(key__suffix="")
    if filter.key is not None:
        if not actor.has(*STAFF):
            count_search(actor)
        found &= Q(pk__in=licenses_with_key(filter.key))
    if found and not actor.has(*STAFF):
        # Trying endings until one is found would tell SUPPORT what it may not see.
        found &= Q(account_id__in=access.account_ids_with(actor, Right.SEE_KEY_HINT))
    return found
