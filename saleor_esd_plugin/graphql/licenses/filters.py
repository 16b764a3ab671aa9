"""Which licenses to list, and in which order (P05)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict

import graphene

from ...host.graphql import ref_of
from ...orders.license_search import LicenseFilter
from ..filters import LicenseDateTimeRange, between, id_within
from ..orders.lookup import order_ref
from ..sorting import BY_AGE, Sorting
from .enums import (
    LicenseFulfillment,
    LicenseLifecycle,
    LicenseSuspensionCause,
    LicenseWaitingReason,
)

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
    suspension_causes = graphene.List(
        graphene.NonNull(LicenseSuspensionCause),
        description="Suspended for one of these causes now.",
    )
    state_reason = graphene.List(
        graphene.NonNull(graphene.String),
        description="Suspended now, or cancelled, for one of these reasons: codes of `licenseReasons`.",
    )
    is_renewable = graphene.Boolean(
        description="Only what may be renewed now (it has a term, and its retention is not over), or only others."
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


def license_filter(input: Any) -> LicenseFilter:
    """What a LicenseFilterInput (None: no condition) says, its ids taken apart; loaders may have it as an argument."""
    if input is None:
        return LicenseFilter()
    given: Dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in input.items()
    }
    taken_apart = {
        "variant": None if input.variant is None else ref_of(input.variant, "ProductVariant") or "",
        "order": order_ref(input.order),
        "account": id_within(input.account, "LicenseAccount"),
        "end_customer": id_within(input.end_customer, "LicenseEndCustomer"),
        "created_at": between(input.created_at),
        "released_at": between(input.released_at),
        "expires_at": between(input.expires_at),
    }
    return LicenseFilter(**{**given, **taken_apart})
