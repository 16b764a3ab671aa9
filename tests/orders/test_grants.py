"""Granted licenses: what the shop has no order of is none of what follows the shop's orders."""

from __future__ import annotations

import build
import factories as make
import pytest
from provider import violations

from saleor_esd_plugin.emails.resending import resend_license_email
from saleor_esd_plugin.events.models import Dispatch, Event
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.replacement import replace_license_keys
from saleor_esd_plugin.licenses.units import assign_licenses, recall_licenses
from saleor_esd_plugin.orders.buyer_address import read_buyer_address
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.order_search import OrderFilter, matching
from saleor_esd_plugin.orders.returns import return_units
from saleor_esd_plugin.orders.settlement import settle_license_order
from saleor_esd_plugin.orders.shop_sync import fulfill_in_shop
from saleor_esd_plugin.reactions import dispatch
from saleor_esd_plugin.sweep import STEPS, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]


@pytest.fixture
def asked(monkeypatch):
    """The uuids of orders that the shop was asked about, or told of."""
    uuids = []

    def watched(name, uuids_of):
        whole = getattr(shop, name)

        def watch(*args):
            uuids.extend(uuids_of(args[0]))
            return whole(*args)

        monkeypatch.setattr(shop, name, watch)

    watched("read_orders", list)
    for name in ("read_order_head", "fulfill_lines"):
        watched(name, lambda uuid: [uuid])
    return uuids


def tell_all():
    """Everybody is told of what has happened, and of what follows from that."""
    while Dispatch.objects.filter(told_at=None).exists():
        for event_id in Dispatch.objects.filter(told_at=None).values_list("event_id", flat=True):
            dispatch(event_id)


def test_the_shop_is_never_asked_about_it_nor_told_of_it(asked):
    """By the sweep, by what follows from events, by returns: a sale beside it is."""
    granted, sold = make.make_granted(3), make.make_released(1)[0].order_line.order
    licenses = make.licenses_of(granted)
    customer = make.make_end_customer(granted.account)

    tell_all()
    run(STEPS)
    settle_license_order(granted.pk)
    fulfill_in_shop(granted.pk)
    read_buyer_address(granted.pk)
    resend_license_email(licenses[0].pk, actor=make.STAFF)
    assign_licenses([licenses[1].pk], end_customer_id=customer.pk, actor=make.STAFF)
    return_units(granted.pk, license_ids=[licenses[2].pk], reason="too many", actor=make.STAFF)
    tell_all()

    assert sold.order_uuid in asked and granted.order_uuid not in asked


def test_sweeps_and_settlements_change_nothing_of_it():
    granted = make.make_granted(2)
    tell_all()
    run(STEPS)
    before = make.table_digest(
        "esd_license", "esd_licenseorder", "esd_licenseorderline", "esd_event"
    )

    run(STEPS)
    make.reconcile_orders()
    settle_license_order(granted.pk)
    fulfill_in_shop(granted.pk)

    assert make.table_digest(*before) == before
    assert granted.lines.get().fulfilled == 0


def test_the_shops_stock_follows_the_keys_that_were_given_away():
    policy = make.make_policy(keys=5)

    make.make_granted(2, policy=policy)
    tell_all()

    assert build.find_variant(policy.variant_ref).stocks.get().quantity == 3


def test_a_grant_can_be_assigned_recalled_and_given_other_keys():
    granted = make.make_granted(2, policy=make.make_policy(keys=4))
    ids = [license.pk for license in make.licenses_of(granted)]
    customer = make.make_end_customer(granted.account)

    assign_licenses(ids, end_customer_id=customer.pk, actor=make.STAFF)
    recall_licenses(ids[:1], is_staff=True, reason="the wrong one", actor=make.STAFF)
    replace_license_keys(ids, reason="posted in a forum", actor=make.STAFF)

    states = License.objects.filter(pk__in=ids).order_by("unit_index")
    assert list(states.values_list("fulfillment", flat=True)) == ["RELEASED", "ASSIGNED"]


def test_what_was_given_is_no_first_order():
    """RULES: whoever got a trial has not bought anything yet."""
    user = build.make_user()
    account = make.make_account(user)
    make.make_granted(account_id=account.pk)
    policy = make.make_policy(keys=2, approval="RULES", approves_first_order_manually=True)

    order = make.make_license_order(1, policy=policy, user=user)

    assert order.account_id == account.pk
    assert order.lines.get().approval_reasons == ["FIRST_ORDER"]


def test_a_users_address_of_today_is_where_its_mails_go():
    """An address that the user gave up gets no key; an account may have one from years ago."""
    user = build.make_user()
    account = make.make_account(user, email="years-ago@example.com")
    granted = make.make_granted(account_id=account.pk)
    assert granted.buyer_email == user.email
    user.email = make.unique("moved") + "@example.com"
    user.save()

    resend_license_email(make.licenses_of(granted)[0].pk, actor=make.STAFF)

    assert Event.objects.get(type="license_email.resent").facts["email"] == user.email
    changed = Event.objects.get(type="license_order.buyer_address_changed")
    assert (changed.order_id, changed.facts["after"]) == (granted.pk, user.email)


def test_refs_and_numbers_meet_none_of_the_shops():
    granted, others = make.make_granted(), make.make_granted()
    line = granted.lines.get()

    assert (granted.order_uuid.version, line.order_line_ref) == (7, str(line.pk))
    assert shop.read_order(granted.order_uuid) is None
    assert int(others.number[2:]) == int(granted.number[2:]) + 1
    found = LicenseOrder.objects.filter(matching(OrderFilter(text=granted.number.lower())))
    assert list(found) == [granted]


def test_orders_of_the_shop_and_grants_are_told_apart_whoever_wrote_them():
    """The statement of a checkout does not name the column."""
    sold, granted = make.make_license_order(1), make.make_granted()

    assert (LicenseOrder.objects.get(pk=sold.pk).origin, granted.origin) == ("SHOP", "GRANT")


def test_a_grant_that_nobody_explained_or_that_has_money_is_named():
    """Invariant 6; it is put right again for what is asked after each test."""
    sold = LicenseOrder.objects.filter(pk=make.make_released(1)[0].order_line.order_id)
    number = sold.get().number

    sold.update(origin="GRANT")
    named = violations()
    sold.update(origin="SHOP")

    assert named == [f"6: grant {number} has no event that says why", f"grant {number} has money"]
