"""Staff's pages by themselves: what waits, the queue, one order."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from demo import cast

GRANT = """mutation($input: LicenseGrantInput!) { licenseGrant(input: $input) {
    licenseOrder { id number } errors { field code message } } }"""


def test_a_clerk_sees_what_waits_and_approves_it(scene, sign_in):
    """I08, I11."""
    order = scene.order(2, cast.ATLAS)
    page = sign_in(cast.APPROVER, "staff")
    expect(page.get_by_text("To approve")).to_be_visible()

    page.get_by_role("link", name="Review").click()
    page.get_by_role("link", name=order["number"], exact=True).click()
    expect(page.get_by_text("✓ Paid in full")).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()

    expect(page.get_by_role("status").last).to_have_text("1 order approved.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Done")
    found = scene.license_order(order["shop_id"])
    assert (found["status"], found["availability"]["text"]) == ("DONE", "2 of 2")


def test_some_are_approved_now_and_the_rest_later(scene, sign_in):
    """I09, I11: each decision is told in the order's history, and by whom."""
    order = scene.order(6, cast.ATLAS)
    page = sign_in(cast.APPROVER, f"staff/orders/{order['id']}")
    page.get_by_role("button", name="Approve", exact=True).click()
    dialog = page.get_by_role("dialog")
    amount = dialog.get_by_label("Approve of")
    expect(amount).to_have_value("6")
    for wrong in ("7", "-1", "", "1.5", "two"):
        amount.fill(wrong)
        dialog.get_by_role("button", name="Approve").click()
        expect(amount).to_have_accessible_description("A whole number from 0 to 6.")
    amount.fill("0")
    dialog.get_by_role("button", name="Approve").click()
    expect(amount).to_have_accessible_description(
        "Approve one license at least, or reject the order."
    )
    amount.fill("2")
    dialog.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("status").last).to_have_text("2 licenses approved.")
    expect(page.get_by_role("cell", name="2 of 6")).to_contain_text("2 approved, 4 to decide on")
    happened = page.locator(".timeline li")
    approved = happened.filter(has_text="Approved · 2 licenses")
    expect(approved).to_contain_text(f"by {cast.APPROVER.email}")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(amount).to_have_value("4")
    dialog.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Done")
    expect(happened.filter(has_text="Approved · 4 licenses")).to_be_visible()
    assert scene.license_order(order["shop_id"])["availability"]["text"] == "6 of 6"


def test_who_approves_more_than_somebody_has_left_meanwhile_is_told_beside_the_number(
    scene, sign_in
):
    order = scene.order(3, cast.ATLAS)
    page = sign_in(cast.APPROVER, f"staff/orders/{order['id']}")
    page.get_by_role("button", name="Approve", exact=True).click()
    dialog = page.get_by_role("dialog")
    amount = dialog.get_by_label("Approve of")
    amount.fill("1")
    (line,) = order["lines"]
    scene.approve(order, lines=[{"id": line["id"], "quantity": 2}])

    dialog.get_by_role("button", name="Approve").click()

    expect(amount).to_have_accessible_description(
        "So many do not wait for approval any more: 1 do."
    )
    page.keyboard.press("Escape")
    expect(page.get_by_role("cell", name="2 of 3")).to_be_visible()


def test_what_happened_to_an_order_newest_first(scene, sign_in):
    order = scene.order(1, cast.ATLAS)
    scene.reject(order, "Sold to members only")
    page = sign_in(cast.APPROVER, f"staff/orders/{order['id']}", language="es")
    happened = page.locator(".timeline li")

    rejected = happened.filter(has_text="Rechazada · 1 licencia")
    expect(rejected).to_contain_text(f"por {cast.APPROVER.email}")
    expect(rejected).to_contain_text("Sold to members only")
    expect(happened.filter(has_text="Pedido rechazado")).to_contain_text(
        f"Correo a {cast.RESELLER.email}: Pedido rechazado ✓ enviado"
    )
    expect(happened.last).to_contain_text("Pedido realizado")
    moments = happened.locator("time").evaluate_all("all => all.map(one => one.dateTime)")
    assert moments == sorted(moments, reverse=True) and len(moments) >= 3
    requests = page.evaluate(
        "performance.getEntriesByType('resource').filter(one => one.name.endsWith('/graphql/')).length"
    )
    # One to sign in, one for what is low on all pages, one for all that the page shows.
    assert requests == 3
    expect(page.get_by_role("button", name="Mostrar más")).to_have_count(0)


