"""Reading license orders: how far an order is, the order history, the staff's queue, filters."""

from datetime import timedelta

import actors
import build
import factories
import pytest

from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.orders.approval import (
    approve_by_policy,
    approve_license_order,
    reject_license_order,
)
from saleor_esd_plugin.orders.models import LicenseOrder

pytestmark = pytest.mark.django_db

EVERYTHING = """id number status approval decidedAt decidedBy decisionReason
    availability { available of text pending backordered } waiting { reason quantity }
    isPaid isConfirmed isDuplicateCheckout payment { openRefundAmount { amount } facts { kind } } orderedAt account { email } buyerEmail notificationEmail
    purchaseOrderReference comment order { id number }
    lines { id productName variantName sku quantity approved withdrawn backordered
        availability { text } waiting { reason quantity } policy { keyKind } productVariant { id }
        orderLine { id quantity }
        licenses(first: 2) { totalCount edges { node { unitIndex fulfillment } } } }
    licenses(first: 10) { totalCount edges { node { unitIndex keyMask } } }
    deliveries(first: 10) { totalCount edges { node { kind recipient } } }"""
ORDER = "query($id: ID, $order: ID) { licenseOrder(id: $id, order: $order) { %s } }" % EVERYTHING
ORDERS = (
    """query($filter: LicenseOrderFilterInput, $sortBy: LicenseOrderSortingInput, $first: Int = 100) {
    licenseOrders(filter: $filter, sortBy: $sortBy, first: $first) {
        totalCount edges { node { %s } } } }"""
    % EVERYTHING
)


@pytest.fixture
def manager(api, staff):
    return api(staff("APPROVE_LICENSES"))


def of(answer):
    assert "errors" not in answer, answer
    return [edge["node"]["id"] for edge in answer["data"]["licenseOrders"]["edges"]]


def test_before_approval_it_is_pending_with_0_of_6(api, gid):
    """I09: "0 of 6" and Pending; what the buyer said at checkout is shown (I04, I05, I06)."""
    owner = build.make_user()
    said = {
        "notification_email": "ap@buyer.example",
        "purchase_order_reference": "PO-7",
        "comment": "für Müller 🚀",
    }
    order = factories.make_license_order(6, user=owner, keys=4, details=said)

    found = api(owner)(ORDER, {"id": gid("LicenseOrder", order)})["data"]["licenseOrder"]

    assert (found["status"], found["approval"]) == ("PENDING", "PENDING")
    assert found["availability"] == {
        "available": 0,
        "of": 6,
        "text": "0 of 6",
        "pending": 4,
        "backordered": 2,
    }
    assert found["waiting"] == [
        {"reason": "APPROVAL", "quantity": 6},
        {"reason": "KEYS", "quantity": 2},
    ]
    assert (found["notificationEmail"], found["purchaseOrderReference"], found["comment"]) == tuple(
        said.values()
    )
    assert (found["buyerEmail"], found["account"]["email"]) == (order.buyer_email,) * 2
    (line,) = found["lines"]
    assert (line["quantity"], line["approved"], line["backordered"]) == (6, 0, 2)
    assert line["licenses"] == {
        "totalCount": 4,
        "edges": [{"node": {"unitIndex": n, "fulfillment": "PENDING_APPROVAL"}} for n in (0, 1)],
    }
    assert found["order"]["number"] == order.number
    assert line["orderLine"]["quantity"] == 6


def test_after_approval_it_is_done_with_6_of_6(manager, gid):
    """I11: "6 of 6" and Done; by the id of the shop's order too."""
    order = factories.make_license_order(6)
    approve_license_order(order.pk, reason="known customer", actor=factories.STAFF)

    found = manager(ORDER, {"id": gid("LicenseOrder", order)})["data"]["licenseOrder"]

    assert (found["status"], found["availability"]["text"]) == ("DONE", "6 of 6")
    assert (found["waiting"], found["decidedBy"]) == ([], factories.STAFF.label)
    assert found["decisionReason"] == "known customer"
    assert {edge["node"]["unitIndex"] for edge in found["licenses"]["edges"]} == set(range(6))
    shops_id = gid("Order", build.find_order(order.order_uuid))
    assert manager(ORDER, {"order": shops_id})["data"]["licenseOrder"] == found


