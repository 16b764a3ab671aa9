"""License orders: the licensed part of a shop order, and how far it is."""

from __future__ import annotations

from typing import Any, Optional

import graphene
from promise import Promise

from ...accounts.models import Account
from ...emails.languages import choose_language, choose_text
from ...host.graphql import DateTime, host_types, load_orders, load_variants
from ...host.types import SYSTEM
from ...licenses.policies.models import LicensePolicy as Policy
from ...orders.blockers import approval_reasons
from ...orders.models import LicenseOrder as OrderRow
from ...orders.models import LicenseOrderLine as LineRow
from ...orders.status import status_of
from ...permissions import APPROVE_LICENSES, MANAGE_LICENSES
from ..accounts.types import LicenseAccount
from ..base import current_actor, nested
from ..connections import KeysetConnection, connect_nested, connection_field, page_of
from ..emails.listing import DELIVERY_SORTING, deliveries_of_orders
from ..emails.types import LicenseDeliveryConnection
from ..global_ids import Record
from ..licenses.listing import licenses_of_lines, licenses_of_orders
from ..licenses.types import LicenseConnection, shops_line
from ..licenses.visibility import for_members, name_for, value_for_members
from ..loaders import load, rows
from ..policies.types import LicensePolicy
from ..sorting import BY_AGE, Order
from .availability import LicenseAvailability, LicenseWaiting, waiting_of
from .enums import (
    LicenseApprovalReason,
    LicenseOrderApproval,
    LicenseOrderOrigin,
    LicenseOrderStatus,
)
from .listing import lines_of_orders, stand_of_lines, stand_of_orders
from .payments import LicenseOrderPayment, resolve_payment
from .receipts import LicenseOrderReceipt, resolve_receipt
from .renewals import LicenseRenewal, renewals_of_lines

# In the order of their units.
UNITS = Order("CREATED_AT", *BY_AGE, descending=False)


@nested
def resolve_line_licenses(root: LineRow, info: Any, **paging: Any) -> Promise:
    page = page_of(UNITS, **paging)
    return connect_nested(
        LicenseConnection,
        info,
        licenses_of_lines,
        root.pk,
        "order_line_id",
        page,
        current_actor(info),
    )


@nested
def resolve_order_licenses(root: OrderRow, info: Any, **paging: Any) -> Promise:
    page = page_of(UNITS, **paging)
    return connect_nested(
        LicenseConnection, info, licenses_of_orders, root.pk, "order_id", page, current_actor(info)
    )


@nested
def resolve_order_deliveries(root: OrderRow, info: Any, **paging: Any) -> Promise:
    page = page_of(DELIVERY_SORTING.chosen(None), **paging)
    return connect_nested(
        LicenseDeliveryConnection,
        info,
        deliveries_of_orders,
        root.pk,
        "order_id",
        page,
        current_actor(info),
    )


@nested
def resolve_approval_reasons(root: OrderRow, info: Any) -> Optional[Promise]:
    if not current_actor(info).has(MANAGE_LICENSES, APPROVE_LICENSES):
        return None
    lines = load(info.context, lines_of_orders, root.pk)
    return lines.then(lambda found: approval_reasons(root, found))


