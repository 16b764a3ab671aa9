"""Staff's log of e-mails: find one, see how it would read, send it again."""

from __future__ import annotations

import pytest
from conftest import mails_to
from playwright.sync_api import expect
from test_access import look_at
from test_staff_licenses import licenses_of

from demo import cast

CUSTOMER = """mutation($input: LicenseEndCustomerCreateInput!) { licenseEndCustomerCreate(input: $input) {
    endCustomer { id } errors { code message } } }"""
ASSIGN = "mutation($input: LicenseAssignInput!) { licenseAssign(input: $input) { errors { code message } } }"
ACCOUNT = "query($id: ID!) { licenseOrder(id: $id) { account { id } } }"


@pytest.fixture
def assigned(scene):
    """An order whose only license a new customer has; the order and the customer's address."""
    order = scene.order(1)
    (license,) = licenses_of(scene, order)
    account = scene.shop.do(ACCOUNT, scene.paul, id=order["id"])["account"]["id"]
    email = f"mails{order['number']}@orion.example"
    given = {"account": account, "code": f"M-{order['number']}", "name": "Orion", "email": email}
    customer = scene.shop.do(CUSTOMER, scene.rita, input=given)["endCustomer"]["id"]
    scene.shop.do(ASSIGN, scene.rita, input={"licenses": [license["id"]], "endCustomer": customer})
    return order, license, email


def test_an_activation_e_mail_is_found_read_without_its_key_and_sent_again(
    scene, sign_in, assigned
):
    """I16, P05."""
    order, license, email = assigned
    assert len(mails_to(email, 1)) == 1
    page = sign_in(cast.APPROVER, "staff")
    page.get_by_role("link", name="E-mails", exact=True).first.click()
    page.get_by_label("Order number").fill(order["number"])
    page.keyboard.press("Enter")
    page.get_by_label("About").select_option(label="Activation e-mail")
    expect(page.get_by_role("status").filter(has_text="1 e-mail")).to_be_visible()
    assert f"orderNumber={order['number']}" in page.url and "kind=LICENSE_ASSIGNED" in page.url
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(email)
    expect(row).to_contain_text("✓ sent")

    row.get_by_role("link", name="Activation e-mail").click()
    expect(page.get_by_text("Its text is not kept")).to_be_visible()
    expect(page.get_by_text("How to activate")).to_be_visible()
    expect(page.locator("p.text")).to_contain_text(license["keyMask"])
    page.get_by_role("button", name="Send again").click()
    page.get_by_role("dialog").get_by_role("button", name="Send").click()
    expect(page.get_by_text(f"An e-mail goes to {email}.")).to_be_visible()
    assert len(mails_to(email, 2)) == 2

    page.get_by_role("link", name="‹ E-mails").click()
    expect(page.get_by_role("status").filter(has_text="2 e-mails")).to_be_visible()
    page.get_by_role("button", name="Failed").click()
    expect(page.get_by_text("No e-mail matches.")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("tbody tr").nth(2)).to_be_visible()


@pytest.mark.parametrize("language", ["es", "pt-BR"])
def test_whoever_looks(scene, sign_in, assigned, language):
    order, _, _ = assigned
    page = sign_in(cast.APPROVER, f"staff/emails?orderNumber={order['number']}", language=language)
    page.wait_for_selector("tbody tr")
    look_at(page, "e-mails")
    page.locator("tbody a").first.click()
    page.wait_for_selector("p.text")
    look_at(page, "e-mail")