def test_members_do_not_read_who_of_the_shop_decided(api, gid):
    """Nor does the plugin hide behind "staff"."""
    owner = build.make_user()
    by_hand = factories.make_license_order(1, user=owner)
    approve_license_order(by_hand.pk, actor=factories.STAFF)
    policy = factories.make_policy(keys=1, approval="AUTOMATIC")
    by_itself = factories.make_license_order(1, user=owner, policy=policy)
    approve_by_policy(by_itself.pk)
    undecided = factories.make_license_order(1, user=owner)

    ask = api(owner)
    found = {
        order: ask(ORDER, {"id": gid("LicenseOrder", order)})["data"]["licenseOrder"]["decidedBy"]
        for order in (by_hand, by_itself, undecided)
    }

    assert found == {by_hand: "staff", by_itself: "saleor_esd_plugin", undecided: None}


def test_4_of_6(manager, gid):
    order = factories.make_license_order(6)
    line = order.lines.get()
    for approved, status, text in ((0, "PENDING", "0 of 6"), (4, "PARTIALLY_RELEASED", "4 of 6")):
        approve_license_order(order.pk, quantities={line.pk: approved}, actor=factories.STAFF)
        found = manager(ORDER, {"id": gid("LicenseOrder", order)})["data"]["licenseOrder"]
        assert (found["status"], found["availability"]["text"]) == (status, text)


def test_rejected_and_cancelled(manager, gid):
    rejected, cancelled = factories.make_license_order(1), factories.make_license_order(1)
    reject_license_order(rejected.pk, reason="no", actor=factories.STAFF)
    LicenseOrder.objects.filter(pk=cancelled.pk).update(cancelled_at=now(), approval="CANCELLED")
    states = {
        row: manager(ORDER, {"id": gid("LicenseOrder", row)})["data"]["licenseOrder"]["status"]
        for row in (rejected, cancelled)
    }
    assert states == {rejected: "REJECTED", cancelled: "CANCELLED"}


def test_either_id_is_needed(manager, gid):
    order = gid("LicenseOrder", factories.make_license_order(1))
    for ids in ({}, {"id": order, "order": order}):
        error = manager(ORDER, ids)["errors"][0]
        assert error["extensions"]["exception"]["code"] == "INVALID"


def test_ids_that_are_none_give_null(manager, bad_ids, each_of):
    for name in ("id", "order"):
        field = "licenseOrder(%s: $it) { id }" % name
        assert each_of(manager, "query", field, "ID", bad_ids) == [None] * len(bad_ids), name


def test_who_sees_an_order(api, gid):
    """T-AUTHZ-01: license orders, list and one."""
    order = factories.make_license_order(1)
    asked = {"filter": {"account": gid("LicenseAccount", order.account)}}
    for who, sees in (
        ("MASTER", True),
        ("ADMINISTRATOR", True),
        ("SUPPORT", True),
        ("BILLING", False),
        ("shopper", False),
        ("staff", False),
        ("REVEAL_LICENSE_KEYS", False),
        ("MANAGE_LICENSE_KEYS", False),
        ("MANAGE_LICENSES", True),
        ("APPROVE_LICENSES", True),
        ("app APPROVE_LICENSES", True),
    ):
        ask = api(actors.ACTORS[who](order.account))

        one = ask(ORDER, {"id": gid("LicenseOrder", order)})["data"]["licenseOrder"]
        listed = of(ask(ORDERS, asked))

        assert (one is not None, listed) == (sees, [gid("LicenseOrder", order)] if sees else []), (
            who
        )
        if who == "SUPPORT":
            assert one["order"] is None
            assert {edge["node"]["keyMask"] for edge in one["licenses"]["edges"]} == {None}


