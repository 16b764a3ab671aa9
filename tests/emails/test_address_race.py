"""A mail with a claim link against a change of its reader's address, in threads that really commit; controls first."""

from __future__ import annotations

from threading import Event as Signal
from threading import Thread

import build
import factories as make
import pytest
from django.db import connection

from saleor_esd_plugin.accounts.models import EndCustomer
from saleor_esd_plugin.emails import contents, mails
from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.emails.send import send_delivery
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import writing
from saleor_esd_plugin.licenses.holders import update_end_customer
from saleor_esd_plugin.licenses.models import ClaimLink
from saleor_esd_plugin.orders.buyer_address import read_buyer_address
from saleor_esd_plugin.orders.models import LicenseOrder

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself", "smtp")

# So long a change that nothing holds up may take [s].
SOON = 10


@pytest.fixture
def policy(live_db):
    return make.make_policy(keys=1, delivery="CLAIM_LINK")


def mail_of(event_type, kind):
    deliveries_of(Event.objects.filter(type=event_type).latest("pk"))
    return Delivery.objects.filter(kind=kind).latest("pk")


@pytest.fixture
def to_buyer(live_db, policy):
    """(The mail, what changes its reader's address) of a guest's order."""
    (license,) = make.make_released(1, policy=policy, email=live_db("old") + "@example.com")
    order = license.order_line.order

    def change():
        new = live_db("new") + "@example.com"
        build.set_email(build.find_order(order.order_uuid), new)
        read_buyer_address(order.pk)

    return mail_of("license.released", "LICENSE_KEYS"), change


@pytest.fixture
def to_end_customer(live_db, policy):
    (license,) = make.make_assigned(1, policy=policy)

    def change():
        update_end_customer(
            license.end_customer_id, email=live_db("new") + "@example.com", actor=make.STAFF
        )

    return mail_of("license.assigned", "LICENSE_ASSIGNED"), change


def links_left(mail, change, monkeypatch, *, is_held_up):
    """How many usable links to the old address are left after a change between the letter's look and its commit."""
    old = mail.recipient
    looked, go_on, changed = Signal(), Signal(), Signal()
    original = mails.keys._handed_over

    def waits(*args):
        looked.set()
        assert go_on.wait(20)
        return original(*args)

    def run(job):
        try:
            with writing():
                job()
        finally:
            connection.close()

    def change_and_tell():
        change()
        changed.set()

    monkeypatch.setattr(mails.keys, "_handed_over", waits)
    worker = Thread(target=run, args=[lambda: send_delivery(mail.pk)])
    changer = Thread(target=run, args=[change_and_tell])
    worker.start()
    assert looked.wait(20)
    changer.start()
    assert changed.wait(0.5 if is_held_up else SOON) is not is_held_up
    go_on.set()
    worker.join()
    changer.join()
    assert changed.is_set()
    mail.refresh_from_db()
    assert mail.status == "SENT"
    return ClaimLink.objects.filter(email=old, voided_at=None).count()


def test_control_without_the_orders_lock_a_link_to_the_old_address_lives(to_buyer, monkeypatch):
    monkeypatch.setattr(contents, "lock_order", lambda pk: LicenseOrder.objects.get(pk=pk))
    assert links_left(*to_buyer, monkeypatch, is_held_up=False) == 1


def test_a_buyers_change_waits_for_the_letter_and_finds_its_link(to_buyer, monkeypatch):
    assert links_left(*to_buyer, monkeypatch, is_held_up=True) == 0


def test_control_without_the_end_customers_lock_a_link_lives(to_end_customer, monkeypatch):
    monkeypatch.setattr(mails.keys, "lock_end_customer", lambda pk: EndCustomer.objects.get(pk=pk))
    assert links_left(*to_end_customer, monkeypatch, is_held_up=False) == 1


def test_an_end_customers_change_waits_for_the_letter_and_finds_its_link(
    to_end_customer, monkeypatch
):
    assert links_left(*to_end_customer, monkeypatch, is_held_up=True) == 0
