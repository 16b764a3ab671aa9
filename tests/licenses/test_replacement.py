"""Invariants 1, 4, 6 and 8: a license gets a new key, the old one is quarantined and stays with the history."""

from __future__ import annotations

from uuid import uuid4

import pytest
from factories import (
    STAFF,
    add_keys,
    fresh_keys,
    licenses_of,
    make_assigned,
    make_license_order,
    make_policy,
    make_pool,
    make_released,
    table_digest,
)

from saleor_esd_plugin.errors import (
    DeadLink,
    Invalid,
    InvalidQuantity,
    InvalidTransition,
    NotFound,
    ReasonRequired,
)
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.host.types import ANONYMOUS
from saleor_esd_plugin.keys.models import AvailableKey, KeyBatch, LicenseKey
from saleor_esd_plugin.keys.stock.lifecycle import mark_revealed
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch
from saleor_esd_plugin.keys.stock.queue import give_back
from saleor_esd_plugin.licenses import handover
from saleor_esd_plugin.licenses.claim_links import claim_license_key, issue_claim_link
from saleor_esd_plugin.licenses.errors import AlreadyReplaced, NotEnoughKeys
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.lifecycle import suspend_order_licenses
from saleor_esd_plugin.licenses.locks import lock_licenses
from saleor_esd_plugin.licenses.models import LIVE, KeyReplacement, License, SuspensionCause
from saleor_esd_plugin.licenses.replacement import replace_license_keys
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.returns import return_units

pytestmark = pytest.mark.django_db

LEAKED = "posted in a forum"


def replace(*licenses, reason=LEAKED):
    return replace_license_keys([one.pk for one in licenses], reason=reason, actor=STAFF)


def stand(pool):
    """Of a pool: keys in all, for sale, on live licenses, quarantined."""
    keys = LicenseKey.objects.filter(pool=pool)
    return (
        keys.count(),
        AvailableKey.objects.filter(pool=pool).count(),
        License.objects.filter(key__in=keys, fulfillment__in=LIVE).count(),
        keys.exclude(quarantined_at=None).count(),
    )


def own_columns(license):
    """What a license is besides its key."""
    columns = {field.attname for field in License._meta.concrete_fields} - {"key_id"}
    return {name: getattr(license, name) for name in columns}


def test_a_license_gets_a_new_key_and_stays_what_it_was():
    """Invariants 1, 6: same term, holder and state; the old key is quarantined, the history says why."""
    license = make_assigned(1, policy=make_policy(keys=2, term="P1Y"))[0]
    mark_revealed([license.key_id], now())
    license.refresh_from_db()

    (after,) = replace(license)

    assert own_columns(after) == own_columns(License.objects.get(pk=license.pk))
    assert own_columns(after) == own_columns(license)
    assert after.key_id != license.key_id
    old, new = LicenseKey.objects.get(pk=license.key_id), LicenseKey.objects.get(pk=after.key_id)
    assert (old.quarantined_at is not None, new.quarantined_at, new.revealed_at) == (
        True,
        None,
        None,
    )
    assert not AvailableKey.objects.filter(pool=license.policy.pool).exists()
    row = KeyReplacement.objects.get()
    assert (row.license_id, row.old_key_id, row.new_key_id) == (license.pk, old.pk, new.pk)
    assert (row.reason, row.replaced_by) == (LEAKED, "staff@shop.example")
    assert row.replaced_at == old.quarantined_at
    event = Event.objects.get(type="license_key.replaced")
    assert (event.subject_id, event.reason) == (license.pk, LEAKED)
    assert (event.order_id, event.account_id) == (license.order_line.order_id, license.account_id)
    assert (event.actor_label, event.permission) == ("staff@shop.example", "MANAGE_LICENSE_KEYS")
    assert event.data == {
        "licenses": [str(license.pk)],
        "pending": [],
        "pools": [str(license.policy.pool_id)],
    }


def test_a_replaced_key_is_never_sold_again_even_if_nobody_saw_it():
    """Invariant 4"""
    license = make_released(1, policy=make_policy(keys=2))[0]
    old = license.key
    assert old.revealed_at is None

    (after,) = replace(license)

    assert give_back([old.pk]) == 0
    assert not AvailableKey.objects.filter(key=old).exists()
    return_units(
        license.order_line.order_id, license_ids=[license.pk], reason="undone", actor=STAFF
    )
    assert list(AvailableKey.objects.values_list("key_id", flat=True)) == [after.key_id]


