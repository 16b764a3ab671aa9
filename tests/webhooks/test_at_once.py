"""T-WH-03: many deliveries of one message at the same moment, through the shop's own routes."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.webhooks.models import InboundEvent
from saleor_esd_plugin.webhooks.stripe import inbound


def test_fifty_at_once_have_one_effect(
    live_db, paid, secret, make_unpaid, states, through_the_shop
):
    """T-WH-03: 50 threads at once, through the shop's routes: 50 × 200, 1 effect."""
    ref, event_id = live_db("pi"), live_db("evt")
    order = make_unpaid(ref)
    message, start = paid(ref, id=event_id), Barrier(50)

    def one(_):
        try:
            start.wait(60)
            return through_the_shop(message).status_code
        finally:
            connections.close_all()

    began = time.perf_counter()
    with ThreadPoolExecutor(max_workers=50) as threads:
        answers = list(threads.map(one, range(50)))

    print(f"\nT-WH-03: 50 parallel deliveries in {time.perf_counter() - began:.2f} s")
    assert answers == [200] * 50
    assert states(order) == ["RELEASED"] * 6
    assert InboundEvent.objects.filter(event_id=event_id).count() == 1
    caused = Event.objects.filter(request_id=event_id).order_by("pk")
    assert sorted(caused.values_list("type", flat=True)) == [
        "license.released",
        "license_order.paid",
    ]


@pytest.fixture
def mismatches(paid, make_unpaid, through_the_shop):
    """`mismatches(12, ref, event_id)`: the answers to 12 parallel deliveries of a message that does not fit,
    and how many events they wrote.
    """

    def deliver(count, ref, event_id):
        make_unpaid(ref)
        message, start = paid(ref, id=event_id, intent={"currency": "eur"}), Barrier(count)

        def one(_):
            try:
                start.wait(60)
                return through_the_shop(message).status_code
            finally:
                connections.close_all()

        with ThreadPoolExecutor(max_workers=count) as threads:
            statuses = list(threads.map(one, range(count)))
        return statuses, Event.objects.filter(type="webhook.mismatch", request_id=event_id).count()

    return deliver


def test_a_mismatch_is_told_once(live_db, mismatches):
    """T-WH-03: what no monotonic fact protects happens once, too."""
    told = mismatches(12, live_db("pi"), live_db("evt"))

    assert told == ([200] * 12, 1)


def test_without_the_unique_id_it_is_told_again_and_again(live_db, mismatches, monkeypatch):
    """The control twin: each delivery believed to be the first. More of them would wait for the order in vain."""
    monkeypatch.setattr(inbound, "_insert", lambda message: inbound.uuid7())

    _, events = mismatches(5, live_db("pi"), live_db("evt"))

    assert events > 1
