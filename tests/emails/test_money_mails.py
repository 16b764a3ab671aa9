"""Who hears of disputes, refunds and suspensions, and what: by messages of a provider, as they arrive."""

from __future__ import annotations

import build
import factories as make
import pytest
from provider import disputed, refund, refunded, see, sell, sell_two_prices, tell

from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.licenses.lifecycle import suspend_order_licenses
from saleor_esd_plugin.licenses.models import SuspensionCause
from saleor_esd_plugin.orders.models import DisputeStage, LicenseOrder, RefundState
from saleor_esd_plugin.orders.restoration import restore_units
from saleor_esd_plugin.orders.returns import return_units

pytestmark = pytest.mark.django_db

STAFF, BUYER, BOOKS = "staff@shop.example", "buyer@example.com", "books@example.com"
WON, LOST = DisputeStage.WON, DisputeStage.LOST
FAILED = RefundState.FAILED
PART_LOST = {
    ("ORDER_DISPUTED", STAFF),
    ("LICENSES_RETURNED", BUYER),
    ("LICENSES_RETURNED", BOOKS),
}


@pytest.fixture
def sold(staff_address):
    """`sold(6)`: a released order of units for 10.00 each, known to its provider as "pi_1"."""
    staff_address(STAFF)
    details = {"notification_email": BOOKS}
    return lambda quantity=6, **fields: sell(quantity, email=BUYER, details=details, **fields)


@pytest.fixture
def mails_of(letters):
    """Call it with what happens: the mails that follow, by (kind, recipient), as they arrive."""

    def mails_of(happens):
        known = set(Event.objects.values_list("pk", flat=True))
        happens()
        events = Event.objects.exclude(pk__in=known).order_by("pk")
        ids = [one for event in events for one in deliveries_of(event)]
        found = Delivery.objects.filter(pk__in=ids).order_by("created_at", "pk")
        return sent(letters, list(found))

    return mails_of


def sent(letters, deliveries):
    arrived = {}
    for delivery in deliveries:
        for letter in letters([delivery]):
            name = (delivery.kind, letter.to)
            assert name not in arrived, "once per turn and address"
            arrived[name] = letter
    return arrived


