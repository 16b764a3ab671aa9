"""What whoever is given licenses reads: nothing of an order, an approval or a receipt, in any language."""

from __future__ import annotations

import re

import factories as make
import pytest

from saleor_esd_plugin.emails.order_context import product_of
from saleor_esd_plugin.orders.returns import return_units

pytestmark = pytest.mark.django_db

# What nobody did: order, buy, pay, approve.
ORDERED = re.compile(r"order|approv|paid|receipt|pedido|aprob|aprov|pag[oa]|recibo", re.IGNORECASE)


def subjects(arrived, number):
    for language, letter in arrived:
        for text in (letter.subject, letter.text, letter.html):
            assert not ORDERED.search(without_head(text)), (language, text)
        assert number in letter.subject
    # Python 3.8 folds a header in front of its first encoded word.
    return [(language, letter.subject.strip().replace(number, "#")) for language, letter in arrived]


def without_head(html):
    """Without the style sheet, which speaks of borders."""
    return re.sub(r"<style.*?</style>|style=\"[^\"]*\"", "", html, flags=re.DOTALL)


def test_whoever_keeps_the_keys_gets_them_in_one_mail(deliveries_for, in_each_language):
    order = make.make_granted(2, email="friend@example.com")
    deliveries = deliveries_for("license.released")

    assert [(one.kind, one.recipient) for one in deliveries] == [
        ("LICENSE_KEYS", "friend@example.com")
    ]
    product = product_of(order.lines.get())
    assert subjects(in_each_language(deliveries), order.number) == [
        ("en", f"{product}: your licenses (#)"),
        ("es", f"{product}: sus licencias (#)"),
        ("pt-br", f"{product}: suas licenças (#)"),
    ]


def test_whoever_gives_them_on_reads_that_they_can_be_used(deliveries_for, in_each_language):
    account = make.make_account(is_reseller=True)
    order = make.make_granted(2, account_id=account.pk)
    deliveries = deliveries_for("license.released")

    assert [one.kind for one in deliveries] == ["ORDER_RELEASED"]
    arrived = in_each_language(deliveries)
    assert subjects(arrived, order.number) == [
        ("en", "You have received licenses (#)"),
        ("es", "Ha recibido licencias (#)"),
        ("pt-br", "Você recebeu licenças (#)"),
    ]
    said = ["The shop has given you", "La tienda le ha dado", "A loja lhe deu"]
    for (_, letter), words in zip(arrived, said):
        assert words in letter.text and words in letter.html
        assert f" {order.number}" in letter.text


def test_who_keeps_keys_hears_of_licenses_that_an_end_customer_got(deliveries_for, letters):
    """No mail with keys comes to him, so the other one has to say it."""
    account = make.make_account()
    customer = make.make_end_customer(account)
    make.make_granted(account_id=account.pk, end_customer_id=customer.pk)

    arrived = letters(deliveries_for("license.released"))

    assert [letter.to for letter in arrived] == [account.email]
    assert arrived[0].subject.startswith("You have received licenses")


def test_what_was_taken_back_was_no_part_of_an_order(deliveries_for, in_each_language):
    order = make.make_granted(2)
    license = make.licenses_of(order)[0]
    return_units(order.pk, license_ids=[license.pk], reason="too many", actor=make.STAFF)

    assert subjects(in_each_language(deliveries_for("license.returned")), order.number) == [
        ("en", "Licenses #: some were taken back"),
        ("es", "Licencias #: algunas se han retirado"),
        ("pt-br", "Licenças #: algumas foram retiradas"),
    ]
