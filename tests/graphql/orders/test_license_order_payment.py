"""`licenseOrder { payment }` for staff: unpaid, paid, refunded, disputed, won, lost."""

import actors
import build
import factories
import pytest

from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.models import LicenseOrder, PaymentFact

pytestmark = pytest.mark.django_db

PAYMENT = """payment { paid refunded disputed disputedAt
    capturedAmount { amount currency } refundedAmount { amount currency }
    chargedBackAmount { amount currency } openRefundAmount { amount currency }
    failedRefundAmount { amount currency }
    facts { provider kind paymentReference reference amount { amount currency }
        disputeStage refundState notedAt changedAt } }"""
ORDER = (
    "query($id: ID!) { licenseOrder(id: $id) { status waiting { reason quantity } %s } }" % PAYMENT
)
BY_TOKEN = """query($token: UUID!) { orderByToken(token: $token) { licenseOrder {
    status payment { paid } } } }"""


@pytest.fixture
def manager(api, staff):
    return api(staff("MANAGE_LICENSES"))


@pytest.fixture
def seen(manager, gid):
    """`seen(order)`: the order as staff see it."""

    def ask(order):
        answer = manager(ORDER, {"id": gid("LicenseOrder", order)})
        assert "errors" not in answer, answer
        return answer["data"]["licenseOrder"]

    return ask


def released(payment="pi_1", quantity=2):
    """A paid order of units for 10.00, all released."""
    order = factories.make_license_order(quantity, payment_ref=payment)
    approve_license_order(order.pk, actor=factories.STAFF)
    return order


def dollars(amount):
    return {"amount": amount, "currency": "USD"}


def standing(payment):
    """What is true of it, and the amounts that are not 0."""
    amounts = {
        name: value["amount"]
        for name, value in payment.items()
        if name.endswith("Amount") and value["amount"]
    }
    return {name for name in ("paid", "refunded", "disputed") if payment[name]}, amounts


def test_an_unpaid_order(seen):
    """B07"""
    payment = seen(factories.make_license_order(2, paid=False, payment_ref="pi_1"))["payment"]

    assert payment == {
        "paid": False,
        "refunded": False,
        "disputed": False,
        "disputedAt": None,
        "capturedAmount": dollars(0.0),
        "refundedAmount": dollars(0.0),
        "chargedBackAmount": dollars(0.0),
        "openRefundAmount": dollars(0.0),
        "failedRefundAmount": dollars(0.0),
        "facts": [],
    }


def test_a_late_payment_with_the_fact_that_told_it(seen, told):
    """B07: a bank slip, paid days later."""
    order = factories.make_license_order(2, paid=False, payment_ref="pi_1")

    told("CAPTURED", 20)

    payment, fact = seen(order)["payment"], PaymentFact.objects.get()
    assert standing(payment) == ({"paid"}, {"capturedAmount": 20.0})
    assert payment["facts"] == [
        {
            "provider": "stripe",
            "kind": "CAPTURED",
            "paymentReference": "pi_1",
            "reference": "pi_1",
            "amount": dollars(20.0),
            "disputeStage": None,
            "refundState": None,
            "notedAt": fact.noted_at.isoformat(),
            "changedAt": fact.changed_at.isoformat(),
        }
    ]


def test_an_order_paid_as_the_shop_knows_has_no_facts(seen):
    payment = seen(released())["payment"]

    assert standing(payment) == ({"paid"}, {"capturedAmount": 20.0})
    assert payment["facts"] == []


def test_a_refund_that_a_unit_left_for(seen, told):
    order = released()

    told("REFUNDED", 10)

    payment = seen(order)["payment"]
    assert standing(payment) == (
        {"paid", "refunded"},
        {"capturedAmount": 20.0, "refundedAmount": 10.0},
    )
    assert [(fact["kind"], fact["reference"]) for fact in payment["facts"]] == [
        ("REFUNDED", "ch_1")
    ]


def test_a_refund_that_staff_have_to_decide_on(seen, told):
    order = factories.make_license_order(2, payment_ref="pi_1")

    told("REFUNDED", 5)

    found = seen(order)
    assert standing(found["payment"]) == (
        {"paid", "refunded"},
        {"capturedAmount": 20.0, "refundedAmount": 5.0, "openRefundAmount": 5.0},
    )
    assert found["waiting"] == [
        {"reason": "APPROVAL", "quantity": 2},
        {"reason": "REFUND", "quantity": 2},
    ]


def test_a_refund_in_full(seen, told):
    order = released()

    told("REFUNDED", 20)

    found = seen(order)
    assert found["status"] == "CANCELLED"
    assert standing(found["payment"]) == (
        {"paid", "refunded"},
        {"capturedAmount": 20.0, "refundedAmount": 20.0},
    )


def test_a_dispute_that_runs(seen, told):
    """C10: the stage is in words, the facts are oldest first."""
    order = released()

    told("CAPTURED", 20)
    told("DISPUTE", 20, stage="OPEN")

    order.refresh_from_db()
    payment = seen(order)["payment"]
    assert standing(payment) == ({"paid", "disputed"}, {"capturedAmount": 20.0})
    assert payment["disputedAt"] == order.disputed_at.isoformat()
    assert [(fact["kind"], fact["disputeStage"]) for fact in payment["facts"]] == [
        ("CAPTURED", None),
        ("DISPUTE", "OPEN"),
    ]


