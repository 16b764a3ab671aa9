"""The states of a license as clients see them."""

from __future__ import annotations

from ...licenses.models import Fulfillment, SuspensionCause
from ...licenses.rules import Lifecycle
from ...orders import blockers
from ..enums import described_enum

LicenseFulfillment = described_enum(
    "LicenseFulfillment",
    "Where a sold unit stands.",
    {
        Fulfillment.PENDING_APPROVAL.value: "It has its key and waits; `waitingFor` tells for what.",
        Fulfillment.RELEASED.value: "Done: it can be used, revealed and assigned.",
        Fulfillment.ASSIGNED.value: "An end customer has it.",
        Fulfillment.REJECTED.value: "Not approved.",
        Fulfillment.RETURNED.value: "Cancelled or refunded.",
    },
)

LicenseLifecycle = described_enum(
    "LicenseLifecycle",
    "Whether a license may be used at this moment.",
    {
        Lifecycle.PENDING.value: "Its term has not begun.",
        Lifecycle.ACTIVE.value: "It may be used.",
        Lifecycle.GRACE.value: "Past its expiry, and may still be used for a while.",
        Lifecycle.EXPIRED.value: "Its term and its grace are over; it can be renewed.",
        Lifecycle.LAPSED.value: "Its retention is over too: it cannot be renewed any more.",
        Lifecycle.SUSPENDED.value: "It may not be used for now; `suspensionCauses` tells why.",
        Lifecycle.CANCELLED.value: "It was cancelled, rejected or returned: final.",
    },
)

LicenseSuspensionCause = described_enum(
    "LicenseSuspensionCause",
    "Why a license is suspended. Each cause is lifted by its own opposite only.",
    {
        SuspensionCause.STAFF.value: "Staff suspended it.",
        SuspensionCause.DISPUTE.value: "The payment of its order is disputed.",
        SuspensionCause.PAYMENT.value: "A payment is due.",
    },
)

LicenseDisplayColor = described_enum(
    "LicenseDisplayColor",
    "The lifecycle as a traffic light; red has several causes, the lifecycle tells which.",
    {
        "GREEN": "ACTIVE.",
        "AMBER": "PENDING or GRACE.",
        "RED": "EXPIRED, LAPSED, SUSPENDED or CANCELLED.",
    },
)

LicenseWaitingReason = described_enum(
    "LicenseWaitingReason",
    "What an ordered unit waits for.",
    {
        blockers.APPROVAL: "That staff approve it.",
        blockers.PAYMENT: "That the order is paid in full.",
        blockers.KEYS: "That there is a key for it: there were too few.",
        blockers.RENEWAL: "Of a renewal: that staff name the license that it is for.",
        blockers.CONFIRMATION: "That staff confirm the order.",
        blockers.DISPUTE: "That the dispute of its payment ends well.",
        blockers.REFUND: "That staff say which units leave for what was refunded.",
        blockers.FAILED_REFUND: "Of orders: that staff say which units come back that left for a refund "
        "which failed.",
        blockers.PROCESSING: "That the shop is done with it; nothing else keeps it. Its key is not allocated "
        "yet, or it is about to be approved by its policy or to be released. If that lasts, the key ring is "
        "locked, the plugin is switched off or no worker runs.",
    },
)
