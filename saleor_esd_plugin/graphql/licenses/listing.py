"""What loaders fetch for licenses: each function for many nodes of an answer at once."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Tuple
from uuid import UUID

from django.db.models import F, QuerySet

from ...accounts import access
from ...emails.models import Delivery
from ...host.db import now
from ...host.types import Actor
from ...keys.models import LicenseKey
from ...licenses import queries
from ...licenses.models import LIVE, Assignment, Fulfillment, KeyReplacement, License
from ...licenses.units import PENDING
from ...orders import queries as order_queries
from ...orders.blockers import waiting_of_unit
from ...orders.counts import availability
from ...orders.models import LicenseOrder, LicenseOrderLine
from ...permissions import Right
from .visibility import STAFF


def moment(keys: List[str]) -> Dict[str, Any]:
    """The database's moment, the same for a whole answer."""
    return dict.fromkeys(keys, now())


def keys_with_pools(key_ids: List[UUID]) -> Dict[UUID, LicenseKey]:
    """The keys with what is needed to show them masked; nothing that could be opened."""
    found = LicenseKey.objects.select_related("pool").defer("ciphertext", "blind_index")
    return found.in_bulk(key_ids)


def assignments_with_holders(license_ids: List[UUID]) -> Dict[UUID, List[Assignment]]:
    """Who held these licenses, latest first."""
    found: Dict[UUID, List[Assignment]] = {license_id: [] for license_id in license_ids}
    rows = Assignment.objects.select_related("end_customer").filter(license_id__in=license_ids)
    for row in rows.order_by("-pk"):
        found[row.license_id].append(row)
    return found


def replacements_of_licenses(license_ids: List[UUID]) -> Dict[UUID, List[KeyReplacement]]:
    """The keys that these licenses had before, latest first; nothing that could be opened."""
    found: Dict[UUID, List[KeyReplacement]] = {license_id: [] for license_id in license_ids}
    rows = (
        KeyReplacement.objects.select_related("license", "old_key__pool")
        .defer("old_key__ciphertext", "old_key__blind_index")
        .filter(license_id__in=license_ids)
    )
    for row in rows.order_by("-pk"):
        found[row.license_id].append(row)
    return found


def licenses_of_batches(batch_ids: List[UUID]) -> QuerySet:
    """The live licenses that hold keys of these batches, each with `batch_id`."""
    held = License.objects.filter(key__batch_id__in=batch_ids, fulfillment__in=LIVE)
    return held.annotate(batch_id=F("key__batch_id"))


def deliveries_of_licenses(
    keys: List[Tuple[UUID, UUID]],
) -> Dict[Tuple[UUID, UUID], List[Delivery]]:
    """(account, license) -> the e-mails about that license, latest first."""
    # The account narrows it down by an index; the list of licenses within a delivery has none.
    rows = Delivery.objects.filter(
        account_id__in={account_id for account_id, _ in keys},
        license_ids__has_any_keys=[str(license_id) for _, license_id in keys],
    )
    found: Dict[Tuple[UUID, UUID], List[Delivery]] = {key: [] for key in keys}
    for row in rows.order_by("-pk"):
        named = set(row.license_ids)
        for key in keys:
            if key[0] == row.account_id and str(key[1]) in named:
                found[key].append(row)
    return found


def lines_with_orders(line_ids: List[UUID]) -> Dict[UUID, LicenseOrderLine]:
    """The order lines, each with its order."""
    return LicenseOrderLine.objects.select_related("order").in_bulk(line_ids)


def licenses_of_lines(line_ids: Iterable[UUID], actor: Actor) -> QuerySet:
    """The licenses below these order lines that the actor may see."""
    return _seen_by(actor).filter(order_line_id__in=line_ids)


def licenses_of_orders(order_ids: Iterable[UUID], actor: Actor) -> QuerySet:
    """The licenses below these orders that the actor may see, each with `order_id`."""
    licenses = _seen_by(actor).filter(order_line__order_id__in=order_ids)
    return licenses.annotate(order_id=F("order_line__order_id"))


def licenses_of_end_customers(end_customer_ids: Iterable[UUID], actor: Actor) -> QuerySet:
    """The licenses that these end customers hold today, as far as the actor may see them."""
    held = _seen_by(actor).filter(fulfillment=Fulfillment.ASSIGNED.value)
    return held.filter(end_customer_id__in=end_customer_ids)


def licenses_seen_by(license_ids: List[UUID], actor: Actor) -> Dict[UUID, License]:
    """Those of these licenses that the actor may see."""
    return _seen_by(actor).in_bulk(license_ids)


def orders_seen_by(order_ids: List[UUID], actor: Actor) -> Dict[UUID, LicenseOrder]:
    """Those of these orders that the actor may see, be it by way of a license."""
    orders = LicenseOrder.objects.all() if actor.has(*STAFF) else order_queries.visible_to(actor)
    return orders.in_bulk(order_ids)


def _seen_by(actor: Actor) -> QuerySet:
    # A visitor and who approves orders have come through the order.
    if actor.is_anonymous or actor.has(*STAFF):
        return License.objects.all()
    return queries.visible_to(actor)


def visible_lines(refs: List[str], actor: Actor) -> Dict[str, LicenseOrderLine]:
    """The shop's order lines -> ours, each with its order, that the actor may see; all of them for visitors.

    Show visitors only those whose order's token they know.
    """
    lines = LicenseOrderLine.objects.select_related("order").filter(order_line_ref__in=refs)
    if not actor.is_anonymous and not actor.has(*STAFF):
        accounts = access.account_ids_with(actor, Right.SEE_LICENSES)
        lines = lines.filter(order__account_id__in=accounts)
    return {line.order_line_ref: line for line in lines}


def waiting_reasons(license_ids: List[UUID]) -> Dict[UUID, List[str]]:
    """What each of these licenses waits for; nothing if it is released, or if its order has ended."""
    pending = License.objects.filter(pk__in=license_ids, fulfillment=PENDING)
    by_line: Dict[UUID, List[License]] = {}
    for license in pending:
        by_line.setdefault(license.order_line_id, []).append(license)
    lines = lines_with_orders(list(by_line))
    last_approved = _last_approved(lines.values())
    return {
        license.pk: waiting_of_unit(
            lines[line_id], is_approved=license.unit_index <= last_approved[line_id]
        )
        for line_id, licenses in by_line.items()
        for license in licenses
    }


def _last_approved(lines: Iterable[LicenseOrderLine]) -> Dict[UUID, int]:
    """Line -> the highest unit index among its pending units that are approved; -1 if none is.

    Approval is a count; the units with the lowest indexes are released first.
    """
    lines = list(lines)
    found: Dict[UUID, int] = {}
    to_look_up: Dict[UUID, int] = {}
    stand = availability(lines)
    for line in lines:
        approved_pending = line.approved - stand[line.pk].available
        if approved_pending <= 0:
            found[line.pk] = -1
        elif approved_pending >= stand[line.pk].pending:
            found[line.pk] = line.quantity
        else:
            to_look_up[line.pk] = approved_pending
    if to_look_up:
        units: Dict[UUID, List[int]] = {line_id: [] for line_id in to_look_up}
        rows = License.objects.filter(order_line_id__in=units, fulfillment=PENDING)
        for line_id, index in rows.order_by("unit_index").values_list(
            "order_line_id", "unit_index"
        ):
            units[line_id].append(index)
        found.update({line_id: units[line_id][n - 1] for line_id, n in to_look_up.items()})
    return found
