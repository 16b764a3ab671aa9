"""Finding orders and licenses by what became of their money: disputed, refunded, waiting for one of these."""

import factories
import pytest

from saleor_esd_plugin.orders.approval import approve_license_order

pytestmark = pytest.mark.django_db

ORDERS = """query($filter: LicenseOrderFilterInput) { licenseOrders(first: 100, filter: $filter) {
    totalCount edges { node { id } } } }"""
LICENSES = """query($filter: LicenseFilterInput) { licenses(first: 100, filter: $filter) {
    edges { node { id waitingFor } } } }"""


@pytest.fixture
def manager(api, staff):
    return api(staff("MANAGE_LICENSES"))


@pytest.fixture
def listed(manager):
    """`listed(disputed=True)`: the ids of the orders that this filter leaves."""

    def ask(**filter):
        answer = manager(ORDERS, {"filter": filter})
        assert "errors" not in answer, answer
        found = [edge["node"]["id"] for edge in answer["data"]["licenseOrders"]["edges"]]
        assert answer["data"]["licenseOrders"]["totalCount"] == len(found)
        return set(found)

    return ask


def released(payment):
    """A paid order of two units for 10.00, all released."""
    return factories.make_released(2, payment_ref=payment)[0].order_line.order


def test_filters_for_disputed_and_refunded(listed, gid, told):
    """P05: open disputes only; refunded in part, in full, or lost in a dispute, in part as well."""
    orders = {}
    for name in ("unpaid", "paid", "disputed", "won", "part", "full", "lost", "lost in part"):
        order = factories.make_license_order(
            2, paid=name != "unpaid", payment_ref=f"pi_{name.replace(' ', '_')}"
        )
        orders[name] = gid("LicenseOrder", order)
    told("DISPUTE", 20, stage="OPEN", payment="pi_disputed")
    told("DISPUTE", 20, stage="WON", payment="pi_won")
    told("REFUNDED", 5, payment="pi_part")
    told("REFUNDED", 20, payment="pi_full")
    told("DISPUTE", 20, stage="LOST", payment="pi_lost")
    told("DISPUTE", 5, stage="LOST", payment="pi_lost_in_part")

    def names(**filter):
        found = listed(**filter)
        return {name for name, id in orders.items() if id in found}

    gone = {"part", "full", "lost", "lost in part"}
    assert names(disputed=True) == {"disputed"}
    assert names(disputed=False) == set(orders) - {"disputed"}
    assert names(refunded=True) == gone
    assert names(refunded=False) == set(orders) - gone
    assert names(refunded=True, disputed=True) == set()
    assert names(refunded=True, isPaid=True) == gone


def test_what_waits_for_the_end_of_a_dispute(listed, manager, gid, told):
    """P05: orders with a unit that is not released yet, and their pending licenses."""
    order = factories.make_license_order(3, keys=2, payment_ref="pi_1")
    approve_license_order(order.pk, quantities={order.lines.get().pk: 1}, actor=factories.STAFF)
    done, calm = released("pi_2"), factories.make_license_order(1)
    told("DISPUTE", 30, stage="OPEN")
    told("DISPUTE", 20, stage="OPEN", payment="pi_2")

    assert listed(waitingFor=["DISPUTE"]) == {gid("LicenseOrder", order)}
    assert listed(disputed=True) == {gid("LicenseOrder", order), gid("LicenseOrder", done)}
    answer = manager(LICENSES, {"filter": {"waitingFor": ["DISPUTE"]}})
    _, pending = factories.licenses_of(order)
    assert answer["data"]["licenses"]["edges"] == [
        {"node": {"id": gid("License", pending), "waitingFor": ["APPROVAL", "DISPUTE"]}}
    ]

    told("DISPUTE", 30, stage="WON")
    assert listed(waitingFor=["DISPUTE", "REFUND"]) == set()
    assert gid("LicenseOrder", calm) in listed(disputed=False)


def test_what_waits_for_staff_to_settle_a_refund(listed, manager, gid, told):
    """P05: orders whose units are all released too, for staff have to decide; of licenses the pending ones."""
    waits = factories.make_license_order(2, payment_ref="pi_1")
    done, unpaid = released("pi_2"), factories.make_license_order(2, payment_ref="pi_3")
    for payment in ("pi_1", "pi_2", "pi_3"):
        told("REFUNDED", 5, payment=payment)
    line = unpaid.lines.get()
    approve_license_order(
        unpaid.pk,
        quantities={line.pk: 1},
        release_unpaid=True,
        reason="good customer",
        actor=factories.STAFF,
    )

    assert listed(waitingFor=["REFUND"]) == {
        gid("LicenseOrder", order) for order in (waits, done, unpaid)
    }
    answer = manager(LICENSES, {"filter": {"waitingFor": ["REFUND"]}})
    found = {e["node"]["id"]: e["node"]["waitingFor"] for e in answer["data"]["licenses"]["edges"]}
    assert found == {
        gid("License", license): ["APPROVAL", "REFUND"] for license in factories.licenses_of(waits)
    }

    told("REFUNDED", 20)
    assert gid("LicenseOrder", waits) not in listed(waitingFor=["REFUND"])
