"""A mail with a key against a suspension, in two threads that really commit."""

from __future__ import annotations

from threading import Event as Signal
from threading import Thread

import factories as make
from django.db import connection, transaction
from letters import keys_in

from saleor_esd_plugin.emails import mails
from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.emails.send import send_delivery
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.licenses.lifecycle import suspend_order_licenses
from saleor_esd_plugin.licenses.models import SuspensionCause


def test_a_suspension_waits_for_the_letter_that_is_being_written(live_db, smtp, monkeypatch):
    """Real transactions: between the look at a license and the commit of its key as seen nobody suspends it."""
    monkeypatch.setattr("saleor_esd_plugin.events.record._wake", lambda event_id: None)
    with transaction.atomic():
        (license,) = make.make_released(1, email=live_db("buyer") + "@example.com")
        deliveries_of(Event.objects.filter(type="license.released").latest("pk"))
        keys = Delivery.objects.filter(kind="LICENSE_KEYS").latest("pk")
    looked, go_on, suspended = Signal(), Signal(), Signal()
    handed_over = mails.keys._handed_over

    def waits(*args):
        looked.set()
        assert go_on.wait(20)
        return handed_over(*args)

    def suspend():
        with transaction.atomic():
            order_id = license.order_line.order_id
            suspend_order_licenses(order_id, cause=SuspensionCause.STAFF, moment=now())
        suspended.set()
        connection.close()

    def work():
        send_delivery(keys.pk)
        connection.close()

    monkeypatch.setattr(mails.keys, "_handed_over", waits)
    worker, suspender = Thread(target=work), Thread(target=suspend)
    worker.start()
    assert looked.wait(20)
    suspender.start()
    assert not suspended.wait(0.5)
    go_on.set()
    worker.join()
    suspender.join()

    assert suspended.is_set()
    (message,) = smtp.messages
    assert keys_in(message) == [decrypt(license.key).reveal()]
    keys.refresh_from_db()
    license.refresh_from_db()
    assert (keys.status, keys.attempts) == ("SENT", 1)
    assert license.suspended_at is not None
