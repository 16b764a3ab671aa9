"""Two requests to the shop, or fewer, show a page; nothing is asked of anybody else."""

from __future__ import annotations

from conftest import row_of
from playwright.sync_api import expect

from demo import cast


class Asked:
    """What a page sends from now on."""

    def __init__(self, page) -> None:
        self.page, self.addresses = page, []
        page.on("request", lambda request: self.addresses.append(request.url))

    def settled(self) -> int:
        """How many of them went to the API since the last time."""
        self.page.wait_for_load_state("networkidle")
        home = self.page.url.split("/plugins/")[0]
        assert [one for one in self.addresses if not one.startswith(home)] == []
        count = sum(one.endswith("/graphql/") for one in self.addresses)
        self.addresses.clear()
        return count


def test_the_portal(scene, sign_in):
    order = scene.order(2)
    page = sign_in(cast.RESELLER, "portal")
    asked = Asked(page)
    asked.settled()

    counts = {}
    row_of(page, order).get_by_role("link", name="Manage").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(order["number"])
    counts["purchase"] = asked.settled()
    page.get_by_role("link", name="Show and print").click()
    expect(page.get_by_role("article")).to_be_visible()
    counts["receipt"] = asked.settled()
    page.get_by_role("link", name="Customers", exact=True).click()
    expect(page.get_by_role("button", name="New customer")).to_be_visible()
    counts["customers"] = asked.settled()
    page.get_by_role("link", name="Purchases").first.click()
    expect(row_of(page, order)).to_be_visible()
    counts["purchases"] = asked.settled()

    assert all(1 <= count <= 2 for count in counts.values()), counts


def test_the_pages_of_staff(scene, sign_in):
    order = scene.order(1, cast.ATLAS)
    page = sign_in(cast.APPROVER, "staff")
    asked = Asked(page)
    asked.settled()

    counts = {}
    page.get_by_role("link", name="Approvals", exact=True).click()
    expect(row_of(page, order)).to_be_visible()
    counts["approvals"] = asked.settled()
    page.get_by_role("link", name=order["number"], exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(order["number"])
    counts["order"] = asked.settled()
    page.get_by_role("link", name="Licenses", exact=True).click()
    expect(row_of(page, order)).to_be_visible()
    counts["licenses"] = asked.settled()
    row_of(page, order).get_by_role("link").first.click()
    expect(page.locator(".timeline")).to_be_visible()
    counts["license"] = asked.settled()
    page.get_by_role("link", name="Stock", exact=True).first.click()
    pool = page.get_by_role("link", name=cast.ATLAS.name, exact=True)
    expect(pool).to_be_visible()
    counts["stock"] = asked.settled()
    pool.click()
    expect(page.get_by_role("button", name="Quarantine…").first).to_be_visible()
    counts["pool"] = asked.settled()
    page.locator(".head .primary").click()
    expect(page.get_by_label("Supplier")).to_be_visible()
    counts["import"] = asked.settled()
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.get_by_text("To approve")).to_be_visible()
    counts["overview"] = asked.settled()

    assert all(1 <= count <= 2 for count in counts.values()), counts
