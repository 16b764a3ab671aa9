"""Whoever is a member of several accounts sees whose what is; with one account nothing speaks of it."""

from __future__ import annotations

import re
import time

import pytest
from conftest import mails_to, row_of
from playwright.sync_api import expect

from demo import cast

ACCEPT = "mutation($input: LicenseInvitationAcceptInput!) { licenseInvitationAccept(input: $input) { account { id } errors { code } } }"
NAMES = "{ licenseAccounts(first: 100) { edges { node { id name } } } }"


@pytest.fixture
def ada(scene):
    """(her own order, a guest's that she took over, name of the guest's account)"""
    token = scene.shop.sign_in(cast.SHOPPER.email, cast.PASSWORD)
    line = (scene.variants[cast.COMET.sku], 1)
    own = scene.shop.buy(scene.place, line, email=cast.SHOPPER.email, authorization=token)
    guest = f"guest{time.time_ns()}@home.example"
    other = scene.shop.buy(scene.place, line, email=guest, authorization="")
    text = mails_to(guest, 1)[0].get_body(("plain",)).get_content()
    invitation = re.search(r"invitation/\?token=(\S+)", text)[1]
    account = scene.shop.do(ACCEPT, token, input={"token": invitation})["account"]["id"]
    found = scene.shop.do(NAMES, token)["edges"]
    (name,) = [edge["node"]["name"] for edge in found if edge["node"]["id"] == account]
    return own, other, name


def test_purchases_and_licenses_name_their_account(sign_in, ada):
    own, other, name = ada
    page = sign_in(cast.SHOPPER, "portal")
    for place in ("Purchases", "Find a license"):
        page.get_by_role("link", name=place).first.click()
        expect(row_of(page, {"number": str(other["number"])})).to_contain_text(name)
        expect(row_of(page, {"number": str(own["number"])})).not_to_contain_text(name)
    page.get_by_role("link", name=str(other["number"]), exact=True).click()
    expect(page.locator(".dotted")).to_contain_text(name)


def test_a_customer_is_created_in_the_account_that_was_chosen(sign_in, ada):
    _, other, name = ada
    code = f"A{time.time_ns()}"
    page = sign_in(cast.SHOPPER, "portal/customers")
    accounts = page.get_by_role("combobox", name="Account", exact=True)
    expect(accounts.locator("option:checked")).to_have_text(name)
    accounts.select_option(index=1)
    expect(page.get_by_text("Enter your first customer")).to_be_visible()

    page.get_by_role("button", name="New customer").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Account").select_option(label=name)
    dialog.get_by_label("Code").fill(code)
    dialog.get_by_label("Name").fill("Alpha")
    dialog.get_by_label("E-mail", exact=True).fill("alpha@end.example")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name=code)).to_be_visible()
    expect(accounts.locator("option:checked")).to_have_text(name)
    accounts.select_option(index=1)
    expect(page.get_by_role("cell", name=code)).to_have_count(0)

    # A purchase offers the customers of its own account.
    page.get_by_role("link", name="Purchases").click()
    row_of(page, {"number": str(other["number"])}).get_by_role("link", name="Manage").click()
    page.get_by_text("Give licenses to somebody else").click()
    expect(page.locator(f"datalist option[value^='{code}']")).to_be_attached()


def test_with_one_account_nothing_speaks_of_it(scene, sign_in):
    order = scene.order(1)
    page = sign_in(cast.RESELLER, "portal")
    expect(row_of(page, order)).to_be_visible()
    expect(page.get_by_text("Rita's Resale")).to_have_count(0)
    page.get_by_role("link", name="Customers").click()
    page.get_by_role("button", name="New customer").click()
    expect(page.get_by_role("combobox", name="Account", exact=True)).to_have_count(0)
