"""What the buyer says at checkout: where the confirmation goes (I04), a reference (I05), a comment (I06)."""

from __future__ import annotations

from typing import Dict, Mapping

from ...accounts.addresses import parse_address
from ...errors import EsdError
from ...text import clean_text

LONGEST_REFERENCE = 128
LONGEST_COMMENT = 2000


def parse_checkout_details(details: Mapping[str, str]) -> Dict[str, str]:
    """The details, checked, normalised, each on one line; only names that are given, empty text stays empty.

    Raises Invalid, InvalidEmail and their like, naming the field (camelCase).
    """
    return {
        name: _PARSERS[name](value or "") for name, value in details.items() if name in _PARSERS
    }


def usable_details(details: Mapping[str, str]) -> Dict[str, str]:
    """Those of the details that are valid; for the hook, which must not refuse an order."""
    usable = {}
    for name, value in details.items():
        try:
            usable.update(parse_checkout_details({name: value}))
        except EsdError:
            continue
    return usable


def _email(value: str) -> str:
    try:
        return parse_address(value) if value.strip() else ""
    except EsdError as error:
        error.field = "notificationEmail"
        raise


_PARSERS = {
    "notification_email": _email,
    "purchase_order_reference": lambda value: clean_text(
        value, field="purchaseOrderReference", longest=LONGEST_REFERENCE, one_line=True
    ),
    "comment": lambda value: clean_text(
        value, field="comment", longest=LONGEST_COMMENT, one_line=True
    ),
}
