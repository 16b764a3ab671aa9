"""The mail that keys are running out: to whom, what it says, and when it is moot."""

from __future__ import annotations

import factories as make
import pytest

from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.emails.render import render
from saleor_esd_plugin.emails.sender import Sender
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.licenses.policies.pools import update_key_pool
from saleor_esd_plugin.licenses.stock_alerts import watch_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool():
    """Four keys are left, two are sold."""
    pool = make.make_pool(6)
    KeyPool.objects.filter(pk=pool.pk).update(name="Editor & <b>")
    policy = make.make_policy(pool)
    make.make_license_order(2, policy=policy)
    return pool


def test_each_staff_address_of_the_pool_gets_one(pool, deliveries_for, letters, staff_address):
    staff_address("staff@shop.example")
    update_key_pool(pool.pk, staff_addresses="a@example.com, b@example.com", actor=make.STAFF)
    watch_stock()

    arrived = letters(deliveries_for("key_pool.low_stock"))

    assert [letter.to for letter in arrived] == ["a@example.com", "b@example.com"]
    for letter in arrived:
        assert letter.subject == "Editor & <b>: keys are running out (4 left)"
        assert letter.text.replace("\r\n", "\n").startswith(
            "The stock of license keys in the pool “Editor & <b>” is low.\n\n"
            "Keys that can be sold: 4\n"
            "Sold in the last 30 days: 2\n"
            "At this rate they last (days): 14\n\n"
            "To do: import more keys."
        )
        assert "pool “Editor &amp; &lt;b&gt;” is low" in letter.html


def test_without_one_it_goes_to_the_staff_address_of_the_plugin(
    pool, deliveries_for, letters, staff_address
):
    staff_address("staff@shop.example")
    policy = pool.policies.get()
    make.make_license_order(9, policy=policy)
    watch_stock()

    (letter,) = letters(deliveries_for("key_pool.low_stock"))

    assert letter.to == "staff@shop.example"
    assert letter.subject == "Editor & <b>: keys are running out (0 left)"
    assert "Ordered units that wait for a key: 5" in letter.text


def test_without_any_address_nobody_is_told(pool, deliveries_for):
    watch_stock()

    assert deliveries_for("key_pool.low_stock") == []


def test_what_has_recovered_meanwhile_is_not_told(pool, deliveries_for, letters, staff_address):
    staff_address("staff@shop.example")
    watch_stock()
    waiting = deliveries_for("key_pool.low_stock")
    make.add_keys(pool, make.fresh_keys(10))
    watch_stock()

    assert letters(waiting) == []

    delivery = Delivery.objects.get(kind="KEY_POOL_LOW_STOCK")
    assert (delivery.status, delivery.error) == ("SUPPRESSED", "The pool has enough keys again.")


@pytest.mark.parametrize(
    "language, subject",
    [
        ("en", "Suite: keys are running out (3 left)"),
        ("es", "Suite: las claves se están agotando (quedan 3)"),
        ("pt-br", "Suite: as chaves estão acabando (restam 3)"),
    ],
)
def test_it_is_told_in_every_language(language, subject):
    contents = {
        "pool": "Suite",
        "available": 3,
        "has_runway": False,
        "runway_days": 0,
        "sold": 0,
        "backordered": 0,
    }

    letter = render("KEY_POOL_LOW_STOCK", language, contents, Sender("Acme", "a@acme.example"))

    assert letter.subject == subject
    assert "{" not in letter.text and "{{" not in letter.html and "\n\n\n" not in letter.text
