"""licenseOrderRestore: staff give units again that left for a refund which failed."""

import build
import factories
import pytest
from provider import refund, tell

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.models import LicenseOrder, RefundState

pytestmark = pytest.mark.django_db

RESTORE = """mutation($input: LicenseOrderRestoreInput!) { licenseOrderRestore(input: $input) {
    licenseOrder { status approval availability { text } order { id }
        payment { refundedAmount { amount } failedRefundAmount { amount currency } }
        lines { quantity approved withdrawn backordered }
        licenses(first: 20) { edges { node { unitIndex fulfillment } } } }
    errors { field code message params { name value } } } }"""
PAYMENT = """query($id: ID!) { licenseOrder(id: $id) { status approval payment {
    refunded refundedAmount { amount } openRefundAmount { amount } failedRefundAmount { amount }
    facts { kind reference refundState disputeStage amount { amount } } } } }"""
WAITING = """query { licenseOrders(first: 10, filter: {waitingFor: [FAILED_REFUND]}) {
    totalCount edges { node { id } } } }"""
REASON = "The bank sent the money back"
FAILED = RefundState.FAILED


@pytest.fixture
def manager(api, staff):
    return api(staff("MANAGE_LICENSES"))


@pytest.fixture
def restore(manager):
    def call(**given):
        answer = manager(RESTORE, {"input": {"reason": REASON, **given}})
        assert "errors" not in answer, answer
        return answer["data"]["licenseOrderRestore"]

    return call


@pytest.fixture
def order():
    """Six units for 10.00 each were released; two left for a refund of 20.00, which failed."""
    order = factories.make_license_order(6, payment_ref="pi_1")
    approve_license_order(order.pk, actor=factories.STAFF)
    tell(refund(20))
    tell(refund(20, FAILED))
    return order


@pytest.fixture
def whole(order, gid):
    return {"id": gid("LicenseOrder", order)}


@pytest.fixture
def units(order, gid):
    """`units(2)`: so many of its line."""
    line = gid("LicenseOrderLine", order.lines.get())
    return lambda quantity: {"lines": [{"id": line, "quantity": quantity}]}


def refused(payload):
    assert payload["licenseOrder"] is None
    (error,) = payload["errors"]
    return error["field"], error["code"]


def test_staff_see_what_left_for_money_that_did_not_go_back(manager, order, whole, gid):
    answer = manager(PAYMENT, whole)

    found = answer["data"]["licenseOrder"]
    assert found["payment"] == {
        "refunded": False,
        "refundedAmount": {"amount": 0.0},
        "openRefundAmount": {"amount": 0.0},
        "failedRefundAmount": {"amount": 20.0},
        "facts": [
            {
                "kind": "REFUND",
                "reference": "re_1",
                "refundState": "FAILED",
                "disputeStage": None,
                "amount": {"amount": 20.0},
            }
        ],
    }
    assert manager(WAITING)["data"]["licenseOrders"] == {
        "totalCount": 1,
        "edges": [{"node": {"id": whole["id"]}}],
    }


def test_units_come_back_with_new_licenses(restore, manager, order, whole, units):
    payload = restore(**whole, **units(2))

    found = payload["licenseOrder"]
    assert payload["errors"] == []
    assert found["payment"] == {
        "refundedAmount": {"amount": 0.0},
        "failedRefundAmount": {"amount": 0.0, "currency": "USD"},
    }
    (line,) = found["lines"]
    assert (line["quantity"], line["approved"], line["withdrawn"]) == (6, 6, 0)
    event = Event.objects.get(type="license.restored")
    assert (event.permission, event.reason, event.actor_kind) == (
        "MANAGE_LICENSES",
        REASON,
        "USER",
    )
    assert manager(WAITING)["data"]["licenseOrders"]["totalCount"] == 0


def test_by_the_ids_of_the_shop(restore, order, whole, gid):
    shops_line = gid("OrderLine", order.lines.get().order_line_ref)
    shops_order = gid("Order", build.find_order(order.order_uuid))

    payload = restore(id=shops_order, lines=[{"id": shops_line, "quantity": 2}])

    assert payload["licenseOrder"]["lines"][0]["withdrawn"] == 0


