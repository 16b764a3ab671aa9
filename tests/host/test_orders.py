"""Orders and the sweep's query, read from the installed Saleor."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import build
import lane
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.licenses.policies.models import LicensePolicy
from saleor_esd_plugin.orders.models import LicenseOrder, LicenseOrderLine

pytestmark = pytest.mark.django_db

DETAILS = {
    "esd.notification_email": "boss@buyer.example",
    "esd.purchase_order_reference": "PO-7",
    "esd.comment": "please hurry",
    "other": "not ours",
}
IN_OUR_WORDS = {
    "notification_email": "boss@buyer.example",
    "purchase_order_reference": "PO-7",
    "comment": "please hurry",
}


def uuid_of(order):
    return shop.order_uuid_of(order)


def read(order):
    return shop.read_order(uuid_of(order))


def test_an_order_in_our_words():
    """I03: one line holds many licenses."""
    user = build.make_user("ada@buyer.example")
    variant = build.make_variant("Editor", sku="ED-1", price=10)
    order = build.make_order([(variant, 6)], user=user, email="ada@buyer.example", language="pt-br")

    found = read(order)

    (line,) = found.lines
    assert isinstance(found.uuid, UUID) and found.uuid == uuid_of(order)
    assert (found.status, found.is_paid) == ("OPEN", False)
    assert (found.email, found.user_ref, found.language) == (
        "ada@buyer.example",
        str(user.pk),
        "pt-br",
    )
    assert found.checkout_token == order.checkout_token != ""
    assert abs(found.created_at - now()) < timedelta(minutes=1)
    assert line.ref == str(order.lines.get().pk)
    assert (line.variant_ref, line.quantity, line.old_ref) == (str(variant.pk), 6, "")
    assert (line.sku, line.product_name, line.variant_name) == ("ED-1", "Editor", "Standard")
    assert (line.unit_price, found.total, found.currency) == (10, 60, "USD")
    assert (found.payments, found.named_returns) == ((), ())


def test_the_order_in_hand_is_the_order_read_but_for_what_takes_a_query():
    """PF5: part of every checkout."""
    order = build.make_order([(build.make_variant(price=10), 6)], payment_ref="pi_1")

    with CaptureQueriesContext(connection) as queries:
        found = shop.order_in_hand(order)

    assert len(queries) == 0
    assert (found.uuid, found.number) == (read(order).uuid, read(order).number)
    assert (found.total, found.currency) == (60, "USD")
    assert (found.lines, found.payments, found.named_returns) == ((), (), ())


def test_the_statement_of_the_lines_reads_what_an_order_read_has():
    """Both are recorded, the one at the checkout, the other by the sweep."""
    variants = [build.make_variant("Editor", sku="ED-3"), build.make_variant("Viewer")]
    order = build.make_order([(variants[0], 6), (variants[1], 2)])
    gone = build.make_variant("Gone")
    build.make_order([(gone, 1)])
    found = read(order)

    with connection.cursor() as cursor:
        named = {"number": found.number, "order_uuid": str(found.uuid)}
        cursor.execute(f"{shop.LINES_OF_ORDER} ORDER BY place", named)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row)) for row in cursor.fetchall()]

    assert [(row["ref"], row["variant"], row["quantity"]) for row in rows] == [
        (line.ref, line.variant_ref, line.quantity) for line in found.lines
    ]
    assert [(row["sku"], row["product"], row["variant_name"]) for row in rows] == [
        (line.sku, line.product_name, line.variant_name) for line in found.lines
    ]


def test_an_order_that_is_gone():
    assert shop.read_order(uuid4()) is None
    assert shop.read_orders([uuid4()]) == []


def test_lines_whose_variant_was_deleted_keep_their_names():
    """H18: the shop deletes rows."""
    variant = build.make_variant("Editor", sku="ED-2")
    order = build.make_order([(variant, 1)])
    variant.product.delete()

    (line,) = read(order).lines

    assert (line.variant_ref, line.sku, line.product_name) == ("", "ED-2", "Editor")


@pytest.mark.parametrize("status", ["DRAFT", "OPEN", "CANCELLED"])
def test_statuses_of_both_hosts(status):
    order = build.make_order([(build.make_variant(), 1)], status=status)

    assert read(order).status == status


@pytest.mark.only_on("3.21", reason="2.10 knows neither")
@pytest.mark.parametrize("status", ["UNCONFIRMED", "EXPIRED"])
def test_statuses_of_saleor_3(status):
    order = build.make_order([(build.make_variant(), 1)], status=status)

    assert read(order).status == status


def test_full_payment_is_paid_and_part_of_it_is_not():
    """B07: release needs the whole amount."""
    order = build.make_order([(build.make_variant(price=10), 2)])

    build.pay(order, 15)
    in_part = read(order)
    build.pay(order, 5)
    in_full = read(order)

    assert (in_part.is_paid, in_full.is_paid) == (False, True)


def test_an_order_for_nothing_is_paid_but_a_draft_is_not():
    """The host calls an empty draft fully paid."""
    free = build.make_variant(price=0)

    assert read(build.make_order([(free, 1)])).is_paid is True
    assert read(build.make_order([(free, 1)], status="DRAFT")).is_paid is False
    assert read(build.make_order([], status="DRAFT")).is_paid is False


def test_part_of_the_money_going_back_makes_an_order_unpaid():
    """The host's own verdict is about what it holds now; `payments` tell what ever came in."""
    order = build.make_order([(build.make_variant(price=10), 2)], paid=True)
    paid = read(order)

    build.refund(order, 5)

    assert (paid.is_paid, read(order).is_paid) == (True, False)


