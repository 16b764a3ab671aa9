from __future__ import annotations

from uuid import uuid4

import pytest

from saleor_esd_plugin.errors import Invalid, NotFound
from saleor_esd_plugin.keys import formats
from saleor_esd_plugin.keys.models import AvailableKey, LicenseKey
from saleor_esd_plugin.keys.queries import find_by_full_key
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.keys.secret import SecretKey
from saleor_esd_plugin.keys.stock.generating import generate_license_keys

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ring")]


def test_generated_keys_are_complete_but_not_for_sale(new_pool):
    """M01: 25 characters, encrypted and indexed as imported ones; the caller binds them to licenses."""
    pool = new_pool(is_generated=True)

    ids = generate_license_keys(pool.pk, 20)

    assert ids == sorted(ids) == list(pool.keys.order_by("pk").values_list("pk", flat=True))
    for row in pool.keys.all():
        key = vault.decrypt(row).reveal()
        assert formats.FORMATS["5X5_25"].display(key) == key
        assert row.suffix == key[-5:]
        assert find_by_full_key(key).get() == row
    assert AvailableKey.objects.count() == 0


def test_a_key_that_exists_is_made_anew(new_pool, import_keys, random_keys, monkeypatch):
    """A collision, in the same round, with an earlier one, or with an import: never the same key twice."""
    taken, one, two = random_keys(3)
    import_keys(new_pool(), [taken])
    made = iter([taken, one, one, two, taken, two, *random_keys(9)])
    monkeypatch.setattr(formats.Format, "generate", lambda format: SecretKey(next(made)))
    pool = new_pool(is_generated=True)

    ids = generate_license_keys(pool.pk, 4)

    keys = {vault.decrypt(row).reveal() for row in LicenseKey.objects.filter(pk__in=ids)}
    assert len(ids) == len(set(ids)) == len(keys) == 4
    assert {one, two} < keys and taken not in keys


def test_none_are_none(new_pool):
    assert generate_license_keys(new_pool(is_generated=True).pk, 0) == []


def test_a_pool_with_a_stock_generates_nothing(new_pool):
    with pytest.raises(Invalid):
        generate_license_keys(new_pool().pk, 1)
    with pytest.raises(NotFound):
        generate_license_keys(uuid4(), 1)

    assert LicenseKey.objects.count() == 0
