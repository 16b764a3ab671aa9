"""Which e-mails to list, and what loaders fetch of them."""

from __future__ import annotations

from typing import Any, Iterable
from uuid import UUID

import graphene
from django.db.models import Q, QuerySet

from ...criteria import contains, one_of, searchable, within
from ...emails import queries
from ...emails.models import Delivery
from ...host.types import Actor
from ...licenses.models import License
from ...orders.models import LicenseOrder
from ..filters import LicenseDateTimeRange, between
from ..global_ids import find_or_none
from ..orders.lookup import order_condition
from ..sorting import BY_AGE, Sorting
from .types import LicenseDeliveryKind, LicenseDeliveryStatus

DELIVERY_SORTING = Sorting("LicenseDelivery", {"CREATED_AT": (*BY_AGE, "When it was to be sent.")})


class LicenseDeliveryFilterInput(graphene.InputObjectType):
    """Which e-mails to list; conditions that are given must all hold."""

    order = graphene.ID(
        description="About this order: the id of a LicenseOrder or of the shop's Order."
    )
    order_number = graphene.String(description="About the order with this whole number.")
    license = graphene.ID(description="About this license.")
    kind = graphene.List(graphene.NonNull(LicenseDeliveryKind), description="About one of these.")
    status = graphene.List(graphene.NonNull(LicenseDeliveryStatus), description="In these states.")
    recipient = graphene.String(description="Part of the address.")
    created_at = LicenseDateTimeRange(description="When it was to be sent.")
    sent_at = LicenseDateTimeRange(description="When the mail server took it.")


def wanted(filter: Any) -> Q:
    """The condition on deliveries that `filter` says. Raises Invalid."""
    found = (
        one_of(filter.kind, "kind")
        & one_of(filter.status, "status")
        & contains(filter.recipient, "recipient", field="filter.recipient")
        & within(between(filter.created_at), "created_at", field="filter.createdAt")
        & within(between(filter.sent_at), "sent_at", field="filter.sentAt")
    )
    if filter.order is not None:
        orders = LicenseOrder.objects.filter(order_condition(filter.order))
        found &= Q(order_id__in=orders.values("pk"))
    if filter.order_number is not None:
        number = searchable(filter.order_number, field="filter.orderNumber")
        found &= Q(order_id__in=LicenseOrder.objects.filter(number=number).values("pk"))
    if filter.license is not None:
        found &= _about(find_or_none(License.objects.all(), filter.license, "License"))
    return found


def _about(license: Any) -> Q:
    if license is None:
        return Q(pk__in=[])
    # The account narrows it down by an index; the list of licenses within a delivery has none.
    return Q(account_id=license.account_id, license_ids__contains=[str(license.pk)])


def deliveries_of_orders(order_ids: Iterable[UUID], actor: Actor) -> QuerySet:
    """The e-mails about these orders that the actor may see; none for visitors."""
    if actor.is_anonymous:
        return Delivery.objects.none()
    return queries.visible_to(actor).filter(order_id__in=order_ids)
