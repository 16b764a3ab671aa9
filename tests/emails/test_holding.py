"""Mails with keys of suspended licenses: nothing leaks, nothing is lost, nothing goes out twice."""

from __future__ import annotations

from datetime import timedelta

import build
import factories as make
import pytest
from provider import captured, disputed, refunded, sell, tell

from saleor_esd_plugin import tasks
from saleor_esd_plugin.emails import mails, send
from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.emails.resending import resend_license_email
from saleor_esd_plugin.emails.send import due_deliveries, send_delivery
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.licenses.claim_links import find_claim
from saleor_esd_plugin.licenses.lifecycle import reinstate_order_licenses, suspend_order_licenses
from saleor_esd_plugin.licenses.models import ClaimLink, License, SuspensionCause
from saleor_esd_plugin.licenses.units import assign_licenses, recall_licenses
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.models import DisputeStage

pytestmark = pytest.mark.django_db

WON, LOST = DisputeStage.WON, DisputeStage.LOST
HELD = ("QUEUED", 0, "The licenses are suspended.")


def stand(delivery):
    delivery.refresh_from_db()
    return delivery.status, delivery.attempts, delivery.error


def deliveries_of_latest(event_type):
    return deliveries_of(Event.objects.filter(type=event_type).latest("pk"))


def reinstated():
    """The dispute is won; what is sent by the event of it, told twice."""
    tell(disputed(20, WON))
    for _ in range(2):
        for delivery_id in deliveries_of_latest("license.reinstated"):
            send_delivery(delivery_id)


def key_mails(smtp, *clear):
    """How often each key arrived."""
    texts = [message.get_body(("plain",)).get_content() for message in smtp.messages]
    return [sum(key in text for text in texts) for key in clear]


def clear_keys(order):
    return [decrypt(license.key).reveal() for license in make.licenses_of(order)]


def assigned(order):
    licenses = make.licenses_of(order)
    customer = make.make_end_customer(licenses[0].account, email="it@end.example")
    assign_licenses([one.pk for one in licenses], end_customer_id=customer.pk, actor=make.STAFF)


@pytest.mark.parametrize("kind", ["LICENSE_KEYS", "LICENSE_ASSIGNED"])
def test_the_key_mail_waits_and_goes_out_once_after_reinstatement(kind, deliveries_for, smtp):
    """P03, invariant 5: the event of the reinstatement is told twice."""
    order = sell(2)
    if kind == "LICENSE_ASSIGNED":
        assigned(order)
    event_type = "license.released" if kind == "LICENSE_KEYS" else "license.assigned"
    (delivery,) = [one for one in deliveries_for(event_type) if one.kind == kind]
    tell(disputed(20))

    send_delivery(delivery.pk)

    assert (stand(delivery), smtp.messages) == (HELD, [])
    assert timedelta(hours=23) < delivery.due_at - now() <= timedelta(days=1)
    assert not License.objects.exclude(key__revealed_at=None).exists()
    assert not Event.objects.filter(type="license_key.revealed").exists()

    reinstated()

    assert key_mails(smtp, *clear_keys(order)) == [1, 1]
    assert stand(delivery) == ("SENT", 1, "")
    assert Delivery.objects.filter(kind=kind).count() == 1


def test_what_was_sent_before_the_suspension_is_not_sent_again(deliveries_for, smtp):
    order = sell(2)
    for delivery in deliveries_for("license.released"):
        send_delivery(delivery.pk)
    tell(disputed(20))

    reinstated()

    assert key_mails(smtp, *clear_keys(order)) == [1, 1]


def test_a_link_is_not_made_for_a_suspended_license(deliveries_for, smtp):
    order = sell(1, policy=make.make_policy(keys=1, delivery="CLAIM_LINK"))
    keys = deliveries_for("license.released")[0]
    tell(disputed(10))

    send_delivery(keys.pk)
    assert (stand(keys), ClaimLink.objects.count()) == (HELD, 0)

    reinstated()
    assert (keys.kind, stand(keys)[0], ClaimLink.objects.count()) == ("LICENSE_KEYS", "SENT", 1)
    text = smtp.messages[-1].get_body(("plain",)).get_content()
    token = text.partition("token=")[2].split()[0]
    assert find_claim(token) == make.licenses_of(order)[0]


