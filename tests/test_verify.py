"""`manage.py esd_verify`: clean after a sale, and every broken invariant is named.

What the database itself refuses is broken here with its index or trigger taken away, in a transaction that
is rolled back. Invariant 5 is about what happens twice, not about rows; tests/sales/test_redelivery.py
proves it.
"""

from __future__ import annotations

from contextlib import contextmanager
from io import StringIO
from typing import Callable, Iterator, List
from uuid import uuid4

import factories as make
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.emails.receipts import send_license_order_receipt
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.replacement import replace_license_keys
from saleor_esd_plugin.licenses.stock_levels import pool_stock
from saleor_esd_plugin.orders.approval import reject_license_order
from saleor_esd_plugin.orders.models import LicenseOrder

pytestmark = pytest.mark.django_db


def verify() -> str:
    out = StringIO()
    call_command("esd_verify", stdout=out)
    return out.getvalue()


def violations() -> list:
    """What it names; the command must fail and count them."""
    out = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("esd_verify", stdout=out)
    named = [line.strip() for line in out.getvalue().splitlines() if line.startswith("  ")]
    assert str(failure.value) == f"{len(named)} violations of the invariants."
    return named


def sql(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        # Foreign keys are looked at now: a table with a check pending cannot be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement, values)


def without(trigger: str, table: str) -> None:
    sql(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")


Case = Callable[[List[License]], None]
OF_A_SALE: List[Case] = []
OF_A_REPLACEMENT: List[Case] = []


def case(cases: List[Case]) -> Callable[[Case], Case]:
    """The function breaks something in the same rows as the others of these cases; it is taken back afterwards."""

    def add(function: Case) -> Case:
        cases.append(function)
        return function

    return add


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def sold():
    """Two assigned licenses of a paid order, recorded an hour ago; one key is left in the pool."""
    policy = make.make_policy(keys=3)
    licenses = make.make_assigned(2, policy=policy)
    sql("UPDATE esd_licenseorder SET recorded_at = recorded_at - interval '1 hour'")
    return licenses


def test_each_invariant_that_is_broken_after_a_sale_is_named(sold):
    assert len(OF_A_SALE) > 15
    for broken in OF_A_SALE:
        with taken_back():
            broken(sold)
    assert verify().endswith("Every invariant holds.\n")


def test_each_invariant_that_is_broken_after_a_replacement_is_named(replaced):
    assert verify().endswith("Every invariant holds.\n")
    assert len(OF_A_REPLACEMENT) == 3
    for broken in OF_A_REPLACEMENT:
        with taken_back():
            broken(replaced)


def test_a_sale_is_clean(sold):
    """Released, assigned, revealed, rejected, backordered, with receipts: every invariant holds."""
    reveal_license_key(sold[0].pk, actor=make.STAFF, reason="asked for by phone")
    send_license_order_receipt(
        sold[0].order_line.order_id, emails="a@example.com", actor=make.STAFF
    )
    make.make_license_order(2, keys=1, paid=False)
    reject_license_order(make.make_license_order(2).pk, reason="no", actor=make.STAFF)
    for event in Event.objects.all():
        deliveries_of(event)

    answer = verify()

    assert [line.split(" … ")[1] for line in answer.splitlines() if " … " in line] == ["ok"] * 6
    assert answer.splitlines()[-1] == "Every invariant holds."


def test_it_changes_nothing_and_says_nothing_of_a_key(sold):
    clear = reveal_license_key(sold[0].pk, actor=make.STAFF, reason="asked for by phone").reveal()
    LicenseOrder.objects.update(paid_at=None)
    before = make.table_digest()
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("esd_verify", stdout=out)

    assert make.table_digest() == before
    assert clear not in out.getvalue() and clear.replace("-", "") not in out.getvalue()


@case(OF_A_SALE)
def invariant_1_one_key_on_two_licenses(sold):
    one, other = sold
    sql("DROP INDEX esd_license_key")
    sql("UPDATE esd_license SET key_id = %s WHERE id = %s", one.key_id, other.pk)

    assert violations() == [
        f"invariant 1: key {one.key_id} belongs to 2 live licenses",
        f"invariant 8: key {other.key_id} is neither for sale nor kept nor on a license",
    ]


@case(OF_A_SALE)
def invariant_1_one_unit_with_two_licenses(sold):
    one, other = sold
    sql("DROP INDEX esd_license_unit")
    sql("UPDATE esd_license SET unit_index = 0 WHERE id = %s", other.pk)

    assert violations() == [f"invariant 1: unit 0 of line {one.order_line_id} has 2 licenses"]


@case(OF_A_SALE)
def invariant_1_a_sold_key_for_sale(sold):
    key = sold[0].key
    sql("INSERT INTO esd_availablekey (pool_id, key_id) VALUES (%s, %s)", key.pool_id, key.pk)

    assert violations() == [f"invariant 1: the key of license {sold[0].pk} is for sale"]


@case(OF_A_SALE)
def invariant_2_more_licenses_than_units(sold):
    line = sold[0].order_line_id
    sql("UPDATE esd_licenseorderline SET quantity = 1, approved = 1 WHERE id = %s", line)

    assert violations() == [
        f"invariant 2: line {line} has 2 licenses for 1 units",
        f"invariant 3: line {line} has 2 released units, 1 approved",
    ]


@case(OF_A_SALE)
def invariant_2_a_unit_that_nobody_looks_for(sold):
    line = sold[0].order_line_id
    sql("UPDATE esd_licenseorderline SET quantity = 3 WHERE id = %s", line)
    assert violations() == [f"invariant 2: line {line} lacks keys and is not backordered"]

    sql("UPDATE esd_licenseorderline SET quantity = 2, backordered_at = now() WHERE id = %s", line)
    assert violations() == [f"invariant 2: line {line} is backordered and lacks nothing"]


@case(OF_A_SALE)
def invariant_2_assigned_to_nobody(sold):
    sql("UPDATE esd_assignment SET ended_at = now() WHERE license_id = %s", sold[0].pk)

    assert violations() == [f"invariant 2: license {sold[0].pk} is ASSIGNED to nobody"]


@case(OF_A_SALE)
def invariant_2_held_after_the_order_has_ended(sold):
    order = sold[0].order_line.order
    sql(
        "UPDATE esd_licenseorder SET cancelled_at = now() - interval '1 hour' WHERE id = %s",
        order.pk,
    )

    assert violations() == [f"invariant 2: order {order.number} has ended and has live licenses"]


@case(OF_A_SALE)
def invariant_3_released_without_approval_or_money_or_moment(sold):
    line, order = sold[0].order_line, sold[0].order_line.order
    sql("UPDATE esd_licenseorderline SET approved = 1 WHERE id = %s", line.pk)
    assert violations() == [f"invariant 3: line {line.pk} has 2 released units, 1 approved"]

    sql("UPDATE esd_licenseorderline SET approved = 2 WHERE id = %s", line.pk)
    sql("UPDATE esd_licenseorder SET paid_at = NULL WHERE id = %s", order.pk)
    assert violations() == [
        f"invariant 3: order {order.number} is unpaid and has released licenses"
    ]

    sql("UPDATE esd_licenseorder SET unpaid_release_reason = 'invoice' WHERE id = %s", order.pk)
    sql("UPDATE esd_license SET released_at = NULL WHERE id = %s", sold[0].pk)
    assert violations() == [f"invariant 3: license {sold[0].pk} is released without a moment"]


@case(OF_A_SALE)
def invariant_4_a_revealed_key_for_sale(sold):
    pool = sold[0].key.pool
    without("esd_key_is_immutable", "esd_licensekey")
    sql(
        "UPDATE esd_licensekey SET revealed_at = now() WHERE id IN"
        " (SELECT key_id FROM esd_availablekey WHERE pool_id = %s)",
        pool.pk,
    )

    (key,) = pool.keys.exclude(revealed_at=None)
    assert violations() == [
        f"key {key.pk}: for sale, although it was revealed, quarantined or revoked"
    ]


@case(OF_A_SALE)
def invariant_4_a_revealed_key_sold_again(sold):
    reveal_license_key(sold[0].pk, actor=make.STAFF, reason="asked for by phone")
    sql("UPDATE esd_license SET created_at = now() + interval '1 hour' WHERE id = %s", sold[0].pk)

    assert violations() == [f"invariant 4: license {sold[0].pk} got a key that was revealed before"]


@case(OF_A_SALE)
def invariant_6_released_without_an_event(sold):
    order = sold[0].order_line.order
    without("esd_events_stay", "esd_event")
    sql("UPDATE esd_event SET type = 'license.nothing' WHERE type = 'license.released'")

    assert violations() == [
        f"invariant 6: order {order.number} has released licenses and no event of it"
    ]


@case(OF_A_SALE)
def a_reference_of_an_event_leads_nowhere(sold):
    without("esd_events_stay", "esd_event")
    event = Event.objects.filter(type="license.assigned").get()
    sql("""UPDATE esd_event SET data = '{"sent_to": [{"subject": "0"}]}' WHERE id = %s""", event.pk)

    assert violations() == [f"event {event.pk}: refers to a subject that is not there"]


@case(OF_A_SALE)
def invariant_2_a_license_out_of_place(sold):
    """No foreign key sees to these."""
    without("esd_license_stays", "esd_license")
    without("esd_stock_license_changed", "esd_license")
    for column in ("order_line_id", "policy_id", "account_id", "key_id"):
        with taken_back():
            sql(f"UPDATE esd_license SET {column} = %s WHERE id = %s", uuid4(), sold[0].pk)

            assert (
                f"invariant 2: license {sold[0].pk} has no order line or key, or another policy or"
                " account than its order"
            ) in violations(), column


@case(OF_A_SALE)
def a_free_key_with_another_use_by_date(sold):
    """A claim would sell it too long, or not at all."""
    (key,) = sold[0].key.pool.keys.filter(licenses=None)
    sql("UPDATE esd_availablekey SET use_by = '2031-01-01' WHERE key_id = %s", key.pk)

    assert violations() == [f"key {key.pk}: for sale with a use-by date that is not its own"]


@case(OF_A_SALE)
def invariant_7_a_clear_key_in_the_encrypted_column(sold):
    without("esd_key_is_immutable", "esd_licensekey")
    sql("UPDATE esd_licensekey SET ciphertext = 'BCDFG' WHERE id = %s", sold[0].key_id)

    assert violations() == [f"key {sold[0].key_id}: not encrypted"]


@case(OF_A_SALE)
def invariant_8_a_key_that_is_nowhere(sold):
    """Per pool: imported = available + on licenses + quarantined + revoked."""
    pool = sold[0].key.pool
    on_licenses = License.objects.filter(key__pool=pool).count()
    stock = pool_stock([pool.pk])[pool.pk]
    assert (stock.imported, stock.available, stock.taken, on_licenses) == (3, 1, 2, 2)
    (key,) = pool.keys.filter(licenses=None)

    sql("DELETE FROM esd_availablekey WHERE pool_id = %s", pool.pk)

    assert violations() == [
        f"invariant 8: key {key.pk} is neither for sale nor kept nor on a license"
    ]


@case(OF_A_SALE)
def invariant_8_a_batch_that_lost_a_key(sold):
    batch = sold[0].key.batch_id
    sql("UPDATE esd_keybatch SET accepted = accepted + 1 WHERE id = %s", batch)

    assert violations() == [f"batch {batch}: it accepted another number of keys than it has"]


@case(OF_A_SALE)
def invariant_9_a_receipt_that_left_too_early(sold):
    """K17."""
    order = sold[0].order_line.order
    send_license_order_receipt(order.pk, emails="a@example.com", actor=make.STAFF)
    deliveries_of(Event.objects.get(type="license_order.receipt_sent"))
    receipt = Delivery.objects.get(kind="RECEIPT")
    sql("UPDATE esd_delivery SET status = 'SENT', sent_at = now() WHERE id = %s", receipt.pk)
    # now() is the start of the transaction in PostgreSQL, before anything was released in it.
    assert violations() == [
        f"invariant 9: receipt {receipt.pk} left before every unit of its order was issued"
    ]

    sql("UPDATE esd_delivery SET sent_at = clock_timestamp() WHERE id = %s", receipt.pk)
    assert "Every invariant holds." in verify()


@pytest.fixture
def replaced(sold):
    """The first of them, with another key than it was sold with, and that former key."""
    (license,) = replace_license_keys([sold[0].pk], reason="leaked", actor=make.STAFF)
    return license, sold[0].key


@case(OF_A_REPLACEMENT)
def invariant_1_a_replaced_key_that_is_not_quarantined(replaced):
    license, old = replaced
    without("esd_key_is_immutable", "esd_licensekey")
    sql("UPDATE esd_licensekey SET quarantined_at = NULL WHERE id = %s", old.pk)

    assert violations() == [
        f"invariant 1: key {old.pk} was replaced and is not quarantined",
        f"invariant 8: key {old.pk} is neither for sale nor kept nor on a license",
    ]


@case(OF_A_REPLACEMENT)
def invariant_1_a_replaced_key_on_a_license(replaced):
    license, old = replaced
    sql("UPDATE esd_license SET key_id = %s WHERE id = %s", old.pk, license.pk)

    assert violations() == [
        f"invariant 8: license {license.pk} has a key that is quarantined or revoked",
        f"invariant 1: key {old.pk} was replaced and is on a live license",
        f"invariant 1: license {license.pk} has another key than it was given last",
        f"invariant 8: key {license.key_id} is neither for sale nor kept nor on a license",
    ]


@case(OF_A_REPLACEMENT)
def invariant_4_a_license_got_a_seen_key_by_replacement(replaced):
    license, _ = replaced
    sql(
        "UPDATE esd_licensekey SET revealed_at = (SELECT created_at FROM esd_license WHERE id = %s)"
        " WHERE id = %s",
        license.pk,
        license.key_id,
    )

    assert violations() == [
        f"invariant 4: license {license.pk} got a key by replacement that was revealed before"
    ]
