"""Reading deliveries."""

from __future__ import annotations

from django.db.models import QuerySet

from ..accounts.access import account_ids_with
from ..events.models import Event
from ..events.types import EventType
from ..host.types import Actor
from ..licenses.models import License
from ..permissions import APPROVE_LICENSES, MANAGE_LICENSES, Right
from .catalog import messages_of
from .models import Delivery, DeliveryStatus


def visible_to(actor: Actor) -> QuerySet:
    """The deliveries that the actor may see: all for staff, else those of accounts whose orders it sees."""
    if actor.has(MANAGE_LICENSES, APPROVE_LICENSES):
        return Delivery.objects.all()
    return Delivery.objects.filter(account_id__in=account_ids_with(actor, Right.SEE_ORDERS))


def mails_to_come(license: License) -> int:
    """How many e-mails have not left yet of those that follow from the assignment of this license.

    It is assigned; all that went to its holder with it counts.
    """
    assigned = EventType.LICENSE_ASSIGNED.value
    events = Event.objects.filter(type=assigned, subject_id=license.end_customer_id)
    event = events.filter(data__licenses__contains=[str(license.pk)]).order_by("-pk").first()
    if event is None:
        return 0
    made = Delivery.objects.filter(event=event)
    if made.exists():
        return made.filter(status=DeliveryStatus.QUEUED.value).count()
    # A worker has not come to it yet.
    return sum(1 for _ in messages_of(event))