class LicenseOrderLine(Record, graphene.ObjectType):
    """One line of a license order. Product and SKU are as they were ordered."""

    product_name = graphene.String(required=True, description="The product.")
    variant_name = graphene.String(required=True, description="Its variant.")
    sku = graphene.String(required=True, description="Its SKU.")
    quantity = graphene.Int(required=True, description="Units ordered.")
    approved = graphene.Int(required=True, description="Units that were approved.")
    withdrawn = graphene.Int(
        required=True, description="Units that left: rejected, cancelled or refunded."
    )
    backordered = graphene.Int(required=True, description="Units that have no key yet.")
    availability = graphene.Field(
        graphene.NonNull(LicenseAvailability), description="How many units can be used."
    )
    waiting = graphene.List(
        graphene.NonNull(LicenseWaiting), required=True, description="What the others wait for."
    )
    licenses = connection_field(
        LicenseConnection, resolve_line_licenses, "Its units that have a key."
    )
    is_renewal = graphene.Boolean(
        required=True,
        description="Its units renew licenses that exist, and have none of their own.",
    )
    renewals = graphene.List(
        graphene.NonNull(LicenseRenewal),
        required=True,
        description="Its units that a license is named for, if it is a renewal. For members and staff, empty for "
        "everybody else.",
    )
    policy = graphene.Field(LicensePolicy, required=True, description="How it is licensed.")
    instructions = graphene.String(
        language=graphene.String(
            description="Of the reader, such as `pt-br`; without it that of the order."
        ),
        description="How to activate it, as plain text, in the language or in whichever there is; null if the shop "
        "wrote nothing. For members and staff.",
    )
    product_variant = graphene.Field(
        lambda: host_types().ProductVariant,
        description="The shop's variant, unless it was deleted since; null for whom the shop does not give "
        "it, as long as its product is not published.",
    )
    order_line = graphene.Field(
        lambda: host_types().OrderLine,
        description="The shop's order line, unless it was deleted since; null for whom the shop does not "
        "give the order.",
    )

    @staticmethod
    def resolve_backordered(root: LineRow, info: Any) -> Promise:
        return load(info.context, stand_of_lines, root.pk).then(lambda stand: stand.backordered)

    @staticmethod
    def resolve_availability(root: LineRow, info: Any) -> Promise:
        return load(info.context, stand_of_lines, root.pk)

    @staticmethod
    def resolve_waiting(root: LineRow, info: Any) -> Promise:
        return load(info.context, stand_of_lines, root.pk).then(waiting_of)

    @staticmethod
    @nested
    def resolve_renewals(root: LineRow, info: Any) -> Any:
        if not root.is_renewal or current_actor(info).is_anonymous:
            return []
        return load(info.context, renewals_of_lines, root.pk)

    @staticmethod
    def resolve_policy(root: LineRow, info: Any) -> Promise:
        return load(info.context, rows, root.policy_id, Policy)

    @staticmethod
    @nested
    def resolve_instructions(root: LineRow, info: Any, language: str = "") -> Optional[Promise]:
        if current_actor(info).is_anonymous:
            return None
        policy = load(info.context, rows, root.policy_id, Policy)
        wished = choose_language(language, root.order.language)
        return policy.then(lambda found: choose_text(found.instructions, wished) or None)

    @staticmethod
    def resolve_product_variant(root: LineRow, info: Any) -> Promise:
        return load(info.context, load_variants, root.variant_ref, info.context)

    @staticmethod
    def resolve_order_line(root: LineRow, info: Any) -> Optional[Promise]:
        return shops_line(root, info)


