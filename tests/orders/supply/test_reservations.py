"""What is kept for a checkout: brought up to date, given back in the end, and never in the way."""

from __future__ import annotations

import factories as make
import pytest
from reserved import checkout_of, expire

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.events.types import EventType
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import AvailableKey, LicenseKey, Reservation, ReservedKey
from saleor_esd_plugin.keys.stock import lifecycle, reserving
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch
from saleor_esd_plugin.licenses.bulk_decryption import open_sealed
from saleor_esd_plugin.licenses.errors import TooFewFreeKeys
from saleor_esd_plugin.licenses.invariants import violations
from saleor_esd_plugin.licenses.stock_levels import pool_stock, unsold_keys
from saleor_esd_plugin.orders.supply import reservations
from saleor_esd_plugin.orders.supply.reservations import (
    LASTS,
    LASTS_WHILE_SLOW,
    free_expired_reservations,
    reserve_for_checkout,
)

pytestmark = pytest.mark.django_db


def counts(pool):
    """(Free, kept.)"""
    stock = pool_stock([pool.pk])[pool.pk]
    assert stock.available == AvailableKey.objects.filter(pool=pool).count()
    assert stock.reserved == ReservedKey.objects.filter(pool=pool).count()
    assert list(violations()) == []
    return stock.available, stock.reserved


@pytest.fixture
def policy():
    return make.make_policy(keys=5)


def test_again_for_the_same_checkout_keeps_no_more(policy):
    """Idempotent per checkout; it lasts anew, and kept keys are unsold."""
    checkout = checkout_of(policy, 3)
    reserve_for_checkout(checkout)
    kept = set(ReservedKey.objects.values_list("pk", flat=True))
    expire()

    reserve_for_checkout(checkout)

    assert set(ReservedKey.objects.values_list("pk", flat=True)) == kept
    assert Reservation.objects.get().expires_at > now()
    assert counts(policy.pool) == (2, 3)
    assert unsold_keys([policy.pool_id]) == {policy.pool_id: 5}


def test_a_smaller_quantity_gives_the_surplus_back_and_tells_those_who_wait(policy):
    checkout = checkout_of(policy, 4)
    reserve_for_checkout(checkout)

    reserve_for_checkout(checkout_of(policy, 1, checkout.token))

    assert counts(policy.pool) == (4, 1)
    event = Event.objects.get(type=EventType.KEYS_UNRESERVED.value)
    assert event.data == {"pools": [str(policy.pool_id)], "keys": 3}


def test_what_is_kept_of_a_pool_that_the_buyer_may_not_draw_on_any_more_goes_back(policy):
    checkout = checkout_of(policy, 2)
    reserve_for_checkout(checkout)
    other = make.make_pool(2)
    type(policy).objects.filter(pk=policy.pk).update(pool=other)

    reserve_for_checkout(checkout)

    assert counts(policy.pool) == (5, 0)
    assert counts(other) == (0, 2)


def test_too_many_are_refused_and_nothing_has_changed(policy):
    reserve_for_checkout(checkout_of(policy, 3))
    before = make.table_digest()

    with pytest.raises(TooFewFreeKeys) as refused:
        reserve_for_checkout(checkout_of(policy, 3))

    assert (refused.value.params["wanted"], refused.value.params["available"]) == (3, 2)
    assert make.table_digest() == before


def test_with_money_there_is_no_refusal(policy):
    reserve_for_checkout(checkout_of(policy, 7, has_money=True))

    assert counts(policy.pool) == (0, 5)


def test_a_slow_gateway_lasts_days(policy, monkeypatch):
    settings = type("Settings", (), {"slow_gateways": frozenset({"bank"})})
    monkeypatch.setattr(reservations.shop, "plugin_settings", lambda: settings)

    reserve_for_checkout(checkout_of(policy, 1, gateway="card"))
    reserve_for_checkout(checkout_of(policy, 1, gateway="bank"))

    short, long = Reservation.objects.order_by("expires_at")
    assert abs(long.expires_at - short.expires_at - (LASTS_WHILE_SLOW - LASTS)).seconds < 60


def test_a_locked_ring_refuses_and_keeps_nothing(policy, monkeypatch):
    monkeypatch.setattr(reservations.keyring, "is_unlocked", lambda: False)

    reserve_for_checkout(checkout_of(policy, 7))

    assert counts(policy.pool) == (5, 0)


def test_a_checkout_that_became_an_order_keeps_nothing_more(policy):
    order = make.make_license_order(1, policy=policy)
    type(order).objects.filter(pk=order.pk).update(checkout_token="done")

    reserve_for_checkout(checkout_of(policy, 9, "done"))

    assert counts(policy.pool) == (4, 0)


def test_the_sweep_gives_back_what_expired_and_nothing_else(policy):
    reserve_for_checkout(checkout_of(policy, 2))
    expire()
    reserve_for_checkout(checkout_of(policy, 1))

    assert (free_expired_reservations(), free_expired_reservations()) == (1, 0)

    assert counts(policy.pool) == (4, 1)
    assert Reservation.objects.count() == 1


def test_keys_of_a_batch_quarantined_meanwhile_are_quarantined(policy):
    checkout = checkout_of(policy, 2)
    reserve_for_checkout(checkout)

    quarantine_key_batch(policy.pool.batches.get().pk, reason="bad", actor=make.STAFF)

    assert counts(policy.pool) == (0, 0)
    assert pool_stock([policy.pool_id])[policy.pool_id].quarantined == 5
    expire()
    assert free_expired_reservations() == 1
    assert counts(policy.pool) == (0, 0)


def test_a_kept_key_is_not_shown_in_clear_and_a_revoked_one_leaves(policy):
    """Invariant 4: what may be sold was seen by nobody."""
    reserve_for_checkout(checkout_of(policy, 1))
    key = LicenseKey.objects.get(reserved__isnull=False)

    sealed = (key.pk.bytes + bytes(key.ciphertext), key.pool_id, False, None)
    assert list(open_sealed([sealed], moment=now())) == [None]
    key.refresh_from_db()
    assert key.revealed_at is None
    lifecycle.revoke_keys([key.pk], now())

    assert counts(policy.pool) == (4, 0)


def test_an_unlicensed_checkout_takes_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert reservations.concern("none", ["1", "2"]) is False


def test_kept_keys_are_told_by_policy_and_pool(policy):
    checkout = checkout_of(policy, 2)
    reserve_for_checkout(checkout)

    found = reserving.find_reservation(checkout.token)

    assert reserving.kept_keys(found) == {policy.pk: {policy.pool_id: 2}}
    assert reserving.find_reservation("") is None
