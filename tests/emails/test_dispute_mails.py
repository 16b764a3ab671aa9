"""Who hears of disputes and suspensions, and what: by messages of a provider, as they arrive."""

from __future__ import annotations

import factories as make
import pytest
from money_mails import BOOKS, BUYER, STAFF
from provider import disputed, refunded, see, sell, tell

from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.licenses.lifecycle import suspend_order_licenses
from saleor_esd_plugin.licenses.models import SuspensionCause
from saleor_esd_plugin.orders.models import DisputeStage

pytestmark = pytest.mark.django_db

WON, LOST = DisputeStage.WON, DisputeStage.LOST
PART_LOST = {
    ("ORDER_DISPUTED", STAFF),
    ("LICENSES_RETURNED", BUYER),
    ("LICENSES_RETURNED", BOOKS),
}


def test_a_dispute_and_its_end_are_told_to_staff_and_what_follows_to_the_buyer(sold, mails_of):
    order = sold()

    arrived = mails_of(lambda: tell(disputed(60)))

    assert set(arrived) == {("ORDER_DISPUTED", STAFF), ("LICENSES_SUSPENDED", BUYER)}
    to_staff = arrived["ORDER_DISPUTED", STAFF]
    assert to_staff.subject == f"Order {order.number}: payment disputed"
    for words in (
        "Done: its licenses are suspended (6). Nothing more of it is released",
        "To do: answer the dispute at the payment provider.",
        "Paid: $60.00",
        f"Buyer: {BUYER}",
        f"Order {order.number}",
    ):
        assert words in to_staff.text and words.partition(":")[2] in to_staff.html
    assert "Refunded" not in to_staff.text and "Charged back" not in to_staff.text
    to_buyer = arrived["LICENSES_SUSPENDED", BUYER]
    assert to_buyer.subject == f"Order {order.number}: licenses suspended"
    assert "- 6 x Product-" in to_buyer.text and "6 × Product-" in to_buyer.html
    assert "their keys cannot be shown, sent or assigned" in to_buyer.text
    # No blame, and nothing of the bank.
    assert "dispute" not in (to_buyer.text + to_buyer.html).lower()

    # No member of the account sees staff's; and told again, no mail is doubled (invariant 5).
    assert Delivery.objects.get(kind="ORDER_DISPUTED").account_id is None
    assert mails_of(lambda: tell(disputed(60))) == {}
    for event in Event.objects.all():
        deliveries_of(event)
    kinds = ("ORDER_DISPUTED", "LICENSES_SUSPENDED")
    assert Delivery.objects.filter(kind__in=kinds).count() == 2

    # Won, it is told to both.
    arrived = mails_of(lambda: tell(disputed(60, WON)))

    assert set(arrived) == {("ORDER_DISPUTED", STAFF), ("LICENSES_REINSTATED", BUYER)}
    to_staff = arrived["ORDER_DISPUTED", STAFF]
    assert to_staff.subject == f"Order {order.number}: dispute closed without a loss"
    assert "To do: nothing." in to_staff.text
    assert "6 of 6 available" in to_staff.text
    to_buyer = arrived["LICENSES_REINSTATED", BUYER]
    assert to_buyer.subject == f"Order {order.number}: licenses can be used again"
    assert "- 6 x Product-" in to_buyer.text


@pytest.mark.parametrize("was_open", [True, False])
def test_a_lost_dispute_is_told_once_to_each(sold, mails_of, was_open):
    """Its end brings two events, and one that nobody heard the beginning of brings another one."""
    order = sold()
    see(make.licenses_of(order)[0])
    if was_open:
        mails_of(lambda: tell(disputed(60)))

    arrived = mails_of(lambda: tell(disputed(60, LOST)))

    assert set(arrived) == {
        ("ORDER_DISPUTED", STAFF),
        ("ORDER_CANCELLED", BUYER),
        ("ORDER_CANCELLED", BOOKS),
    }
    to_staff = arrived["ORDER_DISPUTED", STAFF]
    assert to_staff.subject == f"Order {order.number}: dispute lost"
    assert "Keys that somebody has seen are revoked" in to_staff.text
    assert "To do: nothing." in to_staff.text
    assert "Charged back: $60.00" in to_staff.text
    for to in (BUYER, BOOKS):
        letter = arrived["ORDER_CANCELLED", to]
        assert letter.subject == f"Order {order.number}: charged back"
        assert "was charged back after a dispute" in letter.text and "dispute" in letter.html
        # "dispute lost" is a note of ours.
        assert "Reason" not in letter.text + letter.html


