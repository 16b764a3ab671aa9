"""Whole sales: Saleor's own mutations before and after ours, real mail, as reseller, shopper and staff."""

from __future__ import annotations

import factories
import pytest
from letters import keys_in, recipients, take, text_of
from shop import find_license_order, free_keys, nodes, states

from demo import documents
from demo.shop import Refused
from saleor_esd_plugin.events.models import Event


def make_end_customer(market, person, order, **fields):
    account = market.license_order(order, person)["account"]["id"]
    answer = market.shop.do(
        documents.END_CUSTOMER_CREATE,
        person.authorization,
        input={
            "account": account,
            "code": "C-1",
            "name": "Müller & Söhne 🚀",
            "email": f"{market.unique('end')}@example.com",
            **fields,
        },
    )
    return answer["endCustomer"]


def assign(market, person, order, quantity, end_customer):
    line = market.license_order(order, person)["lines"][0]["id"]
    return market.shop.do(
        documents.ASSIGN,
        person.authorization,
        line=line,
        quantity=quantity,
        endCustomer=end_customer["id"],
    )["licenses"]


def test_a_reseller_buys_and_staff_approve(market, staff, reseller, smtp):
    """I03 to I07, I09 to I11, K18, M01: 0 of 6 and Pending; after the approval 6 of 6 and Done."""
    pool = market.shop.do(
        documents.POOL_CREATE,
        staff.authorization,
        input={"name": market.unique("pool"), "format": "5X5_25", "kind": "ACTIVATION_CODE"},
    )["pool"]["id"]
    keys = factories.fresh_keys(6)
    for dry_run, imported in ((True, 0), (False, 6)):
        report = market.shop.do(
            documents.KEYS_IMPORT,
            staff.authorization,
            input={"pool": pool, "keys": keys, "dryRun": dry_run},
        )["report"]
        assert (report["accepted"], report["refused"], report["imported"]) == (6, 0, imported)
    name = market.unique("Atlas")
    variant = market.shop.make_product(market.owner, market.place, name=name, sku=name, price=49)
    market.shop.do(
        documents.POLICY_CREATE,
        staff.authorization,
        input={
            "variant": variant,
            "pool": pool,
            "instructions": [{"language": "en", "text": f"Start {name} and enter it."}],
        },
    )

    checkout = market.shop.checkout(
        market.place, (variant, 6), email=reseller.email, authorization=reseller.authorization
    )
    assert checkout["isShippingRequired"] is False
    assert checkout["totalPrice"]["gross"] == {"amount": 294.0, "currency": "USD"}
    notices = f"{market.unique('purchasing')}@example.com"
    details = {
        "notificationEmail": notices,
        "purchaseOrderReference": "PO-4711 Größe L",
        "comment": "Für das neue Büro 🏢",
    }
    market.shop.do(
        documents.CHECKOUT_DETAILS,
        reseller.authorization,
        input={"checkout": checkout["id"], **details},
    )
    market.shop.pay(checkout, reseller.authorization)
    order = market.shop.complete(checkout, reseller.authorization)

    found = market.license_order(order, reseller)
    assert (found["availability"]["text"], found["status"], found["approval"]) == (
        "0 of 6",
        "PENDING",
        "PENDING",
    )
    assert found["waiting"] == [{"reason": "APPROVAL", "quantity": 6}]
    assert {name: found[name] for name in details} == details
    received = take(smtp)
    assert recipients(received) == sorted([reseller.email, notices])
    assert [keys_in(message) for _, message in received] == [[], []]
    assert {message["From"] for _, message in received} == {"shop@example.com"}

    answer = market.approve(staff, order)
    assert answer["licenseOrder"]["availability"]["text"] == "6 of 6"
    assert answer["licenseOrder"]["status"] == "DONE"
    host_order = market.order(order)
    assert host_order["status"] == "FULFILLED"
    assert [line["quantityFulfilled"] for line in host_order["lines"]] == [6]
    received = take(smtp)
    assert recipients(received) == sorted([reseller.email, notices])
    assert [keys_in(message) for _, message in received] == [[], []]

    customer = make_end_customer(market, reseller, order)
    assign(market, reseller, order, 2, customer)
    ((recipient, message),) = take(smtp)
    assert recipient == customer["email"]
    assert set(keys_in(message)) < set(keys)
    assert "Activation code" in text_of(message)
    assert f"Start {name} and enter it." in text_of(message)


