"""Renewals that are bought: what each unit gives, what is left to staff, and what a refund takes back."""

from datetime import timedelta

import build
import factories as make
import pytest
from renewed_terms import a_year_later, ends

from saleor_esd_plugin.accounts.models import Member
from saleor_esd_plugin.errors import Invalid
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.approval import reject_license_order
from saleor_esd_plugin.orders.cancellation import cancel_licenses
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.renewals.models import LicenseRenewal
from saleor_esd_plugin.orders.settlement import settle_license_order
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order
from saleor_esd_plugin.orders.suspension import suspend_licenses

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
EVENTS = "{ licenseEvents(first: 50) { edges { node { type order { number buyerEmail } } } } }"


def waiting(found):
    return {wait["reason"]: wait["quantity"] for wait in found["waiting"]}


def test_what_the_buyer_named_is_renewed_once_it_is_approved_and_paid(
    owned, buy, approve, read, gid
):
    """P12, M17, M18: no key is taken, the term goes on where it ended, grace and retention follow."""
    first, second = owned(2)
    order = buy(2, [second, first])

    found = read(order)
    assert found["status"] == "PENDING"
    assert found["availability"] == {
        "text": "0 of 2",
        "assigned": 0,
        "pending": 2,
        "backordered": 0,
    }
    assert waiting(found) == {"APPROVAL": 2}
    assert ends(first, second) == [
        (one.expires_at, one.grace_until, one.retained_until) for one in (first, second)
    ]

    approve(order)

    found = read(order)
    assert (found["status"], found["waiting"]) == ("DONE", [])
    assert found["availability"]["text"] == "2 of 2"
    (line,) = found["lines"]
    assert (line["isRenewal"], line["licenses"]["totalCount"]) == (True, 0)
    assert {one["license"]["id"] for one in line["renewals"]} == {
        gid("License", first),
        gid("License", second),
    }
    for one, (expires, grace, retained) in zip((first, second), ends(first, second)):
        assert expires == a_year_later(one.expires_at)
        assert (grace, retained) == (expires + 10 * DAY, expires + 120 * DAY)
    (event,) = Event.objects.filter(type="license.renewed")
    assert (event.order_id, len(event.data["licenses"])) == (order.pk, 2)


def test_looking_again_renews_nothing_more(owned, buy, approve, run_commits):
    """Invariant 5: never twice for one line."""
    (license,) = owned()
    order = buy(1, [license])
    approve(order)
    before = make.table_digest()
    make.reconcile_orders()
    allocate_license_order(order.pk)
    settle_license_order(order.pk)
    ours = {
        name: value for name, value in make.table_digest().items() if name != "esd_licenseorder"
    }
    assert ours == {name: before[name] for name in ours}


def test_a_part_that_is_approved_renews_a_part(owned, buy, approve, read, gid):
    licenses = owned(2)
    order = buy(2, licenses)
    approve(order, lines=[{"id": gid("LicenseOrderLine", order.lines.get()), "quantity": 1}])
    found = read(order)
    assert found["availability"]["text"] == "1 of 2"
    assert found["status"] == "PARTIALLY_RELEASED"
    assert waiting(found) == {"APPROVAL": 1}
    approve(order)
    assert [one[0] for one in ends(*licenses)] == [a_year_later(one.expires_at) for one in licenses]


def test_nothing_is_renewed_before_it_is_paid(owned, buy, approve, read):
    """Invariant 3."""
    (license,) = owned()
    order = buy(1, [license], paid=False)
    approve(order)
    assert waiting(read(order)) == {"PAYMENT": 1}
    assert ends(license)[0][0] == license.expires_at


@pytest.mark.parametrize("doubt", ["guest", "none", "too many", "two orders", "two lines"])
def test_doubts_are_left_to_staff(
    doubt, owned, buy, buyer, approve, policy, read, name_in, set_renewals, renewal
):
    """Staff name the license, which is renewed at once where the units are approved and paid."""
    licenses = owned(2)
    if doubt == "guest":
        order = buy(1, licenses[:1], user=None)
    elif doubt == "none":
        order = buy(1)
    elif doubt == "too many":
        order = buy(1, licenses)
    elif doubt == "two orders":
        first = buy(1, licenses[:1])
        order = make.make_license_order(
            1, policy=renewal, user=buyer, checkout_token=first.checkout_token
        )
    else:
        checkout, other = build.make_checkout(user=buyer), make.make_renewal(policy, term="P2Y")
        name_in(checkout, licenses[:1])
        variants = [build.find_variant(one.variant_ref) for one in (renewal, other)]
        made = build.make_order(
            [(one, 1) for one in variants],
            user=buyer,
            paid=True,
            checkout_token=str(checkout.token),
        )
        order = make.record(made)
        assert LicenseRenewal.objects.count() == 0
        assert waiting(read(order)) == {"APPROVAL": 2, "RENEWAL": 2}
        return
    approve(order)
    assert waiting(read(order)) == {"RENEWAL": 1}
    assert read(order)["lines"][0]["renewals"] == []

    assert set_renewals(order, licenses[1:])["errors"] == []

    assert read(order)["status"] == "DONE"
    assert ends(*licenses)[1][0] == a_year_later(licenses[1].expires_at)
    before = make.table_digest()
    assert set_renewals(order, [])["errors"] == []
    assert make.table_digest() == before


