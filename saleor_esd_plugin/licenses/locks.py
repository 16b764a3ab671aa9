"""Licenses are locked late, by id, after the order (if that is locked at all) and before keys."""

from __future__ import annotations

from typing import Iterable, List, Set
from uuid import UUID

from ..errors import InvalidQuantity, NotFound
from .models import ISSUED, LIVE, License


def lock_licenses(license_ids: Iterable[UUID]) -> List[License]:
    """The licenses, locked until the transaction ends, in the order of their ids.

    Raises NotFound if one is missing.
    """
    wanted = set(license_ids)
    take_lock_of(wanted)
    # Read afterwards: joined to its key while it is waited for, a license that gets another key
    # meanwhile would be missing from the answer.
    rows = License.objects.select_related("policy", "key", "account").filter(pk__in=wanted)
    return list(rows.order_by("pk"))


def take_lock_of(license_ids: Set[UUID]) -> None:
    """As `lock_licenses`, for callers that read for themselves what they need of them."""
    rows = License.objects.select_for_update().filter(pk__in=license_ids).order_by("pk")
    if len(rows.values_list("pk")) != len(license_ids):
        raise NotFound(field="licenses")


def take_lock_of_orders(
    license_order_ids: Iterable[UUID], *, besides: Iterable[UUID] = ()
) -> List[UUID]:
    """Lock all live licenses of these orders, and `besides` those, by id; the ids of those that are issued.

    The orders are locked. For callers who would else lock some licenses of theirs and later others: whoever locks
    licenses without their orders waits for one while holding another.
    """
    of_orders = License.objects.filter(
        order_line__order__in=list(license_order_ids), fulfillment__in=LIVE
    )
    live = dict(of_orders.values_list("pk", "fulfillment"))
    take_lock_of({*live, *besides})
    return [pk for pk, fulfillment in live.items() if fulfillment in ISSUED]


def at_most(license_ids: Iterable[UUID], most: int = 500) -> List[UUID]:
    """The ids that a request names, each once. Raises InvalidQuantity for none and for too many."""
    ids = list(dict.fromkeys(license_ids))
    if not 1 <= len(ids) <= most:
        raise InvalidQuantity(f"Name 1 to {most} licenses.", field="licenses")
    return ids


def lock_license(license_id: UUID) -> License:
    """One license, locked until the transaction ends. Raises NotFound."""
    return lock_licenses([license_id])[0]
