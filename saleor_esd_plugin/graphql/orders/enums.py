"""The states of a license order as clients see them."""

from __future__ import annotations

from ...orders.models import (
    ApprovalReason,
    ApprovalState,
    DisputeStage,
    FactKind,
    OrderOrigin,
    RefundState,
)
from ...orders.status import OrderStatus
from ..enums import described_enum

LicenseOrderOrigin = described_enum(
    "LicenseOrderOrigin",
    "Where an order comes from.",
    {
        OrderOrigin.SHOP.value: "It was placed in the shop.",
        OrderOrigin.GRANT.value: "Staff gave its licenses, with `licenseGrant`; the shop has no such order.",
    },
)

LicenseOrderApproval = described_enum(
    "LicenseOrderApproval",
    "What was decided of an order.",
    {
        ApprovalState.PENDING.value: "Nothing yet.",
        ApprovalState.PARTIALLY_APPROVED.value: "Some units are approved, some undecided.",
        ApprovalState.APPROVED.value: "Some units are approved, none is undecided.",
        ApprovalState.REJECTED.value: "No unit is approved, none is undecided.",
        ApprovalState.CANCELLED.value: "The shop cancelled or refunded it.",
    },
)

LicenseApprovalReason = described_enum(
    "LicenseApprovalReason",
    "Why staff have to decide on an order, and not the policy of its product.",
    {
        ApprovalReason.POLICY_MANUAL.value: "The policy leaves each order to staff.",
        ApprovalReason.QUANTITY.value: "A line has more units than the policy approves.",
        ApprovalReason.FIRST_ORDER.value: "The account had no approved order before.",
        ApprovalReason.POLICY_CHANGED.value: "What the policy says of approval was changed after the order "
        "was placed.",
        ApprovalReason.DUPLICATE_CHECKOUT.value: "The same checkout made another order.",
    },
)

LicenseOrderStatus = described_enum(
    "LicenseOrderStatus",
    "How far an order is.",
    {
        OrderStatus.PENDING.value: "Pending: no unit is released.",
        OrderStatus.PARTIALLY_RELEASED.value: "Some units are released.",
        OrderStatus.DONE.value: "Done: every unit that was not withdrawn is released.",
        OrderStatus.REJECTED.value: "Rejected.",
        OrderStatus.CANCELLED.value: "Cancelled or refunded: all its units have left.",
    },
)

LicensePaymentFactKind = described_enum(
    "LicensePaymentFactKind",
    "What a payment provider can tell of a payment.",
    {
        FactKind.CAPTURED.value: "Money came in.",
        FactKind.FAILED.value: "An attempt to pay failed; this changes nothing.",
        FactKind.REFUNDED.value: "Money of a charge went back; the amount is all that did so far.",
        FactKind.REFUND.value: "One refund of a charge; `refundState` tells how far it is.",
        FactKind.DISPUTE.value: "The buyer's bank asked about a charge, or disputed it.",
    },
)

_STAGES = {
    "INQUIRY": "The bank only asks: no money is taken, nothing is suspended.",
    "OPEN": "It is open; released licenses are suspended.",
    "WITHDRAWN": "It is open, and the money was taken for now.",
    "CLOSED": "It ended before it was decided; nobody lost.",
    "WON": "The shop keeps the money.",
    "LOST": "The money is gone, and licenses leave for it.",
}

LicenseDisputeStage = described_enum(
    "LicenseDisputeStage",
    "How far a dispute is. It only goes down this list.",
    {name: _STAGES[name] for name in DisputeStage.names},
)


_STATES = {
    "PENDING": "It is on its way; it counts as gone.",
    "REQUIRES_ACTION": "It waits for the buyer; it counts as gone.",
    "SUCCEEDED": "It went back.",
    "CANCELED": "It was called off, and did not go back.",
    "FAILED": "The bank could not take it: it did not go back.",
}

LicenseRefundState = described_enum(
    "LicenseRefundState",
    "How far a refund is. It only goes down this list.",
    {name: _STATES[name] for name in RefundState.names},
)
