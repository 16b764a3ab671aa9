"""Mails about renewals that an order is for: renewed, waiting for staff, given back."""

from __future__ import annotations

import build
import factories as make
import pytest
from django.utils.formats import date_format

from saleor_esd_plugin.emails import catalog
from saleor_esd_plugin.emails.mails import renewals as mail
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.emails.receipts import send_license_order_receipt
from saleor_esd_plugin.emails.reminder_rules import shop_day
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.events.record import record
from saleor_esd_plugin.events.types import EventType
from saleor_esd_plugin.host.types import SYSTEM
from saleor_esd_plugin.keys.formats import masked
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.renewal import renew_licenses
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.cancellation import cancel_licenses
from saleor_esd_plugin.orders.renewals.naming import set_renewals
from saleor_esd_plugin.orders.returns import return_units
from saleor_esd_plugin.orders.settlement import settle_license_order
from saleor_esd_plugin.orders.suspension import suspend_licenses

pytestmark = pytest.mark.django_db

BUYER, BOOKS, STAFF = "buyer@x.example", "books@x.example", "staff@x.example"


@pytest.fixture(autouse=True)
def shop(staff_address):
    staff_address(STAFF)


@pytest.fixture
def user():
    return build.make_user(BUYER)


@pytest.fixture
def policy():
    variant = build.make_variant("Office", sku=make.unique("SKU"))
    return make.make_policy(keys=5, variant=variant, term="P1Y", grace_days=10)


@pytest.fixture
def owned(user, policy):
    return lambda quantity=1, **by: make.make_released(
        quantity, policy=policy, **(by or {"user": user})
    )


@pytest.fixture
def renewal(policy):
    return make.make_renewal(policy)


@pytest.fixture
def order(user, renewal):
    """`order(2)`: of so many renewals; no license is named for them."""
    details = {"notification_email": BOOKS, "purchase_order_reference": "PO-7"}
    return lambda quantity=1, **fields: make.make_license_order(
        quantity, policy=renewal, details=details, **{"user": user, "email": BUYER, **fields}
    )


def approve(order):
    approve_license_order(order.pk, actor=make.STAFF)
    settle_license_order(order.pk)


def name(order, *licenses):
    set_renewals(order.lines.get().pk, [one.pk for one in licenses], actor=make.STAFF)


def renewed(order, *licenses):
    approve(order)
    name(order, *licenses)
    return order


def day_of(license):
    expires_at = License.objects.values_list("expires_at", flat=True).get(pk=license.pk)
    return date_format(shop_day(expires_at), "N j, Y")


def test_buyer_and_notification_address_read_what_is_renewed_until_when(
    owned, order, deliveries_for, letters
):
    """M17, M18: product, masked key and the new expiry; no key, no holder."""
    first, second = owned(2)
    made = renewed(order(2), first, second)

    arrived = letters(deliveries_for("license.renewed"))

    assert sorted(letter.to for letter in arrived) == [BOOKS, BUYER]
    for letter in arrived:
        assert letter.subject == f"Order {made.number}: 2 licenses renewed"
        assert "These licenses are renewed. Their keys stay the same." in letter.text
        assert letter.text.count(f"Valid until: {day_of(first)}") == 2
        assert "Your reference: PO-7" in letter.text and "2 of 2 renewed" in letter.text
        for license in (first, second):
            assert masked(license.key) in letter.text and masked(license.key) in letter.html
            assert decrypt(license.key).reveal() not in letter.text + letter.html
    assert not License.objects.exclude(key__revealed_at=None).exists()
    # Released is nothing, and no mail says so.
    assert not Delivery.objects.filter(order_id=made.pk, kind="ORDER_RELEASED").exists()


def test_one_is_told_as_one_and_a_suspension_with_it(owned, order, deliveries_for, letters):
    """P11: what is suspended is renewed, and stays suspended."""
    (license,) = owned()
    made = renewed(order(), license)
    suspend_licenses([license.pk], reason="PAYMENT_OVERDUE", actor=make.STAFF)

    letter, _ = letters(deliveries_for("license.renewed"))

    assert letter.subject == f"Order {made.number}: 1 license renewed"
    assert "This license is renewed. Its key stays the same." in letter.text
    assert "Suspended: cannot be used for now." in letter.text
    assert "Suspended: cannot be used for now." in letter.html


