"""`esd_verify` on money: clean when all is well, and each fault that is planted here is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection, transaction
from factories import licenses_of, make_policy, make_released, reconcile_orders, table_digest
from provider import captured, disputed, refund, refunded, sell, tell, violations

from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.licenses.lifecycle import reinstate_order_licenses, suspend_order_licenses
from saleor_esd_plugin.licenses.models import SuspensionCause
from saleor_esd_plugin.orders.facts import Fact
from saleor_esd_plugin.orders.models import DisputeStage, PaymentFact, RefundState

pytestmark = pytest.mark.django_db

DISPUTE = SuspensionCause.DISPUTE


def sql(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        # Foreign keys are looked at now: a table with a check pending cannot be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement, values)


def of_payment(fact: Fact, number: int) -> Fact:
    """The same told of another payment, whose charge, refunds and disputes have names of their own."""
    return replace(
        fact,
        payment_ref=f"{fact.payment_ref}-{number}",
        ref=f"{fact.ref}-{number}",
        charge=fact.charge and f"{fact.charge}-{number}",
    )


def let_an_hour_pass() -> None:
    sql("UPDATE esd_paymentfact SET changed_at = changed_at - interval '1 hour'")
    sql(
        "UPDATE esd_licenseorder SET recorded_at = recorded_at - interval '1 hour',"
        " disputed_at = disputed_at - interval '1 hour', refunded_at = refunded_at - interval '1 hour'"
    )
    sql("ALTER TABLE esd_event DISABLE TRIGGER esd_events_stay")
    sql("UPDATE esd_event SET created_at = created_at - interval '1 hour'")


# What a provider tells of an order of 60.00.
STORIES = [
    [captured(60), refunded(20)],
    [refunded(25)],
    [refunded(60)],
    [disputed(60, DisputeStage.INQUIRY)],
    [disputed(60)],
    [disputed(60), disputed(60, DisputeStage.WON)],
    [disputed(60), disputed(60, DisputeStage.LOST)],
    [disputed(15), disputed(15, DisputeStage.LOST)],
    [refund(20), refund(20, RefundState.FAILED)],
    [refund(60), refund(60, RefundState.FAILED)],
    [refund(60), refund(60, RefundState.FAILED), refund(60, ref="re_2", hour=3)],
    [refunded(30, hour=1), refunded(10, hour=2)],
    [captured(61)],
    [captured(60, currency="EUR")],
]


def test_whatever_a_provider_tells_every_invariant_holds_an_hour_later():
    """An order for each story, all in one shop: what is violated names its order."""
    policy = make_policy(keys=6 * len(STORIES))
    for number, facts in enumerate(STORIES):
        sell(policy=policy, payment_ref=f"pi_1-{number}")
        for fact in facts:
            tell(of_payment(fact, number))
    make_released(1)

    let_an_hour_pass()

    before = table_digest()
    assert violations() == []
    assert table_digest() == before


def test_a_disputed_order_with_licenses_that_are_not_suspended():
    """P03, C9. It may be on its way for five minutes."""
    order = sell(2)
    tell(disputed(20))
    sql(
        "UPDATE esd_license SET suspension_causes = '{STAFF}' WHERE id = %s",
        licenses_of(order)[1].pk,
    )
    assert violations() == []

    let_an_hour_pass()
    assert violations() == [
        f"order {order.number}: disputed, and has licenses that are not suspended for it"
    ]

    suspend_order_licenses(order.pk, cause=DISPUTE, moment=now())
    assert violations() == []


def test_licenses_that_are_suspended_for_no_dispute():
    order = sell(2)
    suspend_order_licenses(order.pk, cause=DISPUTE, moment=now())
    found = f"order {order.number}: not disputed, and has licenses that are suspended for it"
    assert violations() == [found]

    reinstate_order_licenses(order.pk, cause=DISPUTE)
    suspend_order_licenses(order.pk, cause=SuspensionCause.STAFF, moment=now())
    assert violations() == []


def test_after_a_dispute_has_closed_its_suspension_may_last_five_minutes():
    order = sell(2)
    tell(disputed(20))
    tell(disputed(20, DisputeStage.WON))
    suspend_order_licenses(order.pk, cause=DISPUTE, moment=now())
    assert violations() == []

    let_an_hour_pass()
    assert violations() == [
        f"order {order.number}: not disputed, and has licenses that are suspended for it"
    ]


def test_an_order_whose_money_is_all_gone_and_that_has_not_ended():
    """Invariant 3."""
    order = sell(2)
    tell(refunded(10))
    sql("UPDATE esd_licenseorder SET refunded = 15, charged_back = 5 WHERE id = %s", order.pk)

    assert violations() == [f"3: order {order.number} has not ended, and all its money went back"]


def test_amounts_that_cannot_be():
    order = sell(2)
    tell(refunded(10))
    sql("UPDATE esd_licenseorder SET peak_refund = 12, failed_refund = 3 WHERE id = %s", order.pk)
    assert violations() == [f"order {order.number}: more failed than seemed to be gone"]

    sql(
        "UPDATE esd_licenseorder SET failed_refund = 2, cancelled_at = now() WHERE id = %s",
        order.pk,
    )
    assert violations() == [
        f"order {order.number}: it has ended, and staff are asked about a refund that failed"
    ]

    sql(
        "UPDATE esd_licenseorder SET failed_refund = 0, peak_refund = 10, cancelled_at = NULL,"
        " captured = 5, refunded_at = now() WHERE id = %s",
        order.pk,
    )
    assert violations() == [f"order {order.number}: more went back than came in"]

    sql(
        "UPDATE esd_licenseorder SET captured = 20, refunded_at = NULL, open_refund = 6,"
        " settled_refund = 5 WHERE id = %s",
        order.pk,
    )
    assert violations() == [f"order {order.number}: more is open or settled than went back"]


def test_amounts_that_are_not_those_of_the_payments():
    """The shop's records and the facts together decide; reconciling repairs it."""
    order = sell(2)
    tell(refunded(10))
    let_an_hour_pass()
    assert violations() == []
    found = f"order {order.number}: its amounts are not those of its payments"

    wrong = [
        "captured = 21",
        "refunded = 9",
        "charged_back = 1",
        "disputed_at = clock_timestamp()",
    ]
    for amounts in wrong:
        before = transaction.savepoint()
        sql(f"UPDATE esd_licenseorder SET {amounts} WHERE id = %s", order.pk)
        assert violations() == [found], amounts
        transaction.savepoint_rollback(before)

    sql(f"UPDATE esd_licenseorder SET {', '.join(wrong)} WHERE id = %s", order.pk)
    reconcile_orders()
    assert violations() == []


def test_a_fact_that_has_just_come_is_given_five_minutes():
    order = sell(2)
    tell(refunded(10))
    let_an_hour_pass()
    PaymentFact.objects.update(amount=20, changed_at=now())
    assert violations() == []

    let_an_hour_pass()
    assert violations() == [f"order {order.number}: its amounts are not those of its payments"]


def test_a_fact_of_a_payment_that_is_not_the_orders():
    order, other = sell(2), sell(1, payment_ref="pi_2")
    tell(captured(20))
    tell(captured(10, "pi_2"))
    let_an_hour_pass()
    assert violations() == []
    fact = PaymentFact.objects.get(payment_ref="pi_2")

    PaymentFact.objects.filter(pk=fact.pk).update(order=order)

    assert violations() == [f"payment fact {fact.pk}: order {order.number} has no such payment"]
    assert other.captured == 10


def test_an_order_that_the_shop_has_deleted_is_not_compared():
    from provider import delete_in_shop

    order = sell(2)
    tell(captured(20))
    let_an_hour_pass()
    delete_in_shop(order)
    sql("UPDATE esd_licenseorder SET captured = 7 WHERE id = %s", order.pk)

    assert violations() == []
