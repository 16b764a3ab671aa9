"""What each e-mail tells, read at the moment it is sent. Clear keys are in it as SecretKey only."""

from __future__ import annotations

from typing import Any, Callable, Dict, List
from uuid import UUID

from ..accounts.invitations import issue_invitation
from ..accounts.models import EndCustomer
from ..accounts.queries import has_member
from ..conf import settings
from ..host import shop
from ..keys.formats import masked
from ..licenses.claiming import issue_claim_link
from ..licenses.handover import open_keys
from ..licenses.models import ISSUED, DeliveryMode, Fulfillment, License
from ..orders.models import LicenseOrder
from ..orders.queries import waiting_for_approval
from .errors import Moot
from .languages import choose_text
from .models import Delivery, DeliveryKind
from .standing import approved_and_waiting, order_context, product_of

CLAIM_PATH = "/plugins/global/esd/claim/?token="
INVITATION_PATH = "/plugins/global/esd/invitation/?token="
MOST_KEYS_ON_A_RECEIPT = 200
_TAKEN_AWAY = "The licenses were returned or given to somebody else."

Context = Dict[str, Any]


def contents_of(delivery: Delivery) -> Context:
    """The template's values. Raises Moot if there is nothing to tell any more.

    Runs in the transaction that leases the delivery: keys in the answer are marked as revealed, links in
    it are stored, with the lease. An end customer whose address changed since gets it at the new one:
    `delivery.recipient` follows. Raises KeyringLocked, Tampered.
    """
    return _CONTENTS[DeliveryKind(delivery.kind)](delivery)


def _order(delivery: Delivery, *, even_ended: bool = False) -> LicenseOrder:
    order = LicenseOrder.objects.get(pk=delivery.order_id)
    if order.is_ended and not even_ended:
        raise Moot("The order was cancelled or refunded.")
    return order


def _about_order(delivery: Delivery, order: LicenseOrder) -> Context:
    return {
        **order_context(order),
        "reason": delivery.event.reason,
        "invitation_url": _invitation_url(delivery, order),
    }


def _confirmed(delivery: Delivery) -> Context:
    return _about_order(delivery, _order(delivery))


def _waits(delivery: Delivery) -> Context:
    context = _about_order(delivery, _order(delivery))
    if not context["availability"]["undecided"]:
        raise Moot("Nothing of the order waits for approval any more.")
    return {**context, "orders_waiting": waiting_for_approval().count()}


def _backordered(delivery: Delivery) -> Context:
    context = _about_order(delivery, _order(delivery))
    if not context["availability"]["backordered"]:
        raise Moot("Every unit of the order has a key by now.")
    return context


def _approved(delivery: Delivery) -> Context:
    order = _order(delivery)
    if not approved_and_waiting(order):
        raise Moot("What was approved is released by now.")
    return _about_order(delivery, order)


def _cancelled(delivery: Delivery) -> Context:
    order = _order(delivery, even_ended=True)
    was_refunded = delivery.event.type == "license_order.refunded"
    return {**_about_order(delivery, order), "was_refunded": was_refunded}


def _receipt(delivery: Delivery) -> Context:
    order = _order(delivery)
    context = _about_order(delivery, order)
    stand = context["availability"]
    # Between the request and this moment a unit may have been returned or the order enlarged (K17).
    if not 0 < stand["of"] == stand["available"]:
        raise Moot("Not every license of the order is issued any more.")
    issued = License.objects.filter(order_line__order=order, fulfillment__in=ISSUED)
    shown = issued.select_related("key__pool", "order_line").order_by("order_line_id", "unit_index")
    return {
        **context,
        "licenses": [
            {"product": product_of(license.order_line), "key": masked(license.key)}
            for license in shown[:MOST_KEYS_ON_A_RECEIPT]
        ],
        "licenses_left_out": max(0, stand["of"] - MOST_KEYS_ON_A_RECEIPT),
    }


def _keys(delivery: Delivery) -> Context:
    order = _order(delivery)
    licenses = _licenses(delivery, Fulfillment.RELEASED.value)
    return {
        **_handed_over(delivery, licenses),
        "name": "",
        "order_number": order.number,
        "invitation_url": _invitation_url(delivery, order),
    }


