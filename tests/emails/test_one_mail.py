"""A sale that nobody has to approve: a mail per product to the buyer, one notice to the notification address."""

from __future__ import annotations

from datetime import timedelta

import factories as make
import pytest

from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.types import SYSTEM
from saleor_esd_plugin.orders.approval import approve_by_policy, approve_license_order
from saleor_esd_plugin.orders.settlement import settle_license_order

pytestmark = pytest.mark.django_db

BUYER, NOTIFIED = "buyer@home.example", "books@buyer.example"


def make_order(approval, **fields):
    policy = make.make_policy(keys=2, approval=approval)
    details = {"notification_email": NOTIFIED}
    return make.make_license_order(2, policy=policy, email=BUYER, details=details, **fields)


def release_by_policy(order):
    approve_by_policy(order.pk)
    settle_license_order(order.pk)


def wait(deliveries, minutes):
    Delivery.objects.filter(pk__in=[one.pk for one in deliveries]).update(
        due_at=deliveries[0].due_at - timedelta(minutes=minutes)
    )


def test_what_is_released_at_once_is_told_once(deliveries_for, letters):
    order = make_order("AUTOMATIC")
    received = deliveries_for("license_order.recorded")
    assert letters(received) == []
    release_by_policy(order)

    told = letters(deliveries_for("license.released"))
    wait(received, 1)

    assert letters(received) == []
    assert {one.status for one in Delivery.objects.filter(kind="ORDER_CONFIRMED")} == {"SUPPRESSED"}
    (keys,) = [one for one in told if one.to == BUYER]
    (notice,) = [one for one in told if one.to == NOTIFIED]
    assert "How to activate" in keys.text
    assert notice.subject == f"Order {order.number}: 2 of 2 licenses are ready"
    assert "The licenses of your order can be used." in notice.text
    assert "approved" not in notice.text + notice.html
    assert Event.objects.filter(type="license_order.approved").get().actor_label == SYSTEM.label


def test_what_waits_for_money_is_confirmed_after_a_minute(deliveries_for, letters):
    order = make_order("AUTOMATIC", paid=False)
    received = deliveries_for("license_order.recorded")
    release_by_policy(order)
    assert letters(received) == []
    # Nobody was asked to approve.
    assert deliveries_for("license_order.approved") == []
    wait(received, 1)

    arrived = letters(received)

    assert sorted(one.to for one in arrived) == [NOTIFIED, BUYER]
    assert arrived[0].subject == f"Order {order.number}: we have received it"


def test_what_staff_decide_is_confirmed_at_once_and_approved_in_a_notice(deliveries_for, letters):
    """I10: the buyer hears of the approval although the keys come in a mail of their own."""
    order = make_order("MANUAL")
    assert len(letters(deliveries_for("license_order.recorded"))) == 2
    approve_license_order(order.pk, actor=make.STAFF)

    told = letters(deliveries_for("license.released"))

    subject = f"Order {order.number}: 2 of 2 licenses are ready"
    assert sorted(one.to for one in told if one.subject == subject) == [NOTIFIED, BUYER]
    assert all("has been approved" in one.text for one in told if one.subject == subject)
    assert len(told) == 3


def test_a_reseller_gets_the_notice_as_no_key_comes(deliveries_for, letters):
    order = make_order("AUTOMATIC")
    order.account.is_reseller = True
    order.account.save()
    release_by_policy(order)

    told = letters(deliveries_for("license.released"))

    assert sorted(one.to for one in told) == [NOTIFIED, BUYER]
