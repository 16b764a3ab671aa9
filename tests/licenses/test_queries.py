"""The lifecycle in SQL says what the rule in Python says."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import product

import pytest
from factories import make_assigned

from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.licenses.models import USABLE, Fulfillment, License
from saleor_esd_plugin.licenses.queries import in_lifecycle
from saleor_esd_plugin.licenses.rules import Lifecycle, lifecycle_at

pytestmark = pytest.mark.django_db

NOON = datetime(2024, 2, 29, 12, tzinfo=timezone.utc)
DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)
EDGES = (INSTANT, timedelta(0), -INSTANT)
# Of each edge the instants before and after, and the edge itself.
STARTS = (None, NOON - DAY, NOON, NOON + INSTANT)
TERMS = (
    (None, None, None),
    *((NOON + edge, NOON + DAY, NOON + 2 * DAY) for edge in EDGES),
    *((NOON - DAY, NOON + edge, NOON + DAY) for edge in EDGES),
    *((NOON - 2 * DAY, NOON - DAY, NOON + edge) for edge in EDGES),
    *((NOON + edge, NOON + edge, NOON + edge) for edge in EDGES),
)
SUSPENSIONS = (
    (None, [], None),
    (NOON, ["STAFF"], None),
    *((NOON - DAY, ["STAFF"], NOON + edge) for edge in EDGES),
    (NOON - DAY, ["STAFF", "DISPUTE"], NOON - INSTANT),
    (NOON - DAY, ["DISPUTE"], None),
)
NAMES = (
    *("starts_at", "expires_at", "grace_until", "retained_until"),
    *("suspended_at", "suspension_causes", "suspended_until"),
)


def test_each_license_is_in_the_one_lifecycle_that_the_rule_gives():
    """P15, M17, M18: a license for all instants, in each fulfillment."""
    cases = [
        dict(zip(NAMES, (start, *term, *suspension)))
        for start, term, suspension in product(STARTS, TERMS, SUSPENSIONS)
    ]
    licenses = make_assigned(len(cases))
    for license, instants in zip(licenses, cases):
        vars(license).update(instants)
    License.objects.bulk_update(licenses, NAMES, batch_size=100)

    for fulfillment in Fulfillment.values:
        License.objects.update(fulfillment=fulfillment)
        expected = [
            (license.pk, lifecycle_at(NOON, fulfillment=fulfillment, **instants))
            for license, instants in zip(licenses, cases)
        ]

        found = [
            (license.pk, state)
            for state in Lifecycle
            for license in License.objects.filter(in_lifecycle(state.value, NOON))
        ]

        assert sorted(found) == sorted(expected), fulfillment


def test_what_is_usable_in_sql_is_usable_in_python():
    """A suspension whose time is over, or not yet, as of this moment."""
    at = now()
    licenses = make_assigned(len(SUSPENSIONS))
    for license, (since, causes, until) in zip(licenses, SUSPENSIONS):
        moved = until and at + (until - NOON) * 10**9
        vars(license).update(suspended_at=since, suspension_causes=causes, suspended_until=moved)
    License.objects.bulk_update(licenses, NAMES[4:])

    found = set(License.objects.filter(USABLE).values_list("pk", flat=True))

    assert found == {license.pk for license in licenses if license.is_usable_at(at)}
    assert 0 < len(found) < len(licenses)
