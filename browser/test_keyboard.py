"""Staff's work without a mouse: a product is licensed, its keys come in, a failed step is mended."""

from __future__ import annotations

from conftest import keys_like
from playwright.sync_api import Page, expect

from demo import cast

# Further away than anything is on a page.
MOST_TABS = 80
NAME = """() => { const one = document.activeElement;
    const label = one.labels?.[0]?.textContent || one.getAttribute("aria-label") || one.textContent || "";
    return label.trim(); }"""


def tab_to(page: Page, name: str) -> None:
    """Tab until the focus is on the control of this name; it has to be seen."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(NAME).startswith(name):
            assert page.evaluate("document.activeElement.matches(':focus-visible')")
            return
    raise AssertionError(f"Tab does not lead to {name}.")


def test_a_product_is_licensed_and_filled_by_keyboard_alone(scene, sign_in):
    product = {"name": "Corvus Edit", "sku": "CORVUS", "price": 1, "tracks_stock": False}
    owner = scene.shop.sign_in(cast.OWNER.email, cast.PASSWORD)
    scene.shop.make_product(owner, scene.place, **product)
    page = sign_in(cast.APPROVER, "staff/products")
    expect(page.get_by_role("button", name="Sell as licensed…")).to_be_visible()

    tab_to(page, "Sell as licensed…")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    # The first field has the focus; what is typed is looked for.
    dialog.get_by_role("combobox").first.wait_for()
    if not page.evaluate("document.activeElement.matches('input')"):
        tab_to(page, "Product")
    page.keyboard.type("CORVUS")
    option = dialog.locator("datalist option").first
    option.wait_for(state="attached")
    found = option.get_attribute("value")
    for _ in "CORVUS":
        page.keyboard.press("Backspace")
    page.keyboard.type(found or "")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Add keys to Corvus Edit")
    tab_to(page, "Keys")
    for key in keys_like(2):
        page.keyboard.type(key)
        page.keyboard.press("Enter")
    tab_to(page, "Check")
    page.keyboard.press("Enter")
    # The heading of each step takes the focus.
    expect(page.get_by_role("heading", name="2 rows were checked")).to_be_focused()
    tab_to(page, "Import 2 keys")
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", name="2 keys are in stock")).to_be_focused()
    tab_to(page, "Open the pool")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Corvus Edit")
    tab_to(page, "Table")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="Free keys by day")).to_be_visible()
    tab_to(page, "Quarantine…")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    # What opened it has the focus again.
    expect(page.get_by_role("button", name="Quarantine…")).to_be_focused()
