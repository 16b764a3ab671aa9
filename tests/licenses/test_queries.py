"""The lifecycle in SQL says what the rule in Python says."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import product

import pytest
from factories import make_assigned

from saleor_esd_plugin.licenses.models import Fulfillment, License, LicensePolicy
from saleor_esd_plugin.licenses.queries import in_lifecycle
from saleor_esd_plugin.licenses.rules import Lifecycle, lifecycle_at

pytestmark = pytest.mark.django_db

NOON = datetime(2024, 2, 29, 12, tzinfo=timezone.utc)
DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)
# Of each edge the instants before and after, and the edge itself.
STARTS = (None, NOON - DAY, NOON, NOON + INSTANT)
EXPIRES = (
    None,
    *(NOON + step for step in (INSTANT, timedelta(0), -INSTANT)),
    *(NOON - 30 * DAY + step for step in (INSTANT, timedelta(0), -INSTANT)),
)


def test_each_license_is_in_the_one_lifecycle_that_the_rule_gives():
    """P15, M17: a license for all instants; in each fulfillment, with and without days of grace."""
    names = ("starts_at", "expires_at", "suspended_at")
    cases = [dict(zip(names, each)) for each in product(STARTS, EXPIRES, (None, NOON))]
    licenses = make_assigned(len(cases))
    for license, instants in zip(licenses, cases):
        vars(license).update(instants)
        license.suspension_causes = ["STAFF"] if license.suspended_at else []
    License.objects.bulk_update(licenses, [*names, "suspension_causes"])

    for fulfillment, grace_days in product(Fulfillment.values, (0, 30)):
        License.objects.update(fulfillment=fulfillment)
        LicensePolicy.objects.update(grace_days=grace_days)
        expected = [
            (
                license.pk,
                lifecycle_at(NOON, fulfillment=fulfillment, grace_days=grace_days, **instants),
            )
            for license, instants in zip(licenses, cases)
        ]

        found = [
            (license.pk, state)
            for state in Lifecycle
            for license in License.objects.filter(in_lifecycle(state.value, NOON))
        ]

        assert sorted(found) == sorted(expected), (fulfillment, grace_days)
