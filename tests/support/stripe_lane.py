"""Stripe's stand-in for tests: start and stop it, do Stripe's own part, sign messages, reach it by the host's SDK."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

import stripe
from stripe_api import PUBLIC_KEYS, SECRET_KEYS
from stripe_messages import as_body, event, new_id, signed

__all__ = ["Message", "StandIn", "as_body", "event", "new_id", "pay", "signed"]

# Never through a proxy of the machine's.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Message(NamedTuple):
    """What Stripe would POST: the bytes and the header Stripe-Signature."""

    body: bytes
    signature: str

    @property
    def event(self) -> Dict[str, Any]:
        return json.loads(self.body)


class StandIn:
    """The server, in its own process while the `with` lasts. It is at `url`.

    What `api_key` makes has `livemode` false, what `live_key` makes has it true; browsers have `public_key`. Amounts
    are in the smallest unit of their currency. What Stripe does in its shape is a dictionary.
    """

    api_key, live_key = SECRET_KEYS
    public_key = next(iter(PUBLIC_KEYS))

    def __enter__(self) -> StandIn:
        path = Path(__file__).with_name("stripe_server.py")
        self._process = subprocess.Popen(
            [sys.executable, str(path)], stdout=subprocess.PIPE, universal_newlines=True
        )
        assert self._process.stdout
        self.url = self._process.stdout.readline().strip()
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    @contextmanager
    def sdk(self) -> Iterator[Any]:
        """The host's own `stripe` module, talking to the stand-in with `api_key`."""
        names = ("api_base", "api_key")
        before = {name: getattr(stripe, name) for name in names}
        stripe.api_base, stripe.api_key = self.url, self.api_key
        try:
            yield stripe
        finally:
            for name, value in before.items():
                setattr(stripe, name, value)

    # Stripe's own part

    def forget(self) -> None:
        """Begin anew: nothing is there, nothing is pending, no delay."""
        self._control("forget")

    def settings(self, **members: Any) -> None:
        """`delay` answers by so many seconds (0 if not given), write messages in the shape of `api_version`."""
        self._control("settings", **members)

    def finish(self, payment_intent: str, *, is_paid: bool) -> Dict[str, Any]:
        """The intent, after a bank slip was paid or an authentication was passed (or not)."""
        return self._control("finish", payment_intent=payment_intent, is_paid=is_paid)

    def open_dispute(self, payment_intent: str, **members: Any) -> Dict[str, Any]:
        """The dispute, of the whole payment or of `amount`; status="warning_needs_response" is an inquiry only."""
        return self._control("open_dispute", payment_intent=payment_intent, **members)

    def change_dispute(self, dispute: str, status: str) -> Dict[str, Any]:
        """The dispute, closed as "won", "lost", "warning_closed", or gone on with as "needs_response"."""
        return self._control("change_dispute", dispute=dispute, status=status)

    def fail_refund(self, refund: str, *, status: str = "failed") -> Dict[str, Any]:
        """The refund, which the bank could not take, days after it had succeeded; or which was "canceled"."""
        return self._control("fail_refund", refund=refund, status=status)

    def take(self, secret: str, at: int = 0) -> List[Message]:
        """The messages that are pending, oldest first, signed at `at` or now. They are pending no longer."""
        taken = self._control("take", secret=secret, at=at)
        return [Message(one["body"].encode(), one["signature"]) for one in taken]

    def send(self, url: str, secret: str, **members: Any) -> List[Dict[str, Any]]:
        """Let the stand-in POST what is pending; `id`, `type` and `statuses` of each message.

        It repeats up to `attempts` times (3) after `pause` seconds (0.1) unless the answer is 2xx; 0 is no answer.
        """
        return self._control("send", url=url, secret=secret, **members)

    # A customer's browser

    def confirm(self, client_secret: str, method: str) -> Tuple[int, Dict[str, Any]]:
        """What stripe.js does: confirm with the public key and the payment's secret. Status and answer."""
        intent = client_secret.split("_secret_")[0]
        form = {"client_secret": client_secret, "payment_method": method}
        return self._call(
            f"/v1/payment_intents/{intent}/confirm",
            urllib.parse.urlencode(form).encode(),
            {"Authorization": f"Bearer {self.public_key}"},
        )

    def _control(self, name: str, **members: Any) -> Any:
        status, answer = self._call(f"/control/{name}", json.dumps(members).encode(), {})
        assert status == 200, answer
        return answer

    def _call(self, path: str, body: bytes, headers: Dict[str, str]) -> Tuple[int, Any]:
        request = urllib.request.Request(self.url + path, body, headers)
        try:
            with _OPENER.open(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


def pay(sdk: Any, **members: Any) -> Any:
    """A payment intent of 20.00 USD that Stripe's own SDK made and confirmed, by a card that works."""
    given = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", **members}
    return sdk.PaymentIntent.create(confirm=True, **given)
