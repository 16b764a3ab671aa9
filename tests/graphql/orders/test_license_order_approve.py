"""licenseOrderApprove and licenseOrderReject."""

import build
import factories
import pytest
from actors import outcome

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.models import AvailableKey

pytestmark = pytest.mark.django_db

APPROVE = """mutation($input: LicenseOrderApproveInput!) { licenseOrderApprove(input: $input) {
    licenseOrder { status approval availability { text } decidedBy decisionReason
        waiting { reason quantity } licenses(first: 10) { edges { node { fulfillment } } }
        order { id } lines { approved orderLine { id } } }
    errors { field code message params { name value } } } }"""
REJECT = """mutation($input: LicenseOrderRejectInput!) { licenseOrderReject(input: $input) {
    licenseOrder { status approval availability { text } decisionReason }
    errors { field code message params { name value } } } }"""


@pytest.fixture
def approver(staff):
    return staff("APPROVE_LICENSES")


@pytest.fixture
def approve(api, approver):
    return lambda **given: api(approver)(APPROVE, {"input": given})["data"]["licenseOrderApprove"]


@pytest.fixture
def order():
    return factories.make_license_order(6)


@pytest.fixture
def whole(order, gid):
    return {"id": gid("LicenseOrder", order)}


def code_of(payload):
    assert payload["licenseOrder"] is None
    (error,) = payload["errors"]
    return error["field"], error["code"]


def test_approving_all_releases_all(approve, approver, whole):
    """I11: "6 of 6", each license Done; what the answer shows is read anew."""
    payload = approve(**whole, reason="known customer")

    found = payload["licenseOrder"]
    assert (payload["errors"], found["status"], found["approval"]) == ([], "DONE", "APPROVED")
    assert found["availability"] == {"text": "6 of 6"}
    assert (found["decidedBy"], found["decisionReason"]) == (approver.email, "known customer")
    states = [edge["node"]["fulfillment"] for edge in found["licenses"]["edges"]]
    assert states == ["RELEASED"] * 6
    event = Event.objects.get(type="license_order.approved")
    assert (event.permission, event.reason) == ("APPROVE_LICENSES", "known customer")


def test_4_of_6_by_the_ids_of_the_shop_twice(approve, order, whole, gid, unchanged):
    """How many shall be approved in all: saying it again changes nothing. Orders and lines by either id."""
    line = order.lines.get()
    four = {"lines": [{"id": gid("OrderLine", line.order_line_ref), "quantity": 4}]}

    found = approve(**whole, **four)["licenseOrder"]

    assert (found["status"], found["availability"]["text"]) == ("PARTIALLY_RELEASED", "4 of 6")
    with unchanged():
        again = approve(
            id=gid("Order", build.find_order(order.order_uuid)),
            lines=[{"id": gid("LicenseOrderLine", line), "quantity": 4}],
        )
    assert again == {"licenseOrder": found, "errors": []}


def test_the_second_of_two_is_told_what_the_first_decided(api, staff, approve, whole, unchanged):
    """T-CON-08: ALREADY_DECIDED with the decision."""
    first = staff("APPROVE_LICENSES")
    api(first)(REJECT, {"input": {**whole, "reason": "no budget"}})

    with unchanged():
        payload = approve(**whole)

    assert code_of(payload) == (None, "ALREADY_DECIDED")
    facts = {param["name"]: param["value"] for param in payload["errors"][0]["params"]}
    assert facts == {"decision": "REJECTED", "decidedBy": first.email, "reason": "no budget"}


def test_unpaid_units_wait_unless_staff_say_why(approve, gid, unchanged):
    """B07, invariant 3: released means paid, or a staff override with a reason."""
    order = factories.make_license_order(2, paid=False)
    whole = {"id": gid("LicenseOrder", order)}

    found = approve(**whole)["licenseOrder"]
    assert (found["approval"], found["status"]) == ("APPROVED", "PENDING")
    assert found["waiting"] == [{"reason": "PAYMENT", "quantity": 2}]
    with unchanged():
        assert code_of(approve(**whole, releaseUnpaid=True)) == ("reason", "REASON_REQUIRED")
        assert code_of(approve(**whole, releaseUnpaid=True, reason=" ")) == (
            "reason",
            "REASON_REQUIRED",
        )

    found = approve(**whole, releaseUnpaid=True, reason="pays by bank slip")["licenseOrder"]
    assert (found["status"], found["availability"]["text"]) == ("DONE", "2 of 2")


