import build
import pytest
from factories import (
    STAFF,
    actor_for,
    add_keys,
    fresh_keys,
    licenses_of,
    make_license_order,
    make_policy,
    make_pool,
    reconcile_orders,
    table_digest,
    unique,
)

from saleor_esd_plugin.errors import (
    ForbiddenRole,
    Invalid,
    InvalidQuantity,
    NotFound,
    ReasonRequired,
)
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.models import AvailableKey
from saleor_esd_plugin.licenses.policies.models import LicensePolicy
from saleor_esd_plugin.licenses.policies.services import update_license_policy
from saleor_esd_plugin.orders.approval import (
    approve_by_policy,
    approve_license_order,
    reject_license_order,
)
from saleor_esd_plugin.orders.blockers import approval_reasons
from saleor_esd_plugin.orders.counts import order_availability
from saleor_esd_plugin.orders.errors import AlreadyDecided
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.settlement import settle_license_order
from saleor_esd_plugin.orders.supply.allocation import fill_backorders

pytestmark = pytest.mark.django_db


def states(order):
    return [one.fulfillment for one in licenses_of(order)]


def test_it_is_0_of_6_and_pending_before_approval_and_6_of_6_and_done_afterwards():
    """I03, I09, I10, I11: six copies on one line; each license is Pending while the seller reviews."""
    order = make_license_order(6)

    assert str(order_availability(order)) == "0 of 6"
    assert order_availability(order).waiting == (("APPROVAL", 6),)
    assert order.approval == "PENDING"
    assert states(order) == ["PENDING_APPROVAL"] * 6
    assert approval_reasons(order, order.lines.all()) == ["POLICY_MANUAL"]

    approve_license_order(order.pk, actor=STAFF)

    order.refresh_from_db()
    assert str(order_availability(order)) == "6 of 6"
    assert order_availability(order).is_done
    assert (order.approval, order.decided_by) == ("APPROVED", "staff@shop.example")
    assert states(order) == ["RELEASED"] * 6
    assert [event.type for event in Event.objects.filter(order_id=order.pk)][-2:] == [
        "license_order.approved",
        "license.released",
    ]
    # What is decided needs no reason.
    assert approval_reasons(order, order.lines.all()) == []


def test_a_part_may_be_approved_again_and_the_rest_rejected():
    """T-CON-08: 4 of 6 twice releases each unit once; rejected keys go back to the pool, "4 of 4" remains."""
    order = make_license_order(6)
    line = order.lines.get()

    approve_license_order(order.pk, quantities={line.pk: 4}, actor=STAFF)
    before = table_digest()
    approve_license_order(order.pk, quantities={line.pk: 4}, actor=STAFF)

    assert table_digest() == before
    order.refresh_from_db()
    assert order.approval == "PARTIALLY_APPROVED"
    assert str(order_availability(order)) == "4 of 6"
    assert states(order) == ["RELEASED"] * 4 + ["PENDING_APPROVAL"] * 2

    # Fewer than are approved, more than were ordered.
    for quantity in (3, 7, -1):
        with pytest.raises(InvalidQuantity) as refusal:
            approve_license_order(order.pk, quantities={line.pk: quantity}, actor=STAFF)

        params = {"approved": 4, "undecided": 2, "order_line": str(line.pk)}
        assert refusal.value.params == params, quantity
        assert table_digest() == before, quantity

    reject_license_order(order.pk, reason="credit limit", actor=STAFF)

    order.refresh_from_db()
    assert order.approval == "APPROVED"
    assert order.decision_reason == "credit limit"
    assert states(order) == ["RELEASED"] * 4 + ["REJECTED"] * 2
    assert str(order_availability(order)) == "4 of 4"
    assert AvailableKey.objects.filter(pool=line.policy.pool).count() == 2


def test_a_line_of_another_order_is_not_found():
    order, other = make_license_order(1), make_license_order(1)
    before = table_digest()

    with pytest.raises(NotFound):
        approve_license_order(order.pk, quantities={other.lines.get().pk: 1}, actor=STAFF)

    assert table_digest() == before


def test_the_second_approver_is_told_the_decision():
    """C8: one wins."""
    order = make_license_order(2)
    approve_license_order(order.pk, actor=STAFF)
    before = table_digest()

    with pytest.raises(AlreadyDecided) as refusal:
        approve_license_order(order.pk, actor=STAFF)
    with pytest.raises(AlreadyDecided):
        reject_license_order(order.pk, reason="too late", actor=STAFF)

    assert refusal.value.params["decision"] == "APPROVED"
    assert refusal.value.params["decided_by"] == "staff@shop.example"
    assert table_digest() == before


