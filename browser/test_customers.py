"""Staff's pages of accounts and end customers, and the list of licenses grouped by them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from test_access import look_at
from test_emails import assigned  # noqa: F401

from demo import cast

CUSTOMER = "query($text: String) { licenseEndCustomers(first: 1, filter: {text: $text}) { edges { node { email } } } }"


def test_from_a_reseller_to_its_customer_s_licenses_and_a_corrected_address(
    scene,
    sign_in,
    assigned,  # noqa: F811
):
    """P05, I17."""
    order, license, email = assigned
    page = sign_in(cast.APPROVER, "staff")
    page.get_by_role("link", name="Customers", exact=True).click()
    page.get_by_role("button", name="Resellers").click()
    page.get_by_role("searchbox").fill(cast.RESELLER.email)
    page.keyboard.press("Enter")
    row = page.locator("tbody tr").filter(has_text=cast.RESELLER.email)
    expect(page.locator("tbody tr")).to_have_count(1)
    row.get_by_role("link").first.click()
    expect(page.get_by_text(cast.RESELLER.email).first).to_be_visible()
    expect(page.get_by_role("link", name=order["number"], exact=True)).to_be_visible()

    page.get_by_role("searchbox").fill(f"M-{order['number']}")
    page.keyboard.press("Enter")
    row = page.locator("tbody tr").filter(has_text=email)
    expect(row).to_contain_text("✓ Active 1")
    row.get_by_role("button", name="Change").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("E-mail", exact=True).fill(f"new-{email}")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_label("Reason")).to_have_attribute("aria-invalid", "true")
    found = scene.shop.do(CUSTOMER, scene.paul, text=email)
    assert found["edges"][0]["node"]["email"] == email
    dialog.get_by_label("Reason").fill("The customer called: it was misspelled.")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Orion is saved.")).to_be_visible()
    expect(page.locator("tbody tr").filter(has_text=f"new-{email}")).to_contain_text(
        "Entered by staff; not confirmed by the account"
    )

    page.locator("tbody tr").filter(has_text=email).get_by_role("link").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text(license["keyMask"][-5:])
    assert "endCustomer=" in page.url


def test_licenses_under_their_buyers_and_customers(scene, sign_in, assigned):  # noqa: F811
    """P05: counts by state of what is filtered; a group leads to its licenses, and back."""
    order, _, _ = assigned
    page = sign_in(cast.APPROVER, f"staff/licenses?orderNumber={order['number']}")
    page.wait_for_selector("tbody tr")
    page.get_by_label("Group").select_option(label="By buyer")
    row = page.locator("tbody tr")
    expect(row).to_contain_text("✓ Active 1")
    expect(page.get_by_text("1 buyer", exact=True)).to_be_visible()
    page.get_by_label("Group").select_option(label="By end customer")
    expect(row.get_by_role("link")).to_have_text(f"M-{order['number']} Orion")
    page.reload()
    if page.get_by_label("Password").count():
        page = sign_in(cast.APPROVER, page.url.split("/esd/")[1])
        row = page.locator("tbody tr")
    row.get_by_role("link").click()

    expect(page.get_by_role("checkbox")).to_have_count(2)
    expect(page.locator(".chip")).to_contain_text("Orion")
    page.locator(".chip").get_by_role("button").click()
    expect(page.locator(".chip")).to_have_count(0)
    assert f"orderNumber={order['number']}" in page.url and "endCustomer" not in page.url
    page.get_by_label("State").select_option(label="Suspended")
    expect(page.get_by_text("No license matches.")).to_be_visible()


@pytest.mark.parametrize("language", ["es", "pt-BR"])
def test_whoever_looks(sign_in, assigned, language):  # noqa: F811
    order, _, email = assigned
    page = sign_in(cast.APPROVER, "staff/customers", language=language)
    page.wait_for_selector("tbody tr")
    look_at(page, "accounts")
    page.locator("form .pill").last.click()
    page.locator("td .quiet").first.wait_for()
    look_at(page, "end customers")
    page.get_by_role("searchbox").fill(email)
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("td .quiet").first.click()
    page.wait_for_selector("dialog form")
    look_at(page, "change")
    page.keyboard.press("Escape")
    page.locator("tbody a").first.click()
    page.wait_for_selector(".facts")
    look_at(page, "account")
    page.get_by_role("link", name="Por cliente final").first.click()
    page.wait_for_selector("tbody tr")
    look_at(page, "groups")
    page.locator("tbody a").first.click()
    page.wait_for_selector(".chip")
    look_at(page, "licenses of one")
