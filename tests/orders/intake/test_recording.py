from dataclasses import replace

import build
import pytest
from factories import (
    STAFF,
    licenses_of,
    make_license_order,
    make_policy,
    make_pool,
    table_digest,
    unique,
)

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.keys.models import AvailableKey
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.counts import order_availability
from saleor_esd_plugin.orders.errors import AlreadyDecided
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.settlement import settle_license_order
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order

pytestmark = pytest.mark.django_db


def shop_order(quantity=2, policy=None, **fields):
    policy = policy or make_policy(keys=quantity)
    order = build.make_order([(build.find_variant(policy.variant_ref), quantity)], **fields)
    return shop.read_order(shop.order_uuid_of(order))


def test_the_hook_records_the_order_and_its_lines_and_touches_no_key():
    """C2: the hook writes order and line rows only."""
    order = shop_order(2, paid=True)

    license_order = observe_order(order, at_checkout=True)

    line = license_order.lines.get()
    assert (line.quantity, line.approved, line.withdrawn) == (2, 0, 0)
    assert (license_order.order_uuid, license_order.number) == (order.uuid, order.number)
    assert license_order.account_id is None
    assert not License.objects.filter(order_line=line).exists()
    assert AvailableKey.objects.filter(pool=line.policy.pool).count() == 2


def test_observing_again_changes_nothing():
    """T-CON-03, invariant 5."""
    order = shop_order(2, paid=True)
    observe_order(order, at_checkout=True)
    before = table_digest()

    for at_checkout in (True, False, True):
        observe_order(order, at_checkout=at_checkout)

    assert table_digest() == before


def test_the_buyers_words_are_copied_once():
    """I04, I05, I06, H5: copied in the hook, never read again."""
    details = {
        "notification_email": "Purchasing@Example.com",
        "purchase_order_reference": "PO-2024/17 ☃",
        "comment": "für Büro 3",
    }
    order = replace(shop_order(1, paid=True), details=details)

    license_order = observe_order(order, at_checkout=True)
    observe_order(replace(order, details={"notification_email": "thief@example.com"}))

    license_order.refresh_from_db()
    assert license_order.notification_email.lower() == "purchasing@example.com"
    assert license_order.purchase_order_reference == "PO-2024/17 ☃"
    assert license_order.comment == "für Büro 3"


def test_words_that_are_not_valid_never_refuse_an_order():
    order = replace(
        shop_order(1, paid=True),
        details={
            "notification_email": "a@x.com\r\nBcc: b@x.com",
            "purchase_order_reference": "PO-7\r\nDear customer",
            "comment": "x" * 5000,
        },
    )

    license_order = observe_order(order, at_checkout=True)

    assert (license_order.notification_email, license_order.comment) == ("", "")
    assert license_order.purchase_order_reference == "PO-7 Dear customer"


def test_an_order_older_than_its_policy_is_history():
    variant = build.make_variant(unique("Old"), sku=unique("SKU"))
    order = build.make_order([(variant, 1)], paid=True)
    make_policy(keys=1, variant=variant)

    assert observe_order(shop.read_order(shop.order_uuid_of(order))) is None


def test_quantity_up_and_down_ends_with_what_was_ordered():
    """T-CON-03: 3, 5, 2 leaves 2 live licenses, the other keys for sale."""
    pool = make_pool(keys=5)
    order = shop_order(3, make_policy(pool), paid=True)
    license_order = observe_order(order, at_checkout=True)

    for quantity in (3, 5, 2):
        line = replace(order.lines[0], quantity=quantity)
        observe_order(replace(order, lines=(line,)))
        allocate_license_order(license_order.pk)

    live = [
        one.unit_index
        for one in licenses_of(license_order)
        if one.fulfillment == "PENDING_APPROVAL"
    ]
    assert live == [0, 1]
    assert AvailableKey.objects.filter(pool=pool).count() == 3


def test_payment_that_comes_later_releases():
    """B07."""
    order = shop_order(2, paid=False)
    license_order = observe_order(order, at_checkout=True)
    allocate_license_order(license_order.pk)
    approve_license_order(license_order.pk, actor=STAFF)
    assert str(order_availability(license_order)) == "0 of 2"

    build.pay(build.find_order(order.uuid))
    observe_order(shop.read_order(order.uuid))
    settle_license_order(license_order.pk)

    assert str(order_availability(license_order)) == "2 of 2"
    assert Event.objects.filter(type="license_order.paid", subject_id=license_order.pk).count() == 1


def test_cancelling_returns_unseen_keys_and_revokes_seen_ones():
    """Invariant 4: a revealed key never returns to a pool."""
    from saleor_esd_plugin.host.db import now
    from saleor_esd_plugin.keys.stock.lifecycle import mark_revealed

    license_order = make_license_order(3)
    approve_license_order(license_order.pk, actor=STAFF)
    seen = licenses_of(license_order)[0]
    mark_revealed([seen.key_id], now())
    build.set_status(build.find_order(license_order.order_uuid), "CANCELLED")

    observe_order(shop.read_order(license_order.order_uuid))
    settle_license_order(license_order.pk)
    before = table_digest()
    settle_license_order(license_order.pk)

    assert table_digest() == before
    assert [one.fulfillment for one in licenses_of(license_order)] == ["RETURNED"] * 3
    seen.key.refresh_from_db()
    assert seen.key.revoked_at is not None
    assert AvailableKey.objects.filter(pool_id=seen.key.pool_id).count() == 2
    assert LicenseOrder.objects.get(pk=license_order.pk).approval == "CANCELLED"
    assert Event.objects.get(type="license.returned").data["lines"] == {
        str(license_order.lines.get().pk): 3
    }


def test_a_cancelled_order_cannot_be_released_any_more():
    license_order = make_license_order(1)
    build.set_status(build.find_order(license_order.order_uuid), "CANCELLED")

    # The hook was lost: the approval asks the host itself.
    with pytest.raises(AlreadyDecided) as refusal:
        approve_license_order(license_order.pk, actor=STAFF)
    assert refusal.value.params["decision"] == "CANCELLED"
    assert [one.fulfillment for one in licenses_of(license_order)] == ["PENDING_APPROVAL"]

    settle_license_order(license_order.pk)
    assert [one.fulfillment for one in licenses_of(license_order)] == ["RETURNED"]
    assert LicenseOrder.objects.get(pk=license_order.pk).cancelled_at is not None
