"""Tokens of single-use links: 256 bits of chance in the link, of which a row keeps the SHA-256 only."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def new_token() -> str:
    """43 characters that are safe in addresses."""
    return secrets.token_urlsafe(32)


def is_token(text: Any) -> bool:
    """Whether this may be one, whoever sent it; nothing is looked up."""
    return isinstance(text, str) and _TOKEN.match(text) is not None


def token_hash(token: str) -> bytes:
    """What a row keeps of a token."""
    return hashlib.sha256(token.encode("ascii")).digest()
