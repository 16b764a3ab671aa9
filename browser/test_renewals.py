"""Renewing: what it costs, the way to the shop, and an order that renews, as its buyer and staff see it."""

from __future__ import annotations

import time

import pytest
from conftest import row_of
from playwright.sync_api import expect
from test_access import look_at

from demo import cast, documents

LICENSES = "query($id: ID!) { licenseOrder(id: $id) { licenses(first: 9) { edges { node { id keyMask } } } } }"


@pytest.fixture
def renewal(scene):
    """The variant of a new product: a unit renews a license of Beacon by two years, for 200, once staff approve."""
    scene.stock(cast.BEACON, 2)
    owner = scene.shop.sign_in(cast.OWNER.email, cast.PASSWORD)
    name = f"Longer Beacon {time.time_ns()}"
    product = {"name": name, "sku": name, "price": 200, "tracks_stock": False}
    variant = scene.shop.make_product(owner, scene.place, **product)
    policy = {"variant": variant, "kind": "RENEWAL", "name": name, "term": "P2Y"}
    renews = [scene.variants[cast.BEACON.sku]]
    scene.shop.do(documents.POLICY_CREATE, scene.paul, input={**policy, "renews": renews})
    return variant


@pytest.fixture
def renewal_address(scene):
    owner = scene.shop.sign_in(cast.OWNER.email, cast.PASSWORD)

    def set_address(address):
        scene.shop.set_plugin(owner, active=True, **{"Renewal address": address})

    yield set_address
    set_address("")


def license_of(scene, order):
    """The only one."""
    (edge,) = scene.shop.do(LICENSES, scene.rita, id=order["id"])["licenses"]["edges"]
    return edge["node"]


def test_a_license_tells_what_renewing_costs_and_leads_to_the_shop(
    scene, renewal, sign_in, renewal_address
):
    """P12: for each product that renews it the price and the expiry to be."""
    order = scene.order(1, cast.BEACON)
    license = license_of(scene, order)
    page = sign_in(cast.RESELLER, f"portal/purchases/{order['id']}")
    page.get_by_role("button", name="Cost of renewing").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("dd").filter(has_text="$200.00").first).to_be_visible()
    expect(dialog.get_by_text("2 years").first).to_be_visible()
    expect(dialog.get_by_text("To renew it, ask the shop.")).to_be_visible()
    expect(dialog.get_by_role("link")).to_have_count(0)
    look_at(page, "what renewing costs")

    renewal_address("https://shop.example/renew?license={license}")
    page = sign_in(cast.RESELLER, f"portal/purchases/{order['id']}")
    page.get_by_role("button", name="Renew…").click()

    link = page.get_by_role("dialog").get_by_role("link", name="Renew in the shop")
    id = license["id"].replace("=", "%3D")
    expect(link).to_have_attribute("href", f"https://shop.example/renew?license={id}")


def test_an_order_that_renews_shows_which_licenses_and_until_when(scene, renewal, sign_in):
    """No key, nothing to assign, and nothing of it is a license."""
    owned, order = scene.order(1, cast.BEACON), scene.buy(renewal, 1)
    license = license_of(scene, owned)
    portal = sign_in(cast.RESELLER, "portal")
    row_of(portal, order).get_by_role("link", name="Manage").click()
    expect(portal.get_by_text("The shop does not know yet which license to renew.")).to_be_visible()
    expect(portal.get_by_text("1 without a license to renew yet")).to_be_visible()
    staff = sign_in(cast.APPROVER, f"staff/orders/{order['id']}")
    staff.get_by_role("button", name="Name licenses…").click()
    dialog = staff.get_by_role("dialog")
    expect(dialog.get_by_role("checkbox").first).to_be_visible()
    dialog.get_by_label("Search").fill(owned["number"])
    dialog.get_by_label("Search").press("Tab")
    choice = dialog.get_by_role("checkbox", name=license["keyMask"][-5:])
    choice.check()
    look_at(staff, "naming a license")
    dialog.get_by_role("button", name="Save").click()
    expect(staff.get_by_role("status").last).to_have_text("1 license named.")
    expect(staff.get_by_text("Not renewed yet")).to_be_visible()
    expect(staff.get_by_text("The licenses to renew were named")).to_be_visible()
    expect(staff.get_by_text("Keys allocated")).to_have_count(0)

    staff.get_by_role("button", name="Approve").click()
    staff.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(staff.get_by_text("1 of 1 renewed")).to_be_visible()
    portal.get_by_role("link", name="‹ Purchases").click()
    expect(row_of(portal, order)).to_contain_text("1 of 1")
    expect(row_of(portal, order)).not_to_contain_text("assigned")
    row_of(portal, order).get_by_role("link", name="Manage").click()

    for page, what in ((portal, "a renewal"), (staff, "a renewal, for staff")):
        expect(page.get_by_text("1 of 1 renewed")).to_be_visible()
        row = page.locator("tr").filter(has_text=license["keyMask"][-5:])
        expect(row).to_contain_text("→")
        expect(row).to_contain_text(cast.BEACON.name)
        expect(page.get_by_role("button", name="Assign")).to_have_count(0)
        look_at(page, what)
        row.get_by_role("link").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"Order {owned['number']}")
