"""Renewals whose money goes back: what a refund, a return or a lost dispute takes back, and nothing else."""

from datetime import timedelta

import build
import factories as make
import pytest
from provider import disputed, refund, tell
from renewed_terms import a_year_later, ends

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.policies.models import LicensePolicy
from saleor_esd_plugin.orders.cancellation import cancel_licenses
from saleor_esd_plugin.orders.models import DisputeStage, RefundState
from saleor_esd_plugin.orders.restoration import restore_units
from saleor_esd_plugin.orders.returns import return_units
from saleor_esd_plugin.orders.settlement import settle_license_order
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order
from saleor_esd_plugin.orders.suspension import suspend_licenses

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
PAYMENT = "pi_renewal"


def test_a_refund_gives_the_earlier_term_back_and_nothing_else(owned, buy, approve, read):
    """The license stays; what another order gave stays too."""
    (license,) = owned()
    first, second = buy(1, [license]), buy(1, [license])
    approve(first)
    approve(second)
    assert ends(license)[0][0] == a_year_later(a_year_later(license.expires_at))

    build.refund(build.find_order(first.order_uuid))
    make.reconcile_orders()

    found = read(first)
    assert (found["status"], found["lines"][0]["renewals"]) == ("CANCELLED", [])
    assert ends(license)[0][0] == a_year_later(license.expires_at)
    after = License.objects.get(pk=license.pk)
    assert (after.fulfillment, after.key_id) == ("RELEASED", license.key_id)
    (event,) = Event.objects.filter(type="license.renewal_undone")
    assert (event.order_id, event.data["licenses"]) == (first.pk, [str(license.pk)])

    build.refund(build.find_order(second.order_uuid))
    make.reconcile_orders()
    assert ends(license)[0] == (license.expires_at, license.grace_until, license.retained_until)


def test_the_term_that_comes_back_may_be_over(owned, buy, approve):
    (license,) = owned()
    make.expire(license, ago=20 * DAY)
    before = ends(license)
    order = buy(1, [license])
    approve(order)
    assert License.objects.get(pk=license.pk).lifecycle_at(now()).value == "ACTIVE"
    build.refund(build.find_order(order.order_uuid))
    make.reconcile_orders()
    assert ends(license) == before
    assert License.objects.get(pk=license.pk).lifecycle_at(now()).value == "EXPIRED"


def test_a_clock_that_stopped_meanwhile_does_not_move_the_term_that_comes_back(
    owned, buy, approve, policy
):
    """It was over before. What the renewal gave had been moved, and is gone."""
    LicensePolicy.objects.filter(pk=policy.pk).update(suspension_clock="STOPS")
    (license,) = owned()
    make.expire(license, ago=20 * DAY)
    before = ends(license)
    order = buy(1, [license])
    approve(order)
    (renewed,) = ends(license)
    until = now() + 10 * DAY
    suspend_licenses([license.pk], reason="PAYMENT_OVERDUE", until=until, actor=make.STAFF)
    assert ends(license)[0][0] > renewed[0]

    build.refund(build.find_order(order.order_uuid))
    make.reconcile_orders()

    # Of the three only the end of its retention lay ahead.
    suspension = until - License.objects.get(pk=license.pk).suspended_at
    assert ends(license) == [(*before[0][:2], before[0][2] + suspension)]


def test_of_what_goes_back_in_part_the_last_renewal_is_taken_back(owned, buy, approve, read):
    """10.00 of 20.00: one unit leaves, that of the license that was named last."""
    licenses = owned(2)
    order = buy(2, licenses)
    approve(order)
    build.refund(build.find_order(order.order_uuid), 10)
    make.reconcile_orders()
    settle_license_order(order.pk)
    found = read(order)
    assert (found["status"], found["availability"]["text"]) == ("DONE", "1 of 1")
    assert [one[0] for one in ends(*licenses)] == [
        a_year_later(licenses[0].expires_at),
        licenses[1].expires_at,
    ]


def test_staff_choose_which_renewal_is_taken_back(owned, buy, approve, read):
    licenses = owned(2)
    order = buy(2, licenses)
    approve(order)
    return_units(order.pk, license_ids=[licenses[0].pk], reason="not wanted", actor=make.STAFF)
    assert read(order)["availability"]["text"] == "1 of 1"
    assert ends(licenses[0])[0][0] == licenses[0].expires_at
    assert ends(licenses[1])[0][0] == a_year_later(licenses[1].expires_at)


def test_a_unit_that_comes_back_renews_what_its_buyer_named(owned, buy, approve, read):
    """The refund failed: nobody has to name the license again."""
    licenses = owned(2)
    order = buy(2, licenses)
    approve(order)
    tell(refund(10, RefundState.SUCCEEDED, ref="re_1", payment=PAYMENT))
    assert ends(licenses[1])[0][0] == licenses[1].expires_at
    tell(refund(10, RefundState.FAILED, ref="re_1", payment=PAYMENT))
    line = order.lines.get()
    restore_units(order.pk, quantities={line.pk: 1}, reason="it failed", actor=make.STAFF)
    allocate_license_order(order.pk)
    settle_license_order(order.pk)
    assert read(order)["availability"]["text"] == "2 of 2"
    assert [one[0] for one in ends(*licenses)] == [a_year_later(one.expires_at) for one in licenses]


def test_a_dispute_suspends_nothing_that_was_renewed_and_its_loss_takes_the_term_back(
    owned, buy, approve
):
    (license,) = owned()
    order = buy(1, [license])
    approve(order)
    tell(disputed(10, DisputeStage.OPEN, PAYMENT))
    assert License.objects.get(pk=license.pk).suspension_causes == []
    assert ends(license)[0][0] == a_year_later(license.expires_at)
    tell(disputed(10, DisputeStage.LOST, PAYMENT))
    assert ends(license)[0][0] == license.expires_at


def test_what_cannot_be_renewed_leaves_first(owned, buy, approve):
    first, second = owned(2)
    order = buy(2, [first, second])
    cancel_licenses([first.pk], reason="PAYMENT_OVERDUE", actor=make.STAFF)
    approve(order)
    build.refund(build.find_order(order.order_uuid), 10)
    make.reconcile_orders()
    settle_license_order(order.pk)
    assert ends(second)[0][0] == a_year_later(second.expires_at)


def test_what_staff_corrected_is_not_named_again(owned, buy, approve, set_renewals, read):
    licenses = owned(2)
    order = buy(1, licenses[:1])
    set_renewals(order, licenses[1:])
    approve(order)
    tell(refund(10, RefundState.SUCCEEDED, ref="re_1", payment=PAYMENT))
    tell(refund(10, RefundState.FAILED, ref="re_1", payment=PAYMENT))
    restore_units(order.pk, quantities={order.lines.get().pk: 1}, reason="failed", actor=make.STAFF)
    allocate_license_order(order.pk)
    settle_license_order(order.pk)
    assert read(order)["waiting"] == [{"reason": "RENEWAL", "quantity": 1}]
    assert [one[0] for one in ends(*licenses)] == [one.expires_at for one in licenses]
