"""Fixtures: an order whose money its provider tells of, and the mails that follow. Readers' addresses."""

from __future__ import annotations

import pytest

STAFF, BUYER, BOOKS = "staff@shop.example", "buyer@example.com", "books@example.com"


@pytest.fixture
def sold(staff_address):
    """`sold(6)`: a released order of units for 10.00 each, known to its provider as "pi_1"."""
    # Not at the top: Django is not set up when pytest loads a conftest.py.
    from provider import sell

    staff_address(STAFF)
    details = {"notification_email": BOOKS}
    return lambda quantity=6, **fields: sell(quantity, email=BUYER, details=details, **fields)


@pytest.fixture
def mails_of(letters):
    """Call it with what happens: the mails that follow, by (kind, recipient), as they arrive."""
    from saleor_esd_plugin.emails.catalog import deliveries_of
    from saleor_esd_plugin.emails.models import Delivery
    from saleor_esd_plugin.events.models import Event

    def mails_of(happens):
        known = set(Event.objects.values_list("pk", flat=True))
        happens()
        events = Event.objects.exclude(pk__in=known).order_by("pk")
        ids = [one for event in events for one in deliveries_of(event)]
        found = Delivery.objects.filter(pk__in=ids).order_by("created_at", "pk")
        return sent(letters, list(found))

    return mails_of


def sent(letters, deliveries):
    arrived = {}
    for delivery in deliveries:
        for letter in letters([delivery]):
            name = (delivery.kind, letter.to)
            assert name not in arrived, "once per turn and address"
            arrived[name] = letter
    return arrived
