"""T-ENC-05: what is stored opens, and is not dropped by accident."""

from importlib import import_module
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from factories import make_license_order, make_pool

from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.keys.ring.sampling import unreadable_keys

pytestmark = pytest.mark.django_db


def damage(key):
    """What a restore gone wrong, or somebody in the database, does; the trigger lets no other column pass."""
    stored = bytes(key.ciphertext)
    changed = stored[:-1] + bytes([stored[-1] ^ 1])
    LicenseKey.objects.filter(pk=key.pk).update(ciphertext=changed)


def test_a_sample_of_500_opens():
    make_pool(keys=20)
    out = StringIO()

    call_command("esd_verify", sample=500, stdout=out)

    assert "sample of 500 keys … ok" in out.getvalue()


def test_a_key_that_does_not_open_is_named_and_not_shown():
    make_pool(keys=3)
    key = LicenseKey.objects.first()
    damage(key)

    (sentence,) = unreadable_keys(10)
    with pytest.raises(CommandError, match="1 violations"):
        call_command("esd_verify", sample=10, stdout=StringIO())

    assert sentence == (
        f"key {key.pk}: This license key was changed in the database and cannot be opened."
    )


def test_the_tables_do_not_go_while_licenses_exist():
    migration = import_module("saleor_esd_plugin.migrations.0002_database_rules")
    with connection.schema_editor() as editor:
        migration.refuse_with_licenses(apps, editor)
        make_license_order(2)

        with pytest.raises(RuntimeError, match="^2 licenses would be lost"):
            migration.refuse_with_licenses(apps, editor)
