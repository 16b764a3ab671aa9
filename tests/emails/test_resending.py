"""I16: the mail with a key once more, and the limits of section 7."""

from __future__ import annotations

from datetime import timedelta

import build
import factories as make
import pytest

from saleor_esd_plugin.accounts.errors import InvalidEmail
from saleor_esd_plugin.emails.resending import resend_license_email
from saleor_esd_plugin.errors import EsdError, Invalid, NotFound, RateLimited
from saleor_esd_plugin.events.models import Event, Throttle
from saleor_esd_plugin.ids import uuid7
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.settlement import settle_license_order

pytestmark = pytest.mark.django_db


def released(quantity=1, **fields):
    order = make.make_license_order(quantity, **fields)
    approve_license_order(order.pk, actor=make.STAFF)
    settle_license_order(order.pk)
    return make.licenses_of(order)


def assigned(quantity=1, **fields):
    from saleor_esd_plugin.licenses.units import assign_licenses

    licenses = released(quantity, **fields)
    customer = make.make_end_customer(licenses[0].account, email="it@end.example")
    assign_licenses([one.pk for one in licenses], end_customer_id=customer.pk, actor=make.STAFF)
    return make.licenses_of(licenses[0].order_line.order)


def test_an_end_customer_gets_that_one_key_again(deliveries_for, letters):
    license, other = assigned(2)
    resend_license_email(license.pk, actor=make.STAFF)
    (letter,) = letters(deliveries_for("license_email.resent"))
    assert letter.to == "it@end.example"
    assert decrypt(license.key).reveal() in letter.text
    assert decrypt(other.key).reveal() not in letter.text
    event = Event.objects.get(type="license_email.resent")
    assert (event.subject_id, event.account_id) == (license.pk, license.account_id)
    assert event.order_id == license.order_line.order_id


def test_a_corrected_address_stays_on_the_end_customer(deliveries_for, letters):
    """Issue, section 4: saved, with its own event."""
    (license,) = assigned()
    resend_license_email(license.pk, email="right@End.example", actor=make.STAFF)
    license.end_customer.refresh_from_db()
    assert license.end_customer.email == "right@end.example"
    (letter,) = letters(deliveries_for("license_email.resent"))
    assert letter.to == "right@end.example"
    change = Event.objects.get(type="end_customer.updated").facts["changes"]["email"]
    assert change == {"before": "it@end.example", "after": "right@end.example"}


def test_a_buyer_gets_the_key_mail_again(deliveries_for, letters):
    (license,) = released(email="buyer@example.com")
    resend_license_email(license.pk, actor=make.STAFF)
    (letter,) = letters(deliveries_for("license_email.resent"))
    assert letter.to == "buyer@example.com"
    assert decrypt(license.key).reveal() in letter.text


def test_a_buyers_address_is_not_corrected_here():
    """Or whoever may re-send could have the key mailed to anybody."""
    (license,) = released()
    before = make.table_digest()
    with pytest.raises(Invalid) as error:
        resend_license_email(license.pk, email="mallory@example.com", actor=make.STAFF)
    assert error.value.field == "email"
    assert make.table_digest() == before


def pending():
    return make.licenses_of(make.make_license_order(1))[0]


def kept_back():
    return released(policy=make.make_policy(keys=1, sends_key_to_buyer=False))[0]


def of_reseller():
    user = build.make_user("reseller@example.com")
    make.make_account(user, is_reseller=True)
    return released(user=user, email=user.email)[0]


@pytest.mark.parametrize(
    "license, code", [(pending, "NOT_RELEASED"), (kept_back, "INVALID"), (of_reseller, "INVALID")]
)
def test_where_no_key_goes_by_mail_none_is_sent_again(license, code):
    license = license()
    before = make.table_digest()
    with pytest.raises(EsdError) as error:
        resend_license_email(license.pk, actor=make.STAFF)
    assert (error.value.code, error.value.field) == (code, "license")
    assert make.table_digest() == before


def test_a_bad_address_changes_nothing():
    (license,) = assigned()
    before = make.table_digest()
    with pytest.raises(InvalidEmail):
        resend_license_email(license.pk, email="a@localhost", actor=make.STAFF)
    with pytest.raises(NotFound):
        resend_license_email(uuid7(), actor=make.STAFF)
    assert make.table_digest() == before


def test_three_an_hour_and_ten_a_day():
    """Section 7; a refused one leaves the corrected address unsaved."""
    (license,) = assigned()

    def pass_time(hours):
        for row in Throttle.objects.filter(rule="resend"):
            row.used_at -= timedelta(hours=hours)
            row.save()

    for _ in range(3):
        for _ in range(3):
            resend_license_email(license.pk, actor=make.STAFF)
        before = make.table_digest()
        with pytest.raises(RateLimited) as error:
            resend_license_email(license.pk, email="new@end.example", actor=make.STAFF)
        assert 3500 < error.value.params["seconds"] <= 3601
        assert make.table_digest() == before
        pass_time(hours=1)
    resend_license_email(license.pk, actor=make.STAFF)
    with pytest.raises(RateLimited) as error:
        resend_license_email(license.pk, actor=make.STAFF)
    assert error.value.params["seconds"] > 20 * 3600
    assert Event.objects.filter(type="license_email.resent").count() == 10
