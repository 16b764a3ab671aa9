"""What a kind of mail is, what one e-mail to be is, and the addresses that mails go to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Sequence, Tuple
from uuid import UUID

from ..events.models import Event
from ..events.types import EventType
from ..host import shop
from ..orders.models import LicenseOrder
from .languages import choose_language
from .models import Delivery, DeliveryKind

LICENSES_PER_MAIL = 50
# In a preview, where the letter has a secret.
_HIDDEN = "•••••"

Context = Dict[str, Any]
# Who gets the mail of a kind after an event: the e-mails to be, perhaps none.
Audience = Callable[[DeliveryKind, Event], Iterable["Message"]]


@dataclass(frozen=True)
class Mail:
    """One kind of mail: what its templates get, read when it is sent, and after which events it goes to whom.

    `contents` may raise NothingToSend or Held. Its templates have the name of the kind.
    """

    kind: DeliveryKind
    contents: Callable[[Delivery], Context]
    audiences: Dict[EventType, Audience]


@dataclass(frozen=True)
class Message:
    """One e-mail to one address, which waits for `delay`. `part` tells apart mails of one kind, event and address."""

    kind: DeliveryKind
    recipient: str
    language: str
    order_id: Optional[UUID] = None
    account_id: Optional[UUID] = None
    license_ids: Tuple[UUID, ...] = ()
    data: Dict[str, Any] = field(default_factory=dict)
    part: str = ""
    delay: timedelta = timedelta(0)


def order_of(event: Event) -> LicenseOrder:
    """The order that an event of its own is about, as it is now."""
    return LicenseOrder.objects.select_related("account").get(pk=event.subject_id)


def order_language(order: LicenseOrder) -> str:
    """The language of mails to the buyer."""
    return choose_language(order.language, order.account.language if order.account else "")


def to_buyer(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    order = order_of(event)
    yield _about_order(kind, order, order.buyer_email, is_buyer=True)


def to_buyer_and_notified(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """To the buyer and to the notification address (I04), if that is another."""
    yield from to_buyer(kind, event)
    order = order_of(event)
    if order.notification_email.lower() != order.buyer_email.lower():
        yield _about_order(kind, order, order.notification_email, is_buyer=False)


def _about_order(
    kind: DeliveryKind, order: LicenseOrder, address: str, *, is_buyer: bool
) -> Message:
    return Message(
        kind,
        address,
        order_language(order),
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


def secret_of_link(delivery: Delivery, issue: Callable[[], str]) -> str:
    """What `issue` gives, for the end of a link that opens something; dots in a preview, for which nothing is issued."""
    return _HIDDEN if delivery.data.get("is_preview") else issue()
