"""Mails about suspension, reinstatement and cancellation: reason, end, and whom they go to."""

from __future__ import annotations

from datetime import timedelta

import factories
import pytest

from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.orders.cancellation import cancel_licenses
from saleor_esd_plugin.orders.suspension import reinstate_licenses, suspend_licenses

pytestmark = pytest.mark.django_db


@pytest.fixture
def held():
    """Two licenses, of which one end customer who reads Spanish has one."""
    policy = factories.make_policy(keys=2, term="P1Y")
    licenses = factories.make_released(2, policy=policy)
    customer = factories.make_end_customer(
        licenses[0].account, email="it@acme.example", language="es"
    )
    factories.assign_licenses([licenses[0].pk], end_customer_id=customer.pk, actor=factories.STAFF)
    return licenses


def ids(licenses):
    return [license.pk for license in licenses]


def test_buyer_and_end_customer_read_why_and_until_when(held, deliveries_for, letters):
    """P13; end customers only if staff ask for it."""
    until = now() + timedelta(days=10)
    suspend_licenses(
        ids(held),
        reason="PAYMENT_OVERDUE",
        note="secret of staff",
        until=until,
        notifies_end_customers=True,
        actor=factories.STAFF,
    )

    to_buyer, to_holder = letters(deliveries_for("license.suspended"))
    assert to_buyer.subject.endswith(": licenses suspended")
    assert "- 2 x " in to_buyer.text
    assert "Reason: A payment is overdue." in to_buyer.text
    assert "The suspension ends on" in to_buyer.text
    assert to_holder.subject == "Licencias suspendidas"
    assert "- 1 x " in to_holder.text
    assert "Motivo: Hay un pago vencido." in to_holder.text
    for letter in (to_buyer, to_holder):
        assert "secret of staff" not in letter.text + letter.html

    reinstate_licenses(ids(held), reason="RESOLVED", actor=factories.STAFF)
    letter, promised = letters(deliveries_for("license.reinstated"))
    assert letter.subject.endswith(": licenses can be used again")
    # Who was told that it is suspended was promised to hear of its end.
    assert promised.subject == "Las licencias se pueden usar de nuevo"


def test_two_end_customers_of_one_address_are_both_told(held, deliveries_for, letters):
    """And at the address of today."""
    other = factories.make_end_customer(held[1].account, email="it@acme.example", language="es")
    factories.assign_licenses([held[1].pk], end_customer_id=other.pk, actor=factories.STAFF)
    given = {"reason": "PAYMENT_OVERDUE", "notifies_end_customers": True}
    suspend_licenses(ids(held), actor=factories.STAFF, **given)
    deliveries = deliveries_for("license.suspended")
    type(other).objects.filter(pk=other.pk).update(email="new@acme.example")

    _, *to_holders = letters(deliveries)

    assert sorted(letter.to for letter in to_holders) == ["it@acme.example", "new@acme.example"]


def test_a_date_is_told_only_if_nothing_else_holds_it(held, deliveries_for, letters):
    suspend_licenses(
        ids(held), reason="PAYMENT_OVERDUE", until=now() + timedelta(days=3), actor=factories.STAFF
    )
    type(held[0]).objects.update(suspension_causes=["STAFF", "DISPUTE"])
    (letter,) = letters(deliveries_for("license.suspended"))
    assert "The suspension ends on" not in letter.text


def test_what_expired_meanwhile_has_to_be_renewed(held, deliveries_for, letters):
    """P12: a mail that says it can be used would be wrong."""
    suspend_licenses(ids(held), reason="PAYMENT_OVERDUE", actor=factories.STAFF)
    factories.expire(held[0], ago=timedelta(days=31))
    reinstate_licenses(ids(held), reason="RESOLVED", actor=factories.STAFF)
    (letter,) = letters(deliveries_for("license.reinstated"))
    assert letter.text.count("- 1 x ") == 2
    assert "They can be used once they are renewed:" in letter.text

    suspend_licenses(ids(held[:1]), reason="PAYMENT_OVERDUE", actor=factories.STAFF)
    reinstate_licenses(ids(held[:1]), reason="RESOLVED", actor=factories.STAFF)
    *_, last = letters(deliveries_for("license.reinstated"))
    assert last.subject.endswith(": licenses have to be renewed")
    assert "as before" not in last.text

    suspend_licenses(ids(held[:1]), reason="PAYMENT_OVERDUE", actor=factories.STAFF)
    factories.expire(held[0], ago=timedelta(days=121))
    reinstate_licenses(ids(held[:1]), reason="RESOLVED", actor=factories.STAFF)
    *_, last = letters(deliveries_for("license.reinstated"))
    assert last.subject.endswith(": licenses have expired")
    assert "cannot be renewed" in last.text


def test_a_cancellation_is_told_with_its_reason(held, deliveries_for, letters):
    cancel_licenses(
        ids(held), reason="CONTRACT_TERMINATION", notifies_end_customers=True, actor=factories.STAFF
    )
    to_buyer, to_holder = letters(deliveries_for("license.cancelled"))
    assert to_buyer.subject.endswith(": licenses cancelled")
    assert "Reason: The contract was terminated." in to_buyer.text
    assert to_holder.subject == "Licencias canceladas"
    assert "Es definitivo." in to_holder.text
