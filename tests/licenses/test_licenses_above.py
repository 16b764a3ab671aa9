"""What the database refuses of a license and the rows above it, past all our code."""

from __future__ import annotations

import pytest
from django.db import connection
from factories import (
    STAFF,
    add_keys,
    fresh_keys,
    licenses_of,
    make_account,
    make_license_order,
    make_policy,
)
from refusal import refused

from saleor_esd_plugin.ids import uuid7
from saleor_esd_plugin.keys.models import AvailableKey
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.approval import reject_license_order
from saleor_esd_plugin.orders.models import LicenseOrder, LicenseOrderLine
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order

BELONGS = "esd: a license has the policy of its order line and the account of its order"


@pytest.fixture
def order(db):
    """Two units of which one has its license, and a key too many."""
    policy = make_policy(keys=1)
    order = make_license_order(2, policy=policy)
    add_keys(policy.pool, fresh_keys(1))
    return order


def a_second_license(order, **other):
    """The second unit's license, in one statement as a claim makes it, but for what is `other`."""
    first = licenses_of(order)[0]
    free = AvailableKey.objects.get(pool=first.key.pool)
    row = {
        "id": uuid7(),
        "order_line_id": first.order_line_id,
        "unit_index": 1,
        "key_id": free.key_id,
        "policy_id": first.policy_id,
        "account_id": first.account_id,
        "created_at": first.created_at,
        **other,
    }
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM esd_availablekey WHERE pool_id = %s", [str(first.key.pool_id)])
        cursor.execute(
            f"INSERT INTO esd_license ({', '.join(row)}, fulfillment, suspension_causes, reason)"
            f" VALUES ({', '.join(['%s'] * len(row))}, 'PENDING_APPROVAL', '{{}}', '')",
            [
                value if name in ("unit_index", "created_at") else str(value)
                for name, value in row.items()
            ],
        )


def test_a_license_of_the_line_with_its_policy_and_account(order):
    """The twin of the refusals below."""
    a_second_license(order)
    assert [license.unit_index for license in licenses_of(order)] == [0, 1]


def test_a_unit_has_one_live_license(order):
    """Invariant 1: an ended one leaves its unit to the next, and does not come back to life."""
    words = 'duplicate key value violates unique constraint "esd_license_unit"'
    assert refused(lambda: a_second_license(order, unit_index=0)) == words
    first = License.objects.filter(pk=licenses_of(order)[0].pk)
    first.update(fulfillment="REJECTED")
    a_second_license(order, unit_index=0)
    assert refused(lambda: first.update(fulfillment="PENDING_APPROVAL")) == words


def test_a_key_has_one_live_license(db):
    """Invariant 1: unseen it is sold again and again, to one at a time."""
    policy = make_policy(keys=1)
    orders = [make_license_order(1, policy=policy, allocate=False) for _ in range(3)]
    for order in orders[:2]:
        allocate_license_order(order.pk)
        reject_license_order(order.pk, reason="Not this one", actor=STAFF)
    allocate_license_order(orders[2].pk)

    sold = [licenses_of(order)[0] for order in orders]
    assert [license.fulfillment for license in sold] == ["REJECTED", "REJECTED", "PENDING_APPROVAL"]
    assert len({license.key_id for license in sold}) == 1
    ended = License.objects.filter(pk=sold[0].pk)
    assert refused(lambda: ended.update(fulfillment="PENDING_APPROVAL")) == (
        'duplicate key value violates unique constraint "esd_license_key"'
    )


@pytest.mark.parametrize("name", ["order_line_id", "policy_id", "account_id"])
def test_a_license_whose_line_policy_or_account_does_not_exist(order, name):
    """Invariant 2, as foreign keys would have it."""
    assert refused(lambda: a_second_license(order, **{name: uuid7()})) == BELONGS


def test_a_license_of_a_key_that_does_not_exist(order):
    """Invariant 1: it would be in no pool, so that it cannot be counted."""
    words = refused(lambda: a_second_license(order, key_id=uuid7()))
    assert words.startswith('null value in column "pool_id"')
    words = refused(lambda: License.objects.filter(order_line__order=order).update(key=uuid7()))
    assert words.startswith('null value in column "pool_id"')


def test_a_license_of_another_policy_or_account_than_its_order(order):
    """More than foreign keys knew: the copies on a license are those of its line and order."""
    other = make_license_order(1, policy=make_policy())
    policy_id = other.lines.get().policy_id
    assert refused(lambda: a_second_license(order, policy_id=policy_id)) == BELONGS
    assert refused(lambda: a_second_license(order, account_id=make_account().pk)) == BELONGS


def test_a_license_stays_with_line_policy_and_account(order):
    other = make_license_order(1, policy=make_policy(keys=1))
    line, license = other.lines.get(), License.objects.filter(order_line__order=order)
    words = "esd: a license keeps its order line, policy and account"
    assert refused(lambda: license.update(order_line=line)) == words
    assert refused(lambda: license.update(policy=line.policy_id)) == words
    assert refused(lambda: license.update(account=other.account_id)) == words


def test_an_order_line_with_licenses_stays_where_it_is(order):
    """Deleted it would leave licenses that nobody bought."""
    line = LicenseOrderLine.objects.filter(order=order)
    other = make_license_order(1, policy=make_policy())
    words = "esd: an order line keeps its order and policy"
    assert refused(lambda: line.update(policy=other.lines.get().policy_id)) == words
    assert refused(lambda: line.update(order=other)) == words
    words = "esd: an order line with licenses is not deleted"
    assert refused(lambda: line._raw_delete("default")) == words
    assert other.lines.all()._raw_delete("default") == 1


def test_an_order_with_licenses_keeps_its_account(order):
    """One without may get another, and every order its first."""
    account = make_account()
    mine = LicenseOrder.objects.filter(pk=order.pk)
    assert refused(lambda: mine.update(account=account)) == (
        "esd: an order with licenses keeps its account"
    )
    waiting = make_license_order(1, policy=make_policy())
    assert LicenseOrder.objects.filter(pk=waiting.pk).update(account=account) == 1


def test_a_key_is_for_sale_with_its_own_use_by_date(order):
    """A claim asks the queue alone whether a key is too old."""
    (key,) = AvailableKey.objects.filter(pool=order.lines.get().policy.pool)

    def put_back_with_another_date():
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM esd_availablekey WHERE key_id = %s", [str(key.pk)])
            cursor.execute(
                "INSERT INTO esd_availablekey VALUES (%s, %s, '2031-01-01')",
                [str(key.pool_id), str(key.pk)],
            )

    words = refused(put_back_with_another_date)
    assert words == "esd: a key is for sale with its own use-by date"
