"""Mails that have not left when their reader gets another address: they go to the new one."""

from __future__ import annotations

from typing import Iterable, List
from uuid import UUID

from django.db.models import Q, QuerySet

from ..accounts.addresses import as_mailed
from ..events.models import Event
from ..events.types import EventType
from ..host.db import now
from .models import Delivery, DeliveryKind, DeliveryStatus

_BUYER, _END_CUSTOMER = (
    EventType.LICENSE_ORDER_BUYER_ADDRESS_CHANGED.value,
    EventType.END_CUSTOMER_ADDRESS_CHANGED.value,
)


def wake_readdressed(event: Event) -> List[UUID]:
    """Mails that failed at an earlier address, or wait to be tried again, are due now for the new one; their ids.

    Nothing for an event of another kind. One that is on its way this moment is left alone.
    """
    if event.type not in (_BUYER, _END_CUSTOMER):
        return []
    moment = now()
    stuck = (
        mails_to_reader(event)
        .filter(
            Q(leased_until=None) | Q(leased_until__lte=moment),
            status__in=[DeliveryStatus.FAILED.value, DeliveryStatus.QUEUED.value],
        )
        .exclude(recipient__iexact=as_mailed(event.facts["after"]))
    )
    ids = list(stuck.order_by("pk").values_list("pk", flat=True))
    stuck.filter(pk__in=ids).update(
        status=DeliveryStatus.QUEUED.value, attempts=0, error="", due_at=moment
    )
    return ids


def without_address(event: Event) -> Iterable[Event]:
    """Releases that no mail told the buyer of, if his order had no address until this event."""
    if event.type != _BUYER or event.facts["before"]:
        return ()
    released = Event.objects.filter(
        subject_id=event.subject_id, type=EventType.LICENSE_RELEASED.value
    )
    mailed = Delivery.objects.filter(data__is_buyer=True, event__in=released)
    return released.exclude(pk__in=mailed.values("event_id"))


def mails_to_reader(event: Event) -> QuerySet:
    """All mails to the buyer or end customer whose other address the event tells of."""
    if event.type == _BUYER:
        return Delivery.objects.filter(order_id=event.subject_id, data__is_buyer=True)
    return Delivery.objects.filter(
        kind=DeliveryKind.LICENSE_ASSIGNED.value, data__end_customer=str(event.subject_id)
    )
