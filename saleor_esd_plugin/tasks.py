"""All background work, and the table "event -> reactions".

A reaction runs after the commit of its event, may run twice, and is run by the sweep if it was lost;
so each does what the database says is due. Arguments of tasks are ids, never keys.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Any, Callable, Dict, List, Tuple
from uuid import UUID

from celery import shared_task
from django.db.models import F

from .emails import catalog, send
from .events import signs
from .events.models import Dispatch, Event
from .events.types import EventType
from .exports.requests import forget_old_exports
from .host import broker, shop
from .host.db import now, writing
from .keys.importing.loading import run_import
from .keys.importing.progress import abandoned_imports
from .keys.importing.retention import forget_old_imports
from .keys.importing.small import KeySource
from .keys.stock import withholding
from .licenses import stock_alerts, stock_levels
from .orders import approval, reconcile, settlement, shop_sync
from .orders.intake import recording
from .orders.models import LicenseOrder
from .orders.supply import allocation, reservations
from .webhooks import retention

logger = logging.getLogger(__name__)

_local = threading.local()

Reaction = Callable[[Event], object]
DISPATCHES_PER_SWEEP = 500
DELIVERIES_PER_SWEEP = 200
# Without a worker a request sends its mails itself: so many, and leaves the others to the sweep.
MAILS_PER_REQUEST = 20


def _observe(event: Event) -> None:
    # The checkout's hook did not ask for payments; and 2.10 tells nobody that a checkout was paid.
    order_uuid = LicenseOrder.objects.values_list("order_uuid", flat=True).get(pk=event.subject_id)
    recording.observe_order(shop.read_order(order_uuid))


def _allocate(event: Event) -> None:
    allocation.allocate_license_order(event.subject_id)


def _fill(event: Event) -> None:
    for pool_id in event.data["pools"]:
        allocation.fill_backorders(UUID(pool_id))


def _approve_by_policy(event: Event) -> None:
    approval.approve_by_policy(event.subject_id)


def _settle(event: Event) -> None:
    settlement.settle_license_order(event.subject_id)


def _fulfill(event: Event) -> None:
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
    broker.start(run_key_import, str(event.subject_id))


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


@shared_task(name="saleor_esd_plugin.tasks.dispatch_event", ignore_result=True)
def dispatch_event(event_id: str) -> None:
    """Tell everybody of an event: the reactions above, then the mails that follow from it.

    Without a broker a reaction's own events come back here while the reaction still runs. They wait for
    their turn, so that mails leave in the order in which things happened.
    """
    waiting = getattr(_local, "waiting", None)
    if waiting is not None:
        waiting.append(event_id)
        return
    _local.waiting = waiting = [event_id]
    try:
        with writing():
            while waiting:
                _dispatch(UUID(waiting.pop(0)))
    finally:
        _local.waiting = None


@shared_task(name="saleor_esd_plugin.tasks.send_delivery", ignore_result=True)
def send_delivery(delivery_id: str) -> None:
    """Send one e-mail if it is due."""
    with writing():
        send.send_delivery(UUID(delivery_id))


@shared_task(name="saleor_esd_plugin.tasks.run_key_import", ignore_result=True)
def run_key_import(import_id: str) -> None:
    """Go on with a large import of keys, unless another worker is at it."""
    with writing():
        if shop.plugin_settings().is_active:
            run_import(UUID(import_id))


@shared_task(name="saleor_esd_plugin.tasks.reconcile", ignore_result=True)
def reconcile_all() -> Dict[str, int]:
    """The sweep: finds and repairs whatever was missed; how much of what it did.

    Orders never recorded, states that changed without a hook, events nobody was told of, backorders that
    could be filled, units that could be released, mails that are due. It withholds keys that are too old to
    sell, warns of low stock and folds the rows that stock is counted by; and forgets old messages of
    providers, files that nobody fetched in time and imports that brought nothing. While the plugin is switched
    off it does nothing.
    """
    with writing():
        done = _sweep() if shop.plugin_settings().is_active else {}
        signs.note_sweep()
        return done


def _sweep() -> Dict[str, int]:
    withheld = withholding.withhold_old_keys()
    if withheld:
        shop_sync.set_stock_in_shop()
    done = reconcile.reconcile_orders()
    # After it: an order that lost its hook or its worker gets what its checkout kept, however late.
    unreserved = reservations.free_expired_reservations()
    # Repairing one thing makes the next one due: told in the order in which they happened.
    due = Dispatch.objects.filter(told_at=None, due_at__lte=now()).order_by("event_id")
    events = list(due.values_list("event_id", flat=True)[:DISPATCHES_PER_SWEEP])
    for event_id in events:
        _dispatch(event_id)
    imports = abandoned_imports()
    for import_id in imports:
        broker.start(run_key_import, str(import_id))
    deliveries = send.due_deliveries(DELIVERIES_PER_SWEEP)
    for delivery_id in deliveries:
        send.send_delivery(delivery_id)
    return {
        **done,
        "events": len(events),
        "imports": len(imports),
        "deliveries": len(deliveries),
        "unreserved": unreserved,
        "withheld": withheld,
        "stock_alerts": stock_alerts.watch_stock(),
        "folded": stock_levels.fold_stock_changes(),
        "forgotten": retention.forget_old_messages() + forget_old_exports() + forget_old_imports(),
    }


def _dispatch(event_id: UUID) -> None:
    event = Event.objects.filter(pk=event_id, dispatch__told_at=None).first()
    # Switched off, the plugin tells nobody; the sweep goes on from here once it is on again.
    if event is None or not shop.plugin_settings().is_active:
        return
    dispatch = Dispatch.objects.filter(pk=event_id)
    failures: List[str] = []
    for reaction in REACTIONS.get(event.type, ()):
        _try(reaction, event, failures)
    deliveries = _try(catalog.deliveries_of, event, failures) or []
    if failures:
        dispatch.update(attempts=F("attempts") + 1, due_at=now() + _back_off(dispatch))
    else:
        dispatch.update(told_at=now())
    for delivery_id in _to_send_now(deliveries):
        broker.start(send_delivery, str(delivery_id))


def _to_send_now(deliveries: List[UUID]) -> List[UUID]:
    """All of them, but for a request that has to send them itself; the sweep finds the others."""
    left = getattr(_local, "mails_left", None)
    if left is None or not send_delivery.app.conf.task_always_eager:
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
        return None


def _back_off(dispatch) -> timedelta:
    """1, 2, 4 … minutes, at most 6 hours."""
    attempts = dispatch.values_list("attempts", flat=True).get()
    return min(timedelta(minutes=2 ** min(attempts, 12)), timedelta(hours=6))