def lapse(license):
    make.expire(license, ago=121 * DAY)


def long_ago(license):
    License.objects.filter(pk=license.pk).update(
        expires_at=now() - 400 * DAY, grace_until=now() - 390 * DAY, retained_until=now() + DAY
    )


def cancel(license):
    cancel_licenses([license.pk], reason="PAYMENT_OVERDUE", actor=make.STAFF)


def leave_account(license):
    Member.objects.filter(account=license.account).delete()


def make_perpetual(license):
    License.objects.filter(pk=license.pk).update(
        expires_at=None, grace_until=None, retained_until=None
    )


@pytest.mark.parametrize(
    "happens, problem",
    [
        (lapse, "LAPSED"),
        (long_ago, "SHORT_TERM"),
        (cancel, "CANCELLED"),
        (make_perpetual, "PERPETUAL"),
    ],
)
def test_money_that_comes_too_late_waits_for_staff(
    happens, problem, owned, buy, approve, read, run_commits
):
    """Each has its decision: nothing is renewed, and staff get to know why."""
    (license,) = owned()
    order = buy(1, [license], paid=False)
    approve(order)
    happens(license)
    before = ends(license)
    build.pay(build.find_order(order.order_uuid))
    make.reconcile_orders()

    found = read(order)
    assert found["lines"][0]["renewals"][0]["problem"] == problem
    assert waiting(found) == {"RENEWAL": 1}
    assert ends(license) == before
    (event,) = Event.objects.filter(type="license_order.renewals_refused")
    assert event.data["licenses"] == {str(license.pk): problem}


def test_a_buyer_who_has_left_the_account_renews_nothing_of_it(
    owned, buy, buyer, approve, read, name_in, renewal
):
    """The right is that of the moment after the commit."""
    (license,) = owned()
    checkout = build.make_checkout(user=buyer)
    name_in(checkout, [license])
    leave_account(license)
    order = make.make_license_order(
        1, policy=renewal, user=buyer, checkout_token=str(checkout.token)
    )
    approve(order)
    assert read(order)["lines"][0]["renewals"][0]["problem"] == "OTHER_ACCOUNT"
    assert ends(license)[0][0] == license.expires_at


def test_what_is_suspended_is_renewed_and_stays_suspended(owned, buy, approve, read):
    """P11, P12."""
    (license,) = owned()
    order = buy(1, [license])
    suspend_licenses([license.pk], reason="PAYMENT_OVERDUE", actor=make.STAFF)
    approve(order)
    assert read(order)["status"] == "DONE"
    after = License.objects.get(pk=license.pk)
    assert after.suspension_causes == ["STAFF"]
    assert after.expires_at == a_year_later(license.expires_at)


def test_a_renewal_is_no_grant_and_reserves_no_key(renewal):
    with pytest.raises(Invalid):
        make.make_granted(policy=renewal)
    assert LicenseOrder.objects.count() == 0


def test_what_is_rejected_renews_nothing(owned, buy, read):
    (license,) = owned()
    order = buy(1, [license])
    reject_license_order(order.pk, reason="nobody knows them", actor=make.STAFF)
    assert (read(order)["status"], read(order)["lines"][0]["renewals"]) == ("REJECTED", [])
    assert ends(license)[0][0] == license.expires_at


def test_the_shop_is_told_what_was_renewed(owned, buy, approve, run_commits):
    """Saleor's own order is fulfilled."""
    (license,) = owned()
    order = buy(1, [license])
    approve(order)
    run_commits()
    assert order.lines.get().fulfilled == 1
    in_shop = build.find_order(order.order_uuid)
    assert [line.quantity_fulfilled for line in in_shop.lines.all()] == [1]


def test_the_order_of_a_stranger_who_paid_is_not_shown(
    owned, buyer, renewal, api, gid, approve, set_renewals
):
    """B16: the owner sees that the license was renewed, and nothing of the order that did it."""
    (license,) = owned()
    order = make.make_license_order(1, policy=renewal, email="stranger@example.com")
    set_renewals(order, [license])
    approve(order)
    events = api(buyer)(EVENTS)["data"]["licenseEvents"]["edges"]
    told = {edge["node"]["type"]: edge["node"]["order"] for edge in events}
    assert told["LICENSE_RENEWED"] is None
    own = LicenseOrder.objects.get(lines=license.order_line_id)
    assert told["LICENSE_RELEASED"] == {"number": own.number, "buyerEmail": own.buyer_email}
