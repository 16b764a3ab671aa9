"""What loaders fetch for license orders: each function for many orders or lines at once."""

from __future__ import annotations

from typing import Dict, List
from uuid import UUID

from ...host.billing import Receipt, read_receipts
from ...host.types import Actor
from ...orders import queries
from ...orders.counts import Availability, availability, total
from ...orders.models import LicenseOrder, LicenseOrderLine, OrderOrigin, PaymentFact


def lines_of_orders(order_ids: List[UUID]) -> Dict[UUID, List[LicenseOrderLine]]:
    """The lines of these orders, each with its order."""
    found: Dict[UUID, List[LicenseOrderLine]] = {order_id: [] for order_id in order_ids}
    for line in LicenseOrderLine.objects.select_related("order").filter(order_id__in=order_ids):
        found[line.order_id].append(line)
    return found


def stand_of_orders(order_ids: List[UUID]) -> Dict[UUID, Availability]:
    """Where all units of these orders stand."""
    lines = lines_of_orders(order_ids)
    stand = availability(line for found in lines.values() for line in found)
    return {order_id: total(stand[line.pk] for line in found) for order_id, found in lines.items()}


def stand_of_lines(line_ids: List[UUID]) -> Dict[UUID, Availability]:
    """Where the units of these lines stand."""
    return availability(LicenseOrderLine.objects.select_related("order").filter(pk__in=line_ids))


def facts_of_orders(order_ids: List[UUID]) -> Dict[UUID, List[PaymentFact]]:
    """What payment providers told of these orders, oldest first."""
    found: Dict[UUID, List[PaymentFact]] = {order_id: [] for order_id in order_ids}
    facts = PaymentFact.objects.filter(order_id__in=order_ids)
    for fact in facts.order_by("noted_at", "pk"):
        found[fact.order_id].append(fact)
    return found


def receipts_of_orders(order_ids: List[UUID]) -> Dict[UUID, Receipt]:
    """The receipts of those of the orders whose every key is issued (K17), unless they are grants, or the shop's order was deleted."""
    stand = stand_of_orders(order_ids)
    done = LicenseOrder.objects.filter(
        pk__in=[pk for pk in order_ids if stand[pk].is_done], origin=OrderOrigin.SHOP.value
    )
    uuids = dict(done.values_list("pk", "order_uuid"))
    receipts = read_receipts(uuids.values())
    return {pk: receipts[uuid] for pk, uuid in uuids.items() if uuid in receipts}


def visible_orders(uuids: List[UUID], actor: Actor) -> Dict[UUID, LicenseOrder]:
    """The shop's orders -> ours that the actor may see; all of them for visitors.

    Show visitors only those whose token they know.
    """
    orders = LicenseOrder.objects.all() if actor.is_anonymous else queries.visible_to(actor)
    return {order.order_uuid: order for order in orders.filter(order_uuid__in=uuids)}
