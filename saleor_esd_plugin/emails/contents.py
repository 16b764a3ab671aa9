"""What each e-mail tells, read at the moment it is sent. Clear keys are in it as SecretKey only."""

from __future__ import annotations

from typing import Any, Callable, Dict, List
from uuid import UUID

from ..accounts.addresses import parse_address
from ..accounts.end_customers import lock_end_customer
from ..accounts.models import Account, EndCustomer
from ..conf import settings
from ..events.types import EventType
from ..host import shop
from ..keys.formats import masked
from ..keys.ring import keyring
from ..licenses.claim_links import issue_claim_link
from ..licenses.handover import open_keys
from ..licenses.models import ISSUED, DeliveryMode, Fulfillment, License
from ..orders.blockers import APPROVAL
from ..orders.locks import lock_order
from ..orders.queries import waiting_for_approval
from ..text import has_link
from . import exposure, stock_mails
from . import money_contents as money
from .errors import Held, Moot
from .holding import hold_suspended
from .languages import choose_text
from .models import Delivery, DeliveryKind
from .standing import about_order, approved_and_waiting, invitation_url, live_order, product_of

CLAIM_PATH = "/plugins/global/esd/claim/?token="
MOST_KEYS_ON_A_RECEIPT = 200

Context = Dict[str, Any]


def contents_of(delivery: Delivery) -> Context:
    """The template's values. Raises Moot if there is nothing to tell any more.

    Runs in the transaction that leases the delivery: keys in the answer are marked as revealed, links in
    it are stored, with the lease. A buyer or end customer whose address changed since gets it at the new one:
    `delivery.recipient` follows, and `delivery.data` names the licenses whose keys are in it. Raises Held
    while what it hands over is suspended, Required or InvalidEmail if the buyer has no address that a mail
    can go to, KeyringLocked, Tampered.
    """
    if delivery.data.get("is_buyer"):
        # Locked until the lease commits: an address that changes after this look finds the links of this mail.
        delivery.recipient = parse_address(lock_order(delivery.order_id).buyer_email)
    return _CONTENTS[DeliveryKind(delivery.kind)](delivery)


def _confirmed(delivery: Delivery) -> Context:
    return about_order(delivery, live_order(delivery))


def _waits(delivery: Delivery) -> Context:
    context = about_order(delivery, live_order(delivery))
    if APPROVAL not in {wait["reason"] for wait in context["availability"]["waiting"]}:
        raise Moot("Nothing of the order waits for approval any more.")
    return {**context, "orders_waiting": waiting_for_approval().count()}


def _backordered(delivery: Delivery) -> Context:
    context = about_order(delivery, live_order(delivery))
    if not context["availability"]["backordered"]:
        raise Moot("Every unit of the order has a key by now.")
    # Whether there are too few keys is known once they can be handed out.
    keyring.verified_keyring(writes=False)
    return context


def _approved(delivery: Delivery) -> Context:
    order = live_order(delivery)
    if not approved_and_waiting(order):
        raise Moot("What was approved is released by now.")
    return about_order(delivery, order)


def _cancelled(delivery: Delivery) -> Context:
    order = live_order(delivery, even_ended=True)
    was_refunded = delivery.event.type == EventType.LICENSE_ORDER_REFUNDED.value
    context = about_order(delivery, order)
    return {
        **context,
        "was_refunded": was_refunded,
        "was_charged_back": was_refunded and order.charged_back > 0,
        # Of a refund it is a note of ours, and explains nothing to the buyer.
        "reason": "" if was_refunded else context["reason"],
    }


def _released(delivery: Delivery) -> Context:
    order = live_order(delivery)
    issued = License.objects.filter(order_line__order=order, fulfillment__in=ISSUED)
    if issued.exists() and not issued.filter(suspended_at=None).exists():
        raise Held()
    return about_order(delivery, order)


def _receipt(delivery: Delivery) -> Context:
    order = live_order(delivery)
    context = about_order(delivery, order)
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
    order = live_order(delivery)
    licenses = _licenses(delivery, Fulfillment.RELEASED.value)
    return {
        **_handed_over(delivery, licenses),
        "name": "",
        "order_number": order.number,
        "invitation_url": invitation_url(delivery, order),
    }


def _address_changed(delivery: Delivery) -> Context:
    context = about_order(delivery, live_order(delivery))
    if not context["invitation_url"]:
        raise Moot("Somebody has taken the account over.")
    return context


