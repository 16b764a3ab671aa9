"""Staff's pages inside a Dashboard: a frame of another origin, with Saleor's sandbox and the messages that it sends."""

from __future__ import annotations

import html
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from conftest import ROOT
from playwright.sync_api import expect

from demo import cast

PORT = int(os.environ["ESD_FAKE_DASHBOARD_PORT"])
# Of Dashboard 3.21, and from 3.22.6 on.
SANDBOXES = [
    "allow-same-origin allow-forms allow-scripts allow-downloads",
    "allow-same-origin allow-forms allow-scripts allow-downloads allow-popups",
]
# The same site as the shop's 127.0.0.1, and another one.
HOSTS = ["127.0.0.1", "localhost"]
PAGE = """<!doctype html><title>Dashboard</title>
<iframe id="app" width="1000" height="700" sandbox="{sandbox}" src="{src}"></iframe>
<script>
  window.got = [];
  const app = document.getElementById("app"), origin = new URL(app.src).origin;
  const tell = (type, payload) => app.contentWindow.postMessage({{type, payload}}, origin);
  const greet = () => tell("handshake", {{token: {token!r}, version: 1}});
  addEventListener("message", (event) => {{
    if (event.origin !== origin) return;
    got.push(event.data);
    if (event.data.type === "notifyReady") {{ greet(); greet(); tell("theme", {{theme: "dark"}}); tell("localeChanged", {{locale: "{locale}"}}); }}
    tell("response", {{actionId: event.data.payload.actionId, ok: true}});
  }});
</script>"""


