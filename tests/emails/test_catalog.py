from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from uuid import UUID

import build
import factories as make
import pytest

from saleor_esd_plugin.emails import mails as subjects
from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.models import Delivery, DeliveryKind
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.events.record import record
from saleor_esd_plugin.events.types import EventType
from saleor_esd_plugin.host.types import SYSTEM
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.units import assign_licenses
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.settlement import settle_license_order

pytestmark = pytest.mark.django_db

NOTIFIED = {"notification_email": "books@example.com", "purchase_order_reference": "PO-7"}


def mails(event_type: str):
    """(kind, recipient) of what follows from the latest event of the type."""
    event = Event.objects.filter(type=event_type).latest("pk")
    deliveries_of(event)
    rows = Delivery.objects.filter(event=event).order_by("kind", "recipient", "pk")
    return list(rows.values_list("kind", "recipient"))


def order(quantity=1, **fields):
    return make.make_license_order(quantity, email="buyer@example.com", details=NOTIFIED, **fields)


def released(quantity=1, **fields):
    made = order(quantity, **fields)
    approve_license_order(made.pk, actor=make.STAFF)
    settle_license_order(made.pk)
    return made


def test_each_kind_of_mail_is_one_row():
    """In one of the files by subject, all of which count."""
    files = [
        import_module(f"{subjects.__name__}.{one.name}") for one in iter_modules(subjects.__path__)
    ]
    rows = [row for file in files for row in file.MAILS]
    assert sorted(row.kind for row in rows) == sorted(subjects.MAILS) == sorted(DeliveryKind)
    assert [row.kind for row in rows if not row.audiences] == []


def test_the_confirmation_goes_to_the_buyer_and_to_the_address_named_at_checkout():
    """I04."""
    made = order()
    assert mails("license_order.recorded") == [
        ("ORDER_CONFIRMED", "books@example.com"),
        ("ORDER_CONFIRMED", "buyer@example.com"),
    ]
    assert set(Delivery.objects.values_list("order_id", "status")) == {(made.pk, "QUEUED")}


def test_two_equal_addresses_are_one_mail():
    made = make.make_license_order(
        email="buyer@example.com", details={"notification_email": "Buyer@example.com"}
    )
    assert mails("license_order.recorded") == [("ORDER_CONFIRMED", made.buyer_email)]


def test_called_again_nothing_is_made():
    """Invariant 5, C7: the dedupe key decides; what is still queued is named again."""
    order()
    event = Event.objects.get(type="license_order.recorded")
    first = set(deliveries_of(event))
    assert len(first) == 2
    assert set(deliveries_of(event)) == first
    Delivery.objects.filter(recipient="books@example.com").update(status="SENT")
    assert len(deliveries_of(event)) == 1
    assert Delivery.objects.count() == 2


def test_an_address_that_cannot_be_mailed_is_seen_as_failed():
    make.make_license_order(email="büyer@example.com")
    event = Event.objects.get(type="license_order.recorded")

    assert deliveries_of(event) == []
    row = Delivery.objects.get()
    assert (row.status, row.error, row.recipient) == (
        "FAILED",
        "NON_ASCII_LOCAL_PART",
        "büyer@example.com",
    )


def test_keys_go_to_the_buyer_never_to_the_notification_address():
    """I04: the notification address gets the approval notice (I10), no key."""
    released(2)
    assert mails("license.released") == [
        ("LICENSE_KEYS", "buyer@example.com"),
        ("ORDER_RELEASED", "books@example.com"),
        ("ORDER_RELEASED", "buyer@example.com"),
    ]


def test_keys_go_out_fifty_to_a_mail_each_once():
    made = released(51)
    mails("license.released")

    parts = list(
        Delivery.objects.filter(kind="LICENSE_KEYS")
        .order_by("pk")
        .values_list("license_ids", flat=True)
    )
    assert sorted(len(part) for part in parts) == [1, 50]
    every = License.objects.filter(order_line__order=made)
    assert {UUID(one) for part in parts for one in part} == set(every.values_list("pk", flat=True))


def test_a_reseller_gets_the_notice_without_keys():
    """Issue: on by default unless the account is a reseller's."""
    user = build.make_user("reseller@example.com")
    make.make_account(user, is_reseller=True)
    made = make.make_license_order(2, user=user, email=user.email)
    approve_license_order(made.pk, actor=make.STAFF)
    settle_license_order(made.pk)

    assert mails("license.released") == [("ORDER_RELEASED", "reseller@example.com")]


