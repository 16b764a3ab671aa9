"""`LicenseOrder.receipt` and the mail of it: seller, buyer, all lines, a total that is their sum (K15, K17)."""

import build
import factories
import pytest
from letters import text_of

from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.models import LicenseOrder

pytestmark = pytest.mark.django_db

PRICE = "{ net { amount } gross { amount currency } tax { amount } }"
RECEIPT = """query($id: ID!) { licenseOrder(id: $id) { receipt {
    seller { address taxNumber } buyer { address taxNumber }
    lines { productName variantName sku quantity unitPrice %(price)s total %(price)s }
    shipping %(price)s discount %(price)s total %(price)s
    payments { means amount { amount currency } paidAt } refunded { amount currency } } } }""" % {
    "price": PRICE
}
SEND = """mutation($input: LicenseOrderReceiptSendInput!) { licenseOrderReceiptSend(input: $input) {
    emails errors { field code } } }"""


@pytest.fixture
def owner():
    return build.make_user()


@pytest.fixture
def seen(api, gid):
    """`seen(order, user)`: the receipt as that user sees it."""

    def ask(order, user=None):
        answer = api(user)(RECEIPT, {"id": gid("LicenseOrder", order)})
        assert "errors" not in answer, answer
        order = answer["data"]["licenseOrder"]
        return order and order["receipt"]

    return ask


def make_ordered(user, *, is_released=True):
    """Two licenses at 10.00, three mugs at 4.00, shipping of 5.00 and 2.00 off, all with 25 % of tax; paid."""
    policy = factories.make_policy(keys=2)
    editor, mug = build.find_variant(policy.variant_ref), build.make_variant("Mug", price=4)
    order = build.make_order([(editor, 2), (mug, 3)], user=user, email=user.email)
    build.set_taxed_prices(order, rate="0.25", shipping="5", discount="2")
    build.set_billing(
        order,
        company_name="Revenda Ltda",
        first_name="Rita",
        last_name="Souza",
        street_address_1="Rua A 1",
        city="São Paulo",
        country_area="São Paulo",
        postal_code="01310-100",
        country="BR",
    )
    build.pay(order)
    license_order = factories.record(order)
    if is_released:
        approve_license_order(license_order.pk, actor=factories.STAFF)
    return license_order


def price(net):
    return {
        "net": {"amount": net},
        "gross": {"amount": net * 1.25, "currency": "USD"},
        "tax": {"amount": net * 0.25},
    }


@pytest.fixture
def shop(db):
    build.set_company(
        company_name="Acme GmbH",
        street_address_1="Hauptstr. 1",
        city="Berlin",
        postal_code="10115",
        country="DE",
    )
    factories.configure(tax_number="DE123456789")


def test_the_receipt_has_all_lines_and_its_total_is_their_sum(shop, seen, owner):
    order = make_ordered(owner)
    licensed = order.lines.get()

    receipt = seen(order, owner)

    assert receipt["seller"] == {
        "address": ["Acme GmbH", "Hauptstr. 1", "10115 BERLIN", "GERMANY"],
        "taxNumber": "DE123456789",
    }
    assert receipt["buyer"]["address"][:3] == ["Revenda Ltda", "Rita Souza", "Rua A 1"]
    assert receipt["buyer"]["address"][-1] == "BRAZIL"
    first, second = receipt["lines"]
    assert first == {
        "productName": licensed.product_name,
        "variantName": "Standard",
        "sku": licensed.sku,
        "quantity": 2,
        "unitPrice": price(10),
        "total": price(20),
    }
    assert (second["productName"], second["quantity"]) == ("Mug", 3)
    assert (second["unitPrice"], second["total"]) == (price(4), price(12))
    assert (receipt["shipping"], receipt["discount"]) == (price(5), price(2))
    assert receipt["total"] == price(20 + 12 + 5 - 2)
    (payment,) = receipt["payments"]
    assert payment["amount"] == {"amount": 43.75, "currency": "USD"}
    assert payment["means"] == "Dummy"
    assert receipt["refunded"] == {"amount": 0, "currency": "USD"}


def test_until_every_key_is_issued_there_is_none(seen, owner):
    """K17."""
    assert seen(make_ordered(owner, is_released=False), owner) is None


def test_it_is_for_members_and_staff_only(seen, owner, staff):
    order = make_ordered(owner)

    assert seen(order, staff("MANAGE_LICENSES"))["total"] == price(35)
    assert seen(order, build.make_user()) is None


def test_the_mail_says_the_same_in_the_language_of_the_order(shop, api, gid, mailed, owner):
    order = make_ordered(owner)
    LicenseOrder.objects.filter(pk=order.pk).update(language="pt-br")
    licensed = order.lines.get()
    mailed()

    sent = {"order": gid("LicenseOrder", order), "emails": "conta@revenda.example"}
    answer = api(owner)(SEND, {"input": sent})

    assert answer["data"]["licenseOrderReceiptSend"]["errors"] == []
    ((address, message),) = mailed()
    assert address == "conta@revenda.example"
    text = text_of(message).replace("\r\n", "\n").replace("\xa0", " ")
    assert "Vendido por\nAcme GmbH\nHauptstr. 1\n10115 BERLIN\nGERMANY\n" in text
    assert "Número de contribuinte: DE123456789\n" in text
    assert "Faturado para\nRevenda Ltda\nRita Souza\n" in text
    assert f"- {licensed.product_name} (Standard) [{licensed.sku}]\n" in text
    assert "  2 × US$ 12,50 = US$ 25,00 (US$ 5,00 de impostos)\n" in text
    assert "  3 × US$ 5,00 = US$ 15,00 (US$ 3,00 de impostos)\n" in text
    assert "Frete: US$ 6,25\n" in text
    assert "Descontos e vales-presente: -US$ 2,50\n" in text
    assert "Total: US$ 43,75 (US$ 8,75 de impostos)\n" in text
    assert "com Dummy: US$ 43,75\n" in text