def test_the_notice_of_the_release_waits_as_well(deliveries_for, smtp):
    """ "Its licenses can be used" would not be true. Known by a mark, which goes when the mail has left: `error` is for people."""
    order = sell(1)
    keys, notice = deliveries_for("license.released")
    tell(disputed(10))

    for delivery in (keys, notice):
        send_delivery(delivery.pk)
    assert (notice.kind, stand(notice)) == ("ORDER_RELEASED", HELD)
    Delivery.objects.update(error="It waits, as somebody says in other words.")

    reinstated()
    subjects = [message["Subject"] for message in smtp.messages]
    assert subjects.count(f"Order {order.number}: 1 of 1 licenses are ready") == 1
    assert key_mails(smtp, *clear_keys(order)) == [1]
    assert "is_held" not in Delivery.objects.get(pk=keys.pk).data


def test_one_that_is_suspended_for_another_cause_waits_on(deliveries_for, smtp):
    """P11: lifting one cause is not enough."""
    order = sell(2)
    keys = deliveries_for("license.released")[0]
    tell(disputed(20))
    suspend_order_licenses(order.pk, cause=SuspensionCause.STAFF, moment=now())
    send_delivery(keys.pk)

    reinstated()

    assert stand(keys) == HELD
    assert key_mails(smtp, *clear_keys(order)) == [0, 0]


def test_a_lost_message_of_the_reinstatement_delays_by_a_day_at_most(deliveries_for, smtp):
    order = sell(1)
    keys = deliveries_for("license.released")[0]
    tell(disputed(10))
    send_delivery(keys.pk)
    reinstate_order_licenses(order.pk, cause=SuspensionCause.DISPUTE)
    assert keys.pk not in due_deliveries(10)
    Delivery.objects.filter(pk=keys.pk).update(due_at=now())

    for delivery_id in due_deliveries(10):
        send_delivery(delivery_id)

    assert key_mails(smtp, *clear_keys(order)) == [1]


def test_a_worker_that_dies_after_the_reinstatement_loses_nothing(
    deliveries_for, smtp, monkeypatch
):
    """C5: the same delivery is found again when its lease ends, with the same Message-ID."""
    order = sell(1)
    keys = deliveries_for("license.released")[0]
    tell(disputed(10))
    send_delivery(keys.pk)

    class Killed(BaseException):
        pass

    def die(*args):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(send, "_hand_to_server", die)
        reinstated()
    Delivery.objects.filter(leased_until__isnull=False).update(leased_until=now())
    reinstated()
    for delivery_id in due_deliveries(10):
        send_delivery(delivery_id)

    assert key_mails(smtp, *clear_keys(order)) == [1]
    assert Delivery.objects.filter(status="QUEUED").count() == 0


def test_of_a_mail_with_several_orders_only_the_suspended_part_waits(deliveries_for, smtp):
    """An end customer gets licenses of two orders in one mail; one of the orders is disputed."""
    policy = make.make_policy(keys=3)
    user = build.make_user("b@example.com")
    disputed_order = sell(1, policy=policy, user=user)
    other = make.make_license_order(2, policy=policy, user=user)
    approve_license_order(other.pk, actor=make.STAFF)
    licenses = [*make.licenses_of(disputed_order), *make.licenses_of(other)]
    customer = make.make_end_customer(licenses[0].account, email="it@end.example")
    assign_licenses([one.pk for one in licenses], end_customer_id=customer.pk, actor=make.STAFF)
    (delivery,) = deliveries_for("license.assigned")
    tell(disputed(10))

    for _ in range(2):
        send_delivery(delivery.pk)

    held, *free = [decrypt(one.key).reveal() for one in licenses]
    assert key_mails(smtp, held, *free) == [0, 1, 1]
    rest = Delivery.objects.exclude(pk=delivery.pk).get(event=delivery.event)
    assert (stand(rest), rest.license_ids) == (HELD, [str(licenses[0].pk)])
    assert (rest.kind, rest.recipient) == ("LICENSE_ASSIGNED", "it@end.example")
    assert (rest.order_id, rest.account_id, rest.data) == (
        delivery.order_id,
        delivery.account_id,
        {**delivery.data, "is_held": True},
    )
    assert len(Delivery.objects.get(pk=delivery.pk).license_ids) == 2
    send_delivery(rest.pk)
    assert stand(rest) == HELD

    reinstated()

    assert key_mails(smtp, held, *free) == [1, 1, 1]
    assert Delivery.objects.filter(event=delivery.event).count() == 2