def test_what_the_pool_holds_still_adds_up():
    """Invariant 8: imported = available + on licenses + quarantined + revoked."""
    policy = make_policy(keys=5)
    licenses = make_released(3, policy=policy)

    replace(licenses[0], licenses[2])

    assert stand(policy.pool) == (5, 0, 3, 2)


def test_each_time_takes_another_key_and_the_history_keeps_them_all():
    policy = make_policy(keys=3)
    license = make_released(1, policy=policy)[0]

    (second,) = replace(license, reason="first leak")
    (third,) = replace(license, reason="second leak")

    rows = KeyReplacement.objects.order_by("pk")
    assert list(rows.values_list("old_key_id", "new_key_id", "reason")) == [
        (license.key_id, second.key_id, "first leak"),
        (second.key_id, third.key_id, "second leak"),
    ]
    assert LicenseKey.objects.filter(pool=policy.pool, quarantined_at=None).get() == third.key


def test_a_pending_license_stays_pending_and_is_released_with_the_new_key():
    order = make_license_order(1, policy=make_policy(keys=2))
    license = licenses_of(order)[0]

    (after,) = replace(license)
    approve_license_order(order.pk, actor=STAFF)

    (released,) = licenses_of(order)
    assert after.fulfillment == "PENDING_APPROVAL"
    assert (released.fulfillment, released.key_id) == ("RELEASED", after.key_id)
    event = Event.objects.get(type="license_key.replaced")
    assert event.data["pending"] == [str(license.pk)]


def test_a_suspended_license_stays_suspended():
    """P03"""
    license = make_released(1, policy=make_policy(keys=2))[0]
    moment = now()
    order_id = license.order_line.order_id
    suspend_order_licenses(order_id, cause=SuspensionCause.DISPUTE, moment=moment)

    (after,) = replace(license)

    assert (after.suspended_at, after.suspension_causes) == (moment, ["DISPUTE"])
    assert after.key_id != license.key_id


def test_claim_links_to_the_old_key_die():
    """T-CLM-01: a link that was mailed for the old key gives no key, neither the old nor the new one."""
    license = make_released(1, policy=make_policy(keys=2, delivery="CLAIM_LINK"))[0]
    token = issue_claim_link(license.pk, email="a@example.com")

    (after,) = replace(license)

    with pytest.raises(DeadLink):
        claim_license_key(token, actor=ANONYMOUS)
    assert not LicenseKey.objects.filter(revealed_at__isnull=False).exists()
    new = issue_claim_link(license.pk, email="a@example.com")
    assert claim_license_key(new, actor=ANONYMOUS)[0].key_id == after.key_id


def test_a_generated_key_is_made_for_it():
    policy = make_policy(make_pool(is_generated=True))
    license = make_released(1, policy=policy)[0]

    (after,) = replace(license)

    assert LicenseKey.objects.filter(pool=policy.pool).count() == 2
    assert after.key.pool_id == policy.pool_id
    assert stand(policy.pool) == (2, 0, 1, 1)


def test_the_new_key_comes_from_the_pool_of_the_old_one():
    """Also if the policy draws on another pool by now."""
    license = make_released(1, policy=make_policy(keys=2))[0]
    other = make_pool(keys=1)
    license.policy.pool = other
    license.policy.save()

    (after,) = replace(license)

    assert after.key.pool_id == license.key.pool_id != other.pk


def test_several_licenses_of_several_orders_and_pools_at_once():
    """One event per order; each key comes from its own pool."""
    first = make_released(2, policy=make_policy(keys=4))
    second = make_assigned(2, policy=make_policy(keys=4))
    before = {one.pk: one.key_id for one in first + second}

    after = replace(second[1], first[0], second[0], first[1])

    assert len(after) == 4
    assert len({one.key_id for one in after} | set(before.values())) == 8
    for one in after:
        assert LicenseKey.objects.get(pk=before[one.pk]).pool_id == one.key.pool_id
    events = Event.objects.filter(type="license_key.replaced").order_by("order_id")
    assert {event.order_id: event.data["licenses"] for event in events} == {
        first[0].order_line.order_id: [str(one.pk) for one in first],
        second[0].order_line.order_id: [str(one.pk) for one in second],
    }
    assert {event.account_id for event in events} == {first[0].account_id, second[0].account_id}


