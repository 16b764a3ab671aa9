"""The mail that an order has renewed licenses: to its buyer, whoever has them. No key is in it."""

from __future__ import annotations

from typing import Any, Dict, Iterable

from ...events.models import Event
from ...events.types import EventType
from ...host.db import now
from ...keys.formats import masked
from ...licenses.models import ISSUED, License
from ...orders.models import LicenseOrder
from ...orders.renewals.units import renewed
from ..errors import NothingToSend
from ..messages import LICENSES_PER_MAIL, Context, Mail, Message, to_buyer_and_notified
from ..models import Delivery, DeliveryKind
from ..order_context import about_order, live_order, product_of
from ..reminder_rules import shop_day


def _to_who_bought(kind: DeliveryKind, event: Event) -> Iterable[Message]:
    """What staff renew without an order is told by whoever had them do it."""
    return to_buyer_and_notified(kind, event) if event.subject_id == event.order_id else ()


def _renewed(delivery: Delivery) -> Context:
    """Of the licenses that were renewed those that still are, up to 50, with the expiry of today."""
    order, event = live_order(delivery), delivery.event
    units = renewed().filter(
        order_line=event.data["order_line"], license__in=event.data["licenses"]
    )
    found = License.objects.filter(pk__in=units.values("license"), fulfillment__in=ISSUED)
    licenses = found.select_related("key__pool", "order_line").order_by("expires_at", "pk")
    number = len(licenses)
    if not number:
        raise NothingToSend("All of these renewals were taken back, or their licenses have ended.")
    return {
        **about_order(delivery, order),
        "number": number,
        "licenses": [_told(one, order) for one in licenses[:LICENSES_PER_MAIL]],
        "licenses_left_out": max(0, number - LICENSES_PER_MAIL),
    }


def _told(license: License, order: LicenseOrder) -> Dict[str, Any]:
    # A guest may pay for anybody's license, and learns nothing of it that is not paid for.
    is_own = license.account_id == order.account_id
    return {
        "product": product_of(license.order_line),
        "masked_key": masked(license.key) if is_own else "",
        "expires_on": license.expires_at and shop_day(license.expires_at),
        "is_suspended": is_own and license.is_suspended_at(now()),
    }


MAILS = (
    Mail(DeliveryKind.LICENSES_RENEWED, _renewed, {EventType.LICENSE_RENEWED: _to_who_bought}),
)
