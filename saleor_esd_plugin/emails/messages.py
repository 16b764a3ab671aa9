"""One e-mail to be: what it is, to whom, and whom the kinds of mail go to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, Optional, Sequence, Tuple
from uuid import UUID

from ..events.models import Event
from ..host import shop
from ..orders.models import LicenseOrder
from .languages import choose_language
from .models import DeliveryKind

LICENSES_PER_MAIL = 50


@dataclass(frozen=True)
class Message:
    """One e-mail to one address. `part` tells apart mails of one kind, event and address."""

    kind: DeliveryKind
    recipient: str
    language: str
    order_id: Optional[UUID] = None
    account_id: Optional[UUID] = None
    license_ids: Tuple[UUID, ...] = ()
    data: Dict[str, Any] = field(default_factory=dict)
    part: str = ""


def order_of(event: Event) -> LicenseOrder:
    """The order that an event of its own is about, as it is now."""
    return LicenseOrder.objects.select_related("account").get(pk=event.subject_id)


def to_buyer(event: Event, kind: DeliveryKind, *, and_notification: bool) -> Iterator[Message]:
    """To the buyer and, where the kind says so, to the notification address (I04), if that is another."""
    order = order_of(event)
    language = choose_language(order.language, order.account.language if order.account else "")
    addresses = [(order.buyer_email, True)]
    if and_notification and order.notification_email.lower() != order.buyer_email.lower():
        addresses.append((order.notification_email, False))
    for address, is_buyer in addresses:
        yield Message(
            kind,
            address,
            language,
            order_id=order.pk,
            account_id=order.account_id,
            data={"is_buyer": is_buyer},
        )


def to_staff(kind: DeliveryKind, order: LicenseOrder, **data: Any) -> Message:
    """To the staff address, without an account: its members need not know that address."""
    address = shop.plugin_settings().staff_address
    return Message(kind, address, choose_language(), order_id=order.pk, data=data)


def chunks(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    """`ids` in parts of as many licenses as one mail has."""
    for start in range(0, len(ids), LICENSES_PER_MAIL):
        yield ids[start : start + LICENSES_PER_MAIL]
