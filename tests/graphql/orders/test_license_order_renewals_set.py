"""licenseOrderRenewalsSet, licenseCheckoutDetailsSet(renews:): which licenses a renewal is for, named by staff or the buyer."""

from datetime import timedelta

import build
import factories as make
import pytest

from saleor_esd_plugin.orders.renewals.models import CheckoutRenewal

pytestmark = pytest.mark.django_db


def refused(payload):
    (error,) = payload["errors"]
    return error["field"], error["code"]


def lapse(license):
    make.expire(license, ago=timedelta(days=121))


def test_what_is_refused_in_a_checkout_changes_nothing(owned, name_in, buyer, gid, renewal):
    (license,) = owned()
    (foreign,) = make.make_released(policy=license.policy)
    mine, guests = build.make_checkout(user=buyer), build.make_checkout()
    name_in(mine, [license])
    stranger = build.make_user()
    lapsed = owned()[0]
    lapse(lapsed)
    before = make.table_digest()
    for checkout, licenses, by, field, code in [
        (mine, [license], stranger, "checkout", "NOT_FOUND"),
        (mine, [license], None, "checkout", "NOT_FOUND"),
        (guests, [license], buyer, None, "FORBIDDEN_ROLE"),
        (mine, [foreign], buyer, "renews", "NOT_FOUND"),
        (mine, [lapsed], buyer, "renews", "INVALID_TRANSITION"),
    ]:
        (error,) = name_in(checkout, licenses, by=by)["errors"]
        assert (error["field"], error["code"]) == (field, code)
    assert make.table_digest() == before
    assert [one.license_id for one in CheckoutRenewal.objects.all()] == [license.pk]
    assert name_in(mine, [])["renews"] == []
    assert not CheckoutRenewal.objects.exists()


def test_staff_are_told_what_cannot_be_named(owned, buy, set_renewals, approve):
    licenses = owned(2)
    other = make.make_released(policy=make.make_policy(keys=1, term="P1Y"))
    order, done = buy(1), buy(1, licenses[:1])
    approve(done)
    lapsed = owned()
    lapse(lapsed[0])
    before = make.table_digest()
    assert refused(set_renewals(order, licenses)) == ("licenses", "INVALID_QUANTITY")
    assert refused(set_renewals(order, other)) == ("licenses", "INVALID")
    assert refused(set_renewals(order, lapsed)) == ("licenses", "INVALID_TRANSITION")
    assert refused(set_renewals(done, licenses[:1])) == ("licenses", "INVALID_QUANTITY")
    assert make.table_digest() == before
