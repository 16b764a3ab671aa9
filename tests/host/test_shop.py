"""What we do to the shop and ask of it: fulfillment, stock, checkouts, products, settings."""

from __future__ import annotations

import base64
import logging
from uuid import UUID, uuid4

import build
import pytest
from django.contrib.sites.models import Site
from saleor.checkout.models import Checkout
from saleor.plugins.models import PluginConfiguration
from saleor.warehouse.models import Stock

from saleor_esd_plugin.conf import PLUGIN_ID
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.types import PluginSettings

pytestmark = pytest.mark.django_db


def fulfill(order, *quantities):
    """Of the order's lines, in the order they were made, these quantities; the answer likewise."""
    refs = [str(line.pk) for line in lines_of(order)]
    found = shop.fulfill_lines(shop.order_uuid_of(order), dict(zip(refs, quantities)))
    assert set(found) <= set(refs)
    return [found.get(ref) for ref in refs]


def lines_of(order):
    return sorted(order.lines.all(), key=lambda line: line.quantity)


def fulfilled(order):
    return [line.quantity_fulfilled for line in lines_of(order)]


def quantity(variant):
    return variant.stocks.get().quantity


# Fulfillment


def test_fulfilling_all_units_of_an_order():
    """Saleor's own fulfillment, so that its order shows fulfilled; its stock goes down."""
    variant = build.make_variant(stock=10)
    order = build.make_order([(variant, 6)])

    assert fulfill(order, 6) == [6]

    order.refresh_from_db()
    assert order.status == "fulfilled"
    assert fulfilled(order) == [6]
    assert [f.status for f in order.fulfillments.all()] == ["fulfilled"]
    assert quantity(variant) == 4


def test_fulfilling_part_of_a_line_then_the_rest():
    """Never more than is unfulfilled: "4 of 6", then 2."""
    order = build.make_order([(build.make_variant(), 6)])

    assert fulfill(order, 4) == [4]
    order.refresh_from_db()
    assert order.status == "partially fulfilled"
    assert fulfill(order, 6) == [2]
    assert fulfill(order, 6) == [None]

    assert fulfilled(order) == [6]
    assert order.fulfillments.count() == 2


def test_other_lines_are_left_alone():
    order = build.make_order([(build.make_variant(), 1), (build.make_variant(), 3)])

    assert fulfill(order, 0, 2) == [None, 2]

    assert fulfilled(order) == [0, 2]


def test_units_come_from_where_they_are_allocated():
    variant = build.make_variant(stock=5)
    order = build.make_order([(variant, 4)])
    elsewhere = build.make_stock(variant, 5)
    (line,) = order.lines.all()
    line.allocations.update(quantity_allocated=1)
    line.allocations.create(stock=elsewhere, quantity_allocated=3)
    if hasattr(elsewhere, "quantity_allocated"):
        Stock.objects.filter(pk=elsewhere.pk).update(quantity_allocated=3)

    assert fulfill(order, 4) == [4]

    assert [stock.quantity for stock in variant.stocks.order_by("pk")] == [4, 2]


def test_without_tracked_inventory_any_stock_will_do():
    variant = build.make_variant(stock=5, track_inventory=False)
    order = build.make_order([(variant, 8)])

    assert fulfill(order, 8) == [8]

    assert quantity(variant) == 5


@pytest.mark.parametrize("status", ["DRAFT", "CANCELLED"])
def test_orders_that_are_no_sale_are_not_fulfilled(status):
    order = build.make_order([(build.make_variant(), 1)], status=status)

    assert fulfill(order, 1) == [None]

    assert order.fulfillments.count() == 0


@pytest.mark.only_on("3.21", reason="2.10 has neither status")
@pytest.mark.parametrize("status", ["UNCONFIRMED", "EXPIRED"])
def test_orders_that_are_not_confirmed_or_expired_are_not_fulfilled(status):
    """It would confirm the order in the shop's place."""
    order = build.make_order([(build.make_variant(), 1)], status=status)

    assert fulfill(order, 1) == [None]

    order.refresh_from_db()
    assert (order.status, order.fulfillments.count()) == (status.lower(), 0)


