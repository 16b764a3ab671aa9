"""In a file of a pool in clear, a license that may not be used keeps its key, whether it was seen before or not."""

from __future__ import annotations

from datetime import timedelta

import factories
import pytest

from saleor_esd_plugin.exports.csv_files import csv_chunks
from saleor_esd_plugin.exports.key_rows import KeyRows
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.keys.stock.lifecycle import mark_revealed
from saleor_esd_plugin.licenses.models import License

pytestmark = pytest.mark.django_db

LATER, BEFORE = timedelta(days=1), -timedelta(minutes=1)
# Causes, when that of staff is over, and whether the key is in the file.
CASES = [
    ([], None, True),
    (["STAFF"], None, False),
    (["STAFF"], LATER, False),
    (["STAFF"], BEFORE, True),
    (["DISPUTE"], None, False),
    (["DISPUTE", "STAFF"], BEFORE, False),
]


@pytest.mark.parametrize("was_seen", [True, False])
def test_a_suspended_license_keeps_its_key(was_seen):
    """P07."""
    licenses = factories.make_released(len(CASES), policy=factories.make_policy(keys=len(CASES)))
    moment = now()
    for license, (causes, ends, _) in zip(licenses, CASES):
        License.objects.filter(pk=license.pk).update(
            suspension_causes=causes,
            suspended_at=moment - timedelta(days=2) if causes else None,
            suspended_until=ends and moment + ends,
        )
    if was_seen:
        mark_revealed([license.key_id for license in licenses], moment)
    keys = [decrypt(license.key).reveal() for license in licenses]

    source = KeyRows(licenses[0].key.pool, ["KEY_MASK"], is_clear=True)
    file = b"".join(csv_chunks(source, opens=True)).decode()

    found = [key in file for key in keys]
    assert found == [is_there for *_, is_there in CASES]
