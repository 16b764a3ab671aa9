"""The secrets of the demo shop: random, made once per checkout, kept in .cache/demo."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from tools.console import fail, output_of

# Saleor 3 signs its tokens with RSA; cryptography is in every environment that has the plugin.
RSA_KEY = """
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import *
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
print(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode())
"""


def shop_secrets(folder: Path, python: str) -> dict[str, str]:
    """As environment variables; the key ring of the plugin among them."""
    file = folder / "secrets.json"
    if not file.exists():
        rsa = output_of([python, "-c", RSA_KEY])
        if not rsa:
            fail(
                f"{python} cannot import cryptography: install the plugin's own requirement there."
            )
        made = {
            "SECRET_KEY": _random(),
            "RSA_PRIVATE_KEY": rsa,
            "ESD_ENC_KEYS": f"1:{_random()}",
            "ESD_ENC_ACTIVE": "1",
            "ESD_INDEX_KEYS": f"1:{_random()}",
            "ESD_INDEX_ACTIVE": "1",
        }
        folder.mkdir(parents=True, exist_ok=True)
        # Readable by its owner only, from its first byte on.
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            json.dump(made, handle, indent=1)
    return json.loads(file.read_text())


def _random() -> str:
    return base64.b64encode(os.urandom(32)).decode()
