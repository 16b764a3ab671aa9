"""The secrets of the demo shop: random, made once per checkout, kept in .cache/demo."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Callable

from tools.console import fail, output_of

# Saleor 3 signs its tokens with RSA; cryptography is in every environment that has the plugin.
RSA_KEY = """
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import *
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
print(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode())
"""


def shop_secrets(folder: Path, python: str) -> dict[str, str]:
    """As environment variables; the key ring of the plugin and the secret of Stripe's messages among them."""
    file = folder / "secrets.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    # A file of an older version lacks the younger ones.
    made = {name: make(python) for name, make in _MAKERS.items() if name not in kept}
    if made:
        kept.update(made)
        folder.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        # Readable by its owner only, from its first byte on.
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            json.dump(kept, handle, indent=1)
        draft.replace(file)
    return kept


def _rsa_key(python: str) -> str:
    key = output_of([python, "-c", RSA_KEY])
    if not key:
        fail(f"{python} cannot import cryptography: install the plugin's own requirement there.")
    return key


def _random() -> str:
    return base64.b64encode(os.urandom(32)).decode()


_MAKERS: dict[str, Callable[[str], str]] = {
    "SECRET_KEY": lambda python: _random(),
    "RSA_PRIVATE_KEY": _rsa_key,
    "ESD_ENC_KEYS": lambda python: f"1:{_random()}",
    "ESD_ENC_ACTIVE": lambda python: "1",
    "ESD_INDEX_KEYS": lambda python: f"1:{_random()}",
    "ESD_INDEX_ACTIVE": lambda python: "1",
    "ESD_STRIPE_WEBHOOK_SECRETS": lambda python: f"whsec_{secrets.token_hex(16)}",
}
