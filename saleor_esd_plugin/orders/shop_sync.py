"""Tells Saleor: these lines are fulfilled, this much stock is left."""

from __future__ import annotations

import logging
from typing import Iterable, List, Optional
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q

from ..host import shop
from ..licenses.models import ISSUED, LicensePolicy
from ..licenses.stock import available_keys
from .locks import lock_order

logger = logging.getLogger(__name__)


@transaction.atomic
def fulfill_in_shop(license_order_id: UUID) -> None:
    """Create Saleor's own Fulfillment for the units released since the last time.

    Counted before it is tried, and never tried again: staff who cancel a fulfillment in order to cancel
    the order would otherwise find it made anew.
    """
    order = lock_order(license_order_id)
    if order.is_ended:
        return
    released = {}
    for line in order.lines.annotate(
        issued=Count("licenses", filter=Q(licenses__fulfillment__in=ISSUED))
    ).order_by("pk"):
        if line.issued > line.fulfilled:
            released[line.order_line_ref] = line.issued - line.fulfilled
            line.fulfilled = line.issued
            line.save(update_fields=["fulfilled"])
    if released:
        shop.fulfill_lines(order.order_uuid, released)


def set_stock_in_shop(pool_ids: Optional[Iterable[UUID]] = None) -> None:
    """Saleor's stock of the variants that draw on these pools (all, if None) follows the free keys.

    Off by a setting. Pools with a generator are left alone, and so are variants with several stock rows:
    which warehouse should hold the keys is not ours to guess.
    """
    if not shop.plugin_settings().mirrors_stock:
        return
    policies = LicensePolicy.objects.filter(archived_at=None, pool__is_generated=False)
    if pool_ids is not None:
        policies = policies.filter(pool_id__in=list(pool_ids))
    policies = policies.order_by("variant_ref")
    available = available_keys({policy.pool_id for policy in policies})
    for policy in policies:
        result = shop.set_stock(policy.variant_ref, available[policy.pool_id])
        if result == "SEVERAL_STOCK_ROWS":
            logger.warning(
                "Variant %s has several stock rows; its stock does not follow the free keys.",
                policy.variant_ref,
            )


def pools_of_order(license_order_id: UUID) -> List[UUID]:
    """The pools that the lines of an order draw on."""
    policies = LicensePolicy.objects.filter(order_lines__order_id=license_order_id)
    return list(policies.order_by().values_list("pool_id", flat=True).distinct())