def test_the_history_is_newest_first_the_queue_oldest_first(api, staff, gid):
    """K15: order history, newest first. Issue 2: the queue of what waits for approval sorts by age."""
    owner, moment = build.make_user(), now()
    orders = []
    for days in (2, 9, 5):
        order = factories.make_license_order(1, user=owner)
        LicenseOrder.objects.filter(pk=order.pk).update(ordered_at=moment - timedelta(days=days))
        orders.append(gid("LicenseOrder", order))
    two_days, nine_days, five_days = orders

    assert of(api(owner)(ORDERS)) == [two_days, five_days, nine_days]
    manager = api(staff("APPROVE_LICENSES"))
    queue = {"filter": {"waitingFor": ["APPROVAL"]}}
    assert of(manager(ORDERS, queue)) == [nine_days, five_days, two_days]
    newest = {**queue, "sortBy": {"field": "ORDERED_AT", "direction": "DESC"}}
    assert of(manager(ORDERS, newest)) == [two_days, five_days, nine_days]


@pytest.fixture
def one_of_each(gid):
    """Status -> the ids of orders in it, however they came there."""
    pending, partial, done, rejected = [factories.make_license_order(3) for _ in range(4)]
    approve_license_order(partial.pk, quantities={partial.lines.get().pk: 2}, actor=factories.STAFF)
    approve_license_order(done.pk, actor=factories.STAFF)
    reject_license_order(rejected.pk, reason="no", actor=factories.STAFF)
    unpaid = factories.make_license_order(1, paid=False)
    approve_license_order(unpaid.pk, actor=factories.STAFF)
    keyless = factories.make_license_order(2, keys=0)
    backordered = factories.make_license_order(3, keys=1)
    approve_license_order(backordered.pk, actor=factories.STAFF)
    unallocated = factories.make_license_order(1, allocate=False)
    # Two of three are released, the third will not be: what is left of it is done.
    settled = factories.make_license_order(3)
    approve_license_order(settled.pk, quantities={settled.lines.get().pk: 2}, actor=factories.STAFF)
    reject_license_order(settled.pk, reason="too many", actor=factories.STAFF)
    cancelled, refunded = [factories.make_license_order(1) for _ in range(2)]
    approve_license_order(refunded.pk, actor=factories.STAFF)
    LicenseOrder.objects.filter(pk=cancelled.pk).update(cancelled_at=now(), approval="CANCELLED")
    LicenseOrder.objects.filter(pk=refunded.pk).update(refunded_at=now())
    found = {
        "PENDING": [pending, unpaid, keyless, unallocated],
        "PARTIALLY_RELEASED": [partial, backordered],
        "DONE": [done, settled],
        "REJECTED": [rejected],
        "CANCELLED": [cancelled, refunded],
    }
    return {
        status: {gid("LicenseOrder", order) for order in orders} for status, orders in found.items()
    }


def test_orders_are_filtered_by_the_status_that_they_show(api, manager, gid, one_of_each, found_by):
    """I09, I11: each order is found by its own status and by no other."""
    shown = manager(ORDERS)["data"]["licenseOrders"]["edges"]
    by_status = {}
    for edge in shown:
        by_status.setdefault(edge["node"]["status"], set()).add(edge["node"]["id"])
    assert by_status == one_of_each

    filters = [{"status": [status]} for status in one_of_each]
    found = found_by(manager, "licenseOrders", "LicenseOrderFilterInput", filters)
    assert {status: set(orders) for status, orders in zip(one_of_each, found)} == one_of_each
    two, none, both = found_by(
        manager,
        "licenseOrders",
        "LicenseOrderFilterInput",
        [
            {"status": ["DONE", "REJECTED"]},
            {"status": []},
            {"status": ["PENDING", "DONE"], "waitingFor": ["PAYMENT"]},
        ],
    )
    assert set(two) == one_of_each["DONE"] | one_of_each["REJECTED"]
    assert (none, len(both)) == ([], 1)
    # T-AUTHZ-01: a buyer filters own orders only.
    owner = build.make_user()
    mine = factories.make_license_order(1, user=owner)
    approve_license_order(mine.pk, actor=factories.STAFF)
    found = found_by(api(owner), "licenseOrders", "LicenseOrderFilterInput", filters)
    own = [[gid("LicenseOrder", mine)] if status == "DONE" else [] for status in one_of_each]
    assert found == own


