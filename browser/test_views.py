"""Staff's own views of the list of licenses."""

from __future__ import annotations

import random

from playwright.sync_api import expect
from test_access import look_at

from demo import cast


def test_a_view_is_kept_opened_replaced_and_deleted(scene, sign_in):
    """P05"""
    scene.order(1)
    name = f"Mine {random.randrange(10**6)}"
    page = sign_in(cast.APPROVER, "staff/licenses?group=buyer")
    page.wait_for_selector("tbody tr")
    page.get_by_label("State").select_option(label="Assigned")
    page.get_by_role("button", name="Views").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Keep what is shown as").fill(name)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("link", name=name)).to_be_visible()
    look_at(page, "views")
    page.keyboard.press("Escape")

    page.get_by_role("link", name="Licenses", exact=True).click()
    expect(page.get_by_label("State")).to_have_value("")
    page.get_by_role("button", name="Views").click()
    dialog.get_by_role("link", name=name).click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_label("State")).to_have_value("ASSIGNED")
    expect(page.get_by_label("Group")).to_have_value("buyer")

    page.get_by_role("button", name="Views").click()
    dialog.get_by_label("Keep what is shown as").fill(name)
    expect(dialog.get_by_text("This replaces the view of that name.")).to_be_visible()
    page.keyboard.press("Escape")
    # Nobody else has it.
    other = sign_in(cast.CLERK, "staff/licenses")
    other.get_by_role("button", name="Views").click()
    expect(other.get_by_label("Keep what is shown as")).to_be_visible()
    expect(other.get_by_role("link", name=name)).to_have_count(0)

    page.get_by_role("button", name="Views").click()
    dialog.get_by_role("button", name=f"Delete {name}").click()
    expect(dialog.get_by_role("link", name=name)).to_have_count(0)
