"""Whoever looks: no violation that axe knows, in light and dark, on a phone and a desk; nothing wider than the screen."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import keys_like, row_of

from demo import cast

LONG = "A product whose name is rather long, of anUnpronounceablyNamedSupplier"
LOOKS = [(1280, "light"), (320, "dark")]


def look_at(page, what, *, has_frame=False):
    """In each look, without loading the page again. A frame without scripts never tells Playwright that it is idle."""
    if not has_frame:
        page.wait_for_load_state("networkidle")
    # The script of a page may have come only now.
    page.wait_for_selector("h1")
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        violations = Axe().run(page).response["violations"]
        found = [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations]
        assert found == [], (what, width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (what, width)
    page.set_viewport_size({"width": 1280, "height": 800})


@pytest.mark.parametrize("path", ["portal", "staff"])
def test_signing_in(open_page, path):
    look_at(open_page(path), path)


def test_the_portal(scene, sign_in):
    order = scene.order(2)
    page = sign_in(cast.RESELLER, "portal", language="es")
    look_at(page, "purchases")
    row_of(page, order).get_by_role("link").last.click()
    page.wait_for_selector("form [list]")
    look_at(page, "purchase")
    page.get_by_role("button", name="Descargar claves").click()
    page.wait_for_selector("dialog form")
    look_at(page, "keys as a file")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="+ Nuevo cliente…").click()
    look_at(page, "new customer")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Clientes").click()
    look_at(page, "customers")
    page.get_by_role("link", name="Buscar licencia").click()
    page.wait_for_selector("table")
    look_at(page, "licenses")


def test_a_page_that_is_none(sign_in):
    look_at(sign_in(cast.RESELLER, "portal/nothing"), "nothing")


def test_the_pages_of_staff(scene, sign_in):
    order = scene.order(1, cast.ATLAS)
    page = sign_in(cast.APPROVER, "staff", language="pt-BR")
    look_at(page, "overview")
    page.get_by_role("link", name="Aprovações").click()
    page.wait_for_selector("table")
    look_at(page, "queue")
    page.get_by_role("link", name=order["number"], exact=True).click()
    page.wait_for_selector(".head")
    look_at(page, "order")
    page.get_by_role("button", name="Recusar…").click()
    look_at(page, "reject")


@pytest.mark.parametrize("language", ["en", "es", "pt-BR"])
def test_the_pages_of_products(scene, sign_in, language):
    name = f"{LONG}, sold {language}"
    scene.licensed(name)
    page = sign_in(cast.APPROVER, "staff/products", language=language)
    page.wait_for_selector("tbody tr")
    look_at(page, "products")
    page.locator(".head button").click()
    page.wait_for_selector("dialog form")
    look_at(page, "sell as licensed")
    page.locator("dialog select").nth(0).select_option("NONE")
    look_at(page, "sell renewals")
    page.keyboard.press("Escape")
    page.get_by_role("link", name=name, exact=True).first.click()
    page.wait_for_selector(".saving")
    page.locator("fieldset button").first.click()
    page.locator("select").filter(has=page.locator("[value=RULES]")).select_option("RULES")
    look_at(page, "policy")
    page.locator(".head button").click()
    look_at(page, "stop licensing")
    page.keyboard.press("Escape")
    page.locator("fieldset .actions button").nth(-2).click()
    page.frame_locator("iframe").locator("code").wait_for()
    look_at(page, "preview", has_frame=True)
    page.locator("dialog .pill").last.click()
    page.wait_for_selector("pre")
    look_at(page, "preview as text", has_frame=True)


@pytest.mark.parametrize("language", ["en", "es", "pt-BR"])
def test_the_pages_of_stock(scene, sign_in, language):
    name = f"{LONG} {language}"
    scene.licensed(name)
    page = sign_in(cast.APPROVER, "staff/stock", language=language)
    page.wait_for_selector("table")
    look_at(page, "pools")
    page.locator(".head button").click()
    page.wait_for_selector("dialog form")
    look_at(page, "new pool")
    page.keyboard.press("Escape")
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_selector(".head .primary")
    look_at(page, "empty pool")
    page.locator(".head a.primary").click()
    page.locator("textarea").fill("\n".join([*keys_like(3), "short", "WITH-STRANGERS-0OIL"]))
    look_at(page, "keys")
    page.locator("form .primary").click()
    page.wait_for_selector("table")
    look_at(page, "check")
    page.locator(".actions .primary").click()
    page.wait_for_selector(".actions a.primary")
    look_at(page, "imported")
    page.locator(".actions a.primary").click()
    page.wait_for_selector("td .quiet")
    look_at(page, "pool")
    page.locator("td .quiet").click()
    page.wait_for_selector("dialog form")
    look_at(page, "quarantine")


@pytest.mark.parametrize("language", ["en", "es", "pt-BR"])
def test_plots_and_the_tables_beside_them(scene, sign_in, language):
    scene.stock(cast.ATLAS, 3)
    scene.approve(scene.order(1, cast.ATLAS))
    page = sign_in(cast.APPROVER, "staff/reports", language=language)
    page.wait_for_selector(".lengths")
    look_at(page, "keys left")
    page.locator(".report .pill").last.click()
    look_at(page, "keys left as a table")
    for part, seen in (
        ("renewals", ".report, .empty"),
        ("approvals", "canvas"),
        ("mails", "canvas"),
    ):
        page.locator(f"nav a[href$='/reports/{part}']").click()
        page.wait_for_selector(seen)
        look_at(page, part)
    page.locator("nav a[href$='/stock']").click()
    page.get_by_role("link", name=cast.ATLAS.name, exact=True).click()
    page.wait_for_selector("canvas")
    look_at(page, "chart of a pool")
    page.locator(".report .pill").last.click()
    look_at(page, "chart as a table")
