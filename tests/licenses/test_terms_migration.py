"""Licenses from before grace and retention stood on them get those that their policy says at that moment."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import factories
import pytest
from django.db import connection

from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.policies.models import LicensePolicy

pytestmark = pytest.mark.django_db

TERMS = import_module("saleor_esd_plugin.migrations.0022_terms")
DAY = timedelta(days=1)


def test_an_upgrade_fills_them_and_changes_no_expiry():
    """M17, M18."""
    yearly = factories.make_policy(keys=2, term="P1Y", grace_days=10)
    generous = factories.make_policy(keys=1, term="P1Y", grace_days=10)
    forever = factories.make_policy(keys=1)
    made = [*factories.make_released(2, policy=yearly)]
    made += factories.make_released(1, policy=generous) + factories.make_released(1, policy=forever)
    expected = {license.pk: license.expires_at for license in made}
    LicensePolicy.objects.filter(pk=generous.pk).update(grace_days=400)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE esd_license DROP CONSTRAINT esd_license_term")
        cursor.execute("UPDATE esd_license SET grace_until = NULL, retained_until = NULL")

        cursor.execute(TERMS.POLICIES)
        cursor.execute(TERMS.TERMS)

    ends = {license.policy_id: license for license in License.objects.all()}
    assert dict(License.objects.values_list("pk", "expires_at")) == expected
    for policy, grace, retention in ((yearly, 10, 120), (generous, 400, 400)):
        license = ends[policy.pk]
        assert license.grace_until == license.expires_at + grace * DAY
        assert license.retained_until == license.expires_at + retention * DAY
    assert (ends[forever.pk].grace_until, ends[forever.pk].retained_until) == (None, None)
