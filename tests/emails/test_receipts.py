"""Receipts: K16, K17, invariant 9, T-EML-05, T-EML-06."""

from __future__ import annotations

import factories as make
import pytest

from saleor_esd_plugin.accounts.errors import InvalidEmail, TooManyRecipients
from saleor_esd_plugin.emails import receipts
from saleor_esd_plugin.emails.errors import KeysNotIssued
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.emails.receipts import send_license_order_receipt
from saleor_esd_plugin.errors import NotFound, RateLimited
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.ids import uuid7
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.licenses.units import assign_licenses
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.models import LicenseOrder, LicenseOrderLine
from saleor_esd_plugin.orders.settlement import settle_license_order

pytestmark = pytest.mark.django_db


def released(quantity=2, approve=None, **fields):
    order = make.make_license_order(quantity, email="buyer@example.com", **fields)
    line = LicenseOrderLine.objects.get(order=order)
    approve_license_order(
        order.pk, quantities=None if approve is None else {line.pk: approve}, actor=make.STAFF
    )
    settle_license_order(order.pk)
    return order


def test_one_message_for_each_address_with_masked_keys(deliveries_for, letters):
    """K16, T-EML-06: five recipients, five messages, no clear key."""
    order = released(details={"purchase_order_reference": "PO-7"})
    emails = "a@x.example, b@x.example; C@X.example\nd@x.example,e@bücher.example, A@x.example"

    addresses = send_license_order_receipt(order.pk, emails=emails, actor=make.STAFF)

    assert len(addresses) == 5
    arrived = letters(deliveries_for("license_order.receipt_sent"))
    assert sorted(letter.to for letter in arrived) == sorted(addresses)
    assert all(letter.message.envelope_to == [letter.to] for letter in arrived)
    for license in make.licenses_of(order):
        for letter in arrived:
            assert decrypt(license.key).reveal() not in letter.text + letter.html
            assert f"•••••-•••••-•••••-•••••-{license.key.suffix}" in letter.text
    assert arrived[0].subject == f"Receipt for order {order.number}"
    assert "Your reference: PO-7" in arrived[0].text
    assert "invitation" not in arrived[0].text
    event = Event.objects.get(type="license_order.receipt_sent")
    assert (event.subject_id, event.actor_ref) == (order.pk, make.STAFF.ref)


def test_a_receipt_needs_every_key_issued():
    """K17, invariant 9: the counts are told, nothing changes."""
    order = released(3, approve=2)
    before = make.table_digest()

    with pytest.raises(KeysNotIssued) as error:
        send_license_order_receipt(order.pk, emails="a@x.example", actor=make.STAFF)

    assert error.value.code == "KEYS_NOT_ISSUED"
    assert error.value.params == {"issued": 2, "of": 3}
    assert make.table_digest() == before


def test_withdrawn_units_do_not_count_and_assigned_ones_do():
    """K17: rejected units need no key; ASSIGNED is issued too."""
    order = released(3, approve=2)
    reject_license_order(order.pk, reason="two are enough", actor=make.STAFF)
    license = make.licenses_of(order)[0]
    customer = make.make_end_customer(license.account)
    assign_licenses([license.pk], end_customer_id=customer.pk, actor=make.STAFF)
    assert send_license_order_receipt(order.pk, emails="a@x.example", actor=make.STAFF)


def test_of_nothing_there_is_no_receipt():
    order = make.make_license_order(2)
    reject_license_order(order.pk, reason="nothing for you", actor=make.STAFF)
    with pytest.raises(KeysNotIssued) as error:
        send_license_order_receipt(order.pk, emails="a@x.example", actor=make.STAFF)
    assert error.value.params == {"issued": 0, "of": 0}


def test_what_was_returned_before_sending_gets_no_receipt(deliveries_for, letters):
    """Invariant 9 holds at the moment of sending."""
    order = released()
    send_license_order_receipt(order.pk, emails="a@x.example", actor=make.STAFF)
    (delivery,) = deliveries_for("license_order.receipt_sent")
    LicenseOrderLine.objects.filter(order=order).update(quantity=5)
    assert letters([delivery]) == []
    assert (delivery.status, delivery.error) == (
        "SUPPRESSED",
        "Not every license of the order is issued any more.",
    )


@pytest.mark.parametrize(
    "emails, error",
    [
        ("a@localhost", InvalidEmail),
        (",".join(f"a{n}@x.example" for n in range(21)), TooManyRecipients),
    ],
)
def test_bad_lists_change_nothing(emails, error):
    order = released()
    before = make.table_digest()
    with pytest.raises(error):
        send_license_order_receipt(order.pk, emails=emails, actor=make.STAFF)
    assert make.table_digest() == before


def test_an_account_sends_so_many_a_day(monkeypatch):
    """T-EML-05: 500 addresses a day; here 3."""
    assert receipts.LIMITS[0][0] == 500
    monkeypatch.setattr(receipts, "LIMITS", ((3, receipts.LIMITS[0][1]),))
    order = released()
    send_license_order_receipt(order.pk, emails="a@x.example,b@x.example", actor=make.STAFF)
    before = make.table_digest()
    with pytest.raises(RateLimited):
        send_license_order_receipt(order.pk, emails="c@x.example,d@x.example", actor=make.STAFF)
    assert make.table_digest() == before
    send_license_order_receipt(order.pk, emails="c@x.example", actor=make.STAFF)


def test_an_unknown_order_is_not_found():
    with pytest.raises(NotFound):
        send_license_order_receipt(uuid7(), emails="a@x.example", actor=make.STAFF)


def test_a_large_order_lists_the_first_keys_only(deliveries_for, letters, monkeypatch):
    monkeypatch.setattr("saleor_esd_plugin.emails.mails.receipts.MOST_KEYS", 2)
    order = released(5)
    send_license_order_receipt(order.pk, emails="a@x.example", actor=make.STAFF)
    (letter,) = letters(deliveries_for("license_order.receipt_sent"))
    assert letter.text.count("•••••-•••••-•••••-•••••-") == 2
    assert "and 3 more" in letter.text
    assert Delivery.objects.get(kind="RECEIPT").order_id == LicenseOrder.objects.get().pk
