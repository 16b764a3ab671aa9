"""What goes wrong: a session that ends, a shop that fails, a double click, two people at once; an empty shop and a very large order."""

from __future__ import annotations

import re
import time

from conftest import fill_in, mails_to, row_of
from playwright.sync_api import expect

from demo import cast

API = "**/graphql/"
CLOSED = "Something went wrong on the shop's side."


def spoil(page):
    """The access token of now is one that the shop does not know any more; others are as they were."""
    old = []

    def spoiled(route):
        headers = route.request.headers
        if "authorization" in headers:
            old[:] = old or [headers["authorization"]]
            if headers["authorization"] == old[0]:
                headers["authorization"] = "JWT spoiled"
        route.continue_(headers=headers)

    page.route(API, spoiled)


def forget_session(page):
    """As the shop does with a refresh token that is too old."""
    page.evaluate("sessionStorage.removeItem('esd.refresh')")


def new_customer(page, name):
    page.get_by_role("button", name="New customer").click()
    page.get_by_label("Code").fill(name)
    page.get_by_label("Name").fill(name)
    page.get_by_role("dialog").get_by_label("E-mail", exact=True).fill("x@end.example")


def test_a_token_that_expires_is_renewed_unnoticed(scene, sign_in):
    """On Saleor 2.10, which renews none, the page asks to sign in again and goes on where it was."""
    order = scene.order(1)
    page = sign_in(cast.RESELLER, "portal")
    # Else it is the first look that is refused, and there is no page yet to go on with.
    expect(row_of(page, order)).to_be_visible()
    spoil(page)
    page.get_by_role("button", name="Done", exact=True).click()
    if not scene.has_refresh_tokens:
        expect(page.get_by_role("dialog")).to_contain_text("Your session has ended")
        page.get_by_role("dialog").get_by_label("Password").fill(cast.PASSWORD)
        page.keyboard.press("Enter")

    expect(row_of(page, order)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_session_that_ends_in_mid_form_loses_nothing(sign_in):
    name = f"Mid {time.time()}"
    page = sign_in(cast.RESELLER, "portal/customers")
    new_customer(page, name)
    forget_session(page)
    spoil(page)
    page.get_by_role("button", name="Save").click()

    again = page.get_by_role("dialog", name="Your session has ended")
    expect(again.get_by_label("E-mail")).to_have_value(cast.RESELLER.email)
    expect(again.get_by_label("E-mail")).to_have_attribute("readonly", "")
    again.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(again.get_by_role("alert")).to_be_visible()
    page.wait_for_timeout(600)
    again.get_by_label("Password").fill(cast.PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").last).to_have_text(f"{name} is saved.")
    page.get_by_role("searchbox").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text(name)


def test_a_list_that_is_looked_at_meanwhile_signs_nobody_out(scene, sign_in):
    """Every half minute, also while the password is typed."""
    order = scene.order(1)
    page = sign_in(cast.RESELLER, "portal")
    page.clock.install()
    forget_session(page)
    spoil(page)
    page.get_by_role("button", name="Done", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.clock.fast_forward(31_000)
    page.wait_for_load_state("networkidle")

    page.get_by_role("dialog").get_by_label("Password").fill(cast.PASSWORD)
    page.keyboard.press("Enter")

    expect(row_of(page, order)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_whoever_does_not_sign_in_again_is_signed_out(sign_in):
    page = sign_in(cast.RESELLER, "portal")
    forget_session(page)
    spoil(page)
    page.get_by_role("button", name="Done", exact=True).click()

    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    expect(page.get_by_role("heading", name="Manage licenses")).to_be_visible()
    expect(page.locator("tbody")).to_have_count(0)


def test_a_shop_that_fails_is_told_and_what_was_typed_stays(sign_in):
    name = f"Fail {time.time()}"
    page = sign_in(cast.RESELLER, "portal/customers")
    new_customer(page, name)
    page.route(API, lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text(CLOSED)
    expect(page.get_by_label("Code")).to_have_value(name)

    page.unroute(API)
    page.wait_for_timeout(600)
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status").last).to_have_text(f"{name} is saved.")
    page.complaints.clear()


def test_a_double_click_assigns_once(scene, sign_in):
    order = scene.order(3)
    page = sign_in(cast.RESELLER, "portal")
    row_of(page, order).get_by_role("link", name="Manage").click()
    page.get_by_role("button", name="+ New customer…").click()
    name, mail = f"Twice {order['number']}", f"twice{order['number']}@end.example"
    page.get_by_label("Code").fill(name)
    page.get_by_label("Name").fill(name)
    page.get_by_role("dialog").get_by_label("E-mail", exact=True).fill(mail)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.get_by_role("button", name="Assign").dblclick()

    expect(page.get_by_text("2 to assign")).to_be_visible()
    page.wait_for_timeout(1000)
    expect(page.locator("tbody .state.info")).to_have_count(1)
    assert len(mails_to(mail, 1)) == 1


def test_of_two_people_at_once_the_second_is_told_what_is_left(scene, sign_in):
    order = scene.order(6)
    name = f"Both {order['number']}"
    first, second = sign_in(cast.RESELLER, "portal"), sign_in(cast.RESELLER, "portal")
    for page in (first, second):
        row_of(page, order).get_by_role("link", name="Manage").click()
    first.get_by_role("button", name="+ New customer…").click()
    first.get_by_label("Code").fill(name)
    first.get_by_label("Name").fill(name)
    first.get_by_role("dialog").get_by_label("E-mail", exact=True).fill("both@end.example")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_role("dialog")).to_have_count(0)
    second.reload()
    if not scene.has_refresh_tokens:
        fill_in(second, cast.RESELLER.email, cast.PASSWORD)
    second.get_by_label("Customer", exact=True).fill(name)
    first.get_by_label("Quantity").fill("4")
    first.get_by_role("button", name="Assign").click()
    expect(first.get_by_text("2 to assign")).to_be_visible()

    second.get_by_label("Quantity").fill("3")
    second.get_by_role("button", name="Assign").click()

    told = "So many are not free any more: 2 are left."
    expect(second.get_by_role("status").last).to_have_text(told)
    expect(second.get_by_text("2 to assign")).to_be_visible()
    expect(second.get_by_label("Quantity")).to_have_value("2")
    expect(second.locator("tbody .state.info")).to_have_count(4)


def test_whoever_bought_nothing_is_led_to_the_shop(sign_in):
    page = sign_in(cast.GUEST, "portal")
    expect(page.get_by_text("You have not bought licenses yet.")).to_be_visible()
    page.get_by_role("link", name="Customers").click()
    expect(page.get_by_text("With your first purchase you can enter customers.")).to_be_visible()


def test_a_queue_in_which_nothing_waits(sign_in):
    page = sign_in(cast.APPROVER, "staff/approvals?text=nobody+ordered+this")
    expect(page.get_by_text("Nothing waits for approval.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_an_order_of_ten_thousand(scene, sign_in):
    """Approved and handled like any other: pages of licenses, and quantities beyond what a page shows."""
    variant = scene.licensed("Echo Server", isGenerated=True)
    order = scene.buy(variant, 10_000)
    staff = sign_in(cast.APPROVER, f"staff/orders/{order['id']}")
    staff.set_default_timeout(120_000)
    staff.get_by_role("button", name="Approve").click()
    expect(staff.get_by_role("dialog")).to_contain_text("10,000 of 10,000 wait for approval")
    staff.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(staff.get_by_role("heading", level=1)).to_contain_text("Done", timeout=120_000)

    page = sign_in(cast.RESELLER, "portal", language="pt-BR")
    expect(row_of(page, order)).to_contain_text("10.000 de 10.000")
    row_of(page, order).get_by_role("link", name="Gerenciar").click()
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("button", name=re.compile("Próxim|Seguinte")).click()
    expect(page.locator("tbody tr")).to_have_count(50)
    expect(page.get_by_label("Quantidade")).to_have_attribute("max", "10000")