def test_a_letter_that_cannot_be_written_splits_nothing(deliveries_for, smtp, monkeypatch):
    """What waits apart is made with the letter, or not at all."""
    order = sell(2)
    keys = deliveries_for("license.released")[0]
    License.objects.filter(order_line__order=order, unit_index=0).update(
        suspended_at=now(), suspension_causes=["STAFF"]
    )
    before = Delivery.objects.count()

    def broken(name, values):
        raise ValueError

    with monkeypatch.context() as patch:
        patch.setattr("saleor_esd_plugin.emails.render._text", broken)
        send_delivery(keys.pk)

    assert stand(keys) == ("QUEUED", 1, "CannotRender license_keys: ValueError")
    assert (Delivery.objects.count(), len(keys.license_ids)) == (before, 2)
    Delivery.objects.filter(pk=keys.pk).update(due_at=now())
    send_delivery(keys.pk)
    assert key_mails(smtp, *clear_keys(order)) == [0, 1]
    assert Delivery.objects.count() == before + 1


def test_one_suspended_before_the_letter_is_written_is_not_in_it(deliveries_for, smtp, monkeypatch):
    """Between the lease and the look at the licenses."""
    order = sell(1)
    keys = deliveries_for("license.released")[0]
    look = mails.keys.live_order

    def suspends(delivery, **kwargs):
        suspend_order_licenses(order.pk, cause=SuspensionCause.STAFF, moment=now())
        return look(delivery, **kwargs)

    monkeypatch.setattr(mails.keys, "live_order", suspends)
    send_delivery(keys.pk)

    # The suspension was part of what the savepoint took back; the mail knew of it.
    assert (stand(keys), smtp.messages) == (HELD, [])


def test_a_mail_that_was_asked_for_again_waits_too(deliveries_for, smtp):
    """I16: asked for before, suspended since."""
    order = sell(1)
    (license,) = make.licenses_of(order)
    resend_license_email(license.pk, actor=make.STAFF)
    (delivery,) = deliveries_for("license_email.resent")
    tell(disputed(10))
    send_delivery(delivery.pk)
    assert stand(delivery) == HELD

    reinstated()
    assert key_mails(smtp, *clear_keys(order)) == [1]


@pytest.mark.parametrize("end", ["returned", "recalled"])
def test_what_was_taken_back_while_it_waited_is_not_mailed(end, deliveries_for, smtp):
    """C6."""
    order = sell(1)
    assigned(order)
    (delivery,) = deliveries_for("license.assigned")
    tell(disputed(10))
    send_delivery(delivery.pk)

    if end == "returned":
        tell(disputed(10, LOST))
    else:
        ids = [one.pk for one in make.licenses_of(order)]
        recall_licenses(ids, actor=make.STAFF, is_staff=True, reason="wrong firm")
        tell(disputed(10, WON))
    Delivery.objects.filter(pk=delivery.pk).update(due_at=now())
    send_delivery(delivery.pk)

    assert stand(delivery)[::2] == (
        "SUPPRESSED",
        "The licenses were returned or given to somebody else.",
    )
    assert smtp.messages == []


def test_only_the_account_that_was_reinstated_is_woken(deliveries_for):
    first, second = sell(1), make.make_released(1)[0]
    tell(disputed(10))
    suspend_order_licenses(second.order_line.order_id, cause=SuspensionCause.STAFF, moment=now())
    for event in Event.objects.filter(type="license.released"):
        for delivery_id in deliveries_of(event):
            send_delivery(delivery_id)
    assert due_deliveries(10) == []

    tell(disputed(10, WON))
    woken = deliveries_of_latest("license.reinstated")

    rows = Delivery.objects.filter(pk__in=woken)
    assert {row.account_id for row in rows} == {first.account_id}
    assert sorted(row.kind for row in rows) == [
        "LICENSES_REINSTATED",
        "LICENSE_KEYS",
        "ORDER_RELEASED",
    ]


def test_by_the_workers_a_payment_a_dispute_and_its_end_bring_one_key(smtp, run_commits):
    """The whole way: every event told, as the tasks do it, and the sweep three times at the end."""
    order = sell(2, paid=False)
    tell(captured(20))
    tell(disputed(20))
    run_commits()
    assert key_mails(smtp, *clear_keys(order)) == [0, 0]

    tell(disputed(20, WON))
    run_commits()
    for _ in range(3):
        tasks.reconcile_all()
        run_commits()

    assert key_mails(smtp, *clear_keys(order)) == [1, 1]
    tell(refunded(20))
    run_commits()
    # The confirmation alone waits for its minute.
    waiting = Delivery.objects.filter(status="QUEUED")
    assert list(waiting.values_list("kind", flat=True)) == ["ORDER_CONFIRMED"]
