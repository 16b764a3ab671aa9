"""Messages as Stripe sends them: their shape, their bytes and their signature. Standard library only."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from typing import Any, Dict, Optional, Union

# What both hosts' plugins were written for; messages have the shape of their account's version.
API_VERSION = "2020-08-27"


def event(
    type: str,
    object: Dict[str, Any],
    *,
    id: str = "",
    created: Optional[int] = None,
    livemode: bool = False,
    account: str = "",
    api_version: str = API_VERSION,
) -> Dict[str, Any]:
    """An Event about `object` as it is now: a message for what the stand-in itself cannot send.

    `created` is in seconds since 1970, now if not given. Only messages of connected accounts name an `account`.
    """
    message = {
        "id": id or new_id("evt"),
        "object": "event",
        "api_version": api_version,
        "created": int(time.time()) if created is None else created,
        # A copy: what happens to the object later is another message.
        "data": {"object": json.loads(json.dumps(object))},
        "livemode": livemode,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type,
    }
    return {**message, "account": account} if account else message


def as_body(message: Dict[str, Any]) -> bytes:
    """The bytes of a message; Stripe indents by two."""
    return json.dumps(message, indent=2).encode()


def signed(body: Union[bytes, str], secret: str, at: Optional[int] = None) -> str:
    """The header Stripe-Signature for these bytes: `t=…,v1=…`, signed at `at` (seconds since 1970) or now."""
    body = body if isinstance(body, bytes) else body.encode()
    at = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256)
    return f"t={at},v1={digest.hexdigest()}"


def new_id(prefix: str) -> str:
    """An id of Stripe's kind, such as "pi_3f…"; nobody has it yet."""
    return f"{prefix}_{secrets.token_hex(12)}"