def test_one_named_twice_gets_one_key():
    license = make_released(1, policy=make_policy(keys=3))[0]

    replace(license, license)

    assert KeyReplacement.objects.count() == 1


def test_with_too_few_free_keys_none_is_replaced():
    """Nobody is backordered for a replacement."""
    policy = make_policy(keys=3)
    licenses = make_released(2, policy=policy)
    others = make_released(1, policy=make_policy(keys=2))
    before = table_digest()

    with pytest.raises(NotEnoughKeys) as refusal:
        replace(*others, *licenses)

    assert refusal.value.code == "NOT_ENOUGH_LICENSES"
    assert refusal.value.params == {"wanted": 2, "available": 1}
    assert refusal.value.message == (
        f"The pool “{policy.pool.name}” has too few free keys. Wanted: 2; free: 1. Import keys first."
    )
    assert table_digest() == before
    add_keys(policy.pool, fresh_keys(1))
    assert len(replace(*others, *licenses)) == 3


def test_keys_that_came_back_before_the_hint_are_found():
    """The hint is where to look first, not what there is."""
    policy = make_policy(keys=3)
    license = make_released(1, policy=policy)[0]
    order = make_license_order(2, policy=policy)
    reject_license_order(order.pk, reason="no", actor=STAFF)

    replace(license)
    replace(license)

    assert not AvailableKey.objects.filter(pool=policy.pool).exists()


def ended(state):
    order = make_license_order(1)
    if state == "REJECTED":
        reject_license_order(order.pk, reason="no", actor=STAFF)
    else:
        return_units(order.pk, license_ids=[licenses_of(order)[0].pk], reason="undone", actor=STAFF)
    return licenses_of(order)[0]


@pytest.mark.parametrize("state", ["REJECTED", "RETURNED"])
def test_what_has_ended_gets_no_key(state):
    license = ended(state)
    live = make_released(1, policy=make_policy(keys=2))[0]
    before = table_digest()

    with pytest.raises(InvalidTransition) as refusal:
        replace(live, license)

    assert refusal.value.params == {"before": state, "after": "REPLACED"}
    assert table_digest() == before


def test_a_reason_and_a_license_are_needed():
    license = make_released(1, policy=make_policy(keys=2))[0]
    before = table_digest()

    with pytest.raises(ReasonRequired):
        replace(license, reason=" \u200b ")
    with pytest.raises(Invalid):
        replace(license, reason="x" * 501)
    with pytest.raises(InvalidQuantity):
        replace()
    with pytest.raises(NotFound):
        replace_license_keys([license.pk, uuid4()], reason=LEAKED, actor=STAFF)

    assert table_digest() == before


def test_a_bad_delivery_is_replaced_from_another_one():
    """Its free keys are in quarantine, so that no license gets one of them."""
    policy = make_policy(keys=3)
    licenses = make_released(2, policy=policy)
    bad = KeyBatch.objects.get(pool=policy.pool)
    quarantine_key_batch(bad.pk, reason="refused by the publisher", actor=STAFF)
    with pytest.raises(NotEnoughKeys):
        replace(*licenses)
    add_keys(policy.pool, fresh_keys(2))

    after = replace(*licenses, reason="bad delivery")

    assert bad.pk not in {one.key.batch_id for one in after}
    assert not bad.keys.filter(quarantined_at=None).exists()
    assert stand(policy.pool) == (5, 0, 2, 3)


def test_a_key_that_was_replaced_while_it_was_opened_is_not_handed_out(monkeypatch):
    """Invariant 4: the old key is nobody's any more, and the new one would count as seen."""
    license = make_released(1, policy=make_policy(keys=2))[0]

    def opened_then_replaced(key):
        replace(license)
        return "the old key"

    monkeypatch.setattr(handover.vault, "decrypt", opened_then_replaced)

    with pytest.raises(AlreadyReplaced):
        reveal_license_key(license.pk, actor=STAFF, reason="asked for by phone")

    assert not LicenseKey.objects.filter(revealed_at__isnull=False).exists()


def test_a_lock_answers_with_the_keys_of_now():
    licenses = make_released(2, policy=make_policy(keys=3))
    replace(licenses[0])

    found = lock_licenses([one.pk for one in licenses])

    assert [one.key.pk for one in found] == [
        one.key_id for one in licenses_of(found[0].order_line.order)
    ]
