"""Is a message Stripe's own, and of this moment? The host's SDK checks the signature, we what it lets pass.

Both SDKs (2.49 and 3.5: the same code) accept an empty secret, moments years ahead and the first of several
`t=`, and raise TypeError for a header that is not ASCII.
"""

from __future__ import annotations

import re
from typing import Sequence

LEEWAY_SECONDS = 300
_MOMENT = re.compile(r"[0-9]{1,12}\Z")


class NotSigned(Exception):
    """Nobody who knows a secret has signed this message; the text quotes nothing of it."""


class NotOfThisMoment(Exception):
    """Signed by Stripe, but `seconds` after (or, below zero, before) this server's clock."""

    def __init__(self, seconds: int):
        super().__init__(f"signed {seconds} seconds off")
        self.seconds = seconds


def verify_signature(body: bytes, header: str, secrets: Sequence[str], *, at: int) -> None:
    """Nothing, if one of `secrets` signed exactly these bytes within 300 seconds of `at` (since 1970).

    `header` is Stripe-Signature: "t=…,v1=…", one `t` and any number of `v1`. Raises NotSigned, and
    NotOfThisMoment only after the signature fits.
    """
    if not header:
        raise NotSigned("there is no header Stripe-Signature; Stripe always sends it")
    moment = _moment(header)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotSigned("the body is not UTF-8") from None
    known = [secret for secret in secrets if secret]
    if not any(_fits(text, header, secret) for secret in known):
        raise NotSigned(
            f"the signature fits no secret of ESD_STRIPE_WEBHOOK_SECRETS (there are {len(known)}); "
            "compare them with the signing secret of this endpoint at Stripe"
        )
    if abs(moment - at) > LEEWAY_SECONDS:
        raise NotOfThisMoment(moment - at)


def _moment(header: str) -> int:
    parts = [part.partition("=") for part in header.split(",")] if header.isascii() else []
    moments = [value for name, _, value in parts if name == "t"]
    # Of two the SDK would check the first: a reader of the header could take the other.
    if len(moments) != 1 or not _MOMENT.match(moments[0]):
        raise NotSigned("the header Stripe-Signature does not have Stripe's form")
    return int(moments[0])


def _fits(text: str, header: str, secret: str) -> bool:
    # Not at the top: the shop's own payments need it, a shop without them starts without.
    import stripe

    try:
        stripe.WebhookSignature.verify_header(text, header, secret, tolerance=None)
    except stripe.error.SignatureVerificationError:
        return False
    return True
