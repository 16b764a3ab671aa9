"""The states of a license order as clients see them."""

from __future__ import annotations

from ...orders.counts import Availability
from ...orders.models import ApprovalState, LicenseOrder
from ..enums import described_enum

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

LicenseOrderStatus = described_enum(
    "LicenseOrderStatus",
    "How far an order is.",
    {
        "PENDING": "Pending: no unit is released.",
        "PARTIALLY_RELEASED": "Some units are released.",
        "DONE": "Done: every unit that was not withdrawn is released.",
        "REJECTED": "Rejected.",
        "CANCELLED": "Cancelled or refunded.",
    },
)


def status_of(order: LicenseOrder, stand: Availability) -> str:
    """The value of LicenseOrderStatus for an order whose units stand so (I09, I11)."""
    if order.is_ended:
        return "CANCELLED"
    if order.approval == ApprovalState.REJECTED.value:
        return "REJECTED"
    if stand.is_done:
        return "DONE"
    return "PARTIALLY_RELEASED" if stand.available else "PENDING"
