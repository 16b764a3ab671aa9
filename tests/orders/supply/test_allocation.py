import build
import pytest
from factories import (
    add_keys,
    fresh_keys,
    licenses_of,
    make_license_order,
    make_policy,
    make_pool,
    record,
    table_digest,
)

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.isolation import SomeFailed
from saleor_esd_plugin.keys.models import AvailableKey, LicenseKey
from saleor_esd_plugin.keys.ring import keyring
from saleor_esd_plugin.keys.stock import generating
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.counts import order_availability
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.supply import allocation
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order, fill_backorders

pytestmark = pytest.mark.django_db


def test_every_unit_gets_a_key_of_its_own():
    """Invariant 1, T-CON-03: again changes nothing."""
    pool = make_pool(keys=10)
    order = make_license_order(6, policy=make_policy(pool))
    before = table_digest()

    allocate_license_order(order.pk)

    assert table_digest() == before
    licenses = licenses_of(order)
    assert [one.unit_index for one in licenses] == [0, 1, 2, 3, 4, 5]
    assert len({one.key_id for one in licenses}) == 6
    assert AvailableKey.objects.filter(pool=pool).count() == 4
    assert [
        event.data.get("allocated")
        for event in Event.objects.filter(type="license_order.allocated")
    ] == [6]


def test_the_first_keys_are_sold_first():
    pool = make_pool(keys=5)

    order = make_license_order(3, policy=make_policy(pool))

    oldest = list(
        LicenseKey.objects.filter(pool=pool).order_by("pk").values_list("pk", flat=True)[:3]
    )
    assert sorted(one.key_id for one in licenses_of(order)) == oldest


def test_what_the_pool_cannot_give_is_backordered():
    """Decision 5 of rules.md: a key is never invented, a line never silently skipped."""
    pool = make_pool(keys=4)

    order = make_license_order(6, policy=make_policy(pool))

    assert len(licenses_of(order)) == 4
    found = order_availability(order)
    assert (found.backordered, found.of, found.pending) == (2, 6, 4)
    line = order.lines.get()
    assert line.backordered_at is not None
    event = Event.objects.get(type="license_order.backordered", subject_id=order.pk)
    assert event.data == {"lines": [str(line.pk)], "pools": [str(pool.pk)]}


def test_backorders_are_filled_first_in_first_out():
    """T-CON-04b, serially: new orders queue behind, keys go by order time."""
    pool = make_pool()
    policy = make_policy(pool)
    first = make_license_order(3, policy=policy)
    second = make_license_order(2, policy=policy)
    add_keys(pool, fresh_keys(4))

    third = make_license_order(1, policy=policy)
    assert len(licenses_of(third)) == 0
    assert fill_backorders(pool.pk) == 4
    assert [len(licenses_of(order)) for order in (first, second, third)] == [3, 1, 0]

    add_keys(pool, fresh_keys(5))
    assert fill_backorders() == 2
    assert [len(licenses_of(order)) for order in (first, second, third)] == [3, 2, 1]
    assert AvailableKey.objects.filter(pool=pool).count() == 3
    assert not order_availability(third).backordered


def test_a_line_that_cannot_be_filled_stops_no_other(monkeypatch):
    """Else one bad order would keep all keys of its pool from those behind it; it stays the first."""
    pool, other = make_pool(), make_pool()
    policy = make_policy(pool)
    first, second = (make_license_order(1, policy=policy) for _ in range(2))
    elsewhere = make_license_order(1, policy=make_policy(other))
    add_keys(pool, fresh_keys(2))
    add_keys(other, fresh_keys(1))
    claim_from = allocation.claim_from

    def fails_for_first(order, *args, **kwargs):
        if order.pk == first.pk:
            raise ValueError("secret text")
        return claim_from(order, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(allocation, "claim_from", fails_for_first)
        with pytest.raises(SomeFailed) as failure:
            fill_backorders()

    assert (failure.value.done, failure.value.errors) == (2, ["ValueError"])
    assert [len(licenses_of(order)) for order in (first, second, elsewhere)] == [0, 1, 1]
    assert fill_backorders() == 1
    assert len(licenses_of(first)) == 1


def test_a_drain_that_cannot_find_its_lines_ends(monkeypatch):
    pool = make_pool()
    make_license_order(1, policy=make_policy(pool))
    add_keys(pool, fresh_keys(1))
    tries = []

    def fails(*args, **kwargs):
        tries.append(args)
        raise ValueError

    monkeypatch.setattr(allocation.backorders, "next_waiting_lines", fails)

    with pytest.raises(SomeFailed):
        fill_backorders(pool.pk)
    assert len(tries) == 1


def test_a_pool_with_a_generator_is_never_short():
    pool = make_pool(is_generated=True)

    order = make_license_order(7, policy=make_policy(pool))

    assert len(licenses_of(order)) == 7
    assert not AvailableKey.objects.filter(pool=pool).exists()


def test_with_a_locked_ring_everything_is_backordered(monkeypatch):
    """T-KEY-02: recorded, backordered; unlocked it is allocated."""
    policy = make_policy(keys=2)
    monkeypatch.setattr(keyring, "is_unlocked", lambda: False)
    order = make_license_order(2, policy=policy)
    assert (len(licenses_of(order)), order_availability(order).backordered) == (0, 2)
    assert fill_backorders() == 0

    monkeypatch.undo()
    fill_backorders()

    assert len(licenses_of(order)) == 2


def test_thousands_of_units_are_one_line(monkeypatch):
    """However many chunks they are made in, none is lost and none doubled."""
    monkeypatch.setattr(generating, "CHUNK", 400)
    order = make_license_order(1500, policy=make_policy(make_pool(is_generated=True)))

    rows = License.objects.filter(order_line__order=order)
    assert rows.count() == 1500
    assert rows.values("key_id").distinct().count() == 1500
    assert order_availability(order).pending == 1500


def test_a_signed_in_buyer_has_one_account_and_a_guest_one_per_order():
    user = build.make_user("shopper-accounts@example.com")
    orders = [make_license_order(1, user=user) for _ in range(2)]
    guests = [make_license_order(1, email="same@example.com") for _ in range(2)]

    assert orders[0].account_id == orders[1].account_id
    assert orders[0].account.user_ref == str(user.pk)
    assert guests[0].account_id != guests[1].account_id
    assert guests[0].account.members.count() == 0


def test_several_lines_draw_on_their_own_pools():
    policies = [make_policy(keys=2), make_policy(keys=3)]
    order = record(
        build.make_order(
            [
                (build.find_variant(policies[0].variant_ref), 2),
                (build.find_variant(policies[1].variant_ref), 3),
            ],
            paid=True,
        )
    )

    assert {one.key.pool_id for one in licenses_of(order)} == {
        policy.pool_id for policy in policies
    }
    assert LicenseOrder.objects.get(pk=order.pk).lines.count() == 2
    assert len(licenses_of(order)) == 5
