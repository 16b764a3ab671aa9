"""What the buyer says at checkout: where the confirmation goes (I04), a reference (I05), a comment (I06)."""

from __future__ import annotations

from typing import Dict, Mapping

from ...accounts.addresses import parse_address
from ...errors import EsdError, NotFound
from ...host import shop
from ...host.types import Actor
from ...permissions import MANAGE_LICENSES
from ...text import clean_text

LONGEST_REFERENCE = 128
LONGEST_COMMENT = 2000


def set_checkout_details(
    checkout: str, given: Mapping[str, str], *, actor: Actor
) -> Dict[str, str]:
    """Keep what is `given` with the shop's checkout, named by its token or its id of the API; what was kept.

    A guest's checkout is whoever's who knows it, a user's that user's and of staff with MANAGE_LICENSES.
    Raises NotFound, and as `parse_checkout_details` does.
    """
    details = parse_checkout_details(given)
    user_ref = None if actor.has(MANAGE_LICENSES) else actor.user_ref
    if not shop.write_checkout_details(checkout, details, user_ref=user_ref):
        raise NotFound(field="checkout")
    return details


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