def test_a_shop_that_refuses_changes_nothing(caplog):
    """Only the type is logged, and the transaction around stays usable."""
    variant = build.make_variant(stock=5)
    order = build.make_order([(variant, 2), (build.make_variant(), 3)])
    Stock.objects.filter(product_variant=variant).update(quantity=0)

    with caplog.at_level(logging.WARNING):
        assert fulfill(order, 2, 3) == [None, None]

    assert fulfilled(order) == [0, 0]
    assert order.fulfillments.count() == 0
    (logged,) = [r.getMessage() for r in caplog.records if r.name == shop.__name__]
    assert logged == (
        f"The shop did not fulfill order {shop.order_uuid_of(order)}: InsufficientStock"
    )


def test_lines_whose_variant_or_stock_is_gone_are_left_out():
    """H18."""
    gone, without_stock = build.make_variant(), build.make_variant(stock=None)
    order = build.make_order([(gone, 1), (without_stock, 2), (build.make_variant(), 3)])
    gone.product.delete()

    assert fulfill(order, 1, 2, 3) == [None, None, 3]


def test_an_order_that_is_gone_is_not_fulfilled():
    assert shop.fulfill_lines(uuid4(), {"1": 1}) == {}


def test_fulfilling_writes_no_mail_of_the_shop(mailoutbox, run_commits):
    """I10: the buyer hears of the release from us, not twice."""
    order = build.make_order([(build.make_variant(), 1)])

    assert fulfill(order, 1) == [1]
    run_commits()

    assert mailoutbox == []


# Stock


def test_stock_is_free_keys_and_what_is_allocated():
    variant = build.make_variant(stock=100)
    build.make_order([(variant, 6)])

    assert shop.set_stock(str(variant.pk), 4) == "SET"
    assert quantity(variant) == 10
    assert shop.set_stock(str(variant.pk), 4) == "UNCHANGED"
    assert shop.set_stock(str(variant.pk), 0) == "SET"
    assert quantity(variant) == 6


def test_stock_that_is_not_ours_to_set():
    untracked = build.make_variant(stock=7, track_inventory=False)
    several = build.make_variant(stock=7)
    build.make_stock(several, 8)

    assert shop.set_stock(str(untracked.pk), 1) == "UNTRACKED"
    assert shop.set_stock(str(several.pk), 1) == "SEVERAL_STOCK_ROWS"
    assert shop.set_stock(str(build.make_variant(stock=None).pk), 1) == "NO_STOCK_ROW"
    assert shop.set_stock("999999999", 1) == "NO_STOCK_ROW"
    assert shop.set_stock("", 1) == "NO_STOCK_ROW"

    assert quantity(untracked) == 7
    assert sorted(several.stocks.values_list("quantity", flat=True)) == [7, 8]


# What the buyer says at checkout


def metadata_of(checkout):
    found = Checkout.objects.get(pk=checkout.pk)
    return getattr(found, "metadata_storage", found).metadata


def test_details_are_kept_in_the_checkouts_metadata():
    """I04, I05, I06: by the API's id or by the token; an empty text takes an entry out."""
    checkout = build.make_checkout()
    id_ = base64.b64encode(f"Checkout:{checkout.pk}".encode()).decode()

    first = shop.write_checkout_details(
        id_, {"notification_email": "a@buyer.example", "comment": "olá 🙂"}, user_ref=None
    )
    second = shop.write_checkout_details(
        str(checkout.pk), {"purchase_order_reference": "PO-7", "comment": ""}, user_ref=None
    )

    assert (first, second) == (True, True)
    assert metadata_of(checkout) == {
        "esd.notification_email": "a@buyer.example",
        "esd.purchase_order_reference": "PO-7",
    }


def test_other_metadata_of_a_checkout_stays():
    checkout = build.make_checkout()
    shop.write_checkout_details(str(checkout.pk), {"comment": "x"}, user_ref=None)
    holder = Checkout.objects.get(pk=checkout.pk)
    holder = getattr(holder, "metadata_storage", holder)
    holder.metadata["theirs"] = "1"
    holder.save()

    shop.write_checkout_details(str(checkout.pk), {"comment": "y"}, user_ref=None)

    assert metadata_of(checkout) == {"theirs": "1", "esd.comment": "y"}


