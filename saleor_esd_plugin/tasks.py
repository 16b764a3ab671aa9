"""Background work as Celery knows it; what is done stands in the rooms. Arguments are ids, never keys.

Others start a task by its name here (`host.broker.start`), so that nobody below imports this file.
"""

from __future__ import annotations

import threading
from typing import Dict
from uuid import UUID

from celery import shared_task

from . import sweep
from .emails import send
from .host import shop
from .host.db import writing
from .keys.importing.loading import run_import
from .reactions import dispatch

_local = threading.local()


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
    """The sweep; how much of what it did, nothing while the plugin is switched off."""
    with writing():
        return sweep.run(sweep.STEPS).done