def test_rejecting_all_needs_a_reason_and_gives_every_key_back():
    order = make_license_order(3)
    before = table_digest()
    with pytest.raises(ReasonRequired):
        reject_license_order(order.pk, reason="  ", actor=STAFF)
    assert table_digest() == before

    reject_license_order(order.pk, reason="no such company", actor=STAFF)

    order.refresh_from_db()
    assert order.approval == "REJECTED"
    assert order_availability(order).of == 0
    assert not order_availability(order).is_done
    assert AvailableKey.objects.filter(pool=order.lines.get().policy.pool).count() == 3


def test_a_reason_is_cleaned_whoever_asks():
    """Not by the API alone: it ends in subjects of mails and in rows of files."""
    order, other = (make_license_order(1) for _ in range(2))
    before = table_digest()

    for reason in ("x" * 501, "a\0b"):
        with pytest.raises(Invalid):
            reject_license_order(order.pk, reason=reason, actor=STAFF)
        with pytest.raises(Invalid):
            approve_license_order(other.pk, reason=reason, actor=STAFF)
    assert table_digest() == before
    rejected = reject_license_order(order.pk, reason="  no\r\nBcc: x \u200b", actor=STAFF)

    assert rejected.decision_reason == "no Bcc: x"
    assert Event.objects.get(type="license_order.rejected").reason == "no Bcc: x"


def test_nobody_decides_on_their_own_order():
    """Approve, reject, release unpaid (not one's own order)."""
    user = build.make_user(unique("self") + "@example.com")
    order = make_license_order(1, user=user)
    before = table_digest()

    with pytest.raises(ForbiddenRole):
        approve_license_order(order.pk, actor=actor_for(user, "APPROVE_LICENSES"))
    with pytest.raises(ForbiddenRole):
        reject_license_order(order.pk, reason="x", actor=actor_for(user, "APPROVE_LICENSES"))

    assert table_digest() == before


def test_backordered_units_are_approved_and_released_once_they_have_a_key():
    pool = make_pool(keys=2)
    order = make_license_order(5, policy=make_policy(pool))
    assert order_availability(order).backordered == 3

    approve_license_order(order.pk, actor=STAFF)
    assert str(order_availability(order)) == "2 of 5"
    assert order_availability(order).waiting == (("KEYS", 3),)

    add_keys(pool, fresh_keys(3))
    assert fill_backorders(pool.pk) == 3
    settle_license_order(order.pk)

    assert str(order_availability(order)) == "5 of 5"


def test_an_unpaid_order_is_approved_but_not_released_until_payment_is_waived():
    """B07, invariant 3."""
    order = make_license_order(2, paid=False)

    approve_license_order(order.pk, actor=STAFF)

    order.refresh_from_db()
    assert order.approval == "APPROVED"
    assert states(order) == ["PENDING_APPROVAL"] * 2
    assert order_availability(order).waiting == (("PAYMENT", 2),)

    approve_license_order(order.pk, release_unpaid=True, reason="known customer", actor=STAFF)

    assert states(order) == ["RELEASED"] * 2


def test_staff_may_release_unpaid_with_a_reason():
    """Invariant 3: a staff override with a reason."""
    order = make_license_order(2, paid=False)
    with pytest.raises(ReasonRequired):
        approve_license_order(order.pk, release_unpaid=True, actor=STAFF)

    approve_license_order(order.pk, release_unpaid=True, reason="pays by invoice", actor=STAFF)

    order.refresh_from_db()
    assert order.unpaid_release_reason == "pays by invoice"
    assert states(order) == ["RELEASED"] * 2
    released = Event.objects.get(order_id=order.pk, type="license.released")
    assert (released.reason, released.data["is_paid"]) == ("pays by invoice", False)


def test_automatic_approval_needs_nobody():
    order = make_license_order(2, policy=make_policy(keys=2, approval="AUTOMATIC"))

    approve_by_policy(order.pk)
    before = table_digest()
    approve_by_policy(order.pk)

    order.refresh_from_db()
    assert (order.approval, order.decided_by) == ("APPROVED", "saleor_esd_plugin")
    assert table_digest() == before


@pytest.mark.parametrize(
    "quantity, first, reasons",
    [
        (3, False, []),
        (2, False, ["QUANTITY"]),
        (None, True, ["FIRST_ORDER"]),
        (2, True, ["QUANTITY", "FIRST_ORDER"]),
    ],
)
def test_rules_ask_staff_above_a_quantity_and_for_a_first_order(quantity, first, reasons):
    """And the order says which rule it was."""
    rules = {"approval_quantity": quantity, "approves_first_order_manually": first}
    order = make_license_order(3, policy=make_policy(keys=3, approval="RULES", **rules))
    assert approval_reasons(order, order.lines.all()) == reasons

    approve_by_policy(order.pk)

    order.refresh_from_db()
    assert order.approval == ("PENDING" if reasons else "APPROVED")


