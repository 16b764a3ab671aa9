"""Staff's pages that are needed rarely: reasons, events, health."""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import expect
from test_access import look_at
from test_emails import assigned  # noqa: F401
from test_staff_licenses import suspend

from demo import cast

REASONS = "query { licenseReasons { code actions needsNote isArchived texts { language text } } }"


def reason(scene, code):
    return next(one for one in scene.shop.do(REASONS, scene.paul) if one["code"] == code)


def test_a_reason_is_made_changed_and_archived(scene, sign_in):
    """P09: some reasons need a note; P13: the customer reads it."""
    code = f"MOVED_{random.randrange(10**6)}"
    page = sign_in(cast.APPROVER, "staff")
    page.get_by_role("link", name="More", exact=True).click()
    page.get_by_role("link", name="Reasons").click()
    page.get_by_role("button", name="New reason").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Code").fill(code.lower())
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator(".wrong").first).to_be_visible()
    dialog.get_by_label("Suspend").check()
    dialog.get_by_label("Whoever gives it has to write a note").check()
    dialog.get_by_label("English").fill("The company moved.")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"{code} is saved.")).to_be_visible()
    assert reason(scene, code) == {
        "code": code,
        "actions": ["SUSPEND"],
        "needsNote": True,
        "isArchived": False,
        "texts": [{"language": "en", "text": "The company moved."}],
    }

    page.get_by_role("button", name=f"Change {code}").click()
    dialog.get_by_label("Español").fill("La empresa se mudó.")
    dialog.get_by_role("button", name="Save").click()
    row = page.locator("tbody tr").filter(has_text=code)
    expect(row).to_contain_text("en, es")
    row.get_by_role("button", name="Archive").click()
    dialog.get_by_role("button", name="Archive").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Archived").click()
    expect(row).to_contain_text("The company moved.")
    assert reason(scene, code)["isArchived"]


def test_what_happened_to_one_license(scene, sign_in, assigned):  # noqa: F811
    order, license, _ = assigned
    suspend(scene, license)
    page = sign_in(cast.APPROVER, f"staff/licenses/{license['id']}")
    page.get_by_role("link", name="Events of this license alone").click()
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text("Suspended")
    expect(rows.first).to_contain_text(cast.APPROVER.email)
    expect(rows.filter(has_text="Assigned to a customer")).to_have_count(1)
    expect(rows.filter(has_text="Order placed")).to_have_count(0)
    page.get_by_role("button", name="Only one license").click()
    page.get_by_label("Order number").fill(order["number"])
    page.keyboard.press("Enter")
    expect(rows.filter(has_text="Order placed")).to_have_count(1)
    page.get_by_label("Kind").select_option(label="Suspended, lifted, cancelled, renewed")
    expect(rows).to_have_count(1)
    page.get_by_label("Who").fill("nobody@shop.example")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing of this kind happened.")).to_be_visible()


def test_health_says_what_to_do(sign_in):
    page = sign_in(cast.APPROVER, "staff/health")
    expect(page.locator(".checks li").filter(has_text="Plugin")).to_contain_text("✓ Good")
    expect(page.locator(".checks li").filter(has_text="Key ring")).to_contain_text("✓ Good")


@pytest.mark.parametrize("language", ["es", "pt-BR"])
def test_whoever_looks(sign_in, language):
    page = sign_in(cast.APPROVER, "staff/more", language=language)
    look_at(page, "more")
    for place, ready in (("reasons", "tbody"), ("events", "tbody"), ("health", ".checks")):
        page.get_by_role("link", name="Más" if language == "es" else "Mais", exact=True).click()
        page.locator(f'main a[href$="/{place}"]').click()
        page.wait_for_selector(ready)
        look_at(page, place)
    page.go_back()
    page.locator('main a[href$="/reasons"]').click()
    page.locator(".head .primary").click()
    page.wait_for_selector("dialog form")
    look_at(page, "new reason")
