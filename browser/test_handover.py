"""The storefront opens the portal and hands the token of whoever is signed in over, as docs/storefront.md shows it."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import ROOT
from playwright.sync_api import expect

from demo import cast

PORTAL = ROOT + "portal"
GUIDE = (Path(__file__).parents[1] / "docs" / "storefront.md").read_text()
(EXAMPLE,) = [
    script for script in re.findall(r"```js\n(.*?)```", GUIDE, re.S) if "openLicenses" in script
]
EXAMPLE = EXAMPLE.replace("https://api.shop.example/plugins/global/esd/portal", PORTAL)
PAGE = """<!doctype html><title>Storefront</title><button onclick="openLicenses()">Manage licenses</button>
<script>
let asked = 0, sessions = [];
const session = () => (asked++, sessions.length > 1 ? sessions.shift() : sessions[0]);
{example}
</script>"""
# Of somebody who knows how the portal listens, but not where.
STRANGER = """<!doctype html><title>Stranger</title><button onclick="openLicenses()">Manage licenses</button>
<script>
let heard = 0, sessions = [];
addEventListener("message", () => heard++);
function openLicenses() {{
  const portal = window.open("{portal}");
  setInterval(() => portal.postMessage({{ type: "esd:token", ...sessions[0] }}, "*"), 50);
}}
</script>"""


class Storefront(BaseHTTPRequestHandler):
    """`/?policy=same-origin`: with that Cross-Origin-Opener-Policy; `/stranger`: another site's page."""

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        self.send_response(204 if path == "/favicon.ico" else 200)
        self.send_header("Content-Type", "text/html")
        for policy in query.get("policy", []):
            self.send_header("Cross-Origin-Opener-Policy", policy)
        self.end_headers()
        if path == "/":
            self.wfile.write(PAGE.format(example=EXAMPLE).encode())
        if path == "/stranger":
            self.wfile.write(STRANGER.format(portal=PORTAL).encode())

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def served():
    """The port of such a server."""
    server = ThreadingHTTPServer(("0.0.0.0", 0), Storefront)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@pytest.fixture(scope="module")
def storefront(scene):
    """Its address: another site than the shop's 127.0.0.1, and known to the shop as its own."""
    owner = scene.shop.sign_in(cast.OWNER.email, cast.PASSWORD)
    with served() as port:
        address = f"http://localhost:{port}/"
        scene.shop.set_plugin(owner, active=True, **{"Shop address": address + "start?lang=es"})
        yield address
    scene.shop.set_plugin(owner, active=True, **{"Shop address": ""})


@pytest.fixture(scope="module")
def session(scene):
    """What the storefront has of Rita's."""
    more = "refreshToken" if scene.has_refresh_tokens else ""
    document = f"""mutation($email: String!, $password: String!) {{
      tokenCreate(email: $email, password: $password) {{ token {more} }} }}"""
    return scene.shop.do(document, email=cast.RESELLER.email, password=cast.PASSWORD)


@pytest.fixture
def open_portal(open_page, storefront):
    """`open_portal(token=…)`: the storefront's page of whoever has these, and the portal that it opened."""

    def open_(*sessions, path="", site=storefront):
        page = open_page("portal")
        page.goto(site + path)
        page.evaluate(f"sessions = {json.dumps(sessions)}")
        with page.expect_popup() as opened:
            page.get_by_role("button").click()
        return page, opened.value

    return open_


def expect_signed_in(portal):
    expect(portal.get_by_role("link", name="Purchases")).to_be_visible()


def expect_form(portal):
    expect(portal.get_by_label("Password")).to_be_visible()


def in_store(portal):
    return portal.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")


@pytest.mark.parametrize("policy", ["", "?policy=same-origin-allow-popups"])
def test_who_is_signed_in_at_the_storefront_is_so_in_the_portal(open_portal, session, policy):
    page, portal = open_portal({"token": session["token"]}, path=policy)

    expect_signed_in(portal)
    assert in_store(portal) == "[{},{}]"
    assert portal.url == PORTAL
    assert portal.evaluate("history.state") is None
    portal.reload()
    expect_signed_in(portal)
    assert page.evaluate("asked") == 2

    page.close()
    portal.reload()
    expect_form(portal)


def test_a_refresh_token_outlives_the_storefront_where_there_are_such(scene, open_portal, session):
    page, portal = open_portal(session)
    expect_signed_in(portal)
    page.close()
    portal.reload()

    if scene.has_refresh_tokens:
        expect_signed_in(portal)
        assert session["token"] not in in_store(portal)
    else:
        expect_form(portal)
        assert in_store(portal) == "[{},{}]"


def test_the_storefront_is_asked_again_once_a_token_is_of_no_use(open_portal, session):
    head, body, _ = session["token"].split(".")
    page, portal = open_portal({"token": f"{head}.{body}.AAAA"}, {"token": session["token"]})

    expect(portal.get_by_role("heading", name="Purchases")).to_be_visible()
    expect(portal.get_by_role("status").first).to_contain_text("order")
    assert page.evaluate("asked") == 2


def test_nobody_at_the_storefront_is_nobody_in_the_portal(open_portal):
    page, portal = open_portal({"token": None})

    expect_form(portal)
    assert page.evaluate("asked") == 1


def test_who_signs_out_is_not_signed_in_again(open_portal, session):
    page, portal = open_portal(session)
    portal.get_by_role("button", name="Sign out").click()
    expect_form(portal)
    portal.reload()

    expect_form(portal)
    assert page.evaluate("asked") == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_another_site_hands_nothing_over_and_hears_nothing(open_portal, session, host):
    """Neither at the storefront's own name by another port, nor by another name of that machine."""
    with served() as port:
        page, portal = open_portal(session, site=f"http://{host}:{port}/", path="stranger")

        expect_form(portal)
        assert page.evaluate("heard") == 0
        assert in_store(portal) == "[{},{}]"
    # A browser may note for whom it was that was not delivered.
    assert all("does not match the recipient window's origin" in one for one in page.complaints)
    page.complaints.clear()


def test_a_storefront_that_cuts_its_windows_off_leads_to_the_form(open_portal, session):
    page, portal = open_portal(session, path="?policy=same-origin")

    expect_form(portal)
    assert page.evaluate("asked") == 0
