from importlib import import_module
from types import SimpleNamespace

import pytest
from before_subjects import before_subjects
from django.db import connection
from factories import (
    STAFF,
    actor_for,
    licenses_of,
    make_account,
    make_assigned,
    make_end_customer,
    make_license_order,
    make_policy,
    make_released,
    table_digest,
)

from saleor_esd_plugin.errors import InvalidQuantity, InvalidTransition, NotFound, ReasonRequired
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.stock.lifecycle import mark_revealed
from saleor_esd_plugin.licenses.errors import KeyWasSeen, NotEnoughLicenses, NotReleased
from saleor_esd_plugin.licenses.models import Assignment, License
from saleor_esd_plugin.licenses.units import assign_licenses, assign_order_line, recall_licenses

pytestmark = pytest.mark.django_db


def test_assigning_a_quantity_is_one_step_and_one_event():
    """I13, I15: N licenses of a line go to one end customer; they are then Assigned."""
    line = make_released(6)[0].order_line
    customer = make_end_customer(line.order.account)

    assign_order_line(line.pk, quantity=2, end_customer_id=customer.pk, actor=STAFF)

    licenses = licenses_of(line.order)
    assert [one.fulfillment for one in licenses] == ["ASSIGNED"] * 2 + ["RELEASED"] * 4
    assert [one.end_customer_id for one in licenses] == [customer.pk] * 2 + [None] * 4
    assert Assignment.objects.filter(end_customer=customer, ended_at=None).count() == 2
    event = Event.objects.get(type="license.assigned")
    assert event.subject_id == customer.pk
    assert event.data == {"licenses": [str(one.pk) for one in licenses[:2]]}
    assert (event.actor_label, event.account_id, event.order_id) == (
        "staff@shop.example",
        line.order.account_id,
        line.order_id,
    )


def test_more_than_are_free_is_refused_and_none_is_assigned():
    """I13: all or none."""
    line = make_released(3)[0].order_line
    customer = make_end_customer(line.order.account)
    before = table_digest()

    with pytest.raises(NotEnoughLicenses) as refusal:
        assign_order_line(line.pk, quantity=4, end_customer_id=customer.pk, actor=STAFF)

    assert refusal.value.params == {"wanted": 4, "available": 3}
    assert table_digest() == before


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_quantity_below_one_is_refused(quantity):
    line = make_released(1)[0].order_line
    customer = make_end_customer(line.order.account)

    with pytest.raises(InvalidQuantity):
        assign_order_line(line.pk, quantity=quantity, end_customer_id=customer.pk, actor=STAFF)


def test_what_is_pending_cannot_be_assigned():
    """I11: only a released license can be managed."""
    order = make_license_order(1)
    license = licenses_of(order)[0]
    customer = make_end_customer(order.account)
    before = table_digest()

    with pytest.raises(NotReleased):
        assign_licenses([license.pk], end_customer_id=customer.pk, actor=STAFF)

    assert table_digest() == before


def test_one_that_somebody_else_holds_refuses_all():
    assigned = make_assigned(1)[0]
    other = make_end_customer(assigned.account)
    before = table_digest()

    with pytest.raises(InvalidTransition) as refusal:
        assign_licenses([assigned.pk], end_customer_id=other.pk, actor=STAFF)

    assert refusal.value.params == {"before": "ASSIGNED", "after": "ASSIGNED"}
    assert refusal.value.message == (
        "Another end customer has one of these licenses. Recall it first."
    )
    assert table_digest() == before


def test_assigning_again_to_the_same_changes_nothing():
    license = make_assigned(1)[0]
    before = table_digest()

    assign_licenses([license.pk], end_customer_id=license.end_customer_id, actor=STAFF)

    assert table_digest() == before


def test_an_end_customer_of_another_account_is_not_found():
    license = make_released(1)[0]
    foreign = make_end_customer(make_account())
    before = table_digest()

    with pytest.raises(NotFound) as refusal:
        assign_licenses([license.pk], end_customer_id=foreign.pk, actor=STAFF)

    assert refusal.value.field == "endCustomer"
    assert table_digest() == before


def test_the_term_begins_with_the_first_assignment_and_not_again():
    policy = make_policy(keys=1, term="P1Y", expiry_basis="FROM_ASSIGNMENT")
    license = make_released(1, policy=policy)[0]
    assert (license.starts_at, license.expires_at) == (None, None)
    first, second = make_end_customer(license.account), make_end_customer(license.account)

    assign_licenses([license.pk], end_customer_id=first.pk, actor=STAFF)
    began = License.objects.get(pk=license.pk).starts_at
    recall_licenses([license.pk], actor=STAFF, is_staff=False)
    assign_licenses([license.pk], end_customer_id=second.pk, actor=STAFF)

    license.refresh_from_db()
    assert license.starts_at == began
    assert (license.expires_at - began).days in (365, 366)


def test_recalling_takes_it_back_and_keeps_the_history():
    license = make_assigned(1)[0]
    owner = actor_for(type("U", (), {"pk": 7, "email": "owner@example.com"}))

    recall_licenses([license.pk], actor=owner, is_staff=False, reason="wrong customer")

    license.refresh_from_db()
    assert (license.fulfillment, license.end_customer_id, license.assigned_at) == (
        "RELEASED",
        None,
        None,
    )
    assert Assignment.objects.get(license=license).ended_at is not None
    event = Event.objects.get(type="license.recalled")
    assert (event.reason, event.data["licenses"]) == ("wrong customer", [str(license.pk)])


def test_once_the_key_was_seen_only_staff_may_recall_with_a_reason():
    license = make_assigned(1)[0]
    mark_revealed([license.key_id], now())
    before = table_digest()

    with pytest.raises(KeyWasSeen):
        recall_licenses([license.pk], actor=STAFF, is_staff=False, reason="please")
    with pytest.raises(ReasonRequired):
        recall_licenses([license.pk], actor=STAFF, is_staff=True)
    assert table_digest() == before

    recall_licenses([license.pk], actor=STAFF, is_staff=True, reason="sent to the wrong firm")

    license.refresh_from_db()
    assert license.fulfillment == "RELEASED"


def test_the_migration_finds_who_assigned_in_the_events():
    """Of assignments from before, with which no user was kept."""
    licenses = make_assigned(2)
    owner = actor_for(SimpleNamespace(pk=7, email="owner@example.com"))
    mine = make_released(1)[0]
    customer = make_end_customer(mine.account)
    assign_licenses([mine.pk], end_customer_id=customer.pk, actor=owner)
    kept = dict(Assignment.objects.values_list("license_id", "assigned_by_ref"))
    Assignment.objects.update(assigned_by_ref="")

    migration = import_module("saleor_esd_plugin.migrations.0020_assigned_by_ref")
    with before_subjects(), connection.cursor() as cursor:
        cursor.execute(migration.FROM_EVENTS)

    assert dict(Assignment.objects.values_list("license_id", "assigned_by_ref")) == kept
    assert kept == {**{one.pk: STAFF.ref for one in licenses}, mine.pk: "7"}
