"""What mails tell of an order."""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, List

from ..accounts.invitations import issue_invitation
from ..accounts.queries import has_member
from ..conf import settings
from ..host import shop
from ..orders.counts import Availability, availability, total
from ..orders.models import LicenseOrder, LicenseOrderLine
from ..text import has_link
from .errors import NothingToSend
from .messages import Context, secret_of_link
from .models import Delivery, DeliveryKind

INVITATION_PATH = "/plugins/global/esd/invitation/?token="
PORTAL_PATH = "/plugins/global/esd/portal"


def live_order(delivery: Delivery, *, even_ended: bool = False) -> LicenseOrder:
    """The order that the mail is about. Raises NothingToSend if it has ended, unless that is what the mail tells."""
    order = LicenseOrder.objects.get(pk=delivery.order_id)
    if order.is_ended and not even_ended:
        raise NothingToSend("The order was cancelled or refunded.")
    return order


def about_order(delivery: Delivery, order: LicenseOrder) -> Context:
    """What every mail about an order tells: see `order_context`, `reason`, `ways_to_account`.

    To others than the buyer neither reference nor comment, if there is a link in one of them.
    """
    context = order_context(order)
    words = ("purchase_order_reference", "comment")
    if _is_to_others(delivery, order) and any(has_link(context["order"][word]) for word in words):
        context["order"].update(dict.fromkeys(words, ""))
    return {
        **context,
        "reason": delivery.event.reason,
        **ways_to_account(delivery, order),
    }


def _is_to_others(delivery: Delivery, order: LicenseOrder) -> bool:
    """Whether the mail goes to an address that the buyer named for somebody else: our mail shall not carry his links."""
    if delivery.kind == DeliveryKind.RECEIPT.value:
        own = {order.buyer_email.lower(), delivery.event.actor_label.lower()}
        return delivery.recipient.lower() not in own
    return delivery.data.get("is_buyer") is False


def ways_to_account(delivery: Delivery, order: LicenseOrder) -> Context:
    """For the buyer's own address only, else both are empty.

    `invitation_url`: a guest's way to the account. `portal_url`: the order in the portal, for whoever has an account, if the
    shop has switched the portal on.
    """
    ways = {"invitation_url": "", "portal_url": ""}
    if not delivery.data.get("is_buyer") or order.account_id is None:
        return ways
    if not has_member(order.account_id):
        issue = partial(issue_invitation, order.account_id, email=delivery.recipient)
        token = secret_of_link(delivery, issue)
        page = settings.invitation_url or shop.absolute_url(INVITATION_PATH)
        return {**ways, "invitation_url": page + token}
    if shop.plugin_settings().has_portal:
        return {**ways, "portal_url": shop.absolute_url(f"{PORTAL_PATH}/purchases/{order.pk}")}
    return ways


def approved_and_waiting(order: LicenseOrder) -> int:
    """Units that were approved and are not released yet: money or keys are missing."""
    lines = list(order.lines.select_related("order"))
    stand = availability(lines)
    return sum(max(0, line.approved - stand[line.pk].available) for line in lines)


def product_of(line: LicenseOrderLine) -> str:
    """See `product_name`."""
    return product_name(line.product_name, line.variant_name, line.sku)


def product_name(product: str, variant: str, sku: str) -> str:
    """The product as the buyer knows it: "Office Suite (5 users)"."""
    if variant in ("", product, sku):
        return product or sku
    return f"{product} ({variant})"


def order_context(order: LicenseOrder) -> Context:
    """What templates know of an order: `order`, its `lines`, all of them in `availability`, and what kinds there are."""
    lines = list(order.lines.select_related("order"))
    by_line = availability(lines)
    return {
        "order": {
            "number": order.number,
            # Staff gave it: nothing was ordered.
            "is_grant": not order.is_of_shop,
            "ordered_on": order.ordered_at.date(),
            "purchase_order_reference": order.purchase_order_reference,
            "comment": order.comment,
            "buyer_email": order.buyer_email,
        },
        "lines": [
            {
                "product": product_of(line),
                "sku": line.sku,
                "quantity": line.quantity,
                "is_renewal": line.is_renewal,
                **_counts(by_line[line.pk]),
            }
            for line in lines
        ],
        "availability": _counts(total(by_line.values())),
        "has_licenses": any(not line.is_renewal for line in lines),
        "has_renewals": any(line.is_renewal for line in lines),
    }


def _counts(counted: Availability) -> Dict[str, Any]:
    waiting: List[Dict[str, Any]] = [
        {"reason": reason, "quantity": quantity} for reason, quantity in counted.waiting
    ]
    return {
        "available": counted.available,
        "of": counted.of,
        "pending": counted.pending,
        "backordered": counted.backordered,
        "undecided": counted.undecided,
        "waiting": waiting,
    }
