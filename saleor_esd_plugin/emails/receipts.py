"""A receipt for oneself or others (K16), once every key of the order is issued (K17)."""

from __future__ import annotations

from datetime import timedelta
from typing import Tuple
from uuid import UUID

from django.db import transaction

from ..accounts.addresses import parse_addresses
from ..errors import Invalid, NotFound
from ..events.record import record
from ..events.throttle import throttle
from ..events.types import EventType
from ..host.types import Actor
from ..orders.counts import order_availability
from ..orders.models import LicenseOrder
from .errors import KeysNotIssued

LIMITS = ((500, timedelta(days=1)),)
ORDER_LIMITS = ((10, timedelta(hours=1)),)


@transaction.atomic
def send_license_order_receipt(
    license_order_id: UUID, *, emails: str, actor: Actor
) -> Tuple[str, ...]:
    """Mail the order's receipt, keys masked, to each address in `emails`; the addresses it goes to.

    `emails` are up to 20 addresses, separated by commas, semicolons or line ends; each gets a message
    of its own. Raises NotFound, Invalid (a grant), the errors of parse_addresses, KeysNotIssued unless every unit that was
    not withdrawn is released or assigned (invariant 9), RateLimited (10 times an hour per order, 500 addresses
    a day per account).
    """
    addresses = parse_addresses(emails)
    order = LicenseOrder.objects.filter(pk=license_order_id).first()
    if order is None:
        raise NotFound()
    if not order.is_of_shop:
        raise Invalid("Nothing was sold here: there is no receipt.", field="order")
    stand = order_availability(order)
    if not stand.is_done:
        raise KeysNotIssued(issued=stand.available, of=stand.of)
    throttle("order_receipt", str(order.pk), ORDER_LIMITS)
    throttle("receipt", str(order.account_id), LIMITS, uses=len(addresses))
    record(
        EventType.LICENSE_ORDER_RECEIPT_SENT,
        order.pk,
        actor=actor,
        order_id=order.pk,
        account_id=order.account_id,
        emails=list(addresses),
    )
    return addresses