def test_of_the_license_of_somebody_else_only_product_and_expiry_are_told(
    owned, order, deliveries_for, letters
):
    """A guest may pay for anybody's."""
    (license,) = owned(email="owner@y.example")
    suspend_licenses([license.pk], reason="PAYMENT_OVERDUE", actor=make.STAFF)
    renewed(order(user=None), license)

    arrived = letters(deliveries_for("license.renewed"))

    assert sorted(letter.to for letter in arrived) == [BOOKS, BUYER]
    for letter in arrived:
        assert "Office (Standard)" in letter.text
        assert f"Valid until: {day_of(license)}" in letter.text
        assert license.key.suffix not in letter.text + letter.html
        assert "Suspended" not in letter.text + letter.html


def test_a_long_list_is_cut_and_comes_in_each_language(
    owned, order, deliveries_for, in_each_language, monkeypatch
):
    monkeypatch.setattr(mail, "LICENSES_PER_MAIL", 2)
    made = renewed(order(3), *owned(3))
    to_buyer = [one for one in deliveries_for("license.renewed") if one.recipient == BUYER]

    arrived = [letter for _, letter in in_each_language(to_buyer)]

    assert [letter.subject for letter in arrived] == [
        f"Order {made.number}: 3 licenses renewed",
        f"Pedido {made.number}: 3 licencias renovadas",
        f"Pedido {made.number}: 3 licenças renovadas",
    ]
    assert "And 1 more." in arrived[0].text and arrived[0].text.count("Key:") == 2


def test_what_staff_renew_without_an_order_is_not_told(owned, deliveries_for):
    (license,) = owned()
    renew_licenses([license.pk], terms=1, reason="goodwill", actor=make.STAFF)
    assert deliveries_for("license.renewed") == []


@pytest.mark.parametrize("what", ["refunded", "cancelled"])
def test_what_was_given_back_before_the_mail_left_is_not_told(
    what, owned, order, deliveries_for, letters
):
    first, second = owned(2)
    made = renewed(order(2), first, second)
    deliveries = deliveries_for("license.renewed")
    if what == "refunded":
        build.refund(build.find_order(made.order_uuid))
        make.reconcile_orders()
    else:
        cancel_licenses([first.pk, second.pk], reason="PAYMENT_OVERDUE", actor=make.STAFF)
    assert letters(deliveries) == []
    assert {one.status for one in deliveries} == {"SUPPRESSED"}


def test_from_order_to_renewal_nothing_speaks_of_keys_to_come(
    owned, order, deliveries_for, letters
):
    (license,) = owned()
    made = order(paid=False)
    (confirmed,) = [
        letter for letter in letters(deliveries_for("license_order.recorded")) if letter.to == BUYER
    ]
    approve(made)
    (approved,) = [
        letter for letter in letters(deliveries_for("license_order.approved")) if letter.to == BUYER
    ]

    assert "As soon as the licenses are renewed, you will get another e-mail." in confirmed.text
    assert "waiting until the shop knows which license to renew: 1" in confirmed.text
    assert "Some licenses are not renewed yet" in approved.text
    assert "waiting for payment: 1" in approved.text
    for letter in (confirmed, approved):
        assert "keys" not in letter.text.lower()
    name(made, license)
    build.pay(build.find_order(made.order_uuid))
    make.reconcile_orders()
    to_buyer, _ = letters(deliveries_for("license.renewed"))
    assert to_buyer.subject == f"Order {made.number}: 1 license renewed"


def test_staff_read_once_what_waits_for_them(order, deliveries_for, letters):
    """Approval and licenses in one mail; again only for what is new."""
    made = order(2)
    (letter,) = letters(deliveries_for("license_order.allocated"))
    assert letter.to == STAFF
    assert letter.subject.startswith("License orders waiting for approval: ")
    assert "no license is named" in letter.text and "no license is named" in letter.html

    event = EventType.LICENSE_ORDER_DUPLICATED
    record(event, made.pk, actor=SYSTEM, order_id=made.pk, account_id=made.account_id)
    assert deliveries_for("license_order.duplicated") == []