def test_what_the_buyer_said_is_read_at_the_checkout():
    """I04, I05, I06."""
    order = build.make_order([(build.make_variant(), 1)], metadata=DETAILS)

    assert shop.order_in_hand(order).details == IN_OUR_WORDS


@pytest.mark.only_on("2.10", reason="3.x lets staff only write an order's metadata")
def test_later_nobody_vouches_for_what_stands_there():
    """H5: whoever guesses an order's number writes its metadata."""
    order = build.make_order([(build.make_variant(), 1)], metadata=DETAILS)

    assert read(order).details == {}


@pytest.mark.only_on("2.10", reason="3.x lets staff only write an order's metadata")
def test_an_order_made_of_a_draft_vouches_for_nothing_either():
    """H5: its metadata was open to everybody while it was a draft."""
    order = build.make_order([(build.make_variant(), 1)], metadata=DETAILS, checkout_token="")

    assert shop.order_in_hand(order).details == {}


@pytest.mark.only_on("3.21", reason="2.10 has no mutation for the note")
def test_the_customers_note_is_a_comment_if_there_is_no_other():
    """I06."""
    order = build.make_order([(build.make_variant(), 1)])
    order.customer_note = "by Friday"
    order.save()
    alone = read(order)
    order.metadata = DETAILS
    order.save()

    assert alone.details == {"comment": "by Friday"}
    assert read(order).details == IN_OUR_WORDS


def test_the_address_of_a_guest_and_of_a_user():
    guest = build.make_order([], email="guest@buyer.example")
    user = build.make_user("user@buyer.example")
    nameless = build.make_order([], user=user, email="")

    assert read(guest).email == "guest@buyer.example"
    assert read(guest).user_ref == ""
    assert read(nameless).email == "user@buyer.example"


def test_many_orders_cost_as_many_queries_as_one():
    variant = build.make_variant()
    orders = [build.make_order([(variant, 1)], paid=True) for _ in range(4)]
    limit = 4 if lane.host() == "2.10" else 7

    with CaptureQueriesContext(connection) as one:
        shop.read_orders([uuid_of(orders[0])])
    with CaptureQueriesContext(connection) as many:
        found = shop.read_orders(map(uuid_of, orders))

    assert len(many) == len(one) == limit
    assert {order.uuid for order in found} == set(map(uuid_of, orders))
    assert all(order.is_paid and order.details == {} for order in found)


