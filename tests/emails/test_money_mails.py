"""Who hears of refunds and of units that left, and what; all mails about money in each language."""

from __future__ import annotations

import build
import factories as make
import pytest
from money_mails import BOOKS, BUYER, STAFF
from provider import disputed, refund, refunded, sell_two_prices, tell

from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.orders.models import DisputeStage, LicenseOrder, RefundState
from saleor_esd_plugin.orders.restoration import restore_units
from saleor_esd_plugin.orders.returns import return_units

pytestmark = pytest.mark.django_db

WON, LOST = DisputeStage.WON, DisputeStage.LOST
FAILED = RefundState.FAILED


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
    assert "Of this order $20.00 went back" in letter.text
    assert "licenseOrderReturn" in letter.text and "coversRefund" in letter.html
    lines = letter.text.splitlines()
    assert lines[lines.index("Paid: $90.00") + 1] == "Refunded: $20.00"
    assert "3 of 3 available" in letter.text


def test_staff_hear_of_a_refund_that_failed_and_the_buyer_does_not(sold, mails_of):
    """Once, with what is missing; told again, no mail follows."""
    order = sold()
    mails_of(lambda: tell(refund(20)))

    arrived = mails_of(lambda: tell(refund(20, FAILED)))

    assert set(arrived) == {("ORDER_REFUND_FAILED", STAFF)}
    letter = arrived["ORDER_REFUND_FAILED", STAFF]
    assert letter.subject == f"Order {order.number}: a refund failed"
    assert "$20.00 did not go back to the buyer" in letter.text
    for name in ("licenseOrderRestore", "coversFailedRefund"):
        assert name in letter.text and name in letter.html
    assert "Paid: $60.00" in letter.text and "Refunded:" not in letter.text
    assert f"Buyer: {BUYER}" in letter.text and "4 of 4 available" in letter.text
    assert mails_of(lambda: tell(refund(20, FAILED))) == {}


def test_of_a_refund_in_full_that_failed_staff_hear_too(sold, mails_of):
    sold()
    mails_of(lambda: tell(refund(60)))

    arrived = mails_of(lambda: tell(refund(60, FAILED)))

    assert set(arrived) == {("ORDER_REFUND_FAILED", STAFF)}
    assert "$60.00 did not go back" in arrived["ORDER_REFUND_FAILED", STAFF].text


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


WORDS = {
    "en": ("disputed", "suspended", "closed", "can be used again", "part of it", "$60.00"),
    "es": ("disputa", "suspendidas", "cerró", "usar de nuevo", "forman parte", "60,00\u00a0US$"),
    "pt-br": (
        "contestado",
        "suspensas",
        "encerrada",
        "usadas de novo",
        "fazem mais parte",
        "US$\u00a060,00",
    ),
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