def test_a_dispute_and_its_end_are_told_to_staff_and_what_follows_to_the_buyer(sold, mails_of):
    order = sold()

    arrived = mails_of(lambda: tell(disputed(60)))

    assert set(arrived) == {("ORDER_DISPUTED", STAFF), ("LICENSES_SUSPENDED", BUYER)}
    to_staff = arrived["ORDER_DISPUTED", STAFF]
    assert to_staff.subject == f"Order {order.number}: payment disputed"
    for words in (
        "Done: its licenses are suspended (6). Nothing more of it is released",
        "To do: answer the dispute at the payment provider.",
        "Paid: 60.00 USD",
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
    assert "Charged back: 60.00 USD" in to_staff.text
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
    assert "it is not plain which licenses leave for 5.00 USD" in letter.text
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


def test_a_partial_refund_tells_the_buyer_what_left_and_what_remains(sold, mails_of):
    """ "4 of 4"."""
    order = sold()

    arrived = mails_of(lambda: tell(refunded(20)))

    assert set(arrived) == {("LICENSES_RETURNED", BUYER), ("LICENSES_RETURNED", BOOKS)}
    for to in (BUYER, BOOKS):
        letter = arrived["LICENSES_RETURNED", to]
        assert letter.subject == f"Order {order.number}: some licenses are no longer part of it"
        assert "- 2 x Product-" in letter.text and "2 × Product-" in letter.html
        assert "4 of 4 available" in letter.text and "4 of 4" in letter.html
        assert "Reason" not in letter.text
    assert "/invitation/" in arrived["LICENSES_RETURNED", BUYER].text
    assert "/invitation/" not in arrived["LICENSES_RETURNED", BOOKS].text


def test_units_that_staff_take_back_are_told_without_their_reason(sold, mails_of):
    order = sold(2)
    line = order.lines.get()

    arrived = mails_of(
        lambda: return_units(order.pk, quantities={line.pk: 2}, reason="a rogue", actor=make.STAFF)
    )

    assert set(arrived) == {("LICENSES_RETURNED", BUYER), ("LICENSES_RETURNED", BOOKS)}
    letter = arrived["LICENSES_RETURNED", BUYER]
    assert "Nothing of the order remains." in letter.text
    assert "0 of 0" not in letter.text + letter.html
    assert "rogue" not in letter.text + letter.html


def test_a_full_refund_is_told_as_the_end_of_the_order_only(sold, mails_of):
    order = sold()

    arrived = mails_of(lambda: tell(refunded(60)))

    assert set(arrived) == {("ORDER_CANCELLED", BUYER), ("ORDER_CANCELLED", BOOKS)}
    assert arrived["ORDER_CANCELLED", BUYER].subject == f"Order {order.number}: refunded"


def test_what_left_is_not_told_of_an_order_that_is_over_by_now(sold, letters):
    sold()
    tell(refunded(20))
    (delivery, _) = (
        Delivery.objects.get(pk=one)
        for one in deliveries_of(Event.objects.get(type="license.returned"))
    )
    tell(refunded(60))

    assert letters([delivery]) == []
    assert delivery.error == "The order was cancelled or refunded."


def test_staff_hear_that_a_refund_waits_for_their_choice(staff_address, mails_of):
    """Two prices: 20.00 may be two units of one product or one of the other."""
    staff_address(STAFF)
    order = sell_two_prices()

    arrived = mails_of(lambda: tell(refunded(20)))

    assert set(arrived) == {("ORDER_REFUND_OPEN", STAFF)}
    letter = arrived["ORDER_REFUND_OPEN", STAFF]
    assert letter.subject == f"Order {order.number}: a refund waits for your choice"
    assert "Of this order 20.00 USD went back" in letter.text
    assert "licenseOrderReturn" in letter.text and "coversRefund" in letter.html
    lines = letter.text.splitlines()
    assert lines[lines.index("Paid: 90.00 USD") + 1] == "Refunded: 20.00 USD"
    assert "3 of 3 available" in letter.text


def test_staff_hear_of_a_refund_that_failed_and_the_buyer_does_not(sold, mails_of):
    """Once, with what is missing; told again, no mail follows."""
    order = sold()
    mails_of(lambda: tell(refund(20)))

    arrived = mails_of(lambda: tell(refund(20, FAILED)))

    assert set(arrived) == {("ORDER_REFUND_FAILED", STAFF)}
    letter = arrived["ORDER_REFUND_FAILED", STAFF]
    assert letter.subject == f"Order {order.number}: a refund failed"
    assert "20.00 USD did not go back to the buyer" in letter.text
    for name in ("licenseOrderRestore", "coversFailedRefund"):
        assert name in letter.text and name in letter.html
    assert "Paid: 60.00 USD" in letter.text and "Refunded:" not in letter.text
    assert f"Buyer: {BUYER}" in letter.text and "4 of 4 available" in letter.text
    assert mails_of(lambda: tell(refund(20, FAILED))) == {}


def test_of_a_refund_in_full_that_failed_staff_hear_too(sold, mails_of):
    sold()
    mails_of(lambda: tell(refund(60)))

    arrived = mails_of(lambda: tell(refund(60, FAILED)))

    assert set(arrived) == {("ORDER_REFUND_FAILED", STAFF)}
    assert "60.00 USD did not go back" in arrived["ORDER_REFUND_FAILED", STAFF].text


def test_a_refund_that_failed_and_took_nothing_is_not_told(sold, mails_of):
    sold()
    mails_of(lambda: tell(refund(5)))

    assert mails_of(lambda: tell(refund(5, FAILED))) == {}


def test_a_failure_that_staff_have_dealt_with_by_then_is_not_told(sold, letters):
    order = sold()
    tell(refund(20))
    tell(refund(20, FAILED))
    (delivery_id,) = deliveries_of(Event.objects.get(type="license_order.refund_failed"))
    quantities = {order.lines.get().pk: 2}
    restore_units(order.pk, quantities=quantities, reason="it failed", actor=make.STAFF)

    delivery = Delivery.objects.get(pk=delivery_id)
    assert letters([delivery]) == []
    assert delivery.error == "No unit of the order is missing any more for a refund that failed."


def test_a_refund_that_staff_have_settled_by_then_is_not_told(staff_address, letters):
    staff_address(STAFF)
    order = sell_two_prices()
    tell(refunded(20))
    (delivery_id,) = deliveries_of(Event.objects.get(type="license_order.partially_refunded"))
    return_units(order.pk, covers_refund=True, reason="goodwill", actor=make.STAFF)

    delivery = Delivery.objects.get(pk=delivery_id)
    assert letters([delivery]) == []
    assert delivery.error == "No refund of the order waits for a choice any more."


def test_the_buyer_sees_that_units_wait_for_a_refund_to_be_settled(sold, mails_of):
    """Of 15.00 one unit for 10.00 is plain; the rest keeps what is left from being released."""
    sold(approved=False)

    letter = mails_of(lambda: tell(refunded(15)))["LICENSES_RETURNED", BUYER]

    assert "0 of 5 available" in letter.text
    assert "waiting until the shop has settled a refund: 5" in letter.text


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


WORDS = {
    "en": ("disputed", "suspended", "closed", "can be used again", "part of it"),
    "es": ("disputa", "suspendidas", "cerró", "usar de nuevo", "forman parte"),
    "pt-br": ("contestado", "suspensas", "encerrada", "usadas de novo", "fazem mais parte"),
}


def test_each_of_them_in_each_language(sold, settings, in_each_language):
    """Section 6: text is escaped, no variable is unset; under DEBUG the host prints a marker for what is not set."""
    from copy import deepcopy

    templates = deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["string_if_invalid"] = "<< MISSING %s >>"
    settings.TEMPLATES = templates
    settings.LANGUAGE_CODE = "es"
    user = build.make_user("ana@example.com")
    order = sold(user=user)
    order.lines.update(product_name="<b>Editor</b> & more")
    LicenseOrder.objects.filter(pk=order.pk).update(language="pt-br")
    arrived, kinds = [], []
    for happens in (
        lambda: tell(disputed(20)),
        lambda: tell(disputed(20, WON)),
        lambda: tell(refund(10)),
        lambda: tell(refund(10, FAILED)),
        lambda: tell(refunded(25, hour=3)),
        lambda: tell(disputed(35, LOST, dispute="dp_2")),
    ):
        known = set(Event.objects.values_list("pk", flat=True))
        happens()
        events = Event.objects.exclude(pk__in=known).order_by("pk")
        made = [Delivery.objects.get(pk=one) for event in events for one in deliveries_of(event)]
        for delivery in made:
            assert delivery.language == ("es" if delivery.recipient == STAFF else "pt-br")
        kinds += [delivery.kind for delivery in made]
        arrived += in_each_language(made)

    assert set(kinds) == {
        "ORDER_DISPUTED",
        "LICENSES_SUSPENDED",
        "LICENSES_REINSTATED",
        "LICENSES_RETURNED",
        "ORDER_REFUND_OPEN",
        "ORDER_REFUND_FAILED",
        "ORDER_CANCELLED",
    }
    assert len(arrived) == 3 * len(kinds)
    for language, words in WORDS.items():
        letters = [letter for spoken, letter in arrived if spoken == language]
        text = "\n".join(letter.subject + letter.text + letter.html for letter in letters)
        assert [word for word in words if word not in text] == [], language
        for letter in letters:
            assert "MISSING" not in letter.subject + letter.text + letter.html
            assert "<b>Editor</b> & more" in letter.text
            assert "&lt;b&gt;Editor&lt;/b&gt; &amp; more" in letter.html
            assert f'<html lang="{language}">' in letter.html
            # A long one begins on a line of its own.
            word = "Order" if language == "en" else "Pedido"
            assert letter.subject.strip().startswith(f"{word} {order.number}: ")
            for english in ("Hello", "Order ", "license ", "dispute ") if language != "en" else ():
                assert english not in letter.text + letter.html, language
