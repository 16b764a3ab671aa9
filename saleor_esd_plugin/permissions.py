"""Who may do what: the four staff permissions, and what each role of a member may do (tables).

A staff permission is a right in the whole shop and is given through Saleor's own groups and apps; none
implies another. A role holds in one account only. The matrix is that of section 5 of the design.
"""

from __future__ import annotations

from typing import Dict, FrozenSet

MANAGE_LICENSES = "MANAGE_LICENSES"
APPROVE_LICENSES = "APPROVE_LICENSES"
MANAGE_LICENSE_KEYS = "MANAGE_LICENSE_KEYS"
REVEAL_LICENSE_KEYS = "REVEAL_LICENSE_KEYS"

STAFF_PERMISSIONS = {
    MANAGE_LICENSES: "Manage licenses.",
    APPROVE_LICENSES: "Approve and reject license orders.",
    MANAGE_LICENSE_KEYS: "Manage license key pools, policies and imports.",
    REVEAL_LICENSE_KEYS: "Reveal license keys.",
}

# Those that let their holder see licenses or orders of all accounts.
LICENSE_STAFF = (MANAGE_LICENSES, APPROVE_LICENSES, REVEAL_LICENSE_KEYS)


class Right:
    """What a member may do in an account."""

    SEE_LICENSES = "SEE_LICENSES"
    SEE_KEY_HINT = "SEE_KEY_HINT"  # the last characters of a key
    SEE_ORDERS = "SEE_ORDERS"
    REVEAL = "REVEAL"
    ASSIGN = "ASSIGN"  # and recall; and end customers
    RESEND = "RESEND"
    CORRECT_ADDRESS = "CORRECT_ADDRESS"
    SEND_RECEIPT = "SEND_RECEIPT"
    SEE_EVENTS = "SEE_EVENTS"
    EXPORT = "EXPORT"  # licenses as a file; without SEE_KEY_HINT no character of a key
    MANAGE_MEMBERS = "MANAGE_MEMBERS"


_USE = frozenset(
    {
        Right.SEE_LICENSES,
        Right.SEE_KEY_HINT,
        Right.SEE_ORDERS,
        Right.REVEAL,
        Right.ASSIGN,
        Right.RESEND,
        Right.CORRECT_ADDRESS,
        Right.SEND_RECEIPT,
        Right.SEE_EVENTS,
        Right.EXPORT,
    }
)

ROLE_RIGHTS: Dict[str, FrozenSet[str]] = {
    "MASTER": _USE | {Right.MANAGE_MEMBERS},
    "ADMINISTRATOR": _USE,
    "BILLING": frozenset({Right.SEND_RECEIPT, Right.EXPORT}),
    "SUPPORT": frozenset({Right.SEE_LICENSES, Right.SEE_ORDERS, Right.RESEND}),
}


def roles_with(right: str) -> FrozenSet[str]:
    """The roles that include `right`."""
    return frozenset(role for role, rights in ROLE_RIGHTS.items() if right in rights)