def _assigned(delivery: Delivery) -> Context:
    customer = EndCustomer.objects.filter(pk=delivery.data.get("end_customer")).first()
    held = _licenses(delivery, Fulfillment.ASSIGNED.value)
    licenses = [one for one in held if customer and one.end_customer_id == customer.pk]
    if customer is None or not licenses:
        raise Moot("The licenses are not the end customer's any more.")
    delivery.recipient = customer.email
    return {
        **_handed_over(delivery, licenses),
        "name": customer.name,
        "order_number": "",
        "invitation_url": "",
    }


def _revealed(delivery: Delivery) -> Context:
    license = License.objects.select_related("key__pool", "order_line__order").get(
        pk=delivery.license_ids[0]
    )
    return {
        "product": product_of(license.order_line),
        "masked_key": masked(license.key),
        "order_number": license.order_line.order.number,
        "reason": delivery.event.reason,
        "revealed_at": delivery.event.created_at,
    }


def _licenses(delivery: Delivery, fulfillment: str) -> List[License]:
    """Those of the delivery's licenses that still are in this state. Raises Moot if none is."""
    licenses = list(
        License.objects.select_related("policy__pool", "order_line")
        .filter(pk__in=delivery.license_ids, fulfillment=fulfillment)
        .order_by("order_line_id", "unit_index")
    )
    if not licenses:
        raise Moot(_TAKEN_AWAY)
    return licenses


def _handed_over(delivery: Delivery, licenses: List[License]) -> Context:
    """The licenses with their clear keys or with single-use links, as their policy says."""
    policy = licenses[0].policy
    is_inline = policy.delivery == DeliveryMode.INLINE.value
    keys = {}
    if is_inline:
        keys = open_keys([license.pk for license in licenses])
        # One that was returned while we waited for its lock has no key any more.
        licenses = [license for license in licenses if license.pk in keys]
        if not licenses:
            raise Moot(_TAKEN_AWAY)
    return {
        "product": product_of(licenses[0].order_line),
        "key_kind": policy.pool.kind,
        "is_inline": is_inline,
        "claim_days": settings.claim_days,
        "instructions": choose_text(policy.instructions, delivery.language),
        "licenses": [
            {
                "product": product_of(license.order_line),
                "key": keys.get(license.pk),
                "link": "" if is_inline else _claim_url(license.pk, delivery.recipient),
                "expires_on": license.expires_at.date() if license.expires_at else None,
            }
            for license in licenses
        ],
    }


def _claim_url(license_id: UUID, email: str) -> str:
    token = issue_claim_link(license_id, email=email)
    return (settings.claim_url or shop.absolute_url(CLAIM_PATH)) + token


def _invitation_url(delivery: Delivery, order: LicenseOrder) -> str:
    """A guest's way to the account, for the buyer's own address only; else empty."""
    if (
        not delivery.data.get("is_buyer")
        or order.account_id is None
        or has_member(order.account_id)
    ):
        return ""
    token = issue_invitation(order.account_id, email=delivery.recipient)
    return (settings.invitation_url or shop.absolute_url(INVITATION_PATH)) + token


_CONTENTS: Dict[DeliveryKind, Callable[[Delivery], Context]] = {
    DeliveryKind.ORDER_CONFIRMED: _confirmed,
    DeliveryKind.ORDER_WAITS: _waits,
    DeliveryKind.ORDER_APPROVED: _approved,
    DeliveryKind.ORDER_RELEASED: _confirmed,
    DeliveryKind.ORDER_REJECTED: _confirmed,
    DeliveryKind.ORDER_CANCELLED: _cancelled,
    DeliveryKind.ORDER_BACKORDERED: _backordered,
    DeliveryKind.LICENSE_KEYS: _keys,
    DeliveryKind.LICENSE_ASSIGNED: _assigned,
    DeliveryKind.KEY_REVEALED: _revealed,
    DeliveryKind.RECEIPT: _receipt,
}