class Dashboard(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
            return
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        body = PAGE.format(
            sandbox=asked["sandbox"],
            src=html.escape(asked["src"]),
            token=asked.get("token", ""),
            locale=asked.get("locale", "en"),
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        # As the Dashboard's own server: the frame learns where it stands.
        self.send_header("Referrer-Policy", "origin-when-cross-origin")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module", autouse=True)
def server():
    found = ThreadingHTTPServer(("0.0.0.0", PORT), Dashboard)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield
    found.shutdown()


@pytest.fixture(scope="module")
def tokens(scene):
    """Path of a page -> the token that the Dashboard has for it, and whether it is a real one of an extension's."""
    if not scene.has_refresh_tokens:
        return lambda path: scene.paul.partition(" ")[2]
    owner = scene.shop.sign_in(cast.OWNER.email, cast.PASSWORD)
    scene.shop.set_plugin(owner, active=True, **{"Pages in the Dashboard": "true"})
    found = scene.shop.ask(
        """{ appExtensions(first: 20) { edges { node {
            url accessToken app { identifier accessToken } permissions { code } } } } }""",
        scene.paul,
    )["appExtensions"]["edges"]
    ours = [edge["node"] for edge in found if edge["node"]["app"]["identifier"] == "esd"]
    assert len(ours) == 5

    def token(path):
        for node in ours:
            if node["url"].endswith(path):
                return node["accessToken"] or node["app"]["accessToken"]
        return ours[0]["app"]["accessToken"]

    return token


@pytest.fixture
def framed(open_page):
    def open_(path, token, *, host="localhost", sandbox=SANDBOXES[1], locale="en"):
        asked = {"src": ROOT + path, "token": token, "sandbox": sandbox, "locale": locale}
        page = open_page("portal")
        page.goto(f"http://{host}:{PORT}/?" + urlencode(asked, quote_via=quote))
        return page, page.frame_locator("#app")

    return open_


def actions(page, type):
    return page.evaluate(
        "type => got.filter(one => one.type === type).map(one => one.payload)", type
    )


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("sandbox", SANDBOXES, ids=["3.21", "3.22.6"])
def test_the_queue_is_worked_off_in_the_frame(scene, framed, tokens, host, sandbox):
    order = scene.order(1, cast.ATLAS)
    page, frame = framed(
        "staff/approvals", tokens("/approvals"), host=host, sandbox=sandbox, locale="es"
    )

    frame.get_by_label(f"Elegir el pedido {order['number']}").check()
    frame.get_by_role("button", name="Aprobar").click()
    frame.get_by_role("dialog").get_by_role("button", name="Aprobar").click()

    expect(frame.get_by_role("status").last).to_have_text("1 pedido aprobado.")
    assert frame.locator("html").get_attribute("data-theme") == "dark"
    assert frame.locator(".brand").count() == 0
    assert actions(page, "notification")[0]["title"] == "1 pedido aprobado."
    assert scene.license_order(order["shop_id"])["status"] == "DONE"


def test_the_widget_of_an_order_approves_it_and_tells_the_page(scene, framed, tokens):
    order = scene.order(3, cast.ATLAS)
    page, frame = framed(f"staff/widget?orderId={order['shop_id']}", tokens("/widget"))

    expect(frame.get_by_text("0 of 3 available")).to_be_visible()
    frame.get_by_role("button", name="Approve").click()
    frame.get_by_role("dialog").get_by_role("button", name="Approve").click()

    expect(frame.get_by_text("3 of 3 available")).to_be_visible()
    assert len(actions(page, "refreshEntity")) == 1
    assert actions(page, "widgetResize")[-1]["height"] > 40
    other = framed("staff/widget?orderId=T3JkZXI6OTk5", tokens("/widget"))[1]
    expect(other.get_by_text("No licenses in this order.")).to_be_visible()


def test_the_widget_of_a_product_tells_of_its_keys_and_leads_to_our_pages(scene, framed, tokens):
    variant = scene.licensed("Quill Notes", lowStockThreshold=2)
    found = scene.shop.do(
        "query($text: String) { licenseVariants(first: 1, filter: {text: $text}) { productId licensePolicy { pool { id } } } }",
        scene.paul,
        text="Quill Notes",
    )[0]
    pool = found["licensePolicy"]["pool"]["id"]
    scene.buy(variant, 2)
    path = f"staff/product?productId={found['productId']}&productSlug=quill&id=QXBwOjE%3D"
    page, frame = framed(path, tokens("/product"))

    expect(frame.locator("strong")).to_have_text("Quill Notes")
    expect(frame.get_by_text("✕ Empty")).to_be_visible()
    expect(frame.get_by_text("2 licenses wait for keys.")).to_be_visible()
    assert actions(page, "widgetResize")[-1]["height"] > 40
    frame.get_by_role("button", name="Add keys").click()
    frame.get_by_role("button", name="Open pool").click()

    at = f"/extensions/app/QXBwOjE%3D/stock/{quote(pool, safe='')}"
    page.wait_for_function("got.filter(one => one.type === 'redirect').length === 2")
    assert [each["to"] for each in actions(page, "redirect")] == [f"{at}/import", at]


def test_the_widget_of_a_product_that_is_not_licensed_leads_to_the_dialog(scene, framed, tokens):
    owner = scene.shop.sign_in(cast.OWNER.email, cast.PASSWORD)
    product = {"name": "Reed Paper", "sku": "REED", "price": 1, "tracks_stock": False}
    variant = scene.shop.make_product(owner, scene.place, **product)
    found = scene.shop.do(
        "query($text: String) { licenseVariants(first: 1, filter: {text: $text}) { productId } }",
        scene.paul,
        text="REED",
    )[0]
    page, frame = framed(
        f"staff/product?productId={found['productId']}&id=QXBwOjE%3D", tokens("/product")
    )

    frame.get_by_role("button", name="Sell as licensed…").click()

    page.wait_for_function("got.some(one => one.type === 'redirect')")
    (asked,) = actions(page, "redirect")
    # The Dashboard hands what stands in its address on to the frame.
    path, _, query = asked["to"].partition("?")
    assert path == "/extensions/app/QXBwOjE%3D/products"
    page, frame = framed(f"staff/products?{query}", tokens("/products"))
    dialog = frame.get_by_role("dialog", name="Sell as licensed")
    expect(dialog.get_by_label("Product")).to_have_value("Reed Paper (REED)")
    expect(dialog.get_by_label("Name of the pool")).to_have_value("Reed Paper")
    assert variant


def test_the_popup_shows_the_order(scene, framed, tokens):
    order = scene.order(1, cast.ATLAS)
    _, frame = framed(f"staff/popup?orderId={order['shop_id']}", tokens("/popup"))

    expect(frame.get_by_role("heading", level=1)).to_contain_text(f"Order {order['number']}")


def test_without_a_token_it_says_whom_to_ask(framed):
    """The Dashboard mounts widgets of those who lack the permission too, with an empty token."""
    _, frame = framed("staff/widget?orderId=T3JkZXI6MQ==", "")

    expect(frame.get_by_role("heading", level=1)).to_have_text("No access")


def test_the_route_is_kept_in_the_dashboards_address(framed, tokens):
    page, frame = framed("staff/overview", tokens("/overview"))
    frame.get_by_role("link", name="Approvals", exact=True).click()
    frame.get_by_role("button", name="Not paid").click()

    expect(frame.get_by_role("button", name="Not paid")).to_have_attribute("aria-pressed", "true")
    assert actions(page, "updateRouting")[-1]["newRoute"] == "/approvals?paid=no"
