"""A license: one sold unit that has its key. No field of it opens the key."""

from __future__ import annotations

from datetime import datetime
from typing import Any, List, Optional

import graphene
from promise import Promise

from ...accounts.access import is_staff
from ...accounts.models import Account, EndCustomer
from ...host.graphql import DateTime, host_types, load_order_lines, load_variants
from ...keys.formats import mask, masked
from ...licenses.models import Assignment, KeyReplacement
from ...licenses.models import License as LicenseRow
from ...licenses.policies.models import LicensePolicy as Policy
from ...licenses.reasons import GivenReason
from ...licenses.rules import COLORS
from ...orders.counts import waiting_of_licenses
from ...orders.models import LicenseOrderLine
from ..accounts.types import LicenseAccount, LicenseEndCustomer
from ..base import current_actor, nested
from ..connections import KeysetConnection
from ..documents import once
from ..emails.types import LicenseDelivery
from ..global_ids import Record
from ..loaders import load, moment_of, rows
from ..policies.types import LicenseKeyKind, LicensePolicy
from ..reasons.types import LicenseStateReason, state_reason
from .enums import (
    LicenseDisplayColor,
    LicenseFulfillment,
    LicenseLifecycle,
    LicenseSuspensionCause,
    LicenseWaitingReason,
)
from .listing import (
    assignments_with_holders,
    deliveries_of_licenses,
    keys_with_pools,
    lines_with_orders,
    replacements_of_licenses,
)
from .timeline import LicenseTimelineEntry, resolve_timeline
from .visibility import for_members, name_for, sees_key_hints, value_for_members


class LicenseAssignment(Record, graphene.ObjectType):
    """Who held a license, from when to when."""

    end_customer = graphene.Field(
        LicenseEndCustomer, required=True, description="The end customer who held it."
    )
    assigned_by = graphene.String(
        required=True,
        description='Who gave it: an address or a name; for members "staff", if it was nobody of theirs.',
    )
    started_at = graphene.Field(DateTime, required=True, description="Since when.")
    ended_at = graphene.Field(DateTime, description="Until when; null for the holder of today.")

    @staticmethod
    @nested
    def resolve_assigned_by(root: Assignment, info: Any) -> Promise:
        account_id = root.end_customer.account_id
        return name_for(
            info, root.assigned_by, user_ref=root.assigned_by_ref, account_id=account_id
        )


class LicenseKeyReplacement(Record, graphene.ObjectType):
    """A key that a license had before, and why it got another one."""

    old_key_mask = graphene.String(
        description="The old key as lists show it. Null for SUPPORT. It is quarantined for good."
    )
    reason = graphene.String(required=True, description="Why it was replaced.")
    replaced_by = graphene.String(
        required=True, description='Who did it: an address or a name; for members "staff".'
    )
    replaced_at = graphene.Field(DateTime, required=True, description="When.")

    @staticmethod
    @nested
    def resolve_old_key_mask(root: KeyReplacement, info: Any) -> Promise:
        return sees_key_hints(info, root.license.account_id).then(
            lambda sees: masked(root.old_key) if sees else None
        )

    @staticmethod
    @nested
    def resolve_replaced_by(root: KeyReplacement, info: Any) -> Promise:
        return name_for(info, root.replaced_by, user_ref="", account_id=None)


def _key(root: LicenseRow, info: Any) -> Promise:
    return load(info.context, keys_with_pools, root.key_id)


def _is_for_staff(info: Any) -> bool:
    return is_staff(current_actor(info))


@nested
def _key_mask(root: LicenseRow, info: Any) -> Promise:
    return sees_key_hints(info, root.account_id).then(
        lambda sees: _key(root, info).then(masked) if sees else None
    )


def _line(root: LicenseRow, info: Any) -> Promise:
    return load(info.context, lines_with_orders, root.order_line_id)


def shops_line(line: LicenseOrderLine, info: Any) -> Optional[Promise]:
    """The shop's own line of it, if the shop gives it to the reader; `line` has its order. None of a grant."""
    if not line.order.is_of_shop:
        return None
    return load(info.context, load_order_lines, line.order_line_ref, info.context)


