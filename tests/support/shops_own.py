"""Tests as a shop would have them in its own suite: transactional, so that each ends with a flush.

Not ours to collect: tests/test_flush.py runs this file in a pytest of its own, on a database of its own, with nothing
of tests/conftest.py.
"""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.sites.models import Site
from django.db import connections
from django.test import TransactionTestCase


@pytest.fixture(scope="session")
def django_db_modify_db_settings():
    """The database is there already, migrated."""
    for connection in connections.all():
        connection.settings_dict["TEST"]["NAME"] = connection.settings_dict["NAME"]


@pytest.fixture
def settle_in(transactional_db):
    """What a flush takes along and the host expects; its own tests make it likewise."""
    make_site_settings()


def make_site_settings():
    from saleor.site.models import SiteSettings

    Site.objects.clear_cache()
    SiteSettings.objects.get_or_create(site=Site.objects.get())


def our_rows():
    """How many there are in each table of ours that is not empty."""
    counts = {m.__name__: m.objects.count() for m in apps.get_app_config("esd").get_models()}
    return {name: count for name, count in counts.items() if count}


def sell():
    """Two of three keys, from setting up the shop to the release: the fulfillment of each unit, and what is left."""
    import shop
    from shop import Market, free_keys, states

    # A flush took the last one.
    shop._places.clear()
    market = Market(lambda prefix: f"{prefix}-{uuid4().hex[:8]}")
    product = market.product(keys=3, approval="AUTOMATIC")
    order = market.buy(product, 2)
    return sorted(states(order)), free_keys(product)


SOLD = (["RELEASED", "RELEASED"], 1)


class ShopsOwnTest(TransactionTestCase):
    databases = "__all__"

    def test_it_sells(self):
        make_site_settings()

        assert sell() == SOLD


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_it_sells_after_a_flush(settle_in):
    """That with which the test before has ended: Django runs the command `flush`, as `manage.py flush` does."""
    # But the reasons that a shop begins with.
    assert our_rows() == {"LicenseReason": 8}
    assert sell() == SOLD
