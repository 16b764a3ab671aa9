"""Background work as Celery knows it; what is done stands in the rooms. Arguments are ids, never keys.

Others start a task by its name here (`host.broker.start`), so that nobody below imports this file.
"""

from __future__ import annotations

import threading
from typing import Dict
from uuid import UUID

from celery import shared_task

from .emails import send
from .events import signs
from .events.models import Dispatch
from .exports.requests import forget_old_exports
from .host import broker, shop
from .host.db import now, writing
from .keys.importing.loading import run_import
from .keys.importing.progress import abandoned_imports
from .keys.importing.retention import forget_old_imports
from .keys.stock import withholding
from .licenses import stock_alerts, stock_levels
from .orders import reconcile, shop_sync
from .orders.supply import reservations
from .reactions import dispatch
from .webhooks import retention

_local = threading.local()

DISPATCHES_PER_SWEEP = 500
DELIVERIES_PER_SWEEP = 200


@shared_task(name="saleor_esd_plugin.tasks.dispatch_event", ignore_result=True)
def dispatch_event(event_id: str) -> None:
    """Tell everybody of an event: `reactions.dispatch`.

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
                dispatch(UUID(waiting.pop(0)))
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
        dispatch(event_id)
    imports = abandoned_imports()
    for import_id in imports:
        broker.start("run_key_import", str(import_id))
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