class License(Record, graphene.ObjectType):
    """One sold unit that has its key.

    Owners (MASTER, ADMINISTRATOR) and staff see all of it, SUPPORT no character of the key. Who reads the
    shop's order by its token without signing in sees states and dates; the other fields are null.
    """

    key_mask = graphene.String(
        description="The key as lists show it, such as •••••-•••••-•••••-•••••-6789B. Null for SUPPORT."
    )
    key_kind = graphene.Field(
        LicenseKeyKind, required=True, description="What the delivered thing is called."
    )
    fulfillment = graphene.Field(LicenseFulfillment, required=True, description="Where it stands.")
    lifecycle = graphene.Field(
        LicenseLifecycle, required=True, description="Whether it may be used at this moment."
    )
    display_color = graphene.Field(
        LicenseDisplayColor, required=True, description="The lifecycle as a traffic light."
    )
    waiting_for = graphene.List(
        graphene.NonNull(LicenseWaitingReason),
        required=True,
        description="What a pending license waits for; it may be several things.",
    )
    unit_index = graphene.Int(
        required=True, description="Which unit of its order line it is, from 0."
    )
    created_at = graphene.Field(DateTime, required=True, description="When it got its key.")
    released_at = graphene.Field(DateTime, description="When it was released.")
    assigned_at = graphene.Field(DateTime, description="When its end customer got it.")
    starts_at = graphene.Field(DateTime, description="When its term began.")
    expires_at = graphene.Field(DateTime, description="When its term ends; null for never.")
    grace_until = graphene.Field(DateTime, description="Until when it may be used after that.")
    retained_until = graphene.Field(
        DateTime, description="Until when it may be renewed; counts from the expiry."
    )
    suspended_at = graphene.Field(
        DateTime, description="Since when it may not be used for now; null if it is not suspended."
    )
    suspended_until = graphene.Field(
        DateTime, description="Until when staff have suspended it; null if that is open."
    )
    suspension_causes = graphene.List(
        graphene.NonNull(LicenseSuspensionCause),
        required=True,
        description="Why it is suspended; all of them have to be lifted. Empty if it is not suspended.",
    )
    reason = graphene.String(
        description="Why it was rejected, returned or recalled, in the words of whoever did it."
    )
    state_reason = graphene.Field(
        LicenseStateReason,
        description="Why staff have suspended or cancelled it; null if they have not.",
    )
    is_revealed = graphene.Boolean(
        required=True, description="Somebody has seen its key, or got it by e-mail."
    )
    product_name = graphene.String(required=True, description="The product, as it was ordered.")
    variant_name = graphene.String(required=True, description="The variant, as it was ordered.")
    sku = graphene.String(required=True, description="The SKU, as it was ordered.")
    policy = graphene.Field(
        LicensePolicy, required=True, description="How its product is licensed."
    )
    account = graphene.Field(LicenseAccount, description="Whose it is.")
    end_customer = graphene.Field(LicenseEndCustomer, description="Who holds it today.")
    assignments = graphene.List(
        graphene.NonNull(LicenseAssignment), description="Who held it, latest first."
    )
    key_replacements = graphene.List(
        graphene.NonNull(LicenseKeyReplacement),
        description="Which keys it had before the present one, latest first.",
    )
    license_order = graphene.Field(
        "saleor_esd_plugin.graphql.orders.types.LicenseOrder",
        required=True,
        description="The order that it was sold with.",
    )
    order_line = graphene.Field(
        lambda: host_types().OrderLine,
        description="The shop's order line, unless it was deleted since; null for whom the shop does not "
        "give the order.",
    )
    product_variant = graphene.Field(
        lambda: host_types().ProductVariant,
        description="The shop's variant, unless it was deleted since; null for whom the shop does not give "
        "it, as long as its product is not published.",
    )
    deliveries = graphene.List(
        graphene.NonNull(LicenseDelivery), description="E-mails about it, latest first."
    )
    timeline = graphene.List(
        graphene.NonNull(LicenseTimelineEntry),
        description="What happened to it and what will, reminders included, earliest first.",
    )

    @staticmethod
    def resolve_key_mask(root: LicenseRow, info: Any) -> Any:
        # A page of the list brings along what it takes: no promise for each of them, and nothing to read.
        if hasattr(root, "shown_suffix") and once(info, _is_for_staff):
            return mask(root.shown_format, root.shown_suffix)
        return _key_mask(root, info)

    @staticmethod
    def resolve_key_kind(root: LicenseRow, info: Any) -> Promise:
        return _key(root, info).then(lambda key: key.pool.kind)

    @staticmethod
    def resolve_lifecycle(root: LicenseRow, info: Any) -> str:
        return root.lifecycle_at(moment_of(info.context)).value

    @staticmethod
    def resolve_display_color(root: LicenseRow, info: Any) -> str:
        return COLORS[root.lifecycle_at(moment_of(info.context))]

    @staticmethod
    def resolve_waiting_for(root: LicenseRow, info: Any) -> Promise:
        return load(info.context, waiting_of_licenses, root.pk).then(lambda found: found or [])

    @staticmethod
    def resolve_is_revealed(root: LicenseRow, info: Any) -> Promise:
        return _key(root, info).then(lambda key: key.revealed_at is not None)

    resolve_timeline = staticmethod(resolve_timeline)

    @staticmethod
    def resolve_suspended_at(root: LicenseRow, info: Any) -> Optional[datetime]:
        return root.suspended_at if root.is_suspended_at(moment_of(info.context)) else None

    @staticmethod
    def resolve_suspended_until(root: LicenseRow, info: Any) -> Optional[datetime]:
        return root.suspended_until if root.is_suspended_at(moment_of(info.context)) else None

    @staticmethod
    def resolve_suspension_causes(root: LicenseRow, info: Any) -> List[str]:
        is_suspended = root.is_suspended_at(moment_of(info.context))
        return root.suspension_causes if is_suspended else []

    resolve_reason = staticmethod(value_for_members("reason"))

    @staticmethod
    @for_members
    def resolve_state_reason(root: LicenseRow, info: Any) -> Optional[GivenReason]:
        return state_reason(root, moment_of(info.context))

    @staticmethod
    def resolve_product_name(root: LicenseRow, info: Any) -> Promise:
        return _line(root, info).then(lambda line: line.product_name)

    @staticmethod
    def resolve_variant_name(root: LicenseRow, info: Any) -> Promise:
        return _line(root, info).then(lambda line: line.variant_name)

    @staticmethod
    def resolve_sku(root: LicenseRow, info: Any) -> Promise:
        return _line(root, info).then(lambda line: line.sku)

    @staticmethod
    def resolve_policy(root: LicenseRow, info: Any) -> Promise:
        return load(info.context, rows, root.policy_id, Policy)

    @staticmethod
    @for_members
    def resolve_account(root: LicenseRow, info: Any) -> Promise:
        return load(info.context, rows, root.account_id, Account)

    @staticmethod
    @for_members
    def resolve_end_customer(root: LicenseRow, info: Any) -> Promise:
        return load(info.context, rows, root.end_customer_id, EndCustomer)

    @staticmethod
    @for_members
    def resolve_assignments(root: LicenseRow, info: Any) -> Promise:
        return load(info.context, assignments_with_holders, root.pk)

    @staticmethod
    @for_members
    def resolve_key_replacements(root: LicenseRow, info: Any) -> Promise:
        return load(info.context, replacements_of_licenses, root.pk)

    @staticmethod
    def resolve_license_order(root: LicenseRow, info: Any) -> Promise:
        return _line(root, info).then(lambda line: line.order)

    @staticmethod
    def resolve_order_line(root: LicenseRow, info: Any) -> Promise:
        return _line(root, info).then(lambda line: shops_line(line, info))

    @staticmethod
    def resolve_product_variant(root: LicenseRow, info: Any) -> Promise:
        return _line(root, info).then(
            lambda line: load(info.context, load_variants, line.variant_ref, info.context)
        )

    @staticmethod
    @for_members
    def resolve_deliveries(root: LicenseRow, info: Any) -> Promise:
        return load(info.context, deliveries_of_licenses, (root.account_id, root.pk))


class LicenseCount(graphene.ObjectType):
    """How many licenses are in a state."""

    lifecycle = graphene.Field(LicenseLifecycle, required=True, description="The state.")
    count = graphene.Int(required=True, description="How many, 1 or more.")


class LicenseConnection(KeysetConnection):
    """A page of licenses."""

    class Meta:
        node = License
