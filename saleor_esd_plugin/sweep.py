"""The sweep: every minute it finds and repairs whatever hooks, workers or the broker missed.

Its steps run one after the other, each outside of a transaction. One that fails stops no other; `licenseHealth`
tells which failed, until a sweep in which it does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Iterable, Tuple
from uuid import UUID

from .emails import reminding, send
from .events import signs
from .events.models import Dispatch
from .exports.requests import forget_old_exports
from .host import broker, shop
from .host.dashboard import HAS_APP_PROBLEMS
from .host.db import now
from .isolation import Tally, each
from .keys.importing.progress import abandoned_imports
from .keys.importing.retention import forget_old_imports
from .keys.stock import withholding
from .licenses import stock_alerts, stock_levels
from .licenses.lifecycle import end_due_suspensions
from .orders import reconcile, shop_sync
from .orders.intake.checkout_renewals import forget_old_checkouts
from .orders.supply import reservations
from .problems import show_problems
from .reactions import dispatch
from .webhooks import retention

DISPATCHES_PER_SWEEP = 500
DELIVERIES_PER_SWEEP = 200


@dataclass(frozen=True)
class Swept:
    """What a sweep did: step -> how much, in their order; and what failed of it: step -> types of errors.

    A step that failed may have done something: `done` says how much.
    """

    done: Dict[str, int]
    failed: Dict[str, str]


def run(steps: Iterable[Tuple[str, Callable[[], int]]]) -> Swept:
    """Run these steps, mostly `STEPS`; several may have one name. Never raises for what fails in a step.

    While the plugin is switched off nothing is done.
    """
    tallies: Dict[str, Tally] = {}
    if not shop.plugin_settings().is_active:
        signs.note_sweep()
        return Swept({}, {})
    for name, step in steps:
        tallies.setdefault(name, Tally()).run(f"The sweep's step {name}", step)
    failed = {name: ", ".join(tally.errors) for name, tally in tallies.items() if tally.errors}
    signs.note_sweep(failed)
    return Swept({name: tally.done for name, tally in tallies.items()}, failed)


def _withhold() -> int:
    """Keys that are too old to sell leave the queue, in the shop too."""
    tally = Tally()
    tally.run("withhold_old_keys", withholding.withhold_old_keys)
    if tally.done:
        tally.run("set_stock_in_shop", shop_sync.set_stock_in_shop)
    return tally.total()


def _tell_events() -> int:
    """Events that nobody was told of, in the order in which they happened: repairing one makes the next one due."""
    due = Dispatch.objects.filter(told_at=None, due_at__lte=now()).order_by("event_id")
    return each(due.values_list("event_id", flat=True)[:DISPATCHES_PER_SWEEP], _tell)


def _tell(event_id: UUID) -> int:
    dispatch(event_id)
    return 1


def _go_on_with_imports() -> int:
    imports = abandoned_imports()
    for import_id in imports:
        broker.start("run_key_import", str(import_id))
    return len(imports)


def _send_mails() -> int:
    return each(send.due_deliveries(DELIVERIES_PER_SWEEP), _send)


def _send(delivery_id: UUID) -> int:
    send.send_delivery(delivery_id)
    return 1


# In this order: each step makes due what later ones find. Names are the lines of `esd_reconcile`.
STEPS: Tuple[Tuple[str, Callable[[], int]], ...] = (
    ("withheld", _withhold),
    *reconcile.STEPS,
    ("reinstated", end_due_suspensions),
    ("reminded", reminding.remind_of_expiries),
    # After these: an order that lost its hook or its worker gets what its checkout kept, however late.
    ("unreserved", reservations.free_expired_reservations),
    ("events", _tell_events),
    ("imports", _go_on_with_imports),
    ("deliveries", _send_mails),
    ("stock_alerts", stock_alerts.watch_stock),
    *((("problems", show_problems),) if HAS_APP_PROBLEMS else ()),
    ("folded", stock_levels.fold_stock_changes),
    ("forgotten", retention.forget_old_messages),
    ("forgotten", forget_old_exports),
    ("forgotten", forget_old_checkouts),
    ("forgotten", forget_old_imports),
)
