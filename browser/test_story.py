"""The story of the demo by clicking alone, on a phone, in each language: bought, approved, assigned, mailed, receipt sent."""

from __future__ import annotations

import json

import pytest
from conftest import mails_to, row_of
from playwright.sync_api import expect

from demo import cast


class Words:
    """The page's own words: `words("Assign")` as this language has it."""

    def __init__(self, page) -> None:
        self.found = json.loads(
            page.evaluate(
                """async () => {
                  const { words, language } = JSON.parse(document.documentElement.dataset.settings);
                  return (await fetch(`${words}${language}.json`)).text();
                }"""
            )
        )["messages"]

    def __call__(self, text: str, **values: object) -> str:
        message = self.found.get(text, text)
        message = message if isinstance(message, str) else message[-1]
        for name, value in values.items():
            message = message.replace("{%s}" % name, str(value))
        return message


@pytest.mark.parametrize("language", ["en", "es-UY", "pt-BR"])
def test_the_story_on_a_phone(scene, sign_in, language):
    order = scene.buy(scene.licensed(f"Echo {language}", isGenerated=True), 6)
    number, mail = order["number"], f"it{order['number']}@acme.example"
    look = {"language": language, "width": 375}
    staff, buyer = sign_in(cast.APPROVER, "staff", **look), sign_in(cast.RESELLER, "portal", **look)
    words = Words(staff)
    of_six = words("{available} of {of}", available=0, of=6)
    expect(row_of(buyer, order)).to_contain_text(of_six)

    staff.get_by_role("link", name=words("Approvals"), exact=True).click()
    staff.get_by_role("link", name=number, exact=True).click()
    staff.get_by_role("button", name=words("Approve"), exact=True).click()
    staff.get_by_role("dialog").get_by_role("button", name=words("Approve"), exact=True).click()
    expect(staff.get_by_role("heading", level=1)).to_contain_text(words("Done"))

    row_of(buyer, order).get_by_role("link", name=words("Manage")).click()
    expect(
        buyer.get_by_text(words("{available} of {of} available", available=6, of=6))
    ).to_be_visible()
    buyer.get_by_role("button", name=words("+ New customer…")).click()
    dialog = buyer.get_by_role("dialog")
    dialog.locator("[name=code]").fill(f"A{number}")
    dialog.locator("[name=name]").fill(f"Acme {number}")
    dialog.locator("[name=email]").fill(mail)
    dialog.get_by_role("button", name=words("Save")).click()
    expect(dialog).to_have_count(0)
    buyer.get_by_label(words("Quantity")).fill("2")
    buyer.get_by_role("button", name=words("Assign"), exact=True).click()
    expect(buyer.locator("tbody .state.info")).to_have_count(2)
    assert len(mails_to(mail, 1)) == 1

    buyer.get_by_label(words("Send to")).fill(f"{mail}, accounts{number}@reseller.example;")
    buyer.get_by_role("button", name=words("Send receipt")).click()
    expect(buyer.get_by_role("status").last).to_contain_text("3")
    assert len(mails_to(f"accounts{number}@reseller.example", 1)) == 1
    for page in (staff, buyer):
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
