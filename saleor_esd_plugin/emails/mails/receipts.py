"""The receipt that somebody asked for."""

from __future__ import annotations

from typing import Iterator

from ...events.models import Event
from ...events.types import EventType
from ...keys.formats import masked
from ...licenses.models import ISSUED, License
from ..errors import NothingToSend
from ..messages import Context, Mail, Message, order_language, order_of
from ..models import Delivery, DeliveryKind
from ..order_context import about_order, live_order, product_of

MOST_KEYS = 200


def _to_each_named(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    order = order_of(event)
    for address in event.data["emails"]:
        yield Message(
            kind,
            address,
            order_language(order),
            order_id=order.pk,
            account_id=order.account_id,
        )


def _receipt(delivery: Delivery) -> Context:
    order = live_order(delivery)
    context = about_order(delivery, order)
    counts = context["availability"]
    # Between the request and this moment a unit may have been returned or the order enlarged (K17).
    if not 0 < counts["of"] == counts["available"]:
        raise NothingToSend("Not every license of the order is issued any more.")
    issued = License.objects.filter(order_line__order=order, fulfillment__in=ISSUED)
    shown = issued.select_related("key__pool", "order_line").order_by("order_line_id", "unit_index")
    return {
        **context,
        "licenses": [
            {"product": product_of(license.order_line), "key": masked(license.key)}
            for license in shown[:MOST_KEYS]
        ],
        "licenses_left_out": max(0, counts["of"] - MOST_KEYS),
    }


MAILS = (
    Mail(
        DeliveryKind.RECEIPT,
        _receipt,
        {EventType.LICENSE_ORDER_RECEIPT_SENT: _to_each_named},
    ),
)
