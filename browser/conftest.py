"""A browser on the pages of a served shop (ESD_DEMO_URL). All tests share the shop, each has orders of its own."""

from __future__ import annotations

import os
import random
import time
from urllib.parse import urljoin

import pytest
from playwright.sync_api import expect, sync_playwright

from demo import cast, documents, web
from demo.mailbox import Mailbox
from demo.shop import Place, Shop

ROOT = urljoin(web.api_url(), "/plugins/global/esd/")
# Patient, as the server may have to start its schema; what takes longer is a fault.
TIMEOUT = 20_000
expect.set_options(timeout=TIMEOUT)


def open_shop() -> Shop:
    """The shop in the words of the Saleor behind the address."""
    found = web.post('{ __type(name: "Channel") { name } }', {}, "")["data"]["__type"]
    if found:
        from demo.shop_saleor_3_21 import Saleor321 as kind
    else:
        from demo.shop_saleor_2_10 import Saleor210 as kind  # type: ignore[assignment]
    return kind(web.post)


class Scene:
    """What people do besides the browser: buy, approve."""

    def __init__(self) -> None:
        self.shop = open_shop()
        self.has_refresh_tokens = type(self.shop).__name__ == "Saleor321"
        seeded = cast.read_seeded()
        self.place, self.variants = Place(*seeded["place"]), seeded["variants"]
        self.paul = self.shop.sign_in(cast.APPROVER.email, cast.PASSWORD)
        self.rita = self.shop.sign_in(cast.RESELLER.email, cast.PASSWORD)

    def stock(self, product: cast.Product, count: int) -> None:
        """So many keys more: all tests buy in one shop."""
        keys = keys_like(count)
        pool = cast.read_seeded()["pools"][product.sku]
        given = self.shop.do(
            documents.KEYS_IMPORT, self.paul, input={"pool": pool, "keys": keys, "dryRun": False}
        )
        assert given["report"]["imported"] == count

    def order(self, quantity: int, product: cast.Product = cast.COMET) -> dict:
        """Rita, a reseller, buys; the license order."""
        return self.buy(self.variants[product.sku], quantity)

    def buy(self, variant: str, quantity: int) -> dict:
        line = (variant, quantity)
        order = self.shop.buy(self.place, line, email=cast.RESELLER.email, authorization=self.rita)
        return {"shop_id": order["id"], **self.license_order(order["id"])}

    def licensed(self, name: str, **pool: object) -> str:
        """The variant of a new product whose orders wait for approval, sold in any quantity; with the settings of its pool."""
        owner = self.shop.sign_in(cast.OWNER.email, cast.PASSWORD)
        product = {"name": name, "sku": name.upper(), "price": 1, "tracks_stock": False}
        variant = self.shop.make_product(owner, self.place, **product)
        keys = {"name": name, "format": "5X5_25", **pool}
        pool_id = self.shop.do(documents.POOL_CREATE, self.paul, input=keys)["pool"]["id"]
        policy = {"variant": variant, "pool": pool_id, "name": name, "approval": "MANUAL"}
        self.shop.do(documents.POLICY_CREATE, self.paul, input={**policy, "delivery": "INLINE"})
        return variant

    def license_order(self, id: str) -> dict:
        return self.shop.do(documents.ORDER, self.paul, order=id)

    def approve(self, order: dict, **part: object) -> None:
        self.shop.do(documents.APPROVE, self.paul, input={"id": order["id"], **part})

    def reject(self, order: dict, reason: str) -> None:
        self.shop.do(documents.REJECT, self.paul, order=order["id"], reason=reason)


@pytest.fixture(scope="session")
def scene():
    found = Scene()
    found.stock(cast.ATLAS, 150)
    return found


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        # A container's root has no sandbox of its own; nothing but the shop is opened.
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"],
            args=["--no-sandbox", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """`open_page("portal", language="es")`: a page of a new person; at the end nothing may have been complained of."""
    complaints, contexts = [], []

    def open_(path, *, language="en", width=1280, scheme="light"):
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, locale=language, color_scheme=scheme
        )
        context.set_default_timeout(TIMEOUT)
        contexts.append(context)
        # Of the windows that it opens as well.
        context.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        page = context.new_page()
        page.complaints = complaints
        page.goto(ROOT + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def sign_in(open_page):
    """`sign_in(cast.RESELLER, "portal")`: that person's page, past the form."""

    def sign_in(person, path, **look):
        page = open_page(path, **look)
        fill_in(page, person.email, cast.PASSWORD)
        page.wait_for_selector("nav a")
        return page

    return sign_in


def keys_like(count):
    """So many keys of the format of the pools, which nobody has."""
    alphabet = "BCDFGHJKMNPQRTVWXY2346789"
    return [
        "-".join("".join(random.choices(alphabet, k=5)) for _ in range(5)) for _ in range(count)
    ]


def mails_to(address, count):
    """The mails to this address: waits until there are `count`, or for some seconds."""
    end = time.monotonic() + 10
    while True:
        mails = Mailbox(cast.state_folder() / "mail").take(0)
        found = [mail for mail in mails if address in mail["To"]]
        if len(found) >= count or time.monotonic() > end:
            return found
        time.sleep(0.2)


def fill_in(page, email, password):
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")


def row_of(page, order):
    """The first line of the order in a list."""
    number = page.get_by_role("link", name=order["number"], exact=True)
    return page.locator("tbody tr").filter(has=number).first
