"""The pictures in docs/pictures, made of the real pages of a shop that has just been filled: `make shots`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict

from conftest import ROOT, Scene, fill_in, row_of
from playwright.sync_api import Browser, Page, sync_playwright

from demo import cast, documents

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
CUSTOMERS = [(2, "01", "Acme SA", "it@acme.example"), (1, "02", "Beta Ltda", "ti@beta.example")]
SUPPLIERS_TABLE = """Pos;Serial number;Valid until;Price
1;H7K2M-9XQ4T-BC6RW-D3FGY-JPV8N;2031-12-31;9.50
2;Q4T9X-M2H7K-W6RBC-Y3GDF-N8VPJ;2031-12-31;9.50"""
DESK, PHONE = {"width": 1280, "height": 760}, {"width": 375, "height": 760}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    scene = Scene()
    done, waiting = happen(scene)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"]
        )
        staff = sign_in(browser, cast.APPROVER, "staff")
        staff.wait_for_selector("main h1")
        take(staff, "staff-overview")
        staff.get_by_role("link", name="Approvals", exact=True).click()
        staff.wait_for_selector("tbody tr")
        take(staff, "staff-approvals")
        staff.get_by_role("link", name=waiting["number"], exact=True).click()
        staff.wait_for_selector(".split")
        take(staff, "staff-order")
        at_the_desk(staff, scene, done)

        portal = sign_in(browser, cast.RESELLER, "portal")
        row_of(portal, done).wait_for()
        take(portal, "portal-purchases")
        row_of(portal, done).get_by_role("link", name="Manage").click()
        portal.wait_for_selector(".split")
        take(portal, "portal-purchase")
        portal.get_by_role("link", name="Show and print").click()
        portal.wait_for_selector("article")
        take(portal, "portal-receipt")

        phone = sign_in(
            browser, cast.RESELLER, "portal", viewport=PHONE, locale="es", color_scheme="dark"
        )
        row_of(phone, done).wait_for()
        take(phone, "portal-phone")
        browser.close()


def at_the_desk(page: Page, scene: Scene, done: Dict[str, Any]) -> None:
    """What `docs/desk.md` shows, in its order."""
    found = scene.shop.do(documents.LICENSES_OF_ORDER, scene.paul, order=done["id"])["licenses"]
    license = found["edges"][0]["node"]["id"]
    given = {"licenses": [license], "reason": "PAYMENT_OVERDUE", "note": "Invoice A-221"}
    scene.shop.do(documents.SUSPEND, scene.paul, input=given)
    pool = cast.read_seeded()["pools"][cast.ATLAS.sku]

    open_page(page, "licenses?group=customer", "tbody tr")
    take(page, "staff-groups")
    open_page(page, "licenses", "tbody tr")
    take(page, "staff-licenses")
    open_page(page, f"licenses/{license}", "main .band.bad")
    take(page, "staff-license")
    open_page(page, f"stock/{pool}/import", "textarea")
    page.get_by_label("Keys", exact=True).fill(SUPPLIERS_TABLE)
    page.get_by_role("button", name="Check").click()
    page.get_by_role("heading", name="Which column is what?").wait_for()
    take(page, "staff-import")
    open_page(page, f"stock/{pool}", "canvas")
    take(page, "staff-pool", height=1060)
    open_page(page, "products", "tbody tr")
    take(page, "staff-products")
    open_page(page, "emails", "tbody tr")
    take(page, "staff-emails")
    open_page(page, "reports", "main .card")
    take(page, "staff-reports", height=1060)


def happen(scene: Scene) -> tuple[Dict[str, Any], Dict[str, Any]]:
    """Rita bought, and a part is with a customer of hers; three orders wait. The first of both."""
    done = scene.order(6, cast.ATLAS)
    scene.approve(done)
    scene.order(4, cast.BEACON)
    line = scene.license_order(done["shop_id"])["lines"][0]["id"]
    account = scene.license_order(done["shop_id"])["account"]["id"]
    for quantity, code, name, email in CUSTOMERS:
        entered = {"account": account, "code": code, "name": name, "email": email}
        customer = scene.shop.do(documents.END_CUSTOMER_CREATE, scene.rita, input=entered)
        given = {"line": line, "quantity": quantity, "endCustomer": customer["endCustomer"]["id"]}
        scene.shop.do(documents.ASSIGN, scene.rita, **given)
    waiting = [scene.order(quantity, cast.ATLAS) for quantity in (6, 2, 3)]
    return done, waiting[0]


def sign_in(browser: Browser, person: cast.Person, path: str, **look: Any) -> Page:
    page = browser.new_context(**{"viewport": DESK, "locale": "en", **look}).new_page()
    page.goto(ROOT + path)
    fill_in(page, person.email, cast.PASSWORD)
    page.wait_for_selector("nav a")
    return page


def open_page(page: Page, path: str, there: str) -> None:
    """A page of staff's, once `there` is on it; within the page, as a reload may ask for the password."""
    go = "path => { history.pushState(null, '', path); dispatchEvent(new Event('popstate')); }"
    page.evaluate(go, f"{ROOT}staff/{path}")
    page.wait_for_selector(there)


def take(page: Page, name: str, *, height: int = 0) -> None:
    look = page.viewport_size or DESK
    page.set_viewport_size({**look, "height": height or look["height"]})
    page.wait_for_load_state("networkidle")
    page.mouse.move(0, 0)
    page.screenshot(path=str(FOLDER / f"{name}.png"))
    page.set_viewport_size(look)
    print(f"docs/pictures/{name}.png")


if __name__ == "__main__":
    main()