@pytest.mark.parametrize("stage", ["INQUIRY", "CLOSED", "WON"])
def test_a_dispute_that_takes_nothing(seen, told, stage):
    order = released()

    told("DISPUTE", 20, stage=stage)

    found = seen(order)
    assert found["status"] == "DONE"
    assert standing(found["payment"]) == ({"paid"}, {"capturedAmount": 20.0})
    assert found["payment"]["disputedAt"] is None
    assert [fact["disputeStage"] for fact in found["payment"]["facts"]] == [stage]


def test_a_dispute_that_was_won(seen, told):
    order = released()

    told("DISPUTE", 20, stage="WITHDRAWN")
    assert standing(seen(order)["payment"])[0] == {"paid", "disputed"}
    told("DISPUTE", 20, stage="WON")

    payment = seen(order)["payment"]
    assert standing(payment) == ({"paid"}, {"capturedAmount": 20.0})
    assert (payment["disputedAt"], len(payment["facts"])) == (None, 1)


def test_a_dispute_that_was_lost_is_money_that_went_back(seen, told):
    order = released()

    told("DISPUTE", 20, stage="LOST")

    found = seen(order)
    assert found["status"] == "CANCELLED"
    assert standing(found["payment"]) == (
        {"paid", "refunded"},
        {"capturedAmount": 20.0, "chargedBackAmount": 20.0},
    )


def test_what_does_not_fit_the_payment_is_shown_and_counts_for_nothing(seen, told):
    """C11: another currency."""
    order = released()

    told("REFUNDED", 20, currency="EUR")

    found = seen(order)
    assert found["status"] == "DONE"
    assert standing(found["payment"]) == ({"paid"}, {"capturedAmount": 20.0})
    assert [fact["amount"] for fact in found["payment"]["facts"]] == [
        {"amount": 20.0, "currency": "EUR"}
    ]


def test_an_order_of_unknown_currency_has_no_amounts(seen):
    """It ended before the plugin asked for it; that all went back is known all the same."""
    order = factories.make_license_order(1)
    LicenseOrder.objects.filter(pk=order.pk).update(currency="", refunded_at=order.recorded_at)

    payment = seen(order)["payment"]

    assert (payment["paid"], payment["refunded"]) == (True, True)
    assert {value for name, value in payment.items() if name.endswith("Amount")} == {None}


def test_only_staff_see_it(api, gid, told):
    """T-AUTHZ-01: MANAGE_LICENSES or APPROVE_LICENSES, people and apps; null for members and everybody else."""
    license = factories.make_released(1, payment_ref="pi_1")[0]
    order = license.order_line.order
    told("CAPTURED", 10)

    for who, make in actors.ACTORS.items():
        answer = api(make(order.account))(ORDER, {"id": gid("LicenseOrder", order)})
        found = (answer.get("data") or {}).get("licenseOrder")

        if who.replace("app ", "") in ("MANAGE_LICENSES", "APPROVE_LICENSES"):
            assert len(found["payment"]["facts"]) == 1, who
        elif who in ("MASTER", "ADMINISTRATOR", "SUPPORT"):
            assert found == {"status": "DONE", "waiting": [], "payment": None}, who
        else:
            assert found is None, who


def test_a_visitor_with_the_token_sees_no_payment(api, told):
    """T-AUTHZ-07"""
    order = released()
    told("DISPUTE", 20, stage="OPEN")

    answer = api()(BY_TOKEN, {"token": str(order.order_uuid)})

    assert answer["data"]["orderByToken"]["licenseOrder"] == {"status": "DONE", "payment": None}


def test_who_may_read_keys_sees_no_payment_through_a_license(api, staff, gid):
    license = factories.make_released(1)[0]
    document = "query($id: ID!) { license(id: $id) { licenseOrder { number payment { paid } } } }"

    for permission, payment in (("REVEAL_LICENSE_KEYS", None), ("MANAGE_LICENSES", {"paid": True})):
        answer = api(staff(permission))(document, {"id": gid("License", license)})
        assert answer["data"]["license"]["licenseOrder"]["payment"] == payment


def test_facts_of_a_page_of_orders_cost_one_query(api, staff, queries, told):
    """PF20"""
    for place in range(4):
        factories.make_license_order(1, payment_ref=f"pi_{place}", user=build.make_user())
        told("CAPTURED", 10, payment=f"pi_{place}")
    document = "query($first: Int) { licenseOrders(first: $first) { edges { node { %s } } } }"
    ask = api(staff("APPROVE_LICENSES"))

    def page(first):
        nodes = ask(document % PAYMENT, {"first": first})["data"]["licenseOrders"]["edges"]
        assert [len(edge["node"]["payment"]["facts"]) for edge in nodes] == [1] * first

    page(4)  # what the host caches on the first request is not ours
    assert queries(lambda: page(4)) == queries(lambda: page(1))
