"""The shop's logo inside each mail: a picture that the reader's program would have to load is mostly not shown.

It is asked for once a day, and kept in the host's cache.
"""

from __future__ import annotations

import hashlib
from typing import Optional, Tuple

from django.core.cache import cache

from ..host.pictures import fetch_picture

# Content type and bytes.
Picture = Tuple[str, bytes]

_KEPT, _KEPT_FAILURE = 24 * 3600, 600


def keep_logo(address: str) -> None:
    """Have the picture at hand, if it can be had. Asks the network: not to be called inside a transaction."""
    if not address or cache.get(_key(address)) is not None:
        return
    # Empty if there is none: mails leave without it, and do not ask again soon.
    picture = fetch_picture(address) or ()
    cache.set(_key(address), picture, _KEPT if picture else _KEPT_FAILURE)


def kept_logo(address: str) -> Optional[Picture]:
    """The picture that is at hand, or None."""
    return cache.get(_key(address)) or None if address else None


def _key(address: str) -> str:
    # An address may have what a cache's key may not.
    return "esd:logo:" + hashlib.sha256(address.encode()).hexdigest()
