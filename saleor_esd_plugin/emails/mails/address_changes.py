"""Mails about the buyer's other address: to that address, and to staff."""

from __future__ import annotations

from typing import Iterable, Iterator

from ...accounts.addresses import as_mailed
from ...events.models import Event
from ...events.types import EventType
from ...keys.formats import masked
from ...orders.models import LicenseOrder
from ..errors import NothingToSend
from ..exposure import exposure_of
from ..messages import Context, Mail, Message, order_of, to_buyer, to_staff
from ..models import Delivery, DeliveryKind
from ..order_context import about_order, live_order, order_context, product_of


def _if_invitation_was_lost(kind: DeliveryKind, event: Event) -> Iterable[Message]:
    return to_buyer(kind, event) if event.data["lost_invitation"] else ()


def _address_changed(delivery: Delivery) -> Context:
    context = about_order(delivery, live_order(delivery))
    if not context["invitation_url"]:
        raise NothingToSend("Somebody has taken the account over.")
    return context


def _to_staff_if_exposed(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """If the old address got something that somebody may have used."""
    order, before = order_of(event), as_mailed(event.facts["before"])
    if exposure_of(order, before):
        yield to_staff(kind, order, address=before)


def _exposed(delivery: Delivery) -> Context:
    """The keys that are in use still. Raises NothingToSend if every such key was replaced or has left."""
    order = LicenseOrder.objects.get(pk=delivery.order_id)
    exposure = exposure_of(order, delivery.data["address"])
    if not exposure:
        raise NothingToSend("The keys were replaced or returned.")
    return {
        **order_context(order),
        "old_address": delivery.data["address"],
        "has_account": exposure.has_account,
        "licenses": [
            {"product": product_of(license.order_line), "masked_key": masked(license.key)}
            for license in exposure.licenses
        ],
    }


MAILS = (
    Mail(
        DeliveryKind.ADDRESS_CHANGED,
        _address_changed,
        {EventType.LICENSE_ORDER_BUYER_ADDRESS_CHANGED: _if_invitation_was_lost},
    ),
    Mail(
        DeliveryKind.KEYS_AT_OLD_ADDRESS,
        _exposed,
        {EventType.LICENSE_ORDER_BUYER_ADDRESS_CHANGED: _to_staff_if_exposed},
    ),
)
