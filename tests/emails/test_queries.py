from __future__ import annotations

import factories as make
import pytest

from saleor_esd_plugin.accounts.models import Member
from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.emails.queries import visible_to
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.host.types import ANONYMOUS, Actor

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "role, sees", [("MASTER", 1), ("ADMINISTRATOR", 1), ("SUPPORT", 1), ("BILLING", 0)]
)
def test_members_see_the_mails_of_their_accounts(role, sees):
    """Section 5: BILLING counts, but reads none; nobody sees another account's."""
    mine, theirs = make.make_license_order(1), make.make_license_order(1)
    for event in Event.objects.filter(type="license_order.recorded"):
        deliveries_of(event)
    for order in (mine, theirs):
        Delivery.objects.filter(order_id=order.pk).update(account_id=order.account_id)
    Member.objects.create(account=mine.account, user_ref="77", role=role, created_at=now())

    seen = visible_to(Actor("USER", "77", theirs.buyer_email))

    assert [delivery.order_id for delivery in seen] == [mine.pk] * sees


def test_staff_see_all_others_none():
    make.make_license_order(1)
    deliveries_of(Event.objects.get(type="license_order.recorded"))
    for permission, count in (
        ("MANAGE_LICENSES", 1),
        ("APPROVE_LICENSES", 1),
        ("MANAGE_LICENSE_KEYS", 0),
        ("REVEAL_LICENSE_KEYS", 0),
    ):
        assert visible_to(Actor("USER", "1", "", frozenset({permission}))).count() == count
    assert visible_to(ANONYMOUS).count() == 0
    assert visible_to(Actor("APP", "1")).count() == 0