def test_a_part_lost_to_a_dispute_is_told_once(sold, mails_of):
    """For 20.00 two plain units leave; the others can be used again."""
    order = sold()
    mails_of(lambda: tell(disputed(20)))

    arrived = mails_of(lambda: tell(disputed(20, LOST)))

    assert set(arrived) == {*PART_LOST, ("LICENSES_REINSTATED", BUYER)}
    assert "4 of 4 available" in arrived["ORDER_DISPUTED", STAFF].text
    assert arrived["ORDER_DISPUTED", STAFF].subject.endswith("dispute lost")
    assert "- 4 x Product-" in arrived["LICENSES_REINSTATED", BUYER].text
    assert order.number in arrived["LICENSES_RETURNED", BUYER].subject


def test_what_a_lost_dispute_leaves_open_is_told_in_the_same_mail(sold, mails_of):
    sold()
    mails_of(lambda: tell(disputed(15)))

    arrived = mails_of(lambda: tell(disputed(15, LOST)))

    assert ("ORDER_REFUND_OPEN", STAFF) not in arrived
    letter = arrived["ORDER_DISPUTED", STAFF]
    assert "it is not plain which licenses leave for $5.00" in letter.text
    assert "licenseOrderReturn" in letter.text and "licenseOrderReturn" in letter.html
    assert "Done:" not in letter.text


def test_a_refund_after_a_lost_dispute_does_not_tell_of_the_dispute_again(sold, mails_of):
    """Also of one that nobody heard the beginning of."""
    order = sold()
    arrived = mails_of(lambda: tell(disputed(20, LOST)))
    assert set(arrived) == PART_LOST
    assert "4 of 4 available" in arrived["ORDER_DISPUTED", STAFF].text
    assert arrived["ORDER_DISPUTED", STAFF].subject.endswith("dispute lost")
    assert order.number in arrived["LICENSES_RETURNED", BUYER].subject

    arrived = mails_of(lambda: tell(refunded(40)))

    assert set(arrived) == {("ORDER_CANCELLED", BUYER), ("ORDER_CANCELLED", BOOKS)}


def test_a_dispute_that_is_over_when_its_mail_is_sent_is_not_told(sold, letters):
    sold()
    tell(disputed(60))
    event = Event.objects.get(type="license_order.disputed")
    (delivery_id,) = deliveries_of(event)
    tell(disputed(60, WON))

    delivery = Delivery.objects.get(pk=delivery_id)
    assert letters([delivery]) == []
    assert (delivery.status, delivery.error) == ("SUPPRESSED", "The dispute is over.")


def test_without_a_staff_address_only_the_buyer_hears(mails_of):
    sell(email=BUYER)

    assert set(mails_of(lambda: tell(disputed(60)))) == {("LICENSES_SUSPENDED", BUYER)}


def test_a_dispute_of_what_was_not_released_suspends_nothing(sold, mails_of):
    sold(approved=False)

    arrived = mails_of(lambda: tell(disputed(60)))

    assert set(arrived) == {("ORDER_DISPUTED", STAFF)}
    text = arrived["ORDER_DISPUTED", STAFF].text
    assert "Done: Nothing more of it is released while the dispute is open." in text
    assert "waiting until a dispute about the payment ends: 6" in text


def test_a_suspension_that_has_ended_or_goes_on_is_told_as_it_is(sold, letters):
    """Rendered when sent: no "suspended" after the end, no "usable" while another cause holds."""
    order = sold()
    tell(disputed(60))
    (suspended,) = deliveries_of(Event.objects.get(type="license.suspended"))
    suspend_order_licenses(order.pk, cause=SuspensionCause.STAFF, moment=now())
    tell(disputed(60, WON))
    (reinstated,) = deliveries_of(Event.objects.get(type="license.reinstated"))

    told = Delivery.objects.get(pk=reinstated)
    assert letters([told]) == []
    assert (told.status, told.error) == (
        "SUPPRESSED",
        "All of these licenses are suspended again or have left the order.",
    )
    (letter,) = letters([Delivery.objects.get(pk=suspended)])
    assert letter.subject == f"Order {order.number}: licenses suspended"
