"""Whose word an end customer's address is, for those that were there before it was kept (migration 0017)."""

from __future__ import annotations

from importlib import import_module

import build
import factories
import pytest
from django.db import connection

from saleor_esd_plugin.accounts.end_customers import change_end_customer
from saleor_esd_plugin.accounts.models import EndCustomer
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.types import SYSTEM, Actor

pytestmark = pytest.mark.django_db


def test_the_events_say_who_entered_an_address(monkeypatch):
    """An app, or a user who is no member that may do so: staff. No event, or the plugin itself: the account's own."""
    account = factories.make_account(build.make_user())
    member, support, clerk = build.make_user(), build.make_user(), build.make_user(is_staff=True)
    factories.make_member(account, member, "ADMINISTRATOR")
    factories.make_member(account, support, "SUPPORT")
    member, support, clerk = map(factories.actor_for, (member, support, clerk))
    app = Actor("APP", ref=member.ref, label="Back office")

    def created_by(actor, *changes):
        monkeypatch.setattr(factories, "STAFF", actor)
        customer = factories.make_end_customer(account)
        for changer, given in changes:
            change_end_customer(customer.pk, **given, actor=changer)
        return customer.pk

    new, name = {"email": "new@x.example"}, {"name": "Bella"}
    expected = {
        created_by(member): False,
        created_by(SYSTEM): False,
        created_by(clerk): True,
        created_by(app): True,
        created_by(support): True,
        created_by(member, (clerk, new)): True,
        created_by(clerk, (member, new)): False,
        created_by(clerk, (member, name)): True,
        created_by(member, (clerk, name)): False,
    }
    forgotten = EndCustomer.objects.create(
        account=account, code="old", name="old", email="a@x.example", created_at=account.created_at
    )
    expected[forgotten.pk] = False
    assert not EndCustomer.objects.filter(email_by_staff=True).exists()
    events = Event.objects.count()

    migration = import_module("saleor_esd_plugin.migrations.0017_addresses_on_file")
    with connection.cursor() as cursor:
        cursor.execute(migration.ENTERED_BY_STAFF)

    assert dict(EndCustomer.objects.values_list("pk", "email_by_staff")) == expected
    assert Event.objects.count() == events
