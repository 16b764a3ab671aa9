"""Looking for one license among all; what is typed may be a key."""

from __future__ import annotations

import re
import time

from conftest import row_of
from playwright.sync_api import expect

from demo import cast

KEY = "mutation($input: LicenseKeyRevealInput!) { licenseKeyReveal(input: $input) { key errors { code } } }"
LICENSES = (
    "query($id: ID!) { licenseOrder(id: $id) { licenses(first: 1) { edges { node { id } } } } }"
)


def key_of(scene, order):
    node = scene.shop.do(LICENSES, scene.rita, id=order["id"])["licenses"]["edges"][0]["node"]
    return scene.shop.do(KEY, scene.rita, input={"license": node["id"]})["key"]


def look_for(page, text, by="Customer, order or product"):
    page.get_by_label("Search by").select_option(label=by)
    page.get_by_role("searchbox").fill(text)
    page.get_by_role("searchbox").press("Enter")


def test_a_license_is_found_by_its_order_and_by_its_key(scene, sign_in):
    order, other = scene.order(2), scene.order(1)
    key = key_of(scene, other)
    page = sign_in(cast.RESELLER, "portal")
    page.get_by_role("link", name="Find a license").click()
    rows = page.locator("tbody tr")
    expect(row_of(page, other)).to_be_visible()

    look_for(page, order["number"])
    link = page.get_by_role("link", name=order["number"], exact=True)
    expect(rows.filter(has=link)).to_have_count(2)
    expect(row_of(page, other)).to_have_count(0)
    for text in (key, key.lower().replace("-", ""), key[-5:], f"•••••-{key[-5:]}"):
        look_for(page, text, by="Key")
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text(f"•••••-{key[-5:]}")
        expect(rows).to_contain_text("Comet Mail")
        look_for(page, "nothing such")
        expect(page.get_by_text("No license matches.")).to_be_visible()
    look_for(page, key, by="Key")
    expect(rows).to_have_count(1)
    traces = page.evaluate(
        "JSON.stringify([{...sessionStorage}, {...localStorage}, history.state, location.href])"
    )

    assert key not in traces
    assert page.url.endswith("/portal/licenses")
    rows.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Order {other['number']}")
    page.go_back()
    # What was typed as a key is forgotten.
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert key not in page.content()


def test_a_search_is_found_again_after_a_look_at_an_order_but_not_by_the_next_person(
    scene, sign_in
):
    order = scene.order(1)
    page = sign_in(cast.RESELLER, "portal")
    page.get_by_role("link", name="Find a license").click()
    look_for(page, order["number"])
    page.locator("tbody").get_by_role("link", name=order["number"], exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Order")
    page.go_back()

    expect(page.get_by_role("searchbox")).to_have_value(order["number"])
    expect(row_of(page, order)).to_have_count(1)
    page.get_by_role("button", name="Sign out").click()
    page.fill("[name=email]", cast.SHOPPER.email)
    page.fill("[name=password]", cast.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_who_guesses_keys_is_stopped_and_told_so(scene, sign_in):
    ada = scene.shop.sign_in(cast.SHOPPER.email, cast.PASSWORD)
    document = "query($filter: LicenseFilterInput) { licenses(filter: $filter, first: 1) { edges { node { id } } } }"
    for number in range(60):
        scene.shop.ask(document, ada, filter={"key": f"GUESS-{number}"})
    page = sign_in(cast.SHOPPER, "portal/licenses")
    look_for(page, "ANOTHER-GUESS", by="Key")

    expect(page.get_by_role("alert")).to_contain_text("Too often. Try again in an hour.")


def test_pages_of_many_licenses_are_turned(scene, sign_in):
    # A number alone may stand in other orders' products too.
    name = f"Paged {time.time_ns()}"
    scene.approve(scene.buy(scene.licensed(name, isGenerated=True), 30))
    page = sign_in(cast.RESELLER, "portal/licenses")
    look_for(page, name)
    expect(page.get_by_role("status").first).to_have_text(re.compile("^30 licenses"))
    expect(page.locator("tbody tr")).to_have_count(25)
    page.get_by_role("button", name="Next").click()
    expect(page.locator("tbody tr")).to_have_count(5)
    page.get_by_role("button", name="Back").click()
    expect(page.locator("tbody tr")).to_have_count(25)