def test_the_first_twenty_and_more_on_demand(scene, sign_in):
    order = scene.order(30, cast.ATLAS)
    (line,) = order["lines"]
    for quantity in range(1, 13):
        scene.approve(order, lines=[{"id": line["id"], "quantity": quantity}])
    page = sign_in(cast.APPROVER, f"staff/orders/{order['id']}")
    happened = page.locator(".timeline li")
    expect(happened).to_have_count(20)
    expect(happened.filter(has_text="Order placed")).to_have_count(0)

    more = page.get_by_role("button", name="Show more")
    for shown in (40, 60):
        if more.count():
            more.click()
            expect(happened.nth(shown - 20)).to_be_visible()

    expect(more).to_have_count(0)
    expect(happened.last).to_contain_text("Order placed")
    expect(happened.filter(has_text="Approved · 1 license")).to_have_count(12)
    moments = happened.locator("time").evaluate_all("all => all.map(one => one.dateTime)")
    assert moments == sorted(moments, reverse=True)


def test_many_are_rejected_at_once_with_one_reason(scene, sign_in):
    orders = [scene.order(1, cast.ATLAS) for _ in range(2)]
    page = sign_in(cast.APPROVER, "staff/approvals")
    for order in orders:
        page.get_by_label(f"Choose order {order['number']}").check()

    page.get_by_role("button", name="Reject…").click()
    page.get_by_label("Reason").fill("Sold to members only")
    page.get_by_role("dialog").get_by_role("button", name="Reject").click()

    expect(page.get_by_role("status").last).to_have_text("2 orders rejected.")
    for order in orders:
        found = scene.license_order(order["shop_id"])
        assert (found["status"], found["decisionReason"]) == ("REJECTED", "Sold to members only")


def test_what_somebody_else_has_decided_meanwhile_is_not_claimed_to_be_done(scene, sign_in):
    order, other = scene.order(1, cast.ATLAS), scene.order(1, cast.ATLAS)
    page = sign_in(cast.APPROVER, "staff/approvals")
    for each in (order, other):
        page.get_by_label(f"Choose order {each['number']}").check()
    scene.approve(order)

    page.get_by_role("button", name="Reject…").click()
    page.get_by_label("Reason").fill("Sold to members only")
    page.get_by_role("dialog").get_by_role("button", name="Reject").click()

    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text(
        "Somebody has decided on it before."
    )
    assert scene.license_order(order["shop_id"])["status"] == "DONE"
    assert scene.license_order(other["shop_id"])["status"] == "REJECTED"


def test_who_has_no_permission_is_told_so(sign_in):
    page = sign_in(cast.RESELLER, "staff")

    expect(page.get_by_role("alert")).to_contain_text(re.compile("does not allow|went wrong"))
    page.complaints.clear()


def test_the_queue_is_worked_off_by_keyboard_alone(scene, sign_in):
    order = scene.order(1, cast.ATLAS)
    page = sign_in(cast.APPROVER, "staff/approvals")
    box = page.get_by_label(f"Choose order {order['number']}")
    expect(box).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if box.evaluate("box => box === document.activeElement"):
            break
    page.keyboard.press("Space")
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.textContent") == "Approve":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    while page.evaluate("document.activeElement.textContent") != "Approve":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").last).to_have_text("1 order approved.")
    assert scene.license_order(order["shop_id"])["status"] == "DONE"


def test_what_was_granted_tells_by_whom_and_why_and_has_no_receipt(scene, sign_in):
    """In place of payment; its owner has it among the purchases, and uses it like one."""
    accounts = "query { licenseAccounts(first: 1) { edges { node { id } } } }"
    (rita,) = scene.shop.do(accounts, scene.rita)["edges"]
    given = {
        "policy": scene.variants[cast.ATLAS.sku],
        "quantity": 2,
        "account": rita["node"]["id"],
        "reason": "Demo seats for the fair",
    }
    granted = scene.shop.do(GRANT, scene.paul, input=given)["licenseOrder"]

    page = sign_in(cast.APPROVER, f"staff/orders/{granted['id']}")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text(f"Licenses {granted['number']}")
    band = page.locator(".band.info")
    expect(band).to_contain_text(f"Granted by {cast.APPROVER.email}, ")
    expect(band).to_contain_text(": Demo seats for the fair")
    expect(page.get_by_text("Paid in full")).to_have_count(0)
    told = page.locator(".timeline li").filter(has_text="Granted without an order · 2 licenses")
    expect(told).to_contain_text("Demo seats for the fair")

    page = sign_in(cast.RESELLER, "portal")
    page.get_by_role("link", name=granted["number"], exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Licenses {granted['number']}")
    expect(page.get_by_text("The shop has given you these licenses.")).to_be_visible()
    expect(page.get_by_role("heading", name="Receipt")).to_have_count(0)
    expect(page.get_by_label("Quantity", exact=True)).to_be_visible()
