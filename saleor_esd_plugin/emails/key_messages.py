"""Mails that hand keys over once more: a key was replaced, or its reader has another address."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple
from uuid import UUID

from django.db.models import Q, QuerySet

from ..accounts.addresses import as_mailed
from ..events.models import Event
from ..events.types import EventType
from ..host.db import now
from ..licenses.models import ISSUED, ClaimLink, Fulfillment, License
from .exposure import exposure_of
from .languages import choose_language
from .messages import Message, chunks, order_of, to_buyer, to_staff
from .models import Delivery, DeliveryKind, DeliveryStatus
from .rules import goes_to_buyer

_BUYER, _END_CUSTOMER = (
    EventType.LICENSE_ORDER_BUYER_ADDRESS_CHANGED.value,
    EventType.END_CUSTOMER_ADDRESS_CHANGED.value,
)


def replaced(event: Event) -> Iterator[Message]:
    """The new keys, to whom the old ones were for: the end customer, or the buyer who keeps them himself."""
    named = [pk for pk in event.data["licenses"] if pk not in set(event.data["pending"])]
    return _handed_over(event, named, is_replacement=True)


def buyer_address_changed(event: Event) -> Iterator[Message]:
    """To the new address what the old one had and did not use; to staff what it had and may have used."""
    order = order_of(event)
    if event.data["lost_invitation"]:
        yield from to_buyer(event, DeliveryKind.ADDRESS_CHANGED, and_notification=False)
    kept = License.objects.filter(fulfillment=Fulfillment.RELEASED.value)
    yield from _handed_over(event, _without_link(event, kept))
    before = as_mailed(event.data["before"])
    if exposure_of(order, before):
        yield to_staff(DeliveryKind.KEYS_AT_OLD_ADDRESS, order, address=before)


def end_customer_address_changed(event: Event) -> Iterator[Message]:
    held = License.objects.filter(
        end_customer=event.subject_id, fulfillment=Fulfillment.ASSIGNED.value
    )
    return _handed_over(event, _without_link(event, held))


def wake_readdressed(event: Event) -> List[UUID]:
    """Mails that failed at an earlier address, or wait to be tried again, are due now for the new one; their ids.

    Nothing for an event of another kind. One that is on its way this moment is left alone.
    """
    if event.type not in (_BUYER, _END_CUSTOMER):
        return []
    moment = now()
    stuck = (
        _mails_to_reader(event)
        .filter(
            Q(leased_until=None) | Q(leased_until__lte=moment),
            status__in=[DeliveryStatus.FAILED.value, DeliveryStatus.QUEUED.value],
        )
        .exclude(recipient__iexact=as_mailed(event.data["after"]))
    )
    ids = list(stuck.order_by("pk").values_list("pk", flat=True))
    stuck.filter(pk__in=ids).update(
        status=DeliveryStatus.QUEUED.value, attempts=0, error="", due_at=moment
    )
    return ids


def without_address(event: Event) -> Iterable[Event]:
    """Releases that no mail told the buyer of, if his order had no address until this event."""
    if event.type != _BUYER or event.data["before"]:
        return ()
    released = Event.objects.filter(
        subject_id=event.subject_id, type=EventType.LICENSE_RELEASED.value
    )
    told = Delivery.objects.filter(data__is_buyer=True, event__in=released)
    return released.exclude(pk__in=told.values("event_id"))


def _mails_to_reader(event: Event) -> QuerySet:
    """All mails to the buyer or end customer whose other address the event tells of."""
    if event.type == _BUYER:
        return Delivery.objects.filter(order_id=event.subject_id, data__is_buyer=True)
    return Delivery.objects.filter(
        kind=DeliveryKind.LICENSE_ASSIGNED.value, data__end_customer=str(event.subject_id)
    )


def _without_link(event: Event, licenses: QuerySet) -> List[str]:
    """Those of the event's licenses, all in `licenses`, to which no new link is on its way by another mail."""
    usable = ClaimLink.objects.filter(claimed_at=None, voided_at=None).values("license_id")
    wanted = licenses.filter(pk__in=event.data["licenses"]).exclude(pk__in=usable)
    waiting = _mails_to_reader(event).filter(
        Q(leased_until=None) | Q(leased_until__lte=now()),
        kind__in=[DeliveryKind.LICENSE_KEYS.value, DeliveryKind.LICENSE_ASSIGNED.value],
        status=DeliveryStatus.QUEUED.value,
    )
    theirs = {pk for ids in waiting.values_list("license_ids", flat=True) for pk in ids}
    return [str(pk) for pk in wanted.values_list("pk", flat=True) if str(pk) not in theirs]


def _handed_over(event: Event, license_ids: Iterable[Any], **data: Any) -> Iterator[Message]:
    """Mails with these licenses to their end customers, and to buyers who keep them; one per order line."""
    licenses = (
        License.objects.filter(pk__in=list(license_ids), fulfillment__in=ISSUED)
        .select_related("policy", "account", "end_customer", "order_line__order")
        .order_by("order_line_id", "unit_index")
    )
    by_mail: Dict[Tuple[UUID, Optional[UUID]], List[License]] = {}
    for license in licenses:
        if license.end_customer_id or goes_to_buyer(license.policy, license.account):
            by_mail.setdefault((license.order_line_id, license.end_customer_id), []).append(license)
    for (line_id, customer_id), mine in by_mail.items():
        order, customer = mine[0].order_line.order, mine[0].end_customer
        kind, address, reader = (
            (DeliveryKind.LICENSE_ASSIGNED, customer.email, customer)
            if customer
            else (DeliveryKind.LICENSE_KEYS, order.buyer_email, order)
        )
        holder: Dict[str, Any] = (
            {"end_customer": str(customer_id)} if customer else {"is_buyer": True}
        )
        for number, some in enumerate(chunks([license.pk for license in mine])):
            yield Message(
                kind,
                address,
                choose_language(reader.language, mine[0].account.language),
                order_id=order.pk,
                account_id=event.account_id,
                license_ids=tuple(some),
                data={**holder, **data},
                part=f"{line_id}:{customer_id or ''}:{number}",
            )
