"""C5, C6: a worker that dies by `kill -9`, anywhere between the order and the mail, loses nothing.

Each worker is a process of its own, killed where the test says; the mail server is real. Afterwards the
sweep goes on from what the database says. ESD_RACES=200 makes it a long run.
"""

from __future__ import annotations

import smtplib
import time
from collections import Counter
from typing import Any, Callable, List
from uuid import UUID

import factories as make
import pytest
from crashing import die, dies
from django.db import connection
from repetitions import repetitions

from saleor_esd_plugin import tasks
from saleor_esd_plugin.emails import catalog, send
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events import record as recording
from saleor_esd_plugin.events.models import Dispatch, Event
from saleor_esd_plugin.host.db import now, writing
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders import release
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.supply import claiming

# Where a worker dies: the module, the name in it, and whether before or after what that does.
POINTS = {
    "after the units have keys": (claiming, "allocate_licenses", "after"),
    "before the release commits": (release, "record_of_order", "after"),
    "after the release committed": (recording, "_wake", "before"),
    "after the deliveries are written": (catalog, "deliveries_of", "after"),
    "after the lease": (send, "_hand_to_server", "before"),
    "while the server listens": (smtplib.SMTP, "data", "before"),
    "after the server said yes": (send, "_hand_to_server", "after"),
    "before the mark commits": (Delivery, "save", "after"),
    "after the mark": (send, "send_delivery", "after"),
}
# Only there may a mail go out twice: the server has it, our row does not say so yet.
WINDOW = ("after the server said yes", "before the mark commits")
KILLS = repetitions(len(POINTS)) // len(POINTS)
# So many mails of an order leave: the keys to its buyer, the notice of the release to the notification address. That it was
# received waits for a minute, and is no news then.
MAILS = 2

pytestmark = pytest.mark.usefixtures("only_our_own")


def die_at(point: str, passes: int) -> None:
    """From now on this process kills itself the `passes`-th time it comes to the point."""
    owner, name, side = POINTS[point]
    original: Callable = getattr(owner, name)
    came = Counter()

    def deadly(*args: Any, **kwargs: Any) -> Any:
        if side == "before" and is_there(*args):
            count()
        result = original(*args, **kwargs)
        if side == "after" and is_there(*args):
            count()
        return result

    def is_there(*args: Any) -> bool:
        if owner is recording:
            # Each event wakes somebody.
            return Event.objects.get(pk=args[0]).type == "license.released"
        # The lease saves the row too; only the mark says SENT.
        return owner is not Delivery or args[0].status == "SENT"

    def count() -> None:
        came["here"] += 1
        if came["here"] == passes:
            die()

    setattr(owner, name, deadly)


def killed_worker(order: LicenseOrder, point: str, passes: int) -> None:
    """Tell of the order in a process of its own, which must die at the point."""

    def work() -> None:
        die_at(point, passes)
        tell(order)

    assert dies(work), f"the worker never came to “{point}”"
    wait_for_the_server_to_notice()


def wait_for_the_server_to_notice() -> None:
    """The dead worker's transaction is rolled back and its locks are gone."""
    until = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            if cursor.fetchone()[0] == 0:
                return
            time.sleep(0.02)
    raise AssertionError("the connection of the killed worker is still there")


def sweep(order_ids: List[UUID]) -> None:
    """What beat does every minute, some minutes later."""
    moment = now()
    Delivery.objects.filter(order_id__in=order_ids).exclude(leased_until=None).update(
        leased_until=moment, due_at=moment
    )
    tasks.reconcile_all()


def new_order(monkeypatch) -> LicenseOrder:
    """Paid and recorded, to be approved by its policy; nobody was told yet."""
    with monkeypatch.context() as patch:
        patch.setattr(recording, "_wake", lambda event_id: None)
        policy = make.make_policy(keys=2, approval="AUTOMATIC")
        details = {"notification_email": "books@buyer.example"}
        return make.make_license_order(2, policy=policy, allocate=False, details=details)