# The sweep


def make_policy(variant, created_at=None):
    pool = KeyPool.objects.create(name=f"pool {uuid4()}", format="5X5_25", created_at=now())
    return LicensePolicy.objects.create(
        variant_ref=str(variant.pk), pool=pool, created_at=created_at or now()
    )


def make_record(order, policy, line_ref=None):
    moment = now()
    record = LicenseOrder.objects.create(
        order_uuid=uuid_of(order), number="1", ordered_at=moment, recorded_at=moment
    )
    return LicenseOrderLine.objects.create(
        order=record,
        order_line_ref=line_ref or str(order.lines.get().pk),
        policy=policy,
        variant_ref=policy.variant_ref,
        quantity=1,
    )


def unrecorded(*, since=None, limit=10):
    return shop.unrecorded_order_uuids(
        LicensePolicy.objects.filter(archived_at=None),
        LicenseOrderLine.objects.all(),
        since=since or now() - timedelta(days=1),
        limit=limit,
    )


def test_the_sweep_finds_licensed_lines_without_a_record():
    """H2: a crash after the commit loses the hook."""
    licensed, other = build.make_variant(), build.make_variant()
    policy = make_policy(licensed)
    lost = build.make_order([(licensed, 1), (other, 1)])
    build.make_order([(other, 1)])
    make_record(build.make_order([(licensed, 1)]), policy)

    assert unrecorded() == [uuid_of(lost)]


def test_the_sweep_names_an_order_once_and_the_oldest_first():
    licensed = build.make_variant()
    make_policy(licensed, now() - timedelta(hours=9))
    second = build.make_order([(licensed, 1), (licensed, 2)], created_at=now() - timedelta(hours=1))
    first = build.make_order([(licensed, 1)], created_at=now() - timedelta(hours=2))

    assert unrecorded() == [uuid_of(first), uuid_of(second)]
    assert unrecorded(limit=1) == [uuid_of(first)]


def test_the_sweep_leaves_out_what_is_no_sale():
    """Drafts and what was cancelled before anything was recorded."""
    licensed = build.make_variant()
    make_policy(licensed)
    build.make_order([(licensed, 1)], status="DRAFT")
    build.make_order([(licensed, 1)], status="CANCELLED")

    assert unrecorded() == []


def test_the_sweep_leaves_history_alone():
    """What was sold before its policy existed, or before `since`; what has no live policy."""
    licensed, archived = build.make_variant(), build.make_variant()
    make_policy(licensed, now() - timedelta(hours=2))
    LicensePolicy.objects.filter(pk=make_policy(archived).pk).update(archived_at=now())
    build.make_order([(licensed, 1)], created_at=now() - timedelta(hours=3))
    build.make_order([(archived, 1)])
    newer = build.make_order([(licensed, 1)], created_at=now() - timedelta(hours=1))

    assert unrecorded() == [uuid_of(newer)]
    assert unrecorded(since=now() - timedelta(minutes=30)) == []


@pytest.mark.only_on("3.21", reason="2.10 knows no expiry, bulk creation or confirmation")
def test_the_sweep_on_saleor_3():
    licensed = build.make_variant()
    make_policy(licensed)
    unconfirmed = build.make_order([(licensed, 1)], status="UNCONFIRMED")
    build.make_order([(licensed, 1)], status="EXPIRED")
    imported = build.make_order([(licensed, 1)])
    imported.origin = "bulk_create"
    imported.save()

    assert unrecorded() == [uuid_of(unconfirmed)]


@pytest.mark.only_on("3.21", reason="only an upgraded shop has lines with an old id")
def test_lines_recorded_before_the_upgrade_are_known_by_their_old_id():
    """Otherwise every old line would be sold again."""
    licensed = build.make_variant()
    policy = make_policy(licensed)
    order = build.make_order([(licensed, 1)])
    order.lines.update(old_id=17)
    assert read(order).lines[0].old_ref == "17"

    make_record(order, policy, line_ref="17")

    assert unrecorded() == []
