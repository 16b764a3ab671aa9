"""licenseKeysImport(cost:): what keys cost whose rows do not say it."""

from decimal import Decimal

import factories
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from saleor_esd_plugin.keys.importing.intake import import_key_file
from saleor_esd_plugin.keys.importing.options import ImportOptions, KeySource
from saleor_esd_plugin.keys.importing.reading import open_upload
from saleor_esd_plugin.keys.models import KeyBatch
from saleor_esd_plugin.licenses.policies.skus import pool_of_sku

pytestmark = pytest.mark.django_db

IMPORT = """mutation($input: LicenseKeysImportInput!) { licenseKeysImport(input: $input) {
    report { imported } errors { field code message } } }"""


@pytest.fixture
def ask(api, staff):
    return api(staff("MANAGE_LICENSE_KEYS"))


@pytest.fixture
def pool():
    return factories.make_pool()


def test_a_cost_is_that_of_rows_that_name_none(ask, pool, gid):
    first, second, third = factories.fresh_keys(3)
    file = SimpleUploadedFile("keys.csv", f"key,cost\n{first},2\n{second},\n{third},\n".encode())
    import_key_file(
        pool.pk,
        open_upload(file),
        ImportOptions(KeySource.FILE, True, factories.STAFF, cost=Decimal("3.5")),
        pool_of_sku=pool_of_sku,
    )
    more = {"pool": gid("LicenseKeyPool", pool), "keys": factories.fresh_keys(2), "cost": "1.25"}

    answer = ask(IMPORT, {"input": {**more, "dryRun": False}})["data"]["licenseKeysImport"]
    assert answer == {"report": {"imported": 2}, "errors": []}

    costs = KeyBatch.objects.order_by("pk").values_list("cost", "costed")
    assert list(costs) == [(Decimal(9), 3), (Decimal("2.5"), 2)]


@pytest.mark.parametrize("cost", ["-1", "1000000000", "0.00001", "1E+3"])
def test_a_cost_that_is_none_is_refused(ask, pool, gid, unchanged, cost):
    given = {"pool": gid("LicenseKeyPool", pool), "keys": factories.fresh_keys(1), "cost": cost}

    with unchanged():
        answer = ask(IMPORT, {"input": {**given, "dryRun": False}})["data"]["licenseKeysImport"]

    (error,) = answer["errors"]
    assert (error["field"], error["code"]) == ("cost", "INVALID")