def _assigned(delivery: Delivery) -> Context:
    customer = EndCustomer.objects.filter(pk=delivery.data.get("end_customer")).first()
    if customer is None:
        raise Moot("The licenses are not the end customer's any more.")
    licenses = _licenses(delivery, Fulfillment.ASSIGNED.value, end_customer=customer)
    # As with the buyer's: locked, and after the licenses, as whoever assigns them does.
    customer = lock_end_customer(customer.pk)
    delivery.recipient = customer.email
    return {
        **_handed_over(delivery, licenses),
        # The account's words, to an address that it names: no way to have links of its own mailed by us.
        "name": "" if has_link(customer.name) else customer.name,
        "order_number": "",
        "invitation_url": "",
    }


def _revealed(delivery: Delivery) -> Context:
    delivery.recipient = parse_address(Account.objects.get(pk=delivery.account_id).email)
    read = License.objects.select_related("key__pool", "order_line__order")
    licenses = [
        {
            "product": product_of(license.order_line),
            "masked_key": masked(license.key),
            "order_number": license.order_line.order.number,
        }
        for license in read.filter(pk__in=delivery.license_ids).order_by("pk")
    ]
    return {
        **licenses[0],
        "licenses": licenses,
        "reason": delivery.event.reason,
        # Where staff had them mailed to; empty if they read them themselves.
        "sent_to": delivery.event.data.get("sent_to", ""),
        "revealed_at": delivery.event.created_at,
    }


def _licenses(delivery: Delivery, fulfillment: str, **held_by: EndCustomer) -> List[License]:
    """Those of the delivery's licenses that still are in this state, locked, and may be handed over.

    Raises Moot if none is in this state, Held if all are suspended; if some are, their mail waits.
    """
    # Locked until the lease commits: nobody suspends or takes back between this look and the key.
    licenses = list(
        License.objects.select_for_update(of=("self",))
        .select_related("policy__pool", "order_line")
        .filter(pk__in=delivery.license_ids, fulfillment=fulfillment, **held_by)
        .order_by("pk")
    )
    if not licenses:
        raise Moot("The licenses were returned or given to somebody else.")
    usable = hold_suspended(delivery, licenses)
    return sorted(usable, key=lambda one: (one.order_line_id, one.unit_index))


def _handed_over(delivery: Delivery, licenses: List[License]) -> Context:
    """The licenses with their clear keys or with single-use links, as their policy says."""
    policy = licenses[0].policy
    is_inline = policy.delivery == DeliveryMode.INLINE.value
    keys = open_keys([license.pk for license in licenses]) if is_inline else {}
    delivery.data["in_clear"] = [str(pk) for pk in keys]
    return {
        "product": product_of(licenses[0].order_line),
        "key_kind": policy.pool.kind,
        "is_inline": is_inline,
        "is_replacement": bool(delivery.data.get("is_replacement")),
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


_CONTENTS: Dict[DeliveryKind, Callable[[Delivery], Context]] = {
    DeliveryKind.ORDER_CONFIRMED: _confirmed,
    DeliveryKind.ORDER_WAITS: _waits,
    DeliveryKind.ORDER_APPROVED: _approved,
    DeliveryKind.ORDER_RELEASED: _released,
    DeliveryKind.ORDER_REJECTED: _confirmed,
    DeliveryKind.ORDER_CANCELLED: _cancelled,
    DeliveryKind.ORDER_BACKORDERED: _backordered,
    DeliveryKind.ORDER_DISPUTED: money.disputed,
    DeliveryKind.ORDER_REFUND_OPEN: money.refund_open,
    DeliveryKind.ORDER_REFUND_FAILED: money.refund_failed,
    DeliveryKind.LICENSE_KEYS: _keys,
    DeliveryKind.LICENSE_ASSIGNED: _assigned,
    DeliveryKind.ADDRESS_CHANGED: _address_changed,
    DeliveryKind.KEYS_AT_OLD_ADDRESS: exposure.contents,
    DeliveryKind.LICENSES_RETURNED: money.returned,
    DeliveryKind.LICENSES_SUSPENDED: money.suspended,
    DeliveryKind.LICENSES_REINSTATED: money.reinstated,
    DeliveryKind.KEY_POOL_LOW_STOCK: stock_mails.contents,
    DeliveryKind.KEY_REVEALED: _revealed,
    DeliveryKind.RECEIPT: _receipt,
}