class LicenseOrder(Record, graphene.ObjectType):
    """The licensed part of one order of the shop, or what staff granted without one (`origin`).

    Members of the account and staff see all of it, but for `payment`, which is for staff. Who reads the
    shop's order by its token without signing in sees how far it is; the other fields are null or empty.
    """

    number = graphene.String(
        required=True,
        description='The number of the shop\'s order; of a grant its own ("G-000123").',
    )
    origin = graphene.Field(
        LicenseOrderOrigin, required=True, description="From the shop, or granted by staff."
    )
    status = graphene.Field(LicenseOrderStatus, required=True, description="How far it is.")
    approval = graphene.Field(
        LicenseOrderApproval, required=True, description="What was decided of it."
    )
    approval_reasons = graphene.List(
        graphene.NonNull(LicenseApprovalReason),
        resolver=resolve_approval_reasons,
        description="Why staff have to decide on what is undecided; empty if they have not to. For staff with "
        "MANAGE_LICENSES or APPROVE_LICENSES, null for everybody else.",
    )
    decided_at = graphene.Field(
        DateTime, description="When that was decided last, or when it was granted."
    )
    decided_by = graphene.String(
        description='By whom: an address, an app\'s name, or the plugin; for members "staff" or the plugin.'
    )
    decision_reason = graphene.String(description="Why.")
    availability = graphene.Field(
        graphene.NonNull(LicenseAvailability), description="How many units can be used."
    )
    waiting = graphene.List(
        graphene.NonNull(LicenseWaiting), required=True, description="What the others wait for."
    )
    is_paid = graphene.Boolean(
        required=True, description="It is paid in full, as a grant is from the start."
    )
    payment = graphene.Field(
        LicenseOrderPayment,
        resolver=resolve_payment,
        description="How its money stands. For staff with MANAGE_LICENSES or APPROVE_LICENSES, null for "
        "everybody else, and for a grant.",
    )
    receipt = graphene.Field(
        LicenseOrderReceipt,
        resolver=for_members(resolve_receipt),
        description="What `licenseOrderReceiptSend` sends: the whole order of the shop, with what is no license in it. "
        "Null until every key is issued, if the shop's order was deleted since, and for a grant.",
    )
    is_confirmed = graphene.Boolean(required=True, description="The shop confirmed it.")
    is_duplicate_checkout = graphene.Boolean(
        required=True,
        description="The same checkout made another order: staff decide, whatever the policy says.",
    )
    ordered_at = graphene.Field(DateTime, required=True, description="When it was ordered.")
    lines = graphene.List(
        graphene.NonNull(LicenseOrderLine), required=True, description="Its lines."
    )
    licenses = connection_field(
        LicenseConnection, resolve_order_licenses, "Its units that have a key."
    )
    account = graphene.Field(LicenseAccount, description="Whose it is.")
    buyer_email = graphene.String(
        description="The buyer's address, as the shop had it when we looked last."
    )
    notification_email = graphene.String(
        description="Where the buyer wants notices to go besides; it never gets a key."
    )
    purchase_order_reference = graphene.String(description="The buyer's own reference.")
    comment = graphene.String(description="What the buyer wrote.")
    deliveries = connection_field(
        LicenseDeliveryConnection, resolve_order_deliveries, "E-mails about it, newest first."
    )
    order = graphene.Field(
        lambda: host_types().Order,
        description="The shop's order, unless it was deleted since; null for a grant, and for whom the shop does not give it: "
        "it does to the user who ordered, and to staff with MANAGE_ORDERS.",
    )

    @staticmethod
    def resolve_status(root: OrderRow, info: Any) -> Promise:
        stand = load(info.context, stand_of_orders, root.pk)
        return stand.then(lambda found: status_of(root, found).value)

    @staticmethod
    @for_members
    def resolve_decided_by(root: OrderRow, info: Any) -> Any:
        # Staff decide, or the policy does.
        if root.decided_by in ("", SYSTEM.label):
            return root.decided_by or None
        return name_for(info, root.decided_by, user_ref="", account_id=None)

    resolve_decision_reason = staticmethod(value_for_members("decision_reason"))

    @staticmethod
    def resolve_availability(root: OrderRow, info: Any) -> Promise:
        return load(info.context, stand_of_orders, root.pk)

    @staticmethod
    def resolve_waiting(root: OrderRow, info: Any) -> Promise:
        return load(info.context, stand_of_orders, root.pk).then(waiting_of)

    @staticmethod
    def resolve_is_paid(root: OrderRow, info: Any) -> bool:
        return root.paid_at is not None

    @staticmethod
    def resolve_is_confirmed(root: OrderRow, info: Any) -> bool:
        return root.confirmed_at is not None

    @staticmethod
    def resolve_lines(root: OrderRow, info: Any) -> Promise:
        return load(info.context, lines_of_orders, root.pk)

    @staticmethod
    @for_members
    def resolve_account(root: OrderRow, info: Any) -> Promise:
        return load(info.context, rows, root.account_id, Account)

    resolve_buyer_email = staticmethod(value_for_members("buyer_email"))
    resolve_notification_email = staticmethod(value_for_members("notification_email"))
    resolve_purchase_order_reference = staticmethod(value_for_members("purchase_order_reference"))
    resolve_comment = staticmethod(value_for_members("comment"))

    @staticmethod
    def resolve_order(root: OrderRow, info: Any) -> Optional[Promise]:
        if not root.is_of_shop:
            return None
        return load(info.context, load_orders, root.order_uuid, info.context)


class LicenseOrderConnection(KeysetConnection):
    """A page of license orders."""

    class Meta:
        node = LicenseOrder
