"""What follows from an event: the table "event -> reactions", and how an event is dispatched.

A reaction runs after the commit of its event, may run twice, and is run by the sweep if it was lost;
so each does what the database says is due.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Any, Callable, Dict, List, Tuple
from uuid import UUID

from django.db.models import F, QuerySet

from .emails import catalog
from .events.models import Dispatch, Event
from .events.types import EventType
from .host import broker, shop
from .host.db import CLOCK, now
from .isolation import each, replace_broken_connection
from .keys.importing.options import KeySource
from .keys.stock import withholding
from .licenses import stock_alerts
from .orders import approval, settlement, shop_sync
from .orders.intake import recording
from .orders.models import LicenseOrder
from .orders.supply import allocation

logger = logging.getLogger(__name__)

_local = threading.local()

Reaction = Callable[[Event], object]
# Without a worker a request sends its mails itself: so many, and leaves the others to the sweep.
MAILS_PER_REQUEST = 20


def _observe(event: Event) -> None:
    # The checkout's hook did not ask for payments; and 2.10 tells nobody that a checkout was paid.
    order_uuid = LicenseOrder.objects.values_list("order_uuid", flat=True).get(pk=event.subject_id)
    recording.observe_order(shop.read_order(order_uuid))


def _allocate(event: Event) -> None:
    allocation.allocate_license_order(event.subject_id)


def _fill(event: Event) -> None:
    each(map(UUID, event.data["pools"]), allocation.fill_backorders)


def _approve_by_policy(event: Event) -> None:
    approval.approve_by_policy(event.subject_id)


def _settle(event: Event) -> None:
    settlement.settle_license_order(event.subject_id)


def _fulfill(event: Event) -> None:
    shop_sync.fulfill_in_shop(event.subject_id)


def _fulfill_renewed(event: Event) -> None:
    # Staff renew without an order of the shop.
    if event.subject_id == event.order_id:
        shop_sync.fulfill_in_shop(event.subject_id)


def _stock_of_order(event: Event) -> None:
    _tell_stock(shop_sync.pools_of_order(event.subject_id))


def _stock_of_pools(event: Event) -> None:
    _tell_stock([UUID(pool_id) for pool_id in event.data["pools"]])


def _stock_of_pool(event: Event) -> None:
    _withhold([event.subject_id])
    # A smaller margin may have brought keys back.
    allocation.fill_backorders(event.subject_id)
    _tell_stock([event.subject_id])


def _tell_stock(pool_ids: List[UUID]) -> None:
    """To the shop, and to staff if it is low."""
    shop_sync.set_stock_in_shop(pool_ids)
    stock_alerts.watch_stock(pool_ids)


def _withhold_new(event: Event) -> None:
    _withhold([UUID(pool_id) for pool_id in event.data["pools"]])


def _withhold(pool_ids: List[UUID]) -> None:
    withholding.withhold_old_keys(pool_ids)


def _go_on_with_import(event: Event) -> None:
    # The command loads its own imports; if it dies, the sweep comes.
    if event.data.get("source") == KeySource.COMMAND.value:
        return
    broker.start("run_key_import", str(event.subject_id))


REACTIONS: Dict[str, Tuple[Reaction, ...]] = {
    EventType.LICENSE_ORDER_RECORDED.value: (_observe, _allocate),
    EventType.LICENSE_ORDER_CHANGED.value: (_allocate, _stock_of_order),
    EventType.LICENSE_ORDER_ALLOCATED.value: (_approve_by_policy, _settle, _stock_of_order),
    EventType.LICENSE_ORDER_BACKORDERED.value: (_approve_by_policy, _fill),
    EventType.LICENSE_ORDER_APPROVED.value: (_settle,),
    EventType.LICENSE_ORDER_REJECTED.value: (_settle, _stock_of_order),
    EventType.LICENSE_ORDER_DUPLICATED.value: (_settle,),
    EventType.LICENSE_ORDER_PAID.value: (_settle,),
    EventType.LICENSE_ORDER_CONFIRMED.value: (_settle,),
    EventType.LICENSE_ORDER_CANCELLED.value: (_settle,),
    EventType.LICENSE_ORDER_PARTIALLY_REFUNDED.value: (_settle,),
    EventType.LICENSE_ORDER_REFUNDED.value: (_settle,),
    EventType.LICENSE_ORDER_REFUND_FAILED.value: (_settle,),
    EventType.LICENSE_ORDER_RETURN_NAMED.value: (_settle,),
    EventType.LICENSE_ORDER_DISPUTED.value: (_settle,),
    EventType.LICENSE_ORDER_DISPUTE_CLOSED.value: (_settle,),
    EventType.LICENSE_RELEASED.value: (_fulfill, _stock_of_order),
    EventType.LICENSE_RENEWED.value: (_fulfill_renewed,),
    EventType.LICENSE_ORDER_RENEWALS_SET.value: (_settle,),
    EventType.LICENSE_RETURNED.value: (_stock_of_order,),
    EventType.LICENSE_RESTORED.value: (_allocate,),
    EventType.KEY_IMPORT_STARTED.value: (_go_on_with_import,),
    EventType.KEY_IMPORT_RESUMED.value: (_go_on_with_import,),
    EventType.KEY_BATCH_IMPORTED.value: (_withhold_new, _fill, _stock_of_pools),
    EventType.KEY_POOL_UPDATED.value: (_stock_of_pool,),
    EventType.KEY_BATCH_QUARANTINED.value: (_stock_of_pools,),
    EventType.KEYS_UNRESERVED.value: (_fill, _stock_of_pools),
    EventType.LICENSE_KEY_REPLACED.value: (_stock_of_pools,),
    EventType.LICENSE_POLICY_CREATED.value: (_stock_of_pools,),
    EventType.LICENSE_POLICY_UPDATED.value: (_fill, _stock_of_pools),
}


def begin_request(**signal: Any) -> None:
    """From now on this thread answers a request, which must not wait for many mails."""
    _local.mails_left = MAILS_PER_REQUEST


def end_request(**signal: Any) -> None:
    """The answer is out: whatever this thread does now, nobody waits for it."""
    _local.mails_left = None


def dispatch(event_id: UUID) -> None:
    """Tell everybody of an event who was not told yet: the reactions above, then the mails that follow from it.

    What fails is tried again by the sweep, at first after a minute.
    """
    event = Event.objects.filter(pk=event_id, dispatch__told_at=None).first()
    # Switched off, the plugin tells nobody; the sweep goes on from here once it is on again.
    if event is None or not shop.plugin_settings().is_active:
        return
    row = Dispatch.objects.filter(pk=event_id)
    failures: List[str] = []
    for reaction in REACTIONS.get(event.type, ()):
        _try(reaction, event, failures)
    deliveries = _try(catalog.deliveries_of, event, failures) or []
    if failures:
        row.update(attempts=F("attempts") + 1, due_at=now() + _back_off(row))
    else:
        row.update(told_at=CLOCK)
    for delivery_id in _to_send_now(deliveries):
        broker.start("send_delivery", str(delivery_id))


def _to_send_now(deliveries: List[UUID]) -> List[UUID]:
    """All of them, but for a request that has to send them itself; the sweep finds the others."""
    left = getattr(_local, "mails_left", None)
    if left is None or broker.has_broker():
        return deliveries
    now_due = deliveries[:left]
    _local.mails_left = left - len(now_due)
    return now_due


def _try(reaction: Reaction, event: Event, failures: List[str]):
    # One that fails must not keep the others from running; the sweep comes back for it.
    try:
        return reaction(event)
    except Exception as error:
        failures.append(type(error).__name__)
        logger.error(
            "%s of %s failed: %s", getattr(reaction, "__name__", ""), event, type(error).__name__
        )
        replace_broken_connection()
        return None


def _back_off(row: QuerySet) -> timedelta:
    """1, 2, 4 … minutes, at most 6 hours."""
    attempts = row.values_list("attempts", flat=True).get()
    return min(timedelta(minutes=2 ** min(attempts, 12)), timedelta(hours=6))
