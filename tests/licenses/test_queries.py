"""The lifecycle in SQL says what the rule in Python says."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import product

import pytest
from django.db.models import Count
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


@pytest.mark.parametrize("grace_days", [0, 30])
@pytest.mark.parametrize("fulfillment", Fulfillment.values)
def test_each_license_is_in_the_one_lifecycle_that_the_rule_gives(fulfillment, grace_days):
    """P15, M17."""
    (license,) = make_assigned(1)
    LicensePolicy.objects.filter(pk=license.policy_id).update(grace_days=grace_days)
    row = License.objects.filter(pk=license.pk)
    counts = {
        state.value: Count("pk", filter=in_lifecycle(state.value, NOON)) for state in Lifecycle
    }

    for starts_at, expires_at, suspended_at in product(STARTS, EXPIRES, (None, NOON)):
        instants = {
            "starts_at": starts_at,
            "expires_at": expires_at,
            "suspended_at": suspended_at,
        }
        causes = [] if suspended_at is None else ["STAFF"]
        row.update(fulfillment=fulfillment, suspension_causes=causes, **instants)
        expected = lifecycle_at(NOON, fulfillment=fulfillment, grace_days=grace_days, **instants)

        found = row.aggregate(**counts)

        assert found == {**dict.fromkeys(counts, 0), expected.value: 1}, instants
