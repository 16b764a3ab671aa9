"""licenseOrderReturn: staff choose which units leave, by license, by line, or that none does."""

import build
import factories
import pytest

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.models import AvailableKey
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.models import LicenseOrder

pytestmark = pytest.mark.django_db

RETURN = """mutation($input: LicenseOrderReturnInput!) { licenseOrderReturn(input: $input) {
    licenseOrder { status approval availability { text }
        payment { refundedAmount { amount } openRefundAmount { amount } }
        lines { quantity approved withdrawn }
        licenses(first: 10) { edges { node { unitIndex fulfillment reason } } } order { id } }
    errors { field code message params { name value } } } }"""
REASON = "Taken back by phone"


@pytest.fixture
def give_back(api, staff):
    ask = api(staff("MANAGE_LICENSES"))

    def call(**given):
        answer = ask(RETURN, {"input": {"reason": REASON, **given}})
        assert "errors" not in answer, answer
        return answer["data"]["licenseOrderReturn"]

    return call


@pytest.fixture
def order():
    """Four released units and two that nobody has decided on, for 10.00 each."""
    order = factories.make_license_order(6, payment_ref="pi_1")
    approve_license_order(order.pk, quantities={order.lines.get().pk: 4}, actor=factories.STAFF)
    return order


@pytest.fixture
def whole(order, gid):
    return {"id": gid("LicenseOrder", order)}


def line_of(order):
    return order.lines.get()


def states(payload):
    nodes = [edge["node"] for edge in payload["licenseOrder"]["licenses"]["edges"]]
    return {node["unitIndex"]: node["fulfillment"] for node in nodes}


def refused(payload):
    assert payload["licenseOrder"] is None
    (error,) = payload["errors"]
    return error["field"], error["code"]


def test_licenses_that_staff_name_leave(give_back, order, whole, gid):
    """Invariant 4: keys that nobody saw are for sale again; the reason is kept."""
    licenses = factories.licenses_of(order)
    pool = licenses[0].policy.pool

    payload = give_back(**whole, licenses=[gid("License", licenses[n]) for n in (3, 1)])

    found = payload["licenseOrder"]
    assert (payload["errors"], found["availability"]) == ([], {"text": "2 of 4"})
    assert found["lines"] == [{"quantity": 6, "approved": 2, "withdrawn": 2}]
    assert states(payload) == {
        0: "RELEASED",
        1: "RETURNED",
        2: "RELEASED",
        3: "RETURNED",
        4: "PENDING_APPROVAL",
        5: "PENDING_APPROVAL",
    }
    reasons = {
        edge["node"]["unitIndex"]: edge["node"]["reason"] for edge in found["licenses"]["edges"]
    }
    assert (reasons[1], reasons[3], reasons[0]) == (REASON, REASON, None)
    assert AvailableKey.objects.filter(pool=pool).count() == 2
    event = Event.objects.get(type="license.returned")
    assert (event.permission, event.reason, event.actor_kind) == (
        "MANAGE_LICENSES",
        REASON,
        "USER",
    )


def test_so_many_units_of_a_line_leave_by_the_ids_of_the_shop(give_back, order, whole, gid):
    """What was never released goes first."""
    line = line_of(order)
    give_back(**whole, lines=[{"id": gid("LicenseOrderLine", line), "quantity": 1}])
    shops_id = gid("Order", build.find_order(order.order_uuid))

    payload = give_back(
        id=shops_id, lines=[{"id": gid("OrderLine", line.order_line_ref), "quantity": 2}]
    )

    found = payload["licenseOrder"]
    assert (payload["errors"], found["availability"]) == ([], {"text": "3 of 3"})
    assert (found["status"], found["lines"]) == (
        "DONE",
        [{"quantity": 6, "approved": 3, "withdrawn": 3}],
    )
    assert list(states(payload).values()).count("RETURNED") == 3


def test_licenses_and_units_besides_them(give_back, order, whole, gid):
    line, licenses = line_of(order), factories.licenses_of(order)

    payload = give_back(
        **whole,
        licenses=[gid("License", licenses[0])],
        lines=[{"id": gid("LicenseOrderLine", line), "quantity": 2}],
    )

    assert payload["licenseOrder"]["availability"] == {"text": "3 of 3"}
    assert {index for index, state in states(payload).items() if state == "RETURNED"} == {0, 4, 5}


def test_the_same_licenses_a_second_time_are_not_found(give_back, order, whole, gid, unchanged):
    """They have left: nothing happens twice."""
    named = {"licenses": [gid("License", factories.licenses_of(order)[0])]}
    assert give_back(**whole, **named)["errors"] == []

    with unchanged():
        assert refused(give_back(**whole, **named)) == ("licenses", "NOT_FOUND")


def test_staff_choose_what_leaves_for_a_refund(give_back, order, whole, gid, told):
    """C9: a refund of one and a half units takes one by itself; the unit that staff name covers the rest."""
    told("REFUNDED", 15)
    order = LicenseOrder.objects.get(pk=order.pk)
    assert (order.open_refund, line_of(order).withdrawn) == (5, 1)

    named = next(one for one in factories.licenses_of(order) if one.fulfillment == "RELEASED")
    payload = give_back(**whole, licenses=[gid("License", named)])

    found = payload["licenseOrder"]
    assert found["payment"] == {
        "refundedAmount": {"amount": 15.0},
        "openRefundAmount": {"amount": 0.0},
    }
    assert found["lines"][0]["withdrawn"] == 2


