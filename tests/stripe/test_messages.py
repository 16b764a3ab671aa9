"""The stand-in's messages: their shape, their signature, and how they are sent."""

from __future__ import annotations

import hashlib
import hmac
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from stripe_lane import as_body, event, pay, signed


def test_newer_messages_have_no_lists_in_them(stand_in, sdk):
    stand_in.settings(api_version="2022-11-15")
    sdk.Refund.create(payment_intent=pay(sdk).id)

    for message in stand_in.take("whsec"):
        assert message.event["api_version"] == "2022-11-15"
        assert not {"charges", "refunds"} & set(message.event["data"]["object"])


def test_messages_are_signed_as_the_sdk_verifies(stand_in, sdk):
    pay(sdk)

    taken = stand_in.take("whsec_a")

    for message in taken:
        verified = sdk.Webhook.construct_event(message.body, message.signature, "whsec_a")
        assert verified.id == message.event["id"]
        with pytest.raises(sdk.error.SignatureVerificationError):
            sdk.Webhook.construct_event(message.body, message.signature, "whsec_b")
    assert len(taken) == 3
    assert stand_in.take("whsec_a") == []


def test_a_message_of_ones_own_is_signed_at_any_time():
    body = as_body(event("charge.refunded", {"id": "ch_1"}, account="acct_1", created=5))

    digest = hmac.new(b"whsec", b"1700000000." + body, hashlib.sha256).hexdigest()
    assert signed(body, "whsec", at=1700000000) == f"t=1700000000,v1={digest}"
    made = json.loads(body)
    assert (made["account"], made["created"], made["livemode"]) == ("acct_1", 5, False)
    assert made["data"] == {"object": {"id": "ch_1"}}


def test_sending_repeats_until_it_is_accepted(stand_in, sdk):
    answers, received = [500, 302, 200, 200, 503, 503, 503], []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((body, self.headers["Stripe-Signature"]))
            self.send_response(answers[len(received) - 1])
            self.end_headers()

        def log_message(self, *args):
            """Nothing is told on the terminal."""

    pay(sdk)
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/here/"
        report = stand_in.send(url, "whsec", attempts=3, pause=0.01)
        server.shutdown()

    assert [(one["type"], one["statuses"]) for one in report] == [
        ("payment_intent.created", [500, 302, 200]),
        ("charge.succeeded", [200]),
        ("payment_intent.succeeded", [503, 503, 503]),
    ]
    for body, signature in received:
        assert sdk.Webhook.construct_event(body, signature, "whsec")
    assert [json.loads(body)["id"] for body, _ in received[:3]] == [report[0]["id"]] * 3


def test_sending_to_nobody_is_reported(stand_in, sdk):
    sdk.Customer.create(email="ada@example.com")

    report = stand_in.send("http://127.0.0.1:9/", "whsec", attempts=1)

    assert [one["statuses"] for one in report] == [[0]]
