"""How the money of a license order stands, and what payment providers told of it: for staff."""

from __future__ import annotations

from typing import Any, Callable, Optional

import graphene
from promise import Promise

from ...host.graphql import DateTime, Money
from ...orders.models import DisputeStage, FactKind, RefundState
from ...orders.models import LicenseOrder as OrderRow
from ...orders.models import PaymentFact as FactRow
from ...orders.status import is_refunded
from ...permissions import APPROVE_LICENSES, MANAGE_LICENSES
from ..base import current_actor, nested
from ..loaders import load
from .enums import LicenseDisputeStage, LicensePaymentFactKind, LicenseRefundState
from .listing import facts_of_orders


class LicensePaymentFact(graphene.ObjectType):
    """What a payment provider told of a payment: its latest word, whatever order its messages came in.

    What does not fit the shop's record of the payment is listed as well, but counts for nothing.
    """

    provider = graphene.String(required=True, description="Who told it, such as `stripe`.")
    kind = graphene.Field(LicensePaymentFactKind, required=True, description="What was told.")
    payment_reference = graphene.String(
        required=True, description="The provider's id of the payment."
    )
    reference = graphene.String(
        required=True,
        description="The provider's id of what the fact is of: the payment, a charge, a refund or a dispute.",
    )
    amount = graphene.Field(Money, required=True, description="How much, in all.")
    dispute_stage = graphene.Field(
        LicenseDisputeStage, description="How far the dispute is; null for the other kinds."
    )
    refund_state = graphene.Field(
        LicenseRefundState, description="How far the refund is; null for the other kinds."
    )
    noted_at = graphene.Field(DateTime, required=True, description="When we heard it first.")
    changed_at = graphene.Field(DateTime, required=True, description="When we heard it last.")

    @staticmethod
    def resolve_payment_reference(root: FactRow, info: Any) -> str:
        return root.payment_ref

    @staticmethod
    def resolve_reference(root: FactRow, info: Any) -> str:
        return root.ref

    @staticmethod
    def resolve_amount(root: FactRow, info: Any) -> Money:
        return Money(amount=root.amount, currency=root.currency)

    @staticmethod
    def resolve_dispute_stage(root: FactRow, info: Any) -> Optional[str]:
        return DisputeStage(root.stage).name if root.kind == FactKind.DISPUTE.value else None

    @staticmethod
    def resolve_refund_state(root: FactRow, info: Any) -> Optional[str]:
        return RefundState(root.stage).name if root.kind == FactKind.REFUND.value else None


def _amount(column: str) -> Callable[[OrderRow, Any], Optional[Money]]:
    """A resolver of the amount in `column` of the order."""

    def resolve_amount(root: OrderRow, info: Any) -> Optional[Money]:
        # An order that ended before we asked for its currency has none, and no true amounts either.
        return (
            Money(amount=getattr(root, column), currency=root.currency) if root.currency else None
        )

    return resolve_amount


class LicenseOrderPayment(graphene.ObjectType):
    """How the money of an order stands, by the shop's own records and by what payment providers told.

    Amounts are in the order's currency; they are null for orders that ended before the plugin noted it.
    """

    paid = graphene.Boolean(
        required=True, description="It was paid in full, whatever went back since."
    )
    refunded = graphene.Boolean(
        required=True,
        description="Something went back: all of it or a part, by a refund or by a lost dispute.",
    )
    disputed = graphene.Boolean(
        required=True, description="A dispute is open: the buyer's bank may take the money back."
    )
    captured_amount = graphene.Field(Money, description="What came in, ever.")
    refunded_amount = graphene.Field(Money, description="What of it was refunded.")
    charged_back_amount = graphene.Field(Money, description="What of it was lost in disputes.")
    open_refund_amount = graphene.Field(
        Money,
        description="What of it went back without a unit having left for it. Staff decide with "
        "`licenseOrderReturn` which units leave; until then no other unit is released.",
    )
    failed_refund_amount = graphene.Field(
        Money,
        description="What did not go back, although units left for it. Staff decide with "
        "`licenseOrderRestore` which units come back.",
    )
    disputed_at = graphene.Field(
        DateTime, description="Since when a dispute is open; null if none is."
    )
    facts = graphene.List(
        graphene.NonNull(LicensePaymentFact),
        required=True,
        description="What payment providers told, in the order in which it was heard first.",
    )

    @staticmethod
    def resolve_paid(root: OrderRow, info: Any) -> bool:
        return root.paid_at is not None

    @staticmethod
    def resolve_refunded(root: OrderRow, info: Any) -> bool:
        return is_refunded(root)

    @staticmethod
    def resolve_disputed(root: OrderRow, info: Any) -> bool:
        return root.disputed_at is not None

    resolve_captured_amount = staticmethod(_amount("captured"))
    resolve_refunded_amount = staticmethod(_amount("refunded"))
    resolve_charged_back_amount = staticmethod(_amount("charged_back"))
    resolve_open_refund_amount = staticmethod(_amount("open_refund"))
    resolve_failed_refund_amount = staticmethod(_amount("failed_refund"))

    @staticmethod
    def resolve_facts(root: OrderRow, info: Any) -> Promise:
        return load(info.context, facts_of_orders, root.pk)


@nested
def resolve_payment(root: OrderRow, info: Any) -> Optional[OrderRow]:
    is_shown = root.is_of_shop and current_actor(info).has(MANAGE_LICENSES, APPROVE_LICENSES)
    return root if is_shown else None