def test_a_goodwill_refund_takes_no_unit(give_back, order, whole, told, unchanged):
    """C9: nothing leaves, and what is approved is released again. Saying it twice is nothing to do."""
    told("REFUNDED", 5)
    approve_license_order(order.pk, actor=factories.STAFF)
    assert Event.objects.filter(type="license.released").count() == 1

    payload = give_back(**whole, coversRefund=True)

    found = payload["licenseOrder"]
    assert (payload["errors"], found["status"], found["availability"]) == (
        [],
        "DONE",
        {"text": "6 of 6"},
    )
    assert found["payment"] == {
        "refundedAmount": {"amount": 5.0},
        "openRefundAmount": {"amount": 0.0},
    }
    event = Event.objects.get(type="license_order.refund_settled")
    assert (event.reason, event.permission) == (REASON, "MANAGE_LICENSES")
    with unchanged():
        assert refused(give_back(**whole, coversRefund=True)) == ("coversRefund", "INVALID")


def test_nothing_to_do_says_what_to_name(give_back, whole, unchanged):
    with unchanged():
        for nothing in ({}, {"licenses": []}, {"lines": []}, {"licenses": [], "lines": []}):
            payload = give_back(**whole, **nothing)
            assert refused(payload) == ("licenses", "INVALID"), nothing
            (error,) = payload["errors"]
            assert error["message"] == "Name licenses, or lines with how many units leave."


@pytest.mark.parametrize("reason", ["", " \u200b"])
def test_it_needs_a_reason(give_back, order, whole, gid, unchanged, reason):
    named = [gid("License", factories.licenses_of(order)[0])]
    with unchanged():
        assert refused(give_back(**whole, licenses=named, reason=reason)) == (
            "reason",
            "REASON_REQUIRED",
        )


def test_a_reason_has_an_end(give_back, order, whole, gid, unchanged):
    named = [gid("License", factories.licenses_of(order)[0])]
    with unchanged():
        payload = give_back(**whole, licenses=named, reason="x" * 501)
    assert refused(payload) == ("reason", "INVALID")


def test_a_number_of_units_that_there_is_not(give_back, order, whole, gid, unchanged):
    line = gid("LicenseOrderLine", line_of(order))
    with unchanged():
        for quantity in (0, -1, 7, 2**31 - 1):
            payload = give_back(**whole, lines=[{"id": line, "quantity": quantity}])
            assert refused(payload) == ("lines", "INVALID_QUANTITY"), quantity
            assert payload["errors"][0]["params"] == [{"name": "available", "value": "6"}]


def test_a_line_is_named_once(give_back, order, whole, gid, unchanged):
    line = line_of(order)
    twice = [
        {"id": gid("LicenseOrderLine", line), "quantity": 1},
        {"id": gid("OrderLine", line.order_line_ref), "quantity": 1},
    ]
    with unchanged():
        assert refused(give_back(**whole, lines=twice)) == ("lines", "INVALID")


def test_licenses_that_cannot_leave_this_order(give_back, order, whole, gid, unchanged):
    """T-AUTHZ-02: of another order, named twice, unknown; with a good one next to them nothing leaves."""
    good = gid("License", factories.licenses_of(order)[0])
    foreign = gid("License", factories.make_released(1)[0])
    unknown = gid("License", order.pk)
    for others in ([foreign], [good], [unknown], [gid("LicenseOrder", order)]):
        with unchanged():
            assert refused(give_back(**whole, licenses=[good, *others])) == (
                "licenses",
                "NOT_FOUND",
            )


def test_more_licenses_than_one_request_may_name(give_back, whole, gid, unchanged, monkeypatch):
    from saleor_esd_plugin.conf import Settings

    monkeypatch.setattr(Settings, "max_quantity", 2)
    named = [gid("License", f"018f3a5e-0000-7000-8000-00000000000{n}") for n in range(3)]
    with unchanged():
        assert refused(give_back(**whole, licenses=named)) == ("licenses", "INVALID_QUANTITY")


def test_lines_of_another_order(give_back, whole, gid, unchanged):
    foreign = factories.make_license_order(1).lines.get()
    for line in (gid("LicenseOrderLine", foreign), gid("OrderLine", foreign.order_line_ref)):
        with unchanged():
            payload = give_back(**whole, lines=[{"id": line, "quantity": 1}])
        assert refused(payload) == ("lines", "NOT_FOUND")


def test_ids_that_are_none(api, staff, order, whole, gid, unchanged, bad_ids, refusals):
    """T-AUTHZ-02."""
    ask, good = api(staff("MANAGE_LICENSES")), gid("License", factories.licenses_of(order)[0])
    for field, wrong in (
        ("id", lambda bad: {"id": bad, "licenses": [good]}),
        ("licenses", lambda bad: {**whole, "licenses": [good, bad]}),
        ("lines", lambda bad: {**whole, "lines": [{"id": bad, "quantity": 1}]}),
    ):
        inputs = [{"reason": REASON, **wrong(bad)} for bad in bad_ids]
        with unchanged():
            found = refusals(ask, "licenseOrderReturn", inputs)
        assert found == [(field, "NOT_FOUND")] * len(bad_ids)


def test_of_an_order_that_has_ended_nothing_can_leave(
    give_back, order, whole, gid, told, unchanged
):
    told("REFUNDED", 60)
    licenses = factories.licenses_of(order)
    assert {license.fulfillment for license in licenses} == {"RETURNED"}
    line = {"id": gid("LicenseOrderLine", line_of(order)), "quantity": 1}

    with unchanged():
        named = give_back(**whole, licenses=[gid("License", licenses[0])])
        counted = give_back(**whole, lines=[line])
        covered = give_back(**whole, coversRefund=True)

    assert refused(named) == ("licenses", "NOT_FOUND")
    assert refused(counted) == ("lines", "INVALID_QUANTITY")
    assert refused(covered) == ("coversRefund", "INVALID")
