"""A broker that is down, or silent, holds neither shop nor sweep: with a real Redis, and no worker that would help."""

from __future__ import annotations

import factories
import pytest
from django.test import Client
from redis_broker import BREAKS, MENDS
from shop import find_license_order, states

from saleor_esd_plugin import tasks
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import Dispatch
from saleor_esd_plugin.host import broker
from saleor_esd_plugin.licenses.claim_links import issue_claim_link
from saleor_esd_plugin.orders.approval import approve_license_order


def untold(order):
    found = find_license_order(order)
    return Dispatch.objects.filter(told_at=None, event__order_id=found.pk).count()


@pytest.mark.parametrize("how", BREAKS)
def test_each_break_is_waited_for_once_and_the_sweep_does_the_rest(
    market, staff, redis, asked, clock, how
):
    product = market.product(keys=2, approval="AUTOMATIC")
    by_hand = market.product(keys=2)
    asked.clear()
    BREAKS[how](redis)

    # A checkout waits once, in its hook, and the sweep not at all.
    order = market.buy(product)
    assert (len(asked), states(order)) == (1, [])
    tasks.reconcile_all()
    assert (len(asked), states(order)) == (1, ["RELEASED"])

    # Workers are woken again once it is back.
    MENDS[how](redis)
    clock.now += broker.PAUSE
    pending = market.buy(by_hand, 2)
    told = [event for task, event in redis.waiting() if task == "dispatch_event"]
    mine = Dispatch.objects.filter(event__order_id=find_license_order(pending).pk)
    assert {str(pk) for pk in mine.values_list("pk", flat=True)} <= set(told)
    assert broker.down_since() is None
    tasks.reconcile_all()
    assert states(pending) == ["PENDING_APPROVAL"] * 2

    # A mutation waits once, too, and nobody after it.
    asked.clear()
    BREAKS[how](redis)
    assert market.approve(staff, pending)["errors"] == []
    assert len(asked) == 1
    assert untold(pending) > 0
    market.buy(product)
    assert len(asked) == 1
    tasks.reconcile_all()
    assert states(pending) == ["RELEASED"] * 2
    # What the sweep did last, to mail the keys, the next one tells.
    tasks.reconcile_all()
    assert untold(pending) == 0
    assert len(asked) == 1


# All that asks the broker does so in one place: no more follows from the way it fails in, so silence stands for both.


def test_the_claim_page_waits_once_and_shows_the_key(live_db, redis, asked, clock):
    (license,) = factories.make_released()
    token = issue_claim_link(license.pk, email="ada@example.com")
    asked.clear()
    redis.pause()

    answer = Client().post("/plugins/global/esd/claim/", {"token": token})

    assert answer.status_code == 200
    license.key.refresh_from_db()
    assert license.key.revealed_at is not None
    assert len(asked) == 1


def test_the_sweep_waits_once_and_does_what_workers_would(live_db, redis, asked, clock, smtp):
    """Each of its steps, and each mail that follows, would wake a worker of its own."""
    order = factories.make_license_order(2)
    approve_license_order(order.pk, actor=factories.STAFF)
    asked.clear()
    redis.pause()

    tasks.reconcile_all()

    assert [one.fulfillment for one in factories.licenses_of(order)] == ["RELEASED"] * 2
    mails = Delivery.objects.filter(order_id=order.pk)
    assert set(mails.values_list("kind", "status")) == {
        # It waits for its minute.
        ("ORDER_CONFIRMED", "QUEUED"),
        ("ORDER_RELEASED", "SENT"),
        ("LICENSE_KEYS", "SENT"),
    }
    assert len(asked) == 1