def tell(order: LicenseOrder) -> None:
    """A worker's task: the message of the order's first event; all the rest follows from it."""
    with writing():
        event = Event.objects.get(subject_id=order.pk, type="license_order.recorded")
    tasks.dispatch_event(str(event.pk))


@pytest.mark.parametrize("point", list(POINTS))
def test_a_killed_worker_loses_no_mail(live_db, smtp, monkeypatch, point):
    """T-CON-05, T-CON-06: 0 lost; twice only between the server's yes and our mark, one Message-ID."""
    is_mail = POINTS[point][0] in (send, smtplib.SMTP, Delivery)
    ids: List[UUID] = []
    for number in range(KILLS):
        order = new_order(monkeypatch)
        ids.append(order.pk)
        # Of the mails of an order, another one is hit at each point, and each time.
        place = list(POINTS).index(point) + number
        killed_worker(order, point, passes=1 + place % MAILS if is_mail else 1)
        sweep(ids)
    sweep(ids)

    deliveries = Delivery.objects.filter(order_id__in=ids)
    assert Counter(deliveries.values_list("kind", "status")) == {
        ("ORDER_CONFIRMED", "QUEUED"): 2 * KILLS,
        ("ORDER_RELEASED", "SENT"): KILLS,
        ("LICENSE_KEYS", "SENT"): KILLS,
    }
    arrived = Counter(message["Message-ID"].split("@")[0] for message in smtp.messages)
    assert set(arrived) == {f"<esd.{mail.pk}" for mail in deliveries.filter(status="SENT")}
    twice = sum(count - 1 for count in arrived.values())
    assert twice == (KILLS if point in WINDOW else 0)
    assert max(arrived.values()) <= 2
    # An attempt that died is counted, so the row tells what happened.
    assert deliveries.filter(attempts__gt=1).count() == (
        KILLS if point in (*WINDOW, "after the lease", "while the server listens") else 0
    )
    licenses = License.objects.filter(order_line__order__in=ids)
    assert set(licenses.values_list("fulfillment", flat=True)) == {"RELEASED"}
    assert licenses.count() == licenses.values("key").distinct().count() == 2 * KILLS
    events = Event.objects.filter(order_id__in=ids, type="license.released")
    assert events.count() == KILLS
    assert not Dispatch.objects.filter(event__order_id__in=ids, told_at=None).exists()


def test_control_a_mark_before_the_mail_loses_it(live_db, smtp, monkeypatch):
    """The twin of T-CON-05: marked as sent with the lease, a mail whose worker dies never leaves."""
    order = new_order(monkeypatch)
    lease = send._lease

    def lease_and_mark(delivery_id: UUID, logo: Any):
        found = lease(delivery_id, logo)
        Delivery.objects.filter(pk=delivery_id).update(status="SENT", sent_at=now())
        return found

    monkeypatch.setattr(send, "_lease", lease_and_mark)
    killed_worker(order, "after the lease", passes=1)
    sweep([order.pk])

    deliveries = Delivery.objects.filter(order_id=order.pk).exclude(kind="ORDER_CONFIRMED")
    arrived = {message["Message-ID"].split("@")[0] for message in smtp.messages}
    lost = {f"<esd.{delivery.pk}" for delivery in deliveries} - arrived
    assert len(lost) == 1


def test_control_without_the_lease_a_mail_goes_out_twice(live_db, smtp, monkeypatch):
    """The twin of T-CON-06: nobody died, but who asks whether another one is sending?"""
    order = new_order(monkeypatch)
    tell(order)
    arrived = len(smtp.messages)
    assert arrived == Delivery.objects.filter(order_id=order.pk, status="SENT").count() == MAILS
    monkeypatch.setattr(send, "_due", lambda moment: Delivery.objects.all())

    send.send_delivery(Delivery.objects.filter(order_id=order.pk, status="SENT").first().pk)

    assert len(smtp.messages) == arrived + 1
