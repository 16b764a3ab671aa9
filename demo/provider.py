"""The payment provider's part, played for Stripe: messages of its shape, signed as it signs, sent to the shop."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import time
from typing import Any, Dict, NamedTuple, Tuple

from demo import web

PATH = "/plugins/global/esd/stripe/"


class Message(NamedTuple):
    """One event. The same one may be sent again."""

    id: str
    body: bytes


class Payment:
    """A payment at the provider; saying what happens to it gives the message about it. Amounts are in cents.

    `id` is what the shop's records of the payment have, too.
    """

    def __init__(self, amount: int, currency: str):
        self.id, self._charge, self._dispute = (new_id(prefix) for prefix in ("pi", "ch", "dp"))
        self._amount, self._refunded, self._currency = amount, 0, currency.lower()

    def succeed(self) -> Message:
        """The money is there."""
        return _message(
            "payment_intent.succeeded",
            object="payment_intent",
            id=self.id,
            amount=self._amount,
            amount_received=self._amount,
            currency=self._currency,
            status="succeeded",
            metadata={},
        )

    def refund(self, amount: int) -> Message:
        """Somebody gives so much back in the provider's dashboard; the message tells all that went back so far."""
        self._refunded += amount
        return _message(
            "charge.refunded",
            object="charge",
            id=self._charge,
            payment_intent=self.id,
            amount=self._amount,
            captured=True,
            amount_captured=self._amount,
            amount_refunded=self._refunded,
            currency=self._currency,
            metadata={},
        )

    def dispute(self, type: str, status: str) -> Message:
        """The buyer's bank disputes all of it: `type` "created" or "closed", `status` as the provider calls it."""
        return _message(
            f"charge.dispute.{type}",
            object="dispute",
            id=self._dispute,
            charge=self._charge,
            payment_intent=self.id,
            amount=self._amount,
            currency=self._currency,
            status=status,
            metadata={},
        )


def deliver(message: Message) -> Tuple[int, str]:
    """Send it to the shop, signed now; status and text of the answer."""
    header = signature(message.body, signing_secret())
    return web.deliver(PATH, message.body, {"Stripe-Signature": header})


def signing_secret() -> str:
    """The first of the shop's; empty if it has none."""
    return os.environ.get("ESD_STRIPE_WEBHOOK_SECRETS", "").split(",")[0]


def signature(body: bytes, secret: str) -> str:
    """The header Stripe-Signature for these bytes at this moment."""
    moment = str(int(time.time()))
    digest = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def new_id(prefix: str) -> str:
    """An id of the provider's kind, such as "pi_3f…"; nobody has it yet."""
    return f"{prefix}_{secrets.token_hex(12)}"


def _message(type: str, **object: Any) -> Message:
    event: Dict[str, Any] = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": "2020-08-27",
        "created": int(time.time()),
        "data": {"object": object},
        "livemode": False,
        "type": type,
    }
    return Message(event["id"], json.dumps(event, indent=2).encode())