def test_a_reseller_passes_licenses_on(market, staff, reseller, smtp):
    """I08, I12 to I18: to an end customer in one step, with one mail, which is sent again where it should have gone."""
    product = market.product(
        keys=4, instructions={"en": "Enter it.", "es": "Introdúzcala."}, approval="AUTOMATIC"
    )
    order = market.buy(product, 4, email=reseller.email, authorization=reseller.authorization)
    take(smtp)

    # Saleor's own order and its lines lead to what was licensed.
    found = market.shop.do(documents.SHOP_ORDER, market.owner, order=order["id"])
    assert found["licenseOrder"]["availability"]["text"] == "4 of 4"
    (line,) = found["lines"]
    assert (line["quantity"], line["licenses"]["totalCount"]) == (4, 4)
    assert [each["fulfillment"] for each in nodes(line["licenses"])] == ["RELEASED"] * 4

    # The code is unique within the account; editing writes to nobody.
    customer = make_end_customer(market, reseller, order, language="es")
    assert refusal(lambda: make_end_customer(market, reseller, order)).codes == ["DUPLICATE_CODE"]
    market.shop.do(
        documents.END_CUSTOMER_UPDATE,
        reseller.authorization,
        input={"id": customer["id"], "name": "株式会社テスト"},
    )
    assert end_customers(market, reseller) == [{**customer, "name": "株式会社テスト"}]
    assert take(smtp) == []

    # N licenses to one end customer, all or none, and the mail goes out by itself.
    assigned = assign(market, reseller, order, 3, customer)
    assert [license["fulfillment"] for license in assigned] == ["ASSIGNED"] * 3
    events = Event.objects.filter(order_id=find_license_order(order).pk, type="license.assigned")
    assert len(events.get().data["licenses"]) == 3
    ((recipient, message),) = take(smtp)
    assert recipient == customer["email"]
    assert len(set(keys_in(message)) & set(product.keys)) == 3
    assert "Introdúzcala." in text_of(message)
    before = states(order)
    refused = refusal(lambda: assign(market, reseller, order, 2, customer))
    assert refused.codes == ["NOT_ENOUGH_LICENSES"]
    assert (states(order), take(smtp)) == (before, [])

    # Sent again to a corrected address, which is kept on the end customer.
    corrected = f"{market.unique('corrected')}@example.com"
    answer = market.shop.do(
        documents.RESEND, reseller.authorization, license=assigned[0]["id"], email=corrected
    )
    assert answer["license"]["endCustomer"]["email"] == corrected
    ((recipient, message),) = take(smtp)
    (key,) = keys_in(message)
    assert (recipient, key in product.keys) == (corrected, True)
    assert [each["email"] for each in end_customers(market, reseller)] == [corrected]


def refusal(call):
    with pytest.raises(Refused) as refused:
        call()
    return refused.value


def end_customers(market, person):
    accounts = market.shop.do(documents.END_CUSTOMERS, person.authorization)
    return nodes(nodes(accounts)[0]["endCustomers"])


def test_a_receipt_leaves_when_every_key_is_issued(market, staff, reseller, smtp):
    """K15 to K17, invariant 9: several addresses, a message each, keys masked; before, it is refused."""
    product = market.product(keys=2)
    order = market.buy(product, 2, email=reseller.email, authorization=reseller.authorization)
    take(smtp)
    addresses = [f"{market.unique('boss')}@example.com", f"{market.unique('books')}@example.com"]
    receipt = {"order": order["id"], "emails": ", ".join(addresses)}

    refused = refusal(lambda: market.shop.do(documents.RECEIPT, reseller.authorization, **receipt))
    assert refused.codes == ["KEYS_NOT_ISSUED"]
    assert refused.errors[0]["params"] == [
        {"name": "issued", "value": "0"},
        {"name": "of", "value": "2"},
    ]
    assert take(smtp) == []

    market.approve(staff, order)
    take(smtp)
    sent = market.shop.do(documents.RECEIPT, reseller.authorization, **receipt)
    assert sent["emails"] == addresses
    received = take(smtp)
    assert recipients(received) == sorted(addresses)
    for recipient, message in received:
        assert (message["To"], message["Cc"], keys_in(message)) == (recipient, None, [])
        assert all(key[-5:] in text_of(message) for key in product.keys)
    orders = market.shop.do(documents.MY_ORDERS, reseller.authorization)
    assert [each["number"] for each in nodes(orders)] == [order["number"]]


def test_a_part_is_approved_and_the_rest_rejected(market, staff, reseller, smtp):
    """I11 in part: 4 of 6; the rejected units' keys return, and the buyer hears the reason."""
    product = market.product(keys=6)
    order = market.buy(product, 6, email=reseller.email, authorization=reseller.authorization)
    line = market.license_order(order, staff)["lines"][0]["id"]
    take(smtp)

    answer = market.approve(staff, order, lines=[{"id": line, "quantity": 4}])
    assert answer["licenseOrder"]["availability"]["text"] == "4 of 6"
    assert answer["licenseOrder"]["approval"] == "PARTIALLY_APPROVED"
    assert market.order(order)["lines"][0]["quantityFulfilled"] == 4
    again = market.approve(staff, order, lines=[{"id": line, "quantity": 4}])
    assert again["licenseOrder"]["availability"]["text"] == "4 of 6"
    assert market.order(order)["lines"][0]["quantityFulfilled"] == 4
    take(smtp)

    reason = "More than the contract allows"
    answer = market.shop.do(documents.REJECT, staff.authorization, order=order["id"], reason=reason)
    assert (answer["licenseOrder"]["status"], answer["licenseOrder"]["approval"]) == (
        "DONE",
        "APPROVED",
    )
    assert sorted(states(order)) == ["REJECTED"] * 2 + ["RELEASED"] * 4
    assert free_keys(product) == 2
    ((recipient, message),) = take(smtp)
    assert (recipient, reason in text_of(message)) == (reseller.email, True)