@pytest.mark.parametrize(
    "id_",
    [
        str(UUID(int=1)),
        "",
        "x",
        "17",
        base64.b64encode(f"Order:{UUID(int=1)}".encode()).decode(),
        base64.b64encode(b"Checkout:17").decode(),
        "a" * 10_000,
    ],
)
def test_checkouts_that_do_not_exist(id_):
    assert shop.write_checkout_details(id_, {"comment": "x"}, user_ref=None) is False


# Products, settings, languages


def test_a_variant_by_ref():
    variant = build.make_variant("Editor", sku="ED-3")
    ref = str(variant.pk)

    assert shop.variant_exists(ref) is True
    assert [shop.variant_exists(bad) for bad in ("999999999", "", "x", "1e3", "²")] == [False] * 5


def configure(active=True, **values):
    names = {
        "sender_name": "Sender name",
        "sender_address": "Sender address",
        "staff_address": "Staff address",
        "mirrors_stock": "Stock follows free keys",
    }
    PluginConfiguration.objects.create(
        identifier=PLUGIN_ID,
        name="Software licenses",
        active=active,
        configuration=[{"name": names[key], "value": value} for key, value in values.items()],
    )


def test_settings_without_a_row_are_the_defaults(settings):
    """K03: one sender, the shop's own unless another is set."""
    settings.DEFAULT_FROM_EMAIL = "The Shop <shop@shop.example>"

    assert shop.plugin_settings() == PluginSettings(
        is_active=True,
        sender_name="The Shop",
        sender_address="shop@shop.example",
        staff_address="",
        mirrors_stock=True,
    )


@pytest.mark.parametrize(
    "stored, meant",
    [(False, False), ("false", False), (True, True), ("true", True), ("True", True)],
)
def test_settings_of_shop_staff(stored, meant):
    configure(
        active=False,
        sender_name="Licenses",
        sender_address="keys@shop.example",
        staff_address="staff@shop.example",
        mirrors_stock=stored,
    )

    assert shop.plugin_settings() == PluginSettings(
        is_active=False,
        sender_name="Licenses",
        sender_address="keys@shop.example",
        staff_address="staff@shop.example",
        mirrors_stock=meant,
    )


def test_the_senders_name_goes_with_the_shops_address(settings):
    settings.DEFAULT_FROM_EMAIL = "shop@shop.example"
    configure(sender_name="Licenses")

    found = shop.plugin_settings()

    assert (found.sender_name, found.sender_address) == ("Licenses", "shop@shop.example")


def test_a_shop_without_any_sender(settings):
    settings.DEFAULT_FROM_EMAIL = ""

    assert shop.plugin_settings().sender_address == ""


@pytest.mark.only_on("2.10", reason="3.x has the sender in its settings only")
def test_the_sender_that_staff_set_for_the_whole_shop():
    site = Site.objects.get_current()
    site.settings.default_mail_sender_name = "Dashboard"
    site.settings.default_mail_sender_address = "dashboard@shop.example"
    site.settings.save()

    found = shop.plugin_settings()

    assert (found.sender_name, found.sender_address) == ("Dashboard", "dashboard@shop.example")


def test_absolute_addresses():
    url = shop.absolute_url("/plugins/global/esd/claim/x")

    assert url.startswith("http") and url.endswith("/plugins/global/esd/claim/x")
    assert Site.objects.get_current().domain in url


def test_the_language_of_the_shop():
    assert shop.default_language() == "en"


def test_what_is_on_sale():
    """By name; a variant that is not published, or gone, is not."""
    editor, other, hidden = (build.make_variant(name) for name in ("Editor", "Cutter", "Hidden"))
    build.unpublish(hidden)
    refs = [str(variant.pk) for variant in (editor, other, hidden)]

    assert shop.variants_on_sale([*refs, "0", "no number"]) == [
        f"Cutter ({other.sku})",
        f"Editor ({editor.sku})",
    ]
