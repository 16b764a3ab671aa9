"""The columns of both files, in their order: the name in the API -> what is to be read for it.

The header of a file has these names in lower case. A value is text, a day (2030-01-31) or a moment in UTC
without fraction (2030-01-31 12:00:00), which spreadsheets read as such; empty if there is none.
"""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple

from ..errors import Invalid
from .sql_cells import written

_ORDER = "order_line__order__"

# Name -> (path from a license, what it is).
LICENSE_COLUMNS = {
    "LICENSE": ("pk", "The UUID of the license: the second half of its global id."),
    "ORDER_NUMBER": (_ORDER + "number", "The number of its order."),
    "PURCHASE_ORDER_REFERENCE": (
        _ORDER + "purchase_order_reference",
        "The buyer's reference of the order.",
    ),
    "ORDERED_AT": (_ORDER + "ordered_at", "When it was ordered."),
    "PRODUCT_NAME": ("order_line__product_name", "The product, as it was ordered."),
    "VARIANT_NAME": ("order_line__variant_name", "The variant, as it was ordered."),
    "SKU": ("order_line__sku", "The SKU, as it was ordered."),
    "BUYER_EMAIL": (_ORDER + "buyer_email", "The buyer's address."),
    "ACCOUNT": ("account__name", "Whose it is."),
    "END_CUSTOMER_CODE": ("end_customer__code", "The code of who holds it today."),
    "END_CUSTOMER_NAME": ("end_customer__name", "The name of who holds it today."),
    "END_CUSTOMER_EMAIL": ("end_customer__email", "The address of who holds it today."),
    "KEY_MASK": ("key__suffix", "The key as lists show it; empty for who may not see that."),
    "FULFILLMENT": ("fulfillment", "Where it stands."),
    "LIFECYCLE": ("", "Whether it might be used when the file was made."),
    "CREATED_AT": ("created_at", "When it got its key."),
    "RELEASED_AT": ("released_at", "When it was released."),
    "ASSIGNED_AT": ("assigned_at", "When its end customer got it."),
    "STARTS_AT": ("starts_at", "When its term began."),
    "EXPIRES_AT": ("expires_at", "When its term ends."),
    "GRACE_UNTIL": ("grace_until", "Until when it may be used after that."),
    "RETAINED_UNTIL": ("retained_until", "Until when it may be renewed."),
    "SUSPENDED_AT": ("suspended_at", "Since when it may not be used for now."),
    "SUSPENSION_REASON": ("suspension_reason", "The code of why staff have suspended it."),
    "CANCELLATION_REASON": ("reason_code", "The code of why staff have cancelled it."),
    "REVEALED_AT": ("key__revealed_at", "When somebody first saw its key."),
    "REASON": ("reason", "Why it was rejected, returned or recalled."),
}

_STATE = (
    "CASE WHEN key.revoked_at IS NOT NULL THEN 'REVOKED'"
    " WHEN key.quarantined_at IS NOT NULL THEN 'QUARANTINED'"
    " ELSE coalesce(held.state, 'TAKEN') END"
)
_MOMENT = "date_trunc('second', %s AT TIME ZONE 'UTC')"

_QUARANTINE_REASON = (
    "CASE WHEN key.quarantined_at IS NOT NULL"
    f" THEN coalesce({written('replacement.reason')}, batch.quarantine_reason) END"
)

# Name -> (its cell in SQL, over key, held, license, batch, replacement and shop_order, where batch has cells
# already; what it is). What nobody wrote is made of digits, letters and dots.
KEY_COLUMNS = {
    "KEY_MASK": ("key.suffix", "The key as lists show it."),
    "STATE": (_STATE, "AVAILABLE, RESERVED, WITHHELD, TAKEN, QUARANTINED or REVOKED."),
    "BATCH": ("key.batch_id::text", "The UUID of its import."),
    "SUPPLIER": ("batch.supplier", "Whom it came from."),
    "PURCHASE_REFERENCE": ("batch.purchase_reference", "Under which purchase."),
    "USE_BY": ("key.use_by::text", "Its last day."),
    "CREATED_AT": (_MOMENT % "key.created_at", "When it was imported or generated."),
    "LICENSE": ("license.id::text", "The UUID of the license that it is on."),
    "ORDER_NUMBER": (written("shop_order.number"), "The number of the order of that license."),
    "REVEALED_AT": (_MOMENT % "key.revealed_at", "When somebody first saw it."),
    "QUARANTINED_AT": (_MOMENT % "key.quarantined_at", "Since when it is quarantined."),
    "QUARANTINE_REASON": (_QUARANTINE_REASON, "Why it was replaced, else why its import was."),
    "REVOKED_AT": (_MOMENT % "key.revoked_at", "Since when it is revoked."),
}

# The clear key is no column to choose: it comes first in a file in clear, and in no other.
KEY = "key"


def chosen(names: Optional[Sequence[str]], columns: Any, *, is_clear: bool) -> List[str]:
    """The columns of a file in the order that was asked for; all for None.

    Raises Invalid for one named twice, or if nothing at all would stand in the file.
    """
    if names is None:
        return list(columns)
    if len(set(names)) < len(names) or set(names) - set(columns):
        raise Invalid("Name each column once.", field="columns")
    if not names and not is_clear:
        raise Invalid("Name a column.", field="columns")
    return list(names)


def header_of(names: Sequence[str], *, is_clear: bool) -> Tuple[str, ...]:
    """The first row of a file."""
    return ((KEY,) if is_clear else ()) + tuple(name.lower() for name in names)
