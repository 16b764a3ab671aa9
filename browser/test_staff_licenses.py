"""Staff's pages for licenses: find them, see why one is red, suspend, reinstate, renew and cancel one or many."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from test_access import look_at
from test_licenses import key_of

from demo import cast, documents

LICENSES = """query($id: ID!) { licenseOrder(id: $id) { licenses(first: 20) { edges { node {
    id keyMask fulfillment lifecycle expiresAt suspendedUntil stateReason { code note } } } } } }"""
SUSPEND = (
    "mutation($input: LicenseSuspendInput!) { licenseSuspend(input: $input) { errors { code } } }"
)


@pytest.fixture
def paul(sign_in):
    def paul(path="staff/licenses", **look):
        return sign_in(cast.APPROVER, path, **look)

    return paul


def licenses_of(scene, order):
    found = scene.shop.do(LICENSES, scene.paul, id=order["id"])
    return [edge["node"] for edge in found["licenses"]["edges"]]


def suspend(scene, *licenses):
    given = {"licenses": [one["id"] for one in licenses], "reason": "PAYMENT_OVERDUE"}
    scene.shop.do(SUSPEND, scene.paul, input=given)


def list_of(paul, order, **look):
    page = paul(f"staff/licenses?orderNumber={order['number']}", **look)
    page.wait_for_selector("tbody tr")
    return page


def choose_all(page):
    page.locator("thead input").check()


def test_one_is_suspended_seen_why_in_portuguese_reinstated_and_cancelled(scene, paul):
    """P08 to P10, P13."""
    order = scene.order(1)
    page = list_of(paul, order, language="pt-BR")
    page.locator("tbody").get_by_role("link").first.click()
    page.get_by_role("button", name="Suspender…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Motivo").select_option(
        label="A licença foi usada em desacordo com seus termos."
    )
    dialog.get_by_role("button", name="Suspender").click()
    # This reason needs a note; the browser asks for it.
    expect(dialog.get_by_label("Observação")).to_be_focused()
    dialog.get_by_label("Observação").fill("Vista em dois computadores")
    dialog.get_by_label("Até").fill("2099-12-31")
    dialog.get_by_role("button", name="Suspender").click()

    expect(page.get_by_role("status").last).to_have_text("1 licença suspensa.")
    band = page.locator(".band.bad")
    expect(band).to_contain_text("Suspensa")
    expect(band).to_contain_text("A licença foi usada em desacordo com seus termos.")
    expect(band).to_contain_text("Vista em dois computadores")
    (license,) = licenses_of(scene, order)
    assert license["lifecycle"] == "SUSPENDED"
    assert license["stateReason"] == {
        "code": "TERMS_VIOLATED",
        "note": "Vista em dois computadores",
    }
    assert license["suspendedUntil"].startswith("2099-12-31")
    page.get_by_role("link", name="‹ Licenças").click()
    assert f"orderNumber={order['number']}" in page.url
    expect(page.locator("tbody tr")).to_contain_text(
        "A licença foi usada em desacordo com seus termos."
    )
    page.locator("tbody").get_by_role("link").first.click()

    page.get_by_role("button", name="Reativar…").click()
    dialog.get_by_label("Motivo").select_option(label="A questão foi resolvida.")
    dialog.get_by_role("button", name="Reativar").click()
    expect(page.get_by_role("status").last).to_have_text("1 licença reativada.")
    expect(band).to_have_count(0)
    assert licenses_of(scene, order)[0]["lifecycle"] == "ACTIVE"

    page.get_by_role("button", name="Cancelar definitivamente…").click()
    dialog.get_by_label("Motivo").select_option(label="A pedido do cliente.")
    button = dialog.get_by_role("button", name="Cancelar definitivamente")
    expect(button).to_be_disabled()
    last = dialog.get_by_label(re.compile("últimos 4 caracteres"))
    last.fill("0000")
    expect(button).to_be_disabled()
    last.fill(license["keyMask"][-4:].lower())
    button.click()

    expect(page.get_by_role("status").last).to_have_text("1 licença cancelada.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cancelada")
    expect(band).to_contain_text("A pedido do cliente.")
    expect(page.get_by_role("button", name="Reativar…")).to_have_count(0)
    assert licenses_of(scene, order)[0]["lifecycle"] == "CANCELLED"


def test_of_a_selection_those_are_reinstated_that_can_be(scene, paul):
    order = scene.order(3)
    licenses = licenses_of(scene, order)
    suspend(scene, *licenses[:2])
    page = list_of(paul, order)
    choose_all(page)
    expect(page.get_by_text("3 licenses chosen")).to_be_visible()
    page.get_by_role("button", name="Reinstate…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Reinstate 2 licenses?")
    expect(dialog).to_contain_text("Possible for 2 of 3")
    expect(dialog).to_contain_text("1 is not suspended by staff")
    dialog.get_by_label("Reason").select_option(label="The matter is settled.")
    dialog.get_by_role("button", name="Reinstate").click()

    expect(page.get_by_role("status").last).to_have_text("2 licenses reinstated.")
    assert [one["lifecycle"] for one in licenses_of(scene, order)] == ["ACTIVE"] * 3
    expect(page.get_by_text("0 licenses chosen")).to_be_visible()

    choose_all(page)
    page.get_by_role("button", name="Cancel for good…").click()
    dialog.get_by_label("Reason").select_option(label="The customer asked for it.")
    expect(dialog.get_by_role("button", name="Cancel for good")).to_be_disabled()
    dialog.get_by_label("Type the number of licenses: 3").fill("3")
    dialog.get_by_role("button", name="Cancel for good").click()
    expect(page.get_by_role("status").last).to_have_text("3 licenses cancelled.")
    assert {one["lifecycle"] for one in licenses_of(scene, order)} == {"CANCELLED"}


def test_one_is_assigned_given_on_mailed_again_and_taken_back(scene, paul):
    order = scene.order(1)
    account = scene.license_order(order["shop_id"])["account"]["id"]
    names = [f"G{order['number']}", f"H{order['number']}"]
    for name in names:
        given = {"account": account, "code": name, "name": f"Firm {name}"}
        given["email"] = f"{name.lower()}@firm.example"
        scene.shop.do(documents.END_CUSTOMER_CREATE, scene.rita, input=given)
    page = list_of(paul, order)
    page.locator("tbody").get_by_role("link").first.click()
    dialog, said = page.get_by_role("dialog"), page.get_by_role("status").last
    page.get_by_role("button", name="Assign…").click()
    dialog.get_by_label("Customer").fill(names[0])
    dialog.get_by_role("button", name="Assign").click()
    expect(said).to_contain_text(f"It is Firm {names[0]}'s now")
    expect(page.locator(".facts")).to_contain_text(f"Firm {names[0]}")

    page.get_by_role("button", name="Give on…").click()
    dialog.get_by_label("Customer").fill(names[1])
    dialog.get_by_role("button", name="Give on").click()
    # The activation e-mail had the key.
    expect(dialog.get_by_role("alert")).to_contain_text("Somebody has read a key")
    dialog.get_by_role("button", name="Give on").click()
    expect(said).to_contain_text(f"It is Firm {names[1]}'s now")

    expect(page.locator(".facts")).to_contain_text(f"Firm {names[1]}")
    page.get_by_role("button", name="Send again").click()
    dialog.get_by_role("button", name="Send").click()
    expect(said).to_have_text(f"An e-mail goes to {names[1].lower()}@firm.example.")
    page.get_by_role("button", name="Take back").click()
    dialog.get_by_role("button", name="Take back").click()
    # Its key was mailed: staff say why.
    expect(dialog.get_by_label("Reason")).to_have_accessible_description("Say why.")
    dialog.get_by_label("Reason").fill("Sold to the wrong firm")
    dialog.get_by_role("button", name="Take back").click()
    expect(said).to_contain_text("Taken back from")
    assert licenses_of(scene, order)[0]["fulfillment"] == "RELEASED"


def test_one_gets_a_new_key_and_leaves_its_order(scene, paul):
    order = scene.order(2, cast.ATLAS)
    scene.approve(order)
    page = list_of(paul, order)
    page.locator("tbody").get_by_role("link").first.click()
    dialog, said = page.get_by_role("dialog"), page.get_by_role("status").last
    mask = page.locator("h1 code").inner_text()
    page.get_by_role("button", name="New key…").click()
    dialog.get_by_label("Reason").fill("The publisher refuses it")
    dialog.get_by_role("button", name="Give a new key").click()
    expect(said).to_have_text("It has a new key.")
    expect(page.locator("h1 code")).not_to_have_text(mask)

    page.get_by_role("button", name="Return…").click()
    dialog.get_by_label("Reason").fill("Two seats were enough")
    expect(dialog.get_by_role("button", name="Return for good")).to_be_disabled()
    dialog.get_by_label("Type the last 4").fill(page.locator("h1 code").inner_text()[-4:])
    dialog.get_by_role("button", name="Return for good").click()
    expect(said).to_have_text("The license has left its order.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("✕ Returned")
    expect(page.get_by_role("button", name="New key…")).to_have_count(0)
    left = [one["fulfillment"] for one in licenses_of(scene, order)]
    assert sorted(left) == ["RELEASED", "RETURNED"]


def test_a_key_is_read_with_a_reason_by_who_may(scene, sign_in, paul):
    order = scene.order(1)
    (license,) = licenses_of(scene, order)
    path = f"staff/licenses/{license['id']}"
    page = sign_in(cast.OWNER, path)
    page.get_by_role("button", name="Show the key…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Asked for by telephone")
    dialog.get_by_role("button", name="Show").click()
    expect(dialog.locator("code")).to_have_text(
        re.compile(f"^[A-Z0-9]{{5}}-.*{license['keyMask'][-5:]}$")
    )
    dialog.get_by_role("button", name="Hide").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".facts")).to_contain_text("Key read or mailedYes")

    page = paul(path)
    page.get_by_role("button", name="Show the key…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Asked for by telephone")
    dialog.get_by_role("button", name="Show").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Your role does not allow this.")


def test_what_somebody_else_did_meanwhile_is_told_and_nothing_is_done(scene, paul):
    order = scene.order(2)
    first, second = licenses_of(scene, order)
    page = list_of(paul, order)
    choose_all(page)
    page.get_by_role("button", name="Suspend…").click()
    suspend(scene, first)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").select_option(label="A payment is overdue.")
    dialog.get_by_role("button", name="Suspend").click()

    alert = dialog.get_by_role("alert")
    expect(alert).to_contain_text("1 license is in another state by now. Nothing was changed.")
    expect(alert).to_contain_text(first["keyMask"][-5:])
    found = {one["id"]: one["lifecycle"] for one in licenses_of(scene, order)}
    assert found == {first["id"]: "SUSPENDED", second["id"]: "ACTIVE"}
    page.keyboard.press("Escape")
    # The list looked again.
    expect(page.locator("tbody tr").filter(has_text=first["keyMask"][-5:])).to_contain_text(
        "Suspended"
    )


def test_one_is_renewed_by_two_terms_and_sees_until_when(scene, paul):
    """P12."""
    scene.stock(cast.BEACON, 1)
    order = scene.order(1, cast.BEACON)
    (license,) = licenses_of(scene, order)
    page = list_of(paul, order)
    page.locator("tbody").get_by_role("link").first.click()
    page.get_by_role("button", name="Renew…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Terms").select_option("2")
    year = int(license["expiresAt"][:4])
    expect(dialog.locator("strong")).to_contain_text(str(year + 2))
    dialog.get_by_label("Reason").fill("Agreed by telephone")
    dialog.get_by_role("button", name="Renew").click()

    expect(page.get_by_role("status").last).to_have_text("1 license renewed.")
    assert licenses_of(scene, order)[0]["expiresAt"][:4] == str(year + 2)
    expect(page.locator(".timeline")).to_contain_text("Agreed by telephone")


def test_filters_stand_in_the_address_and_bring_the_list_back(scene, paul):
    order = scene.order(3)
    suspended, *others = licenses_of(scene, order)
    suspend(scene, suspended)
    page = paul()
    page.get_by_role("searchbox").fill(order["number"])
    page.get_by_role("searchbox").press("Enter")
    rows = page.locator("tbody tr")
    number = page.get_by_role("link", name=order["number"], exact=True)
    expect(rows.filter(has=number)).to_have_count(3)
    page.get_by_label("State").select_option(label="Suspended")
    page.get_by_text("More filters").click()
    page.get_by_label("Order number").fill(order["number"])
    page.get_by_label("Order number").press("Enter")
    page.get_by_label("Reason").select_option(label="A payment is overdue.")
    page.get_by_label("Cause").select_option(label="Suspended by staff")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("A payment is overdue.")
    expect(page.get_by_role("status").first).to_have_text("1 license")

    address = page.url
    again = paul(address.split("/esd/")[1])
    expect(again.locator("tbody tr")).to_have_count(1)
    expect(again.locator("tbody tr")).to_contain_text(suspended["keyMask"][-5:])
    expect(again.get_by_label("State")).to_have_value("SUSPENDED")
    expect(again.get_by_label("Cause")).to_be_visible()
    again.get_by_label("State").select_option(label="Ready")
    expect(again.get_by_text("No license matches.")).to_be_visible()
    again.get_by_role("button", name="Show all").click()
    assert again.url.endswith("/staff/licenses")


def test_what_expires_soon_and_of_whom(scene, paul):
    scene.stock(cast.BEACON, 1)
    order = scene.order(1, cast.BEACON)
    page = paul(f"staff/licenses?orderNumber={order['number']}&expires=30")
    expect(page.get_by_text("No license matches.")).to_be_visible()
    page = paul(f"staff/licenses?orderNumber={order['number']}&buyer={cast.RESELLER.email}")
    expect(page.locator("tbody tr")).to_have_count(1)
    page = paul(f"staff/licenses?orderNumber={order['number']}&product=Comet")
    expect(page.get_by_text("No license matches.")).to_be_visible()


def test_a_key_is_found_and_stands_in_no_address(scene, paul):
    order = scene.order(1)
    key = key_of(scene, order)
    page = paul()
    rows = page.locator("tbody tr")
    expect(rows.first).to_be_visible()
    page.get_by_role("searchbox").fill(key)
    page.get_by_role("searchbox").press("Enter")
    # Not said to be a key, and not written down all the same.
    expect(page.get_by_text("No license matches.")).to_be_visible()
    assert page.url.endswith("/staff/licenses")
    page.get_by_label("Search by").select_option(label="Key")
    page.get_by_role("searchbox").press("Enter")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(key[-5:])
    expect(page.get_by_role("button", name="Download CSV")).to_be_disabled()
    traces = page.evaluate(
        "JSON.stringify([{...sessionStorage}, {...localStorage}, history.state, location.href])"
    )
    assert key not in traces and page.url.endswith("/staff/licenses")


def test_what_is_filtered_is_saved_without_keys(scene, paul):
    """P06."""
    order = scene.order(2)
    key = key_of(scene, order)
    page = list_of(paul, order)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()

    assert waiting.value.suggested_filename == "licenses.csv"
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    assert len(text.strip().splitlines()) == 3
    assert key not in text and key[-5:] in text


def test_an_order_leads_to_its_licenses_and_back(scene, paul):
    order = scene.order(2)
    page = paul(f"staff/orders/{order['id']}")
    page.get_by_role("link", name="Show them").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody").get_by_role("link", name=order["number"]).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Order {order['number']}")


def test_a_license_is_suspended_by_keyboard_alone(scene, paul):
    order = scene.order(1)
    page = list_of(paul, order)
    page.locator("tbody").get_by_role("link").first.click()
    expect(page.get_by_role("button", name="Suspend…")).to_be_visible()

    def tab_to(text):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent") == text:
                return

    tab_to("Suspend…")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Reason")).to_be_visible()
    for _ in range(10):
        if page.evaluate("document.activeElement.tagName") == "SELECT":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("A payment")
    tab_to("Suspend")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").last).to_have_text("1 license suspended.")
    assert licenses_of(scene, order)[0]["lifecycle"] == "SUSPENDED"


def test_who_looks_sees_all_of_it(scene, paul):
    """As test_access.py does for the other pages."""
    order = scene.order(2)
    suspend(scene, licenses_of(scene, order)[0])
    page = list_of(paul, order, language="es")
    look_at(page, "licenses")
    choose_all(page)
    page.get_by_role("button", name="Cancelar definitivamente…").click()
    page.wait_for_selector("dialog form")
    look_at(page, "cancel")
    page.keyboard.press("Escape")
    page.locator("tbody tr").filter(has_text="Suspendida").get_by_role("link").first.click()
    page.wait_for_selector(".split")
    look_at(page, "license")
    page.get_by_role("button", name="Reactivar…").click()
    page.wait_for_selector("dialog form")
    look_at(page, "reinstate")
