"""The shop's logo goes along inside the mail; a shop whose picture cannot be had sends its mails without it."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import factories as make
import lane
import pytest
from django.core.cache import cache

from saleor_esd_plugin.host.pictures import fetch_picture
from saleor_esd_plugin.orders.approval import approve_license_order

pytestmark = pytest.mark.django_db

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)


@pytest.fixture(autouse=True)
def neighbours_may_be_asked(monkeypatch):
    """Saleor 3 asks no server of its own network, unless the shop allows it."""
    cache.clear()
    if lane.host() != "2.10":
        from saleor.core.http_client import HTTPConfig

        monkeypatch.setattr(HTTPConfig, "ip_filter_enable", False)


@contextmanager
def serving(status=200, kind="image/png", content=PNG):
    """The address of a picture, and how often it was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Location", "http://169.254.169.254/")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/logo.png", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def mail(letters, deliveries_for):
    """The buyer's mail about a release."""

    def send():
        order = make.make_license_order(1, email="buyer@home.example")
        approve_license_order(order.pk, actor=make.STAFF)
        found = letters(deliveries_for("license.released"))
        return next(one for one in found if one.to == "buyer@home.example")

    return send


def pictures_of(message):
    return [part for part in message.walk() if part.get_content_maintype() == "image"]


def test_it_goes_along_inside_the_mail_and_is_asked_for_once(configure, mail):
    with serving() as (address, asked):
        configure(logo_address=address, accent_color="#aa0000")

        first, second = mail(), mail()

    assert asked == ["/logo.png"]
    for one in (first, second):
        (picture,) = pictures_of(one.message)
        assert picture.get_content_type() == "image/png"
        assert picture["Content-ID"] == "<logo>"
        assert picture.get_payload(decode=True) == PNG
        assert '<img src="cid:logo"' in one.html
        assert "border-top-color: #aa0000" in one.html
        assert one.message.get_content_type() == "multipart/related"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404},
        {"status": 302},
        {"kind": "image/svg+xml"},
        {"content": PNG + b"0" * 100_000},
        {"content": b""},
    ],
)
def test_what_is_no_small_picture_stays_out(configure, mail, answer):
    with serving(**answer) as (address, asked):
        configure(logo_address=address)

        first, second = mail(), mail()

    assert asked == ["/logo.png"]
    for one in (first, second):
        assert pictures_of(one.message) == []
        assert "cid:logo" not in one.html


def test_without_a_cache_mails_leave_all_the_same(configure, mail, monkeypatch):
    configure(logo_address="http://127.0.0.1:9/logo.png")

    def fails(*args, **kwargs):
        raise OSError

    monkeypatch.setattr(cache, "get", fails)

    assert pictures_of(mail().message) == []


def test_a_server_that_is_not_there_is_none():
    assert fetch_picture("http://127.0.0.1:9/logo.png") is None