def test_the_second_order_of_a_buyer_passes_the_rules():
    user = build.make_user(unique("again") + "@example.com")
    policy = make_policy(keys=2, approval="RULES")
    first = make_license_order(1, policy=policy, user=user)
    approve_by_policy(first.pk)
    approve_license_order(first.pk, actor=STAFF)
    second = make_license_order(1, policy=policy, user=user)

    approve_by_policy(second.pk)

    second.refresh_from_db()
    assert second.approval == "APPROVED"


def switch(policy, **fields):
    update_license_policy(policy.pk, actor=STAFF, **fields)


def test_a_policy_that_needs_staff_no_more_does_so_for_orders_from_now_on():
    """What waited goes on waiting, whatever the sweep, new keys or another order of the buyer bring."""
    quantity = {"approval_quantity": 1, "approves_first_order_manually": False}
    changes = [
        ({"approval": "MANUAL"}, {"approval": "AUTOMATIC"}),
        ({"approval": "RULES", **quantity}, {"approval_quantity": None}),
        ({"approval": "RULES"}, {"approves_first_order_manually": False}),
    ]
    orders = []
    for before, after in changes:
        policy = make_policy(keys=4, **before)
        waited = make_license_order(2, policy=policy)
        reasons = approval_reasons(waited, waited.lines.all())
        assert reasons != [], before
        lost = make_license_order(2, policy=policy, allocate=False)
        switch(policy, **after)
        add_keys(policy.pool, fresh_keys(4))
        new = make_license_order(2, policy=LicensePolicy.objects.get(pk=policy.pk))
        orders.append((after, reasons, waited, lost, new))

    reconcile_orders()
    reconcile_orders()

    for after, reasons, waited, lost, new in orders:
        states = [LicenseOrder.objects.get(pk=one.pk).approval for one in (waited, lost, new)]
        assert states == ["PENDING", "PENDING", "APPROVED"], after
        assert approval_reasons(waited, waited.lines.all()) == reasons, after
        assert "POLICY_CHANGED" in approval_reasons(lost, lost.lines.all()), after
        assert order_availability(lost).waiting == (("APPROVAL", 2),), after


def test_a_policy_that_asks_staff_from_now_on_approves_what_came_before():
    policy = make_policy(keys=4, approval="AUTOMATIC")
    before = make_license_order(2, policy=policy)

    switch(policy, approval="MANUAL")
    after = make_license_order(2, policy=policy)
    reconcile_orders()

    found = [LicenseOrder.objects.get(pk=one.pk) for one in (before, after)]
    assert [one.approval for one in found] == ["APPROVED", "PENDING"]
    assert approval_reasons(after, after.lines.all()) == ["POLICY_MANUAL"]


def test_other_changes_of_a_policy_leave_its_approval_alone():
    policy = make_policy(keys=2, approval="AUTOMATIC")
    order = make_license_order(2, policy=policy, allocate=False)
    switch(policy, name="renamed", approval="AUTOMATIC")

    reconcile_orders()

    assert str(order_availability(order)) == "2 of 2"


def test_the_second_order_of_a_buyer_that_waits_is_left_to_staff():
    """It was sent to them for a rule, and stays there when the first one is approved."""
    user = build.make_user(unique("twice") + "@example.com")
    policy = make_policy(keys=2, approval="RULES")
    first, second = (make_license_order(1, policy=policy, user=user) for _ in range(2))
    approve_license_order(first.pk, actor=STAFF)

    reconcile_orders()

    second.refresh_from_db()
    assert second.approval == "PENDING"
    assert approval_reasons(second, second.lines.all()) == ["FIRST_ORDER"]


def test_each_line_follows_its_own_policy():
    manual, automatic = make_policy(keys=1), make_policy(keys=1, approval="AUTOMATIC")
    from factories import record

    order = record(
        build.make_order(
            [(build.find_variant(policy.variant_ref), 1) for policy in (manual, automatic)],
            paid=True,
        )
    )

    approve_by_policy(order.pk)

    assert {line.policy_id: line.approved for line in order.lines.all()} == {
        manual.pk: 0,
        automatic.pk: 1,
    }
    assert LicenseOrder.objects.get(pk=order.pk).approval == "PARTIALLY_APPROVED"


def test_a_checkout_that_made_two_orders_waits_for_staff():
    """H4, T-CON-03b: both are flagged and neither is approved by itself."""
    policy = make_policy(keys=2, approval="AUTOMATIC")
    token = unique("checkout")
    orders = [make_license_order(1, policy=policy, checkout_token=token) for _ in range(2)]

    for order in orders:
        approve_by_policy(order.pk)
        order.refresh_from_db()

    assert [(order.is_duplicate_checkout, order.approval) for order in orders] == [
        (True, "PENDING")
    ] * 2
    assert [approval_reasons(order, order.lines.all()) for order in orders] == [
        ["DUPLICATE_CHECKOUT"]
    ] * 2