def test_no_unit_comes_back(restore, whole, order, unchanged):
    """The buyer got the money by bank transfer. Saying it twice is nothing to do."""
    payload = restore(**whole, coversFailedRefund=True)

    found = payload["licenseOrder"]
    assert (payload["errors"], found["lines"][0]["withdrawn"]) == ([], 2)
    assert found["payment"]["failedRefundAmount"] == {"amount": 0.0, "currency": "USD"}
    assert Event.objects.get(type="license_order.refund_failure_settled").reason == REASON
    with unchanged():
        assert refused(restore(**whole, coversFailedRefund=True)) == (
            "coversFailedRefund",
            "INVALID",
        )


def test_an_order_that_was_refunded_in_full(restore, manager, gid):
    """All has left, and the order is open again when the refund fails."""
    order = factories.make_license_order(2, payment_ref="pi_1")
    approve_license_order(order.pk, actor=factories.STAFF)
    tell(refund(20))
    tell(refund(20, FAILED))
    whole = {"id": gid("LicenseOrder", order)}

    found = manager(PAYMENT, whole)["data"]["licenseOrder"]
    assert (found["status"], found["approval"]) == ("CANCELLED", "CANCELLED")
    assert found["payment"]["failedRefundAmount"] == {"amount": 20.0}
    line = gid("LicenseOrderLine", order.lines.get())
    payload = restore(**whole, lines=[{"id": line, "quantity": 2}])

    assert payload["licenseOrder"]["approval"] == "APPROVED"
    assert LicenseOrder.objects.get(pk=order.pk).refunded_at is None


def test_a_number_of_units_that_there_is_not(restore, whole, units, unchanged):
    with unchanged():
        for quantity in (0, -1, 3, 2**31 - 1):
            payload = restore(**whole, **units(quantity))
            assert refused(payload) == ("lines", "INVALID_QUANTITY"), quantity
            assert payload["errors"][0]["params"] == [{"name": "available", "value": "2"}]


def test_what_cannot_be_done(restore, order, whole, units, gid, unchanged):
    """Nothing named, no reason, a line twice, a line of another order."""
    line = gid("LicenseOrderLine", order.lines.get())
    foreign = factories.make_license_order(1).lines.get()
    twice = [
        {"id": line, "quantity": 1},
        {"id": gid("OrderLine", order.lines.get().order_line_ref), "quantity": 1},
    ]
    for given, answer in (
        ({}, ("lines", "INVALID")),
        ({"lines": []}, ("lines", "INVALID")),
        ({**units(1), "reason": " \u200b"}, ("reason", "REASON_REQUIRED")),
        ({**units(1), "reason": "x" * 501}, ("reason", "INVALID")),
        ({"lines": twice}, ("lines", "INVALID")),
        (
            {"lines": [{"id": gid("LicenseOrderLine", foreign), "quantity": 1}]},
            ("lines", "NOT_FOUND"),
        ),
    ):
        with unchanged():
            assert refused(restore(**{**whole, **given})) == answer, given


def test_ids_that_are_none(manager, whole, units, unchanged, bad_ids, refusals):
    """T-AUTHZ-02."""
    for field, wrong in (
        ("lines", lambda bad: {**whole, "lines": [{"id": bad, "quantity": 1}]}),
        ("id", lambda bad: {"id": bad, **units(1)}),
    ):
        inputs = [{"reason": REASON, **wrong(bad)} for bad in bad_ids]
        with unchanged():
            found = refusals(manager, "licenseOrderRestore", inputs)
        assert found == [(field, "NOT_FOUND")] * len(bad_ids)


def test_nobody_restores_an_order_of_their_own(api, staff, order, whole, units, unchanged):
    manager = staff("MANAGE_LICENSES")
    factories.make_member(order.account, manager, "MASTER")
    with unchanged():
        answer = api(manager)(RESTORE, {"input": {"reason": REASON, **whole, **units(1)}})

    assert refused(answer["data"]["licenseOrderRestore"]) == (None, "FORBIDDEN_ROLE")
