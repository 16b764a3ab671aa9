"""Tells Saleor: these lines are fulfilled, this much stock is left."""

from __future__ import annotations

import logging
from typing import Iterable, List, Optional
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q

from ..host import shop
from ..isolation import each
from ..keys.models import KeyPool
from ..licenses.models import ISSUED, License
from ..licenses.policies.models import LicensePolicy, PolicyKind
from ..licenses.policies.ranking import draws_on, pools_of_policies
from ..licenses.stock_levels import unsold_keys
from .locks import lock_order
from .renewals.units import renewed

logger = logging.getLogger(__name__)


@transaction.atomic
def fulfill_in_shop(license_order_id: UUID) -> None:
    """Create Saleor's own Fulfillment for the units released or renewed since the last time.

    Counted before it is tried, and never tried again: staff who cancel a fulfillment in order to cancel
    the order would otherwise find it made anew.
    """
    order = lock_order(license_order_id)
    if order.is_ended or not order.is_of_shop:
        return
    released = {}
    for line in order.lines.annotate(
        issued=Count("licenses", filter=Q(licenses__fulfillment__in=ISSUED))
    ).order_by("pk"):
        issued = renewed().filter(order_line=line).count() if line.is_renewal else line.issued
        if issued > line.fulfilled:
            released[line.order_line_ref] = issued - line.fulfilled
            line.fulfilled = issued
            line.save(update_fields=["fulfilled"])
    if released:
        shop.fulfill_lines(order.order_uuid, released)


def set_stock_in_shop(pool_ids: Optional[Iterable[UUID]] = None) -> None:
    """Saleor's stock of the variants that draw on these pools (all, if None) follows the keys.

    Off by a setting. A variant that may draw on several pools has the keys of all of them, without fallback
    those of the fullest: what all buyers together, or the luckiest of them, can get. Variants that draw on a generator are left alone,
    and so are those with several stock rows: which warehouse should hold the keys is not ours to guess.
    """
    if not shop.plugin_settings().mirrors_stock:
        return
    policies = LicensePolicy.objects.filter(archived_at=None, kind=PolicyKind.LICENSE.value)
    if pool_ids is not None:
        policies = policies.filter(draws_on(pool_ids))
    drawn_on = pools_of_policies(policies)
    pools = {pool_id for ids in drawn_on.values() for pool_id in ids}
    generated = set(
        KeyPool.objects.filter(pk__in=pools, is_generated=True).values_list("pk", flat=True)
    )
    unsold = unsold_keys(pools)

    def set_stock(policy: LicensePolicy) -> None:
        mine = drawn_on[policy.pk]
        if generated.intersection(mine):
            return
        free = (sum if policy.falls_back else max)(unsold[pool_id] for pool_id in mine)
        if shop.set_stock(policy.variant_ref, free) == "SEVERAL_STOCK_ROWS":
            logger.warning(
                "Variant %s has several stock rows; its stock does not follow the free keys.",
                policy.variant_ref,
            )

    each(policies.order_by("variant_ref"), set_stock)


def pools_of_order(license_order_id: UUID) -> List[UUID]:
    """The pools whose stock an order concerns: those of its keys, and its policies' own."""
    policies = LicensePolicy.objects.filter(
        order_lines__order_id=license_order_id, kind=PolicyKind.LICENSE.value
    ).order_by()
    licenses = License.objects.filter(order_line__order_id=license_order_id).order_by()
    found = set(policies.values_list("pool_id", flat=True))
    found.update(licenses.values_list("key__pool_id", flat=True).distinct())
    return sorted(found)
