"""The receipt that somebody asked for."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Callable, Iterator

from ...events.models import Event
from ...events.types import EventType
from ...host.billing import Receipt, read_receipts
from ...keys.formats import masked
from ...licenses.models import ISSUED, License
from ...orders.models import LicenseOrder
from ...text import has_link
from ..errors import NothingToSend
from ..messages import Context, Mail, Message, order_language, order_of
from ..models import Delivery, DeliveryKind
from ..order_context import about_order, live_order, product_name, product_of
from ..written_amounts import written_amount

MOST_KEYS = 200


def _to_each_named(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    order = order_of(event)
    for address in event.facts["emails"]:
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
    licensed = sum(line["of"] for line in context["lines"] if not line["is_renewal"])
    # Between the request and this moment a unit may have been returned or the order enlarged (K17).
    if not 0 < counts["of"] == counts["available"]:
        raise NothingToSend("Not every license of the order is issued any more.")
    receipt = read_receipts([order.order_uuid]).get(order.order_uuid)
    if receipt is None:
        raise NothingToSend("The shop's order was deleted.")
    issued = License.objects.filter(order_line__order=order, fulfillment__in=ISSUED)
    shown = issued.select_related("key__pool", "order_line").order_by("order_line_id", "unit_index")
    return {
        **context,
        **_prices(
            order,
            receipt,
            partial(written_amount, currency=receipt.currency, language=delivery.language),
        ),
        "seller": list(receipt.seller.address),
        "tax_number": receipt.seller.tax_number,
        # Others get it too, and the buyer wrote it: our mail shall not carry his links.
        "buyer": [line for line in receipt.buyer.address if not has_link(line)],
        "licenses": [
            {"product": product_of(license.order_line), "key": masked(license.key)}
            for license in shown[:MOST_KEYS]
        ],
        "licenses_left_out": max(0, licensed - MOST_KEYS),
    }


def _prices(order: LicenseOrder, receipt: Receipt, written: Callable[[Decimal], str]) -> Context:
    """Amounts as text, with tax; what is nothing is empty."""

    def some(amount: Decimal) -> str:
        return written(amount) if amount else ""

    return {
        "items": [
            {
                "product": product_name(line.product_name, line.variant_name, line.sku),
                "sku": line.sku,
                "quantity": line.quantity,
                "unit_price": written(line.unit_price.gross),
                "tax": some(line.total.tax),
                "total": written(line.total.gross),
            }
            for line in receipt.lines
        ],
        "shipping": some(receipt.shipping.gross),
        "discount": some(-receipt.discount.gross),
        "total": written(receipt.total.gross),
        "tax": some(receipt.total.tax),
        "payments": [
            {"means": paid.means, "amount": written(paid.amount), "paid_on": paid.paid_at.date()}
            for paid in receipt.payments
        ],
        "refunded": some(order.refunded + order.charged_back),
    }


MAILS = (
    Mail(
        DeliveryKind.RECEIPT,
        _receipt,
        {EventType.LICENSE_ORDER_RECEIPT_SENT: _to_each_named},
    ),
)
