"""How units come back that left for a refund which failed."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

import build
import pytest
from factories import (
    STAFF,
    licenses_of,
    make_member,
    make_policy,
    make_pool,
    reconcile_orders,
    table_digest,
)
from provider import (
    amounts,
    captured,
    counts,
    delete_in_shop,
    event_types,
    fulfillments,
    refund,
    refunded,
    see,
    sell,
    sell_two_prices,
    standing,
    tell,
    units,
)

from saleor_esd_plugin.errors import (
    ForbiddenRole,
    Invalid,
    InvalidQuantity,
    NotFound,
    ReasonRequired,
)
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.host.types import Actor
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.counts import order_availability
from saleor_esd_plugin.orders.models import LicenseOrder, RefundState
from saleor_esd_plugin.orders.restoration import restore_units
from saleor_esd_plugin.orders.returns import return_units
from saleor_esd_plugin.orders.settlement import settle_license_order
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]

FAILED = RefundState.FAILED


def line_of(order, place=0):
    return order.lines.order_by("pk")[place]


def restore(order, quantity, *, place=0, **fields):
    """Staff give so many units of a line again; what follows in a worker has happened."""
    quantities = {line_of(order, place).pk: quantity} if quantity else {}
    restore_units(
        order.pk,
        quantities=quantities,
        reason=fields.pop("reason", "the bank sent it back"),
        actor=fields.pop("actor", STAFF),
        **fields,
    )
    allocate_license_order(order.pk)
    settle_license_order(order.pk)


def live(order):
    return Counter(one for one in fulfillments(order) if one not in ("RETURNED", "REJECTED"))


def test_staff_give_the_units_new_licenses():
    """RETURNED is final: there are new licenses with other keys, released as the old ones had been."""
    order = sell(6, policy=make_policy(keys=8))
    see(licenses_of(order)[5])
    tell(refunded(20, hour=1), refund(20))
    tell(refund(20, FAILED))
    start = len(event_types(order))

    restore(order, 2)

    assert (counts(order), amounts(order)) == ([(6, 0)], (0, 0, 0))
    assert (str(order_availability(order)), standing(order)["approval"]) == ("6 of 6", "APPROVED")
    found = units(order)
    assert Counter(one[1] for one in found) == {"RELEASED": 6, "RETURNED": 2}
    assert sorted(index for index, state, _ in found if state == "RELEASED") == list(range(6))
    assert event_types(order, start) == [
        "license.restored",
        "license_order.allocated",
        "license.released",
    ]
    restored = Event.objects.get(type="license.restored")
    assert (restored.reason, restored.permission) == ("the bank sent it back", "MANAGE_LICENSES")
    assert restored.data["lines"] == {str(line_of(order).pk): 2}


def test_after_the_units_came_back_they_leave_as_any_other():
    """For another refund, and again for another reason than money: that does not ask again."""
    order = sell()
    tell(refund(20))
    tell(refund(20, FAILED))
    restore(order, 2)

    tell(refund(20, ref="re_2", hour=3))

    assert (counts(order), amounts(order)) == ([(4, 2)], (20, 0, 0))
    tell(refund(20, FAILED, ref="re_2", hour=3))
    assert amounts(order) == (0, 0, 20)
    restore(order, 2)

    return_units(order.pk, quantities={line_of(order).pk: 2}, reason="sent it back", actor=STAFF)

    assert (counts(order), amounts(order)) == ([(4, 2)], (0, 0, 0))


def test_staff_say_that_no_unit_comes_back():
    """The buyer got the money in another way."""
    order = sell()
    tell(refund(20))
    tell(refund(20, FAILED))
    start = len(event_types(order))

    restore(order, 0, covers_failed_refund=True)
    tell(refund(20, FAILED))

    assert (counts(order), amounts(order)) == ([(4, 2)], (0, 0, 0))
    assert event_types(order, start) == ["license_order.refund_failure_settled"]
    settled = Event.objects.get(type="license_order.refund_failure_settled")
    assert (settled.data["amount"], settled.data["currency"]) == ("20.0000", "USD")
    with pytest.raises(Invalid):
        restore(order, 1)


def test_some_come_back_and_the_rest_does_not():
    order = sell()
    tell(refund(30))
    tell(refund(30, FAILED))

    restore(order, 1)
    assert (counts(order), amounts(order)) == ([(4, 2)], (0, 0, 20))
    restore(order, 1, covers_failed_refund=True)

    assert (counts(order), amounts(order)) == ([(5, 1)], (0, 0, 0))
    assert event_types(order)[-3:] == ["license_order.refund_failure_settled"] + [
        "license_order.allocated",
        "license.released",
    ]


def test_a_refund_in_full_that_failed_opens_the_order_again():
    """Nothing of it is back by itself; a second one that succeeds ends it once more."""
    order = sell(3)
    tell(refunded(30, hour=1), refund(30))
    assert (standing(order)["refunded_at"], standing(order)["approval"]) == (True, "CANCELLED")

    tell(refund(30, FAILED))

    assert (standing(order)["refunded_at"], standing(order)["approval"]) == (False, "CANCELLED")
    assert (counts(order), amounts(order)) == ([(0, 3)], (0, 0, 30))
    restore(order, 3)
    assert (live(order), standing(order)["approval"]) == ({"RELEASED": 3}, "APPROVED")

    tell(refund(30, ref="re_2", hour=3))

    assert (standing(order)["refunded_at"], fulfillments(order)) == (True, ["RETURNED"] * 6)
    assert event_types(order).count("license_order.refunded") == 2


def test_the_failure_of_one_refund_of_several():
    order = sell()
    tell(refund(20), refunded(60, hour=2))
    tell(refund(40, ref="re_2", hour=2))
    assert standing(order)["refunded_at"] is True

    tell(refund(40, FAILED, ref="re_2", hour=2))

    assert (counts(order), amounts(order)) == ([(0, 6)], (20, 0, 40))
    with pytest.raises(InvalidQuantity) as refused:
        restore(order, 5)
    assert refused.value.params == {"available": 4}
    restore(order, 4)
    assert (str(order_availability(order)), amounts(order)) == ("4 of 4", (20, 0, 0))


def test_what_had_left_before_the_refund_is_shown_too():
    """Goods first, then the money, which did not arrive: the buyer has neither. Before it left it is not asked for."""
    order = sell()
    return_units(order.pk, quantities={line_of(order).pk: 2}, reason="sent it back", actor=STAFF)
    before = table_digest()
    with pytest.raises(Invalid) as refused:
        restore(order, 1)
    assert refused.value.field == "lines"
    with pytest.raises(Invalid) as refused:
        restore(order, 0, covers_failed_refund=True)
    assert refused.value.field == "coversFailedRefund"
    assert table_digest() == before
    tell(refund(20))

    tell(refund(20, FAILED))

    assert (counts(order), amounts(order)) == ([(4, 2)], (0, 0, 20))
    restore(order, 2)
    assert (counts(order), live(order)) == ([(6, 0)], {"RELEASED": 6})


def test_units_that_staff_chose_for_an_open_refund():
    """20.00 of two prices; staff named the unit for 20.00."""
    order = sell_two_prices()
    tell(refund(20))
    dear = next(one for one in licenses_of(order) if one.order_line_id == line_of(order, 1).pk)
    return_units(order.pk, license_ids=[dear.pk], reason="the dear one", actor=STAFF)
    assert (counts(order), amounts(order)) == ([(3, 0), (2, 1)], (20, 0, 0))

    tell(refund(20, FAILED))

    assert amounts(order) == (0, 0, 20)
    with pytest.raises(InvalidQuantity) as refused:
        restore(order, 1, place=0)
    assert refused.value.params == {"available": 0}
    restore(order, 1, place=1)
    assert (counts(order), amounts(order)) == ([(3, 0), (3, 0)], (0, 0, 0))


def test_what_is_open_of_another_refund_is_open_again_with_the_last_unit():
    """Two units for 20.00 that failed, 5.00 that went back for nobody knows what."""
    order = sell()
    tell(refund(20))
    tell(refund(5, ref="re_2", hour=2))
    assert amounts(order) == (25, 5, 0)

    tell(refund(20, FAILED))
    assert (counts(order), amounts(order)) == ([(4, 2)], (5, 0, 15))
    restore(order, 2)

    # Nothing more is released until staff have decided on the 5.00.
    assert (counts(order), amounts(order)) == ([(6, 0)], (5, 5, 0))
    assert live(order) == {"RELEASED": 4, "PENDING_APPROVAL": 2}
    return_units(order.pk, covers_refund=True, reason="late", actor=STAFF)
    assert live(order) == {"RELEASED": 6}


def test_units_that_nobody_had_approved_are_undecided_again():
    """Who may give units again need not be one who approves: of all that left as many are as had been released."""
    order = sell(approved=False)
    approve_license_order(order.pk, quantities={line_of(order).pk: 3}, actor=STAFF)
    tell(refund(20))
    tell(refund(20, FAILED))
    assert counts(order) == [(3, 2)]

    restore(order, 2)

    assert (counts(order), live(order)) == ([(3, 0)], {"RELEASED": 3, "PENDING_APPROVAL": 3})
    assert (standing(order)["approval"], line_of(order).undecided) == ("PARTIALLY_APPROVED", 3)

    tell(refund(60, ref="re_2"))
    tell(refund(60, FAILED, ref="re_2"))
    restore(order, 6)

    assert (counts(order), live(order)) == ([(3, 0)], {"RELEASED": 3, "PENDING_APPROVAL": 3})


def test_units_that_no_worker_heard_of_are_found_by_the_sweep():
    order = sell()
    tell(refund(20))
    tell(refund(20, FAILED))
    restore_units(
        order.pk, quantities={line_of(order).pk: 2}, reason="the bank sent it back", actor=STAFF
    )
    assert str(order_availability(order)) == "4 of 6"

    reconcile_orders()

    assert str(order_availability(order)) == "6 of 6"


def test_without_keys_the_units_wait_for_them():
    order = sell(2, policy=make_policy(make_pool(keys=2)))
    see(*licenses_of(order))
    tell(refund(20))
    tell(refund(20, FAILED))

    restore(order, 2)

    assert order_availability(order).waiting == (("KEYS", 2),)
    assert line_of(order).backordered_at is not None


def test_a_cancelled_order_stays_cancelled():
    """Its units left for that, whatever becomes of the money."""
    order = sell()
    tell(refund(60))
    LicenseOrder.objects.filter(pk=order.pk).update(cancelled_at=now())

    tell(refund(60, FAILED))

    assert (standing(order)["cancelled_at"], amounts(order)) == (True, (0, 0, 0))
    with pytest.raises(Invalid):
        restore(order, 1)


def test_of_an_order_that_the_shop_deleted_nothing_comes_back():
    """What a unit cost is gone with it, and who would release it."""
    order = sell()
    tell(captured(60))
    tell(refund(60))
    delete_in_shop(order)

    tell(refund(60, FAILED))

    assert (standing(order)["refunded_at"], amounts(order)) == (False, (0, 0, 0))
    with pytest.raises(Invalid):
        restore(order, 1)


def test_refused_and_nothing_changes():
    order, other = sell(), sell(payment_ref="pi_2")
    tell(refund(20))
    tell(refund(20, FAILED))
    owner = build.make_user()
    make_member(order.account, owner, "MASTER")
    before = table_digest()

    for error, call in (
        (ReasonRequired, lambda: restore(order, 1, reason=" ")),
        (Invalid, lambda: restore(order, 0)),
        (InvalidQuantity, lambda: restore(order, 3)),
        (ForbiddenRole, lambda: restore(order, 1, actor=Actor("USER", ref=str(owner.pk)))),
        (
            NotFound,
            lambda: restore_units(
                order.pk, quantities={line_of(other).pk: 1}, reason="x", actor=STAFF
            ),
        ),
        (
            NotFound,
            lambda: restore_units(uuid4(), quantities={uuid4(): 1}, reason="x", actor=STAFF),
        ),
    ):
        with pytest.raises(error):
            call()
    for quantity in (0, -1):
        with pytest.raises(InvalidQuantity):
            restore_units(
                order.pk, quantities={line_of(order).pk: quantity}, reason="x", actor=STAFF
            )

    assert table_digest() == before
