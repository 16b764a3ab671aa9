"""Stripe's stand-in: its REST API over HTTP in a process of its own, `python stripe_server.py [PORT]`.

Standard library only. The first line it writes is its address. Below /v1/ is Stripe's API (stripe_api.py), below
/control/ what tests decide in Stripe's place: `Control`, reached by stripe_lane.StandIn.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, List
from urllib.parse import parse_qsl, urlsplit

from stripe_api import Api
from stripe_messages import as_body, signed
from stripe_store import Refused, Thing


class Control:
    """Each address below /control/ is a method here, called with the members of the JSON object that was sent.

    Nothing is sent by itself: messages are pending until somebody takes them or has them sent.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: nothing is there, no delay."""
        self.api, self.delay = Api(), 0.0

    def settings(self, delay: float = 0, api_version: str = "") -> None:
        """Answer later by `delay` seconds; write messages from now on in the shape of that version."""
        self.delay = delay
        self.api.account.api_version = api_version or self.api.account.api_version

    def finish(self, payment_intent: str, is_paid: bool) -> Thing:
        account = self.api.account
        return account.finish(account.get("payment_intent", payment_intent), is_paid)

    def open_dispute(self, **params: Any) -> Thing:
        return self.api.account.open_dispute(params)

    def change_dispute(self, dispute: str, status: str) -> Thing:
        account = self.api.account
        return account.change_dispute(account.get("dispute", dispute), status)

    def fail_refund(self, refund: str, status: str = "failed") -> Thing:
        account = self.api.account
        return account.fail_refund(account.get("refund", refund), status)

    def take(self, secret: str, at: int = 0) -> List[Dict[str, str]]:
        """The pending messages, oldest first, each `body` and `signature`; they are pending no longer."""
        account = self.api.account
        taken, account.pending = account.pending, []
        bodies = [as_body(message).decode() for message in taken]
        return [{"body": body, "signature": signed(body, secret, at or None)} for body in bodies]

    def send(
        self, url: str, secret: str, attempts: int = 3, pause: float = 0.1
    ) -> List[Dict[str, Any]]:
        """POST the pending messages, oldest first, each until it is answered with 2xx or `attempts` are used up.

        What each was answered, as `id`, `type` and `statuses`; 0 is no answer at all. Like Stripe it follows no
        redirect and signs each attempt anew. Unlike it, it pauses for `pause` seconds only.
        """
        account = self.api.account
        with LOCK:
            messages, account.pending = account.pending, []
        report = []
        for message in messages:
            statuses: List[int] = []
            while len(statuses) < attempts and not is_accepted(statuses):
                if statuses:
                    time.sleep(pause)
                statuses.append(post(url, as_body(message), secret))
            report.append({"id": message["id"], "type": message["type"], "statuses": statuses})
        return report


# One call at a time changes the account; `send` does without while it waits for answers.
LOCK = threading.Lock()
CONTROL = Control()


def is_accepted(statuses: List[int]) -> bool:
    return bool(statuses) and 200 <= statuses[-1] < 300


def post(url: str, body: bytes, secret: str) -> int:
    """The status of the answer, 0 without one."""
    parts = urlsplit(url)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": signed(body, secret),
    }
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=20)
    try:
        connection.request("POST", parts.path, body, headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are written apart; together they would wait for each other.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if parts.path.startswith("/control/"):
            self.control(parts.path[len("/control/") :], json.loads(body or "{}"))
        else:
            self.api(parts.path, nested(parts.query or body))

    do_POST = do_DELETE = do_GET

    def api(self, path: str, params: Thing) -> None:
        path = path[len("/v1/") :] if path.startswith("/v1/") else ""
        with LOCK:
            status, answer, headers = CONTROL.api.answer(self.command, path, params, self.headers)
        time.sleep(CONTROL.delay)
        self.reply(status, answer, headers)

    def control(self, name: str, members: Thing) -> None:
        try:
            if name == "send":
                answer = CONTROL.send(**members)
            else:
                with LOCK:
                    answer = getattr(CONTROL, name)(**members)
            self.reply(200, json.dumps(answer), {})
        except Refused as refused:
            self.reply(refused.status, json.dumps({"error": refused.error}), {})

    def reply(self, status: int, text: str, headers: Dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: Any) -> None:
        """Nothing: what is sent here has keys in it."""


def nested(form: str) -> Thing:
    """`a[b]=1&c[0]=2` as {"a": {"b": "1"}, "c": {"0": "2"}}; values stay text."""
    params: Thing = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        *above, last = name.replace("]", "").split("[")
        place = params
        for step in above:
            place = place.setdefault(step, {})
        place[last] = value
    return params


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int((sys.argv[1:] or ["0"])[0])), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