def test_staff_hear_of_a_license_that_cannot_be_renewed_any_more(
    owned, order, deliveries_for, letters
):
    (license,) = owned()
    made = order(paid=False)
    catalog.deliveries_of(Event.objects.get(type="license_order.allocated", subject_id=made.pk))
    Delivery.objects.filter(order_id=made.pk).update(data={})  # told of approval only, so far
    approve(made)
    name(made, license)
    cancel_licenses([license.pk], reason="PAYMENT_OVERDUE", actor=make.STAFF)
    build.pay(build.find_order(made.order_uuid))
    make.reconcile_orders()

    (letter,) = letters(deliveries_for("license_order.renewals_refused"))

    assert letter.subject == f"Order {made.number}: which licenses are to be renewed?"
    assert "This order has renewals that wait for you:" in letter.text
    assert "waiting until the shop knows which license to renew: 1" in letter.text
    assert "Orders that wait for approval" not in letter.text
    assert (
        catalog.deliveries_of(
            Event.objects.get(type="license_order.renewals_refused", subject_id=made.pk)
        )
        == []
    )


def test_staff_are_not_told_of_what_was_named_meanwhile(owned, order, deliveries_for, letters):
    made = order()
    (waiting,) = deliveries_for("license_order.allocated")
    renewed(made, *owned())
    assert letters([waiting]) == []
    assert waiting.status == "SUPPRESSED"


def test_a_part_that_is_refunded_gives_earlier_terms_back(owned, order, deliveries_for, letters):
    licenses = owned(2)
    made = renewed(order(2), *licenses)
    given = {"quantities": {made.lines.get().pk: 1}, "reason": "agreed"}
    return_units(made.pk, actor=make.STAFF, **given)

    letter, _ = letters(deliveries_for("license.returned"))

    assert letter.subject == f"Order {made.number}: some renewals are no longer part of it"
    assert "These renewals are no longer part of your order:" in letter.text
    assert "- 1 x Renewal" in letter.text
    assert "Licenses that they had renewed have their earlier term again." in letter.text
    assert "cannot be used" not in letter.text + letter.html


def test_all_that_is_refunded_does_not_end_the_licenses(owned, order, deliveries_for, letters):
    (license,) = owned()
    made = renewed(order(), license)
    build.refund(build.find_order(made.order_uuid))
    make.reconcile_orders()

    letter, _ = letters(deliveries_for("license_order.refunded"))

    assert letter.subject == f"Order {made.number}: refunded"
    for text in (letter.text, letter.html):
        assert "Your order has been refunded." in text
        assert "Licenses that it had renewed have their earlier term again." in text
        assert "can no longer be used" not in text


def test_an_order_of_renewals_and_licenses_tells_both_when_it_ends(
    owned, policy, user, renewal, deliveries_for, letters
):
    (license,) = owned()
    variants = [build.find_variant(one.variant_ref) for one in (policy, renewal)]
    lines = [(variant, 1) for variant in variants]
    made = make.record(build.make_order(lines, user=user, email=BUYER, paid=True))
    approve(made)
    line = made.lines.get(is_renewal=True)
    set_renewals(line.pk, [license.pk], actor=make.STAFF)
    build.refund(build.find_order(made.order_uuid))
    make.reconcile_orders()

    (letter,) = letters(deliveries_for("license_order.refunded"))

    assert "Its licenses can no longer be used. Licenses that it had renewed have" in letter.text


def test_the_receipt_of_renewals_has_no_list_of_keys(owned, order, deliveries_for, letters):
    """K17."""
    made = renewed(order(), *owned())
    send_license_order_receipt(made.pk, emails=BUYER, actor=make.STAFF)

    (letter,) = letters(deliveries_for("license_order.receipt_sent"))

    for text in (letter.text, letter.html):
        assert "All licenses that this order is for have been renewed." in text
        assert "•" not in text and "issued" not in text
    assert "\nLicenses\n" not in letter.text and "<h2>Licenses" not in letter.html