PAGE = """query($filter: LicenseOrderFilterInput, $sortBy: LicenseOrderSortingInput, $first: Int,
        $last: Int, $after: String, $before: String) {
    licenseOrders(filter: $filter, sortBy: $sortBy, first: $first, last: $last, after: $after,
            before: $before) {
        pageInfo { startCursor endCursor hasNextPage hasPreviousPage } edges { node { id } } } }"""


def test_pages_of_one_status_in_every_order(manager, one_of_each):
    for field, direction in (("ORDERED_AT", "DESC"), ("NUMBER", "ASC"), ("BUYER", "DESC")):
        given = {
            "filter": {"status": ["PENDING", "PARTIALLY_RELEASED"]},
            "sortBy": {"field": field, "direction": direction},
        }
        whole = of(manager(PAGE, {**given, "first": 100}))
        assert set(whole) == one_of_each["PENDING"] | one_of_each["PARTIALLY_RELEASED"]

        forward, after = [], None
        while after is not False:
            page = manager(PAGE, {**given, "first": 4, "after": after})
            forward += of(page)
            info = page["data"]["licenseOrders"]["pageInfo"]
            after = info["hasNextPage"] and info["endCursor"]
        backward, before = [], None
        while before is not False:
            page = manager(PAGE, {**given, "last": 4, "before": before})
            backward = of(page) + backward
            info = page["data"]["licenseOrders"]["pageInfo"]
            before = info["hasPreviousPage"] and info["startCursor"]

        assert forward == backward == whole, (field, direction)


def test_filters(manager, gid, found_by):
    """P05: approval, waiting reason, number, buyer, account, product, SKU, paid, dates, text."""
    owner = build.make_user()
    mine = factories.make_license_order(
        2, user=owner, keys=1, paid=False, details={"purchase_order_reference": "PO-ü-1"}
    )
    other = factories.make_license_order(1)
    approve_license_order(other.pk, actor=factories.STAFF)
    line, mine_id = mine.lines.get(), gid("LicenseOrder", mine)
    filters = [
        {"approval": ["PENDING", "REJECTED"]},
        {"waitingFor": ["APPROVAL"]},
        {"waitingFor": ["PAYMENT"]},
        {"waitingFor": ["KEYS"]},
        {"number": mine.number},
        {"buyer": mine.buyer_email.upper()},
        {"account": gid("LicenseAccount", mine.account)},
        {"product": line.product_name[1:]},
        {"sku": line.sku.lower()},
        {"isPaid": False},
        {"text": "po-ü"},
        {"text": line.sku},
        {"orderedAt": {"gte": mine.ordered_at.isoformat(), "lte": mine.ordered_at.isoformat()}},
    ]
    others = [
        {"approval": []},
        {"waitingFor": ["CONFIRMATION"]},
        {"number": mine.number + "0"},
        {"sku": "%"},
        {"text": "_"},
        {"decidedAt": {"lte": "2020-01-01T00:00:00Z"}},
    ]
    every = [*filters, *others]
    found = found_by(manager, "licenseOrders", "LicenseOrderFilterInput", every)
    for filter, orders in zip(every, found):
        assert orders == ([mine_id] if filter in filters else []), filter


def test_sorting(manager, gid):
    first = factories.make_license_order(1, email="b@x.example")
    second = factories.make_license_order(1, email="a@x.example")
    LicenseOrder.objects.filter(pk=first.pk).update(number="9")
    LicenseOrder.objects.filter(pk=second.pk).update(number="10")
    by = lambda field: of(manager(ORDERS, {"sortBy": {"field": field, "direction": "ASC"}}))
    first_id, second_id = gid("LicenseOrder", first), gid("LicenseOrder", second)
    assert by("NUMBER") == [first_id, second_id]
    assert by("BUYER") == [second_id, first_id]


def test_a_page_of_many_costs_as_many_queries_as_a_page_of_one(api, staff, queries):
    """PF20 for orders: lines, counts, licenses and deliveries below each."""
    for _ in range(5):
        factories.make_license_order(2)
    ask = api(staff("MANAGE_LICENSES"))

    def page(first):
        assert len(of(ask(ORDERS, {"first": first}))) == first

    page(5)  # what the host caches on the first request is not ours
    assert queries(lambda: page(5)) == queries(lambda: page(1))
