"""A broker that is down, or silent, holds neither shop nor sweep: with a real Redis, and no worker that would help."""

from __future__ import annotations

import pytest
from django.test import Client
from redis_broker import BREAKS, MENDS
from shop import find_license_order, states

from saleor_esd_plugin import tasks
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import Dispatch
from saleor_esd_plugin.host import broker
from saleor_esd_plugin.licenses.claim_links import issue_claim_link
from saleor_esd_plugin.licenses.models import License

# All that asks the broker does so in one place: where no more follows from the way it fails in, silence stands for both.
either_way = pytest.mark.parametrize("how", BREAKS)


@pytest.fixture
def pending(market, redis, staff):
    """An order that waits for staff, and was paid; recorded and allocated by the sweep, since no worker came."""
    order = market.buy(market.product(keys=2), 2)
    tasks.reconcile_all()
    assert states(order) == ["PENDING_APPROVAL"] * 2
    return order


@pytest.fixture
def released(market, redis):
    order = market.buy(market.product(keys=1, approval="AUTOMATIC"))
    tasks.reconcile_all()
    assert states(order) == ["RELEASED"]
    return order


def untold(order):
    found = find_license_order(order)
    return Dispatch.objects.filter(told_at=None, event__order_id=found.pk).count()


@either_way
def test_a_mutation_waits_once_and_the_sweep_does_the_rest(
    market, staff, pending, redis, asked, clock, how
):
    BREAKS[how](redis)

    answer = market.approve(staff, pending)

    assert answer["errors"] == []
    assert len(asked) == 1
    assert untold(pending) > 0
    market.approve(staff, market.buy(market.product(keys=1)))
    assert len(asked) == 1
    tasks.reconcile_all()
    assert states(pending) == ["RELEASED"] * 2
    # What the sweep did last, to mail the keys, the next one tells.
    tasks.reconcile_all()
    assert untold(pending) == 0
    assert len(asked) == 1


@either_way
def test_workers_are_woken_again_once_it_is_back(market, staff, pending, redis, clock, how):
    BREAKS[how](redis)
    market.approve(staff, pending)
    MENDS[how](redis)
    clock.now += broker.PAUSE

    order = market.buy(market.product(keys=1))

    told = [event for task, event in redis.waiting() if task == "dispatch_event"]
    mine = Dispatch.objects.filter(event__order_id=find_license_order(order).pk)
    assert {str(pk) for pk in mine.values_list("pk", flat=True)} <= set(told)
    assert broker.down_since() is None


@either_way
def test_a_checkout_waits_once_in_its_hook(market, redis, asked, clock, how):
    product = market.product(keys=1, approval="AUTOMATIC")
    asked.clear()
    BREAKS[how](redis)

    order = market.buy(product)

    assert len(asked) == 1
    assert states(order) == []
    tasks.reconcile_all()
    assert states(order) == ["RELEASED"]
    assert len(asked) == 1


def test_the_claim_page_waits_once_and_shows_the_key(market, released, redis, asked, clock):
    license = License.objects.get(order_line__order=find_license_order(released))
    token = issue_claim_link(license.pk, email="ada@example.com")
    asked.clear()
    redis.pause()

    answer = Client().post("/plugins/global/esd/claim/", {"token": token})

    assert answer.status_code == 200
    license.key.refresh_from_db()
    assert license.key.revealed_at is not None
    assert len(asked) == 1


def test_the_sweep_waits_once_and_does_what_workers_would(
    market, pending, staff, redis, asked, clock, smtp
):
    """Each of its steps, and each mail that follows, would wake a worker of its own."""
    market.approve(staff, pending)
    asked.clear()
    redis.pause()

    tasks.reconcile_all()

    assert states(pending) == ["RELEASED"] * 2
    mails = Delivery.objects.filter(order_id=find_license_order(pending).pk)
    assert set(mails.values_list("kind", "status")) == {
        ("ORDER_CONFIRMED", "SENT"),
        ("ORDER_RELEASED", "SENT"),
        ("LICENSE_KEYS", "SENT"),
    }
    assert len(asked) == 1
