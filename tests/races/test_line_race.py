"""An order line that is deleted while a claim makes licenses of it, really committed; a control first."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection, transaction
from factories import make_account, make_license_order, make_policy
from racing import together

from saleor_esd_plugin.keys.stock.queue import give_back
from saleor_esd_plugin.licenses.key_claim import allocate_licenses
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.models import LicenseOrder, LicenseOrderLine

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")

LOCK = " FOR KEY SHARE"


@contextmanager
def trigger_without_its_lock():
    """Inside, the trigger only looks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('esd_license_belongs'::regproc)")
        (source,) = cursor.fetchone()
        assert source.count(LOCK) == 1
        cursor.execute(source.replace(LOCK, ""))
        yield
        cursor.execute(source)


def delete_line_during_a_claim():
    """(The line, what its deletion came to) on a connection of its own, before a claim for it has committed."""
    policy = make_policy(keys=1)
    order = make_license_order(1, policy=policy, allocate=False)
    line = order.lines.get()

    def delete():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
            return LicenseOrderLine.objects.filter(pk=line.pk)._raw_delete("default")

    with transaction.atomic():
        # The claim alone: whoever allocates changes the line as well, and is waited for on that account.
        made = allocate_licenses(
            pool=policy.pool,
            order_line_id=line.pk,
            quantity=1,
            wanted=1,
            policy_id=policy.pk,
            account_id=make_account_of(order),
            moment=order.recorded_at,
        )
        (answer,) = together([delete])
    assert made == 1
    return line, answer


def make_account_of(order):
    """An order gets its account with the first allocation."""
    account = make_account()
    LicenseOrder.objects.filter(pk=order.pk).update(account=account)
    return account.pk


def test_control_without_the_lock_a_license_loses_its_line(live_db):
    """Who deletes does not see what has not committed yet."""
    with trigger_without_its_lock():
        line, answer = delete_line_during_a_claim()

    assert answer == 1
    orphan = License.objects.get(order_line=line.pk)
    assert not LicenseOrderLine.objects.filter(pk=line.pk).exists()
    License.objects.filter(pk=orphan.pk)._raw_delete("default")
    assert give_back([orphan.key_id]) == 1


def test_who_deletes_the_line_of_a_license_that_is_being_made_waits(live_db):
    """As with a foreign key; then it is refused (tests/licenses/test_licenses_above.py)."""
    line, answer = delete_line_during_a_claim()

    assert isinstance(answer, OperationalError)
    assert License.objects.get(order_line=line.pk).unit_index == 0