def test_a_policy_may_keep_keys_back():
    policy = make.make_policy(keys=1, sends_key_to_buyer=False)
    released(policy=policy)
    assert [kind for kind, _ in mails("license.released")] == ["ORDER_RELEASED"] * 2


def test_approval_is_told_only_while_something_is_missing():
    made = order(3, keys=1)
    approve_license_order(made.pk, actor=make.STAFF)
    settle_license_order(made.pk)
    assert [kind for kind, _ in mails("license_order.approved")] == ["ORDER_APPROVED"] * 2

    complete = order(1)
    approve_license_order(complete.pk, actor=make.STAFF)
    settle_license_order(complete.pk)
    assert mails("license_order.approved") == []


def test_the_buyer_hears_of_backorders():
    order(3, keys=1)
    assert mails("license_order.backordered") == [("ORDER_BACKORDERED", "buyer@example.com")]


def test_rejection_and_cancellation_are_told():
    made = order()
    reject_license_order(made.pk, reason="Not our customer", actor=make.STAFF)
    assert [kind for kind, _ in mails("license_order.rejected")] == ["ORDER_REJECTED"] * 2
    for type in (EventType.LICENSE_ORDER_CANCELLED, EventType.LICENSE_ORDER_REFUNDED):
        record(type, made.pk, actor=SYSTEM, order_id=made.pk, account_id=made.account_id)
        assert [kind for kind, _ in mails(type.value)] == ["ORDER_CANCELLED"] * 2


def test_staff_are_told_once_that_an_order_waits(staff_address):
    """And its delivery belongs to no account, so that members do not see the address."""
    staff_address("approvals@shop.example")
    made = order()
    assert mails("license_order.allocated") == [("ORDER_WAITS", "approvals@shop.example")]
    record(
        EventType.LICENSE_ORDER_ALLOCATED,
        made.pk,
        actor=SYSTEM,
        order_id=made.pk,
        account_id=made.account_id,
    )
    assert mails("license_order.allocated") == []
    assert Delivery.objects.get(kind="ORDER_WAITS").account_id is None


def test_staff_without_an_address_and_decided_orders_make_no_mail(staff_address):
    made = order()
    assert mails("license_order.allocated") == []
    staff_address("approvals@shop.example")
    approve_license_order(made.pk, actor=make.STAFF)
    assert mails("license_order.allocated") == []


def test_assigning_mails_the_end_customer_one_mail_per_product():
    """I14, I18."""
    first, second = make.make_policy(keys=2), make.make_policy(keys=1)
    user = build.make_user("ana@example.com")
    licenses = [
        *make_released(2, policy=first, user=user),
        *make_released(1, policy=second, user=user),
    ]
    customer = make.make_end_customer(licenses[0].account, email="it@end.example", language="es")
    assign_licenses([one.pk for one in licenses], end_customer_id=customer.pk, actor=make.STAFF)

    assert mails("license.assigned") == [("LICENSE_ASSIGNED", "it@end.example")] * 2
    rows = Delivery.objects.filter(kind="LICENSE_ASSIGNED")
    assert sorted(len(row.license_ids) for row in rows) == [1, 2]
    assert {row.language for row in rows} == {"es"}


def make_released(quantity, **fields):
    made = make.make_license_order(quantity, **fields)
    approve_license_order(made.pk, actor=make.STAFF)
    settle_license_order(made.pk)
    return make.licenses_of(made)


@pytest.mark.parametrize("by_staff", [True, False])
def test_the_account_hears_when_staff_read_a_key(by_staff):
    """Section 2.5; an owner's own reveal, or that of a mail, is no news."""
    made = order()
    license = License.objects.get(order_line__order=made)
    record(
        EventType.LICENSE_KEY_REVEALED,
        license.pk,
        actor=make.STAFF,
        account_id=license.account_id,
        by_staff=by_staff,
    )
    expected = [("KEY_REVEALED", license.account.email)] if by_staff else []
    assert mails("license_key.revealed") == expected


def test_the_mail_speaks_the_language_of_order_account_or_shop():
    made = order()
    LicenseOrder.objects.filter(pk=made.pk).update(language="pt-BR")
    mails("license_order.recorded")
    assert set(Delivery.objects.values_list("language", flat=True)) == {"pt-br"}


def test_events_without_readers_make_no_mail():
    made = order()
    record(EventType.LICENSE_ORDER_PAID, made.pk, actor=SYSTEM, order_id=made.pk)
    assert mails("license_order.paid") == []
