"""Staff's pages by themselves: what waits, the queue, one order."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from demo import cast


def test_a_clerk_sees_what_waits_and_approves_it(scene, sign_in):
    """I08, I11."""
    order = scene.order(2, cast.ATLAS)
    page = sign_in(cast.APPROVER, "staff")
    expect(page.get_by_text("To approve")).to_be_visible()

    page.get_by_role("link", name="Review").click()
    page.get_by_role("link", name=order["number"], exact=True).click()
    expect(page.get_by_text("Paid in full")).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()

    expect(page.get_by_role("status").last).to_have_text("1 order approved.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Done")
    found = scene.license_order(order["shop_id"])
    assert (found["status"], found["availability"]["text"]) == ("DONE", "2 of 2")


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
