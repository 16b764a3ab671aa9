"""A picture from the web, asked for as the host asks for things of others."""

from __future__ import annotations

import logging
from typing import Any, Optional, Tuple

from . import IS_V3

if IS_V3:
    from saleor.core.http_client import HTTPClient

    def _get(address: str) -> Any:
        # It refuses addresses inside the shop's own network, unless the shop allows them.
        return HTTPClient.send_request("GET", address, timeout=_PATIENCE, stream=True)
else:
    import requests  # type: ignore[import-untyped]

    def _get(address: str) -> Any:
        return requests.get(address, timeout=_PATIENCE, stream=True, allow_redirects=False)


__all__ = ["fetch_picture"]

logger = logging.getLogger(__name__)

# What every mail program shows; most bytes; seconds to connect and between two bytes.
_TYPES = {"image/png", "image/jpeg", "image/gif"}
_MOST = 100_000
_PATIENCE = 5


def fetch_picture(address: str) -> Optional[Tuple[str, bytes]]:
    """Content type and bytes of a PNG, JPEG or GIF of 100 kB or less; None, and a line in the log, if there is none."""
    try:
        with _get(address) as response:
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            content = response.raw.read(_MOST + 1, decode_content=True)
            if response.status_code == 200 and kind in _TYPES and 0 < len(content) <= _MOST:
                return kind, content
            problem = f"{response.status_code}, {kind or 'no type'}, {len(content)} bytes or more"
    except Exception as error:
        problem = type(error).__name__
    logger.warning("No logo for mails (PNG, JPEG or GIF up to 100 kB): %s", problem)
    return None
