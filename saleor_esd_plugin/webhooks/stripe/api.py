"""Asks Stripe what it has told, with the host's own SDK: the only call that the shop's server makes to it for us."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, Iterator, List

# What the endpoint takes in, by the names that Stripe's list can be filtered by.
TYPES = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "charge.refunded",
    "charge.refund.updated",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
)
# The most that Stripe gives at once.
PAGE = 100
# The SDK would wait 80 seconds and try once.
TIMEOUT_SECONDS = 20
RETRIES = 2


class NoAnswer(Exception):
    """Stripe did not tell what it was asked for; the text is a sentence for operators, without the key."""


def listed_events(since: datetime, *, api_key: str, account: str = "") -> Iterator[List[bytes]]:
    """The account's events of `TYPES` since then, newest first, in pages of at most 100: each as its JSON.

    A page is asked for when the one before was used, so what happens in between may take its time. With
    `account` the key's connected account is asked about. Raises NoAnswer, also between two pages.
    """
    try:
        import stripe
    except ImportError:
        raise NoAnswer("Stripe's package for Python is not installed.") from None
    client = stripe.http_client.RequestsClient(
        timeout=TIMEOUT_SECONDS, verify_ssl_certs=stripe.verify_ssl_certs, proxy=stripe.proxy
    )
    events: Any = None
    try:
        while True:
            with _patience(stripe, client), _sentences(stripe):
                if events is None:
                    events = stripe.Event.list(
                        api_key=api_key,
                        stripe_account=account or None,
                        created={"gte": int(since.timestamp())},
                        types=list(TYPES),
                        limit=PAGE,
                    ).auto_paging_iter()
                page = [json.dumps(event).encode() for event in islice(events, PAGE)]
            if not page:
                return
            yield page
    finally:
        client.close()


@contextmanager
def _patience(stripe: Any, client: Any) -> Iterator[None]:
    """The SDK has these for all of the process: the shop's own payments get theirs back."""
    before = stripe.default_http_client, stripe.max_network_retries
    stripe.default_http_client, stripe.max_network_retries = client, RETRIES
    try:
        yield
    finally:
        stripe.default_http_client, stripe.max_network_retries = before


@contextmanager
def _sentences(stripe: Any) -> Iterator[None]:
    """The SDK's errors as sentences of ours: its own quote answers of Stripe, and parts of the key."""
    try:
        yield
    except stripe.error.AuthenticationError:
        raise NoAnswer(
            "Stripe does not know the key; set ESD_STRIPE_API_KEY to one that is valid."
        ) from None
    except stripe.error.PermissionError:
        raise NoAnswer(
            "The key of ESD_STRIPE_API_KEY may not read events, or not those of ESD_STRIPE_ACCOUNT; "
            "let it read events at Stripe."
        ) from None
    except stripe.error.RateLimitError:
        raise NoAnswer("Stripe was asked too often by this account; try again later.") from None
    except stripe.error.APIConnectionError:
        raise NoAnswer(
            f"Stripe could not be reached, or did not answer within {TIMEOUT_SECONDS} seconds; "
            "check the network of this server, and try again."
        ) from None
    except stripe.error.StripeError as error:
        status = f" ({error.http_status})" if error.http_status else ""
        raise NoAnswer(f"Stripe answered with an error{status}; try again later.") from None
