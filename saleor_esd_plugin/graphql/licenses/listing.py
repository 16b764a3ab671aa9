"""What loaders fetch for licenses: each function for many nodes of an answer at once."""

from __future__ import annotations

from typing import Dict, Iterable, List, Tuple
from uuid import UUID

from django.db.models import F, QuerySet

from ...emails.models import Delivery
from ...host.db import now
from ...host.types import Actor
from ...keys.models import LicenseKey
from ...licenses import queries
from ...licenses.models import LIVE, Assignment, Fulfillment, KeyReplacement, License
from ...orders import queries as order_queries
from ...orders.license_search import LicenseFilter, matching
from ...orders.models import LicenseOrder, LicenseOrderLine


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


def licenses_wanted(filter: LicenseFilter, actor: Actor) -> QuerySet:
    """The licenses that match, as far as the actor may see them."""
    return _seen_by(actor).filter(matching(filter, actor))


def license_counts_of(
    ids: List[UUID], whose: str, filter: LicenseFilter, actor: Actor
) -> Dict[UUID, Dict[str, int]]:
    """How many licenses that match these have in which state, as far as the actor may see them (P05).

    `whose` says what they are: "end_customer_id" or "account_id".
    """
    theirs = licenses_wanted(filter, actor).filter(**{f"{whose}__in": ids})
    return queries.counts_by_lifecycle(theirs, now(), whose=whose)


def licenses_seen_by(license_ids: List[UUID], actor: Actor) -> Dict[UUID, License]:
    """Those of these licenses that the actor may see."""
    return _seen_by(actor).in_bulk(license_ids)


def orders_seen_by(order_ids: List[UUID], actor: Actor) -> Dict[UUID, LicenseOrder]:
    """Those of these orders that the actor may see, be it by way of a license."""
    return order_queries.visible_above(actor).in_bulk(order_ids)


def _seen_by(actor: Actor) -> QuerySet:
    # A visitor has come through the order.
    return License.objects.all() if actor.is_anonymous else queries.visible_below(actor)


def visible_lines(refs: List[str], actor: Actor) -> Dict[str, LicenseOrderLine]:
    """The shop's order lines -> ours, each with its order, that the actor may see; all of them for visitors.

    Show visitors only those whose order's token they know.
    """
    seen = LicenseOrderLine.objects.all()
    if not actor.is_anonymous:
        seen = order_queries.lines_visible_to(actor)
    lines = seen.select_related("order").filter(order_line_ref__in=refs)
    return {line.order_line_ref: line for line in lines}