def test_more_than_there_is_to_approve(approve, order, whole, gid, unchanged):
    row = order.lines.get()
    line = gid("LicenseOrderLine", row)
    with unchanged():
        for quantity in (-1, 7, 2**31 - 1):
            payload = approve(**whole, lines=[{"id": line, "quantity": quantity}])
            assert code_of(payload) == ("lines", "INVALID_QUANTITY"), quantity
            facts = {param["name"]: param["value"] for param in payload["errors"][0]["params"]}
            assert facts == {"approved": "0", "undecided": "6", "orderLine": line}, quantity


def test_7_of_6_when_4_are_approved(approve, order, whole, gid, unchanged):
    """The params that the guide names say what could still be approved, and of which line."""
    row = order.lines.get()
    line = gid("LicenseOrderLine", row)
    approve(**whole, lines=[{"id": line, "quantity": 4}])
    for quantity in (7, 3):
        with unchanged():
            payload = approve(**whole, lines=[{"id": line, "quantity": quantity}])
        (error,) = payload["errors"]
        assert error["message"] == "Of this line 4 to 6 units can be approved in all."
        assert error["params"] == [
            {"name": "approved", "value": "4"},
            {"name": "undecided", "value": "2"},
            {"name": "orderLine", "value": line},
        ]


def test_a_line_is_named_once(approve, order, whole, gid, unchanged):
    line = order.lines.get()
    twice = [
        {"id": gid("LicenseOrderLine", line), "quantity": 1},
        {"id": gid("OrderLine", line.order_line_ref), "quantity": 2},
    ]
    with unchanged():
        assert code_of(approve(**whole, lines=twice)) == ("lines", "INVALID")


def test_an_empty_list_of_lines_is_no_approval(approve, whole, unchanged):
    with unchanged():
        answer = approve(**whole, lines=[])

    assert [(error["field"], error["code"]) for error in answer["errors"]] == [("lines", "INVALID")]


def test_lines_of_another_order(approve, whole, gid, unchanged):
    foreign = factories.make_license_order(1).lines.get()
    for line in (gid("LicenseOrderLine", foreign), gid("OrderLine", foreign.order_line_ref)):
        with unchanged():
            payload = approve(**whole, lines=[{"id": line, "quantity": 1}])
        assert code_of(payload) == ("lines", "NOT_FOUND")


def test_ids_that_are_none(api, approver, whole, unchanged, bad_ids, refusals):
    """T-AUTHZ-02."""
    for field, wrong in (
        ("id", lambda bad: {"id": bad}),
        ("lines", lambda bad: {**whole, "lines": [{"id": bad, "quantity": 1}]}),
    ):
        with unchanged():
            found = refusals(api(approver), "licenseOrderApprove", [wrong(bad) for bad in bad_ids])
        assert found == [(field, "NOT_FOUND")] * len(bad_ids)


def test_nobody_decides_on_an_order_of_their_own(api, gid, unchanged):
    """Section 5: not one's own order, whoever one is."""
    buyer = build.make_user(is_staff=True)
    build.grant(buyer, "APPROVE_LICENSES")
    order = factories.make_license_order(1, user=buyer)
    for name, document in (("licenseOrderApprove", APPROVE), ("licenseOrderReject", REJECT)):
        with unchanged():
            answer = api(buyer)(
                document,
                {
                    "input": {
                        "id": gid("LicenseOrder", order),
                        **({"reason": "x"} if "Reject" in name else {}),
                    }
                },
            )
        assert outcome(answer, name) == "FORBIDDEN_ROLE"


def test_rejecting_gives_the_keys_back(api, approver, order, whole):
    """The undecided rest is withdrawn, the reason is kept, keys that nobody saw are for sale again."""
    pool = order.lines.get().policy.pool
    assert AvailableKey.objects.filter(pool=pool).count() == 0

    answer = api(approver)(REJECT, {"input": {**whole, "reason": " no budget "}})

    assert answer["data"]["licenseOrderReject"] == {
        "licenseOrder": {
            "status": "REJECTED",
            "approval": "REJECTED",
            "availability": {"text": "0 of 0"},
            "decisionReason": "no budget",
        },
        "errors": [],
    }
    assert AvailableKey.objects.filter(pool=pool).count() == 6


def test_rejecting_needs_a_reason(api, approver, whole, unchanged):
    ask = api(approver)
    with unchanged():
        for reason, code in (
            ("", "REASON_REQUIRED"),
            (" \u200b", "REASON_REQUIRED"),
            ("x" * 501, "INVALID"),
            ("\0", "INVALID"),
        ):
            answer = ask(REJECT, {"input": {**whole, "reason": reason}})
            assert code_of(answer["data"]["licenseOrderReject"]) == ("reason", code), reason
