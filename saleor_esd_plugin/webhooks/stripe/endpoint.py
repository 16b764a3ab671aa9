"""`/plugins/global/esd/stripe/`: where Stripe sends its messages.

The answer tells Stripe as much as it needs to try again or not, the log tells operators what is wrong and
what to do; neither has anything of the body, the header or a secret.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Dict, List, Tuple

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError

from ...conf import STRIPE_MODES, settings
from ...host.db import writing
from ...host.headers import header
from .inbound import is_of_our_account, is_of_our_mode, take_in
from .members import Unreadable
from .messages import Message, read_message
from .verification import NotOfThisMoment, NotSigned, verify_signature

logger = logging.getLogger(__name__)

LARGEST_BODY = 256 * 1024


class _Refused(Exception):
    """The answer is `status`; `told` goes to the sender, `logged` (if there is something to do) to operators."""

    def __init__(self, status: int, told: str, logged: str = ""):
        super().__init__(told)
        self.status, self.told, self.logged = status, told, logged


def answer(request: HttpRequest) -> HttpResponse:
    """200 if the message was taken in, now or before, or is not of interest.

    400 signature, moment, JSON, mode, account; 405; 413 above 256 KiB, without reading more; 503 no secret
    or any failure of ours, with nothing kept: Stripe sends the message again for three days.
    """
    try:
        with writing():
            _receive(request)
    except _Refused as refused:
        if refused.logged:
            logger.warning("A message to the Stripe endpoint was refused: %s", refused.logged)
        return _respond(refused.status, {"error": refused.told})
    except Exception as error:
        # The type only: a database's message quotes values.
        logger.error(
            "A message of Stripe was not taken in; Stripe will send it again: %s",
            type(error).__name__,
        )
        return _respond(503, {"error": "Try again later."})
    return _respond(200, {"received": True})


def _receive(request: HttpRequest) -> None:
    if request.method != "POST":
        raise _Refused(405, "Only POST.")
    secrets = _secrets()
    body = _body(request)
    signature = header(request.META, "HTTP_STRIPE_SIGNATURE")
    try:
        verify_signature(body, signature, secrets, at=int(time.time()))
    except NotSigned as wrong:
        raise _Refused(400, "The signature is missing or wrong.", str(wrong))
    except NotOfThisMoment as wrong:
        raise _Refused(400, "It was signed too long ago or ahead.", _clock(wrong.seconds))
    try:
        message = read_message(body)
    except Unreadable as wrong:
        raise _Refused(400, "It is not a message of Stripe's.", f"{wrong}, though Stripe signed it")
    _check_mode(message)
    _check_account(message)
    if message.facts:
        taken = take_in(message)
        if taken.problem:
            logger.warning(
                "Stripe's message %s does not fit the shop: %s", message.id, taken.problem
            )


def _secrets() -> Tuple[str, ...]:
    try:
        secrets = settings.stripe_webhook_secrets
    except (OSError, UnicodeError):
        raise _Refused(
            503,
            "Try again later.",
            "the file of ESD_STRIPE_WEBHOOK_SECRETS_FILE cannot be read; make it readable for the shop",
        )
    if not secrets:
        raise _Refused(
            503,
            "Try again later.",
            "there is no secret; set ESD_STRIPE_WEBHOOK_SECRETS to the signing secret of this endpoint at Stripe",
        )
    return secrets


def _body(request: HttpRequest) -> bytes:
    """At most 256 KiB. Never `request.body`: that reads megabytes before it refuses them."""
    too_large = _Refused(413, "At most 256 KiB.")
    length = header(request.META, "CONTENT_LENGTH")
    if length.isdecimal() and int(length) > LARGEST_BODY:
        raise too_large
    parts: List[bytes] = []
    size = 0
    try:
        # What it says of its length may be wrong or, sent in chunks, missing.
        while size <= LARGEST_BODY:
            part = request.read(LARGEST_BODY + 1 - size)
            if not part:
                return b"".join(parts)
            parts.append(part)
            size += len(part)
    except UnreadablePostError:
        raise _Refused(400, "The body ended early.")
    raise too_large


def _check_mode(message: Message) -> None:
    mode = settings.stripe_mode
    if mode not in STRIPE_MODES:
        raise _Refused(
            503, "Try again later.", 'ESD_STRIPE_MODE is neither "live" nor "test"; correct it'
        )
    if not is_of_our_mode(message):
        sent = "live" if message.is_live else "test"
        raise _Refused(
            400,
            "It is of the other mode.",
            f'a {sent} message came, and ESD_STRIPE_MODE is "{mode}"; '
            f"remove this endpoint from Stripe's {sent} mode, or change ESD_STRIPE_MODE",
        )


def _check_account(message: Message) -> None:
    if not is_of_our_account(message):
        raise _Refused(
            400,
            "It is of another account.",
            "it is of a connected account that ESD_STRIPE_ACCOUNT does not name; "
            "let the endpoint at Stripe listen to your own account only, or set ESD_STRIPE_ACCOUNT",
        )


def _clock(seconds: int) -> str:
    side = "before" if seconds < 0 else "after"
    return (
        f"Stripe signed it {abs(seconds)} seconds {side} this server's clock; "
        "check the clock of this server, or somebody sends old messages again"
    )


def _respond(status: int, content: Dict[str, Any]) -> HttpResponse:
    response = JsonResponse(content, status=status)
    response["Cache-Control"] = "no-store"
    if status == 405:
        response["Allow"] = "POST"
    return response
