"""What becomes of an end customer's mails when the address is corrected, or the license goes to somebody else."""

from __future__ import annotations

import factories as make
import pytest

from saleor_esd_plugin.accounts.end_customers import change_end_customer
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.emails.resending import resend_license_email
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.licenses.holders import update_end_customer
from saleor_esd_plugin.licenses.models import ClaimLink
from saleor_esd_plugin.licenses.units import assign_licenses, recall_licenses
from saleor_esd_plugin.orders.approval import approve_license_order

pytestmark = pytest.mark.django_db


def assigned(quantity=2, **policy):
    policy = make.make_policy(keys=quantity, **policy)
    order = make.make_license_order(quantity, policy=policy, email="buyer@example.com")
    approve_license_order(order.pk, actor=make.STAFF)
    customer = make.make_end_customer(order.account, email="it@end.example")
    licenses = make.licenses_of(order)
    assign_licenses([one.pk for one in licenses], end_customer_id=customer.pk, actor=make.STAFF)
    return make.licenses_of(order), customer


def test_an_end_customers_links_move_with_the_address(follow):
    """2.8: the old ones die, new ones leave in one mail; again changes nothing."""
    licenses, customer = assigned(3, delivery="CLAIM_LINK")
    follow()
    old = list(ClaimLink.objects.filter(email="it@end.example").values_list("pk", flat=True))
    # Other changes move nothing.
    update_end_customer(customer.pk, name="New name", email="IT@end.example", actor=make.STAFF)
    assert follow() == []
    assert ClaimLink.objects.filter(voided_at=None).count() == 3
    assert not Event.objects.filter(type="end_customer.address_changed").exists()
    # Of a license that was recalled before, nothing follows.
    recall_licenses([licenses.pop().pk], actor=make.STAFF, is_staff=True, reason="wrong person")
    follow()

    for _ in range(2):
        update_end_customer(customer.pk, email="admin@end.example", actor=make.STAFF)

    assert follow() == [("admin@end.example", "LICENSE_ASSIGNED")]
    assert len(old) == 3 and not ClaimLink.objects.filter(pk__in=old, voided_at=None).exists()
    links = ClaimLink.objects.filter(voided_at=None)
    assert {link.license_id: link.email for link in links} == {
        one.pk: "admin@end.example" for one in licenses
    }
    (event,) = Event.objects.filter(type="end_customer.address_changed")
    assert (event.facts["before"], event.facts["after"]) == ("IT@end.example", "admin@end.example")
    assert sorted(event.data["licenses"]) == sorted(str(one.pk) for one in licenses)


def test_a_key_that_an_end_customer_has_is_not_mailed_again(follow):
    """INLINE: what was delivered stays delivered; a link that was used stays used."""
    _, inline = assigned(1)
    (by_link,), other = assigned(1, delivery="CLAIM_LINK")
    follow()
    ClaimLink.objects.filter(license=by_link).update(claimed_at=now())

    for customer in (inline, other):
        update_end_customer(customer.pk, email="admin@end.example", actor=make.STAFF)

    assert follow() == []


def test_what_an_end_customers_old_address_did_not_take_leaves_for_the_new_one(follow, smtp):
    smtp.refused.add("it@end.example")
    (license,), customer = assigned(1)
    follow()
    mail = Delivery.objects.get(kind="LICENSE_ASSIGNED")
    assert mail.status == "FAILED"

    update_end_customer(customer.pk, email="admin@end.example", actor=make.STAFF)

    assert follow() == [("admin@end.example", "LICENSE_ASSIGNED")]
    assert decrypt(license.key).reveal() in follow.text


def test_a_correction_on_sending_again_moves_the_other_links_too(follow):
    """Each license of the end customer in one mail: the one asked for, and the others."""
    (first, second), customer = assigned(delivery="CLAIM_LINK")
    follow()

    resend_license_email(first.pk, email="admin@end.example", actor=make.STAFF)

    assert follow() == [("admin@end.example", "LICENSE_ASSIGNED")] * 2
    links = ClaimLink.objects.filter(voided_at=None)
    assert {link.license_id: link.email for link in links} == {
        first.pk: "admin@end.example",
        second.pk: "admin@end.example",
    }
    assert ClaimLink.objects.filter(email="admin@end.example").count() == 2


def test_a_corrected_address_gets_the_mail_that_is_still_waiting(deliveries_for, letters):
    """The key does not go to the address that was wrong."""
    licenses = make.make_assigned(1)
    (delivery,) = deliveries_for("license.assigned")
    change_end_customer(licenses[0].end_customer_id, email="right@end.example", actor=make.STAFF)
    (letter,) = letters([delivery])
    assert letter.to == "right@end.example"
    assert delivery.recipient == "right@end.example"


def test_a_license_given_to_somebody_else_is_not_mailed_to_the_first(deliveries_for, letters):
    """C6: the state at sending decides."""
    (license,) = make.make_assigned(1)
    (first,) = deliveries_for("license.assigned")
    recall_licenses([license.pk], actor=make.STAFF, is_staff=True, reason="wrong one")
    other = make.make_end_customer(license.account, email="second@end.example")
    assign_licenses([license.pk], end_customer_id=other.pk, actor=make.STAFF)
    (second,) = deliveries_for("license.assigned")

    assert [letter.to for letter in letters([first, second])] == ["second@end.example"]
    assert (first.status, second.status) == ("SUPPRESSED", "SENT")
